//! A ledger, two shops, and dead letters between them.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use crossdock_domain::{Decision, OrderNumber, Platform, Shipment, ShipmentId, Sku, StockPush, StoreId};
use crossdock_events::{Event, EventData, Source};
use crossdock_ledger::{
    Acting, Answer, DeadLetterId, DeadLettersWanted, Happening, Judged, Ledger, MessageKey, NextStep, Verdict,
};
use crossdock_queue::{DeadLetter, Desk as _, Fate};
use crossdock_settings::Settings;
use crossdock_storefront::{Shop, Shops, Storefront};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::shop::{ECWID, Fake, MAIN};
use crate::intake::Intake;
use crate::preview::{Forecast, Preview};

const SETTINGS: &str = r#"
[[store]]
id = "acme-au"
time_zone = "UTC"
[store.bigcommerce]
store_hash = "abc"
client_id = "c"
client_secrets = ["s"]
access_token = "t"
[store.orders]
prefix = "BG"
[store.stock]
push = "available"
[[store]]
id = "acme-widgets"
time_zone = "UTC"
[store.ecwid]
store_id = 7
client_secrets = ["s"]
access_token = "t"
[store.orders]
prefix = "W-"
"#;

pub(super) struct Bench {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) shops: Shops,
    pub(super) main: Fake,
    pub(super) ecwid: Fake,
    intake: Intake,
    buried: Cell<i64>,
    _folder: tempfile::TempDir,
}

/// How a message failed.
pub(super) struct Failed {
    role: String,
    class: String,
    store: String,
    subject: Option<String>,
    falls: bool,
}

impl Failed {
    pub(super) fn of(role: &str, class: &str) -> Self {
        let (role, class, store) = (role.to_owned(), class.to_owned(), MAIN.to_owned());
        Self { role, class, store, subject: None, falls: false }
    }

    pub(super) fn about(self, subject: &str) -> Self {
        Self { subject: Some(subject.to_owned()), ..self }
    }

    pub(super) fn at(self, store: &str) -> Self {
        Self { store: store.to_owned(), ..self }
    }

    /// Its role keeps the order of what is about one subject.
    pub(super) fn falls(self) -> Self {
        Self { falls: true, ..self }
    }
}

/// A consignment of all that is open.
pub(super) fn shipment(id: &str, number: &str, tracking: &str) -> Shipment {
    Shipment {
        shipment_id: ShipmentId::from(id),
        number: OrderNumber::from(number),
        carrier: "Post".to_owned(),
        service: None,
        tracking_number: tracking.to_owned(),
        tracking_url: None,
        dispatched_at: "2026-11-21T00:00:00Z".parse().unwrap(),
        lines: None,
    }
}

impl Bench {
    pub(super) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("ledger.db").display());
        let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
        let settings = Settings::parse(SETTINGS, Path::new("crossdock.toml"), &|_| None).unwrap();
        let (main, ecwid) = (Fake::default(), Fake::default());
        let shops = settings.stores.into_iter().map(|settings| {
            let fake = if settings.id.as_str() == ECWID { &ecwid } else { &main };
            let storefront: Arc<dyn Storefront> = Arc::new(fake.clone());
            Shop { settings, storefront }
        });
        let shops = Shops::new(shops.collect::<Vec<_>>());
        let intake = Intake { ledger: ledger.clone() };
        Self { ledger, shops, main, ecwid, intake, buried: Cell::default(), _folder: folder }
    }

    pub(super) async fn preview(&self, wanted: &DeadLettersWanted) -> Vec<Forecast> {
        Preview::new(self.shops.clone(), self.ledger.clone()).of(wanted).await.unwrap()
    }

    pub(super) async fn verdicts(&self, wanted: &DeadLettersWanted) -> Vec<&'static str> {
        self.preview(wanted).await.iter().map(|forecast| forecast.verdict.as_str()).collect()
    }

    pub(super) async fn says(&self, wanted: &DeadLettersWanted) -> Vec<String> {
        self.preview(wanted).await.into_iter().map(|forecast| forecast.says).collect()
    }

    /// Subject and verdict of each.
    pub(super) async fn told(&self, wanted: &DeadLettersWanted) -> Vec<(String, &'static str)> {
        let told = |it: Forecast| (it.subject.unwrap_or_default(), it.verdict.as_str());
        self.preview(wanted).await.into_iter().map(told).collect()
    }

    pub(super) fn event<T: EventData>(id: &str, data: T) -> Vec<u8> {
        let time: Timestamp = "2026-11-21T01:00:00Z".parse().unwrap();
        Event::new(&Source::Role("order-importer"), id, time, data).to_json()
    }

    /// An event that has failed; each later than the one before it.
    pub(super) async fn buried<T: EventData>(&self, failed: Failed, data: T) -> DeadLetterId {
        let id = format!("e{}", self.buried.get());
        self.bury(failed, &id, &Self::event(&id, data)).await
    }

    pub(super) async fn bury(&self, failed: Failed, id: &str, body: &[u8]) -> DeadLetterId {
        let at =
            Timestamp::now() - SignedDuration::from_mins(30) + SignedDuration::from_secs(self.buried.get());
        self.buried.set(self.buried.get() + 1);
        let Failed { role, class, store, subject, falls } = failed;
        if let Some(subject) = subject.as_deref().filter(|_| falls) {
            let message = MessageKey { role: role.clone(), message_id: id.to_owned() };
            self.ledger.falls(&message, subject, at).await.unwrap();
        }
        let letter = DeadLetter {
            chain: format!("it failed as {class}"),
            role,
            store,
            subject,
            class,
            attempts: 1,
            first_failed_at: at,
            last_failed_at: at,
            id: id.to_owned(),
            routing_key: "kind".into(),
            content_type: crossdock_events::CONTENT_TYPE.into(),
            properties: json!({}),
            body: body.to_vec().into(),
            replay: None,
        };
        self.intake.take(vec![Fate::Dead(letter)]).await.unwrap();
        let newest = DeadLettersWanted { limit: Some(1), ..DeadLettersWanted::default() };
        self.ledger.dead_letters(&newest).await.unwrap()[0].id
    }

    /// A person gives it up.
    pub(super) async fn forget(&self, id: DeadLetterId) {
        let act = Acting { who: "anna".into(), at: Timestamp::now(), note: "no use".into() };
        let only = DeadLettersWanted { ids: vec![id], ..DeadLettersWanted::default() };
        assert!(self.ledger.discard(&only, &act).await.unwrap().is_some());
    }

    /// The shop's order goes to the warehouse.
    pub(super) async fn released(&self, store: &str, id: &str) {
        let store: StoreId = store.parse().unwrap();
        let rules = self.shops.get(&store).unwrap().settings.orders.clone();
        let is_ecwid = store.as_str() == ECWID;
        let (shop, platform) =
            if is_ecwid { (&self.ecwid, Platform::Ecwid) } else { (&self.main, Platform::Bigcommerce) };
        let order = shop.order(id);
        let Decision::Release(released) = rules.decide(&order, Timestamp::now()) else {
            panic!("it is held")
        };
        let judged = Judged {
            store: store.clone(),
            platform,
            order_id: order.order_id.clone(),
            number: rules.number(&order),
            placed_at: order.placed_at,
            modified_at: order.modified_at,
            shop_status: order.status.to_string(),
            verdict: Verdict::Release(released.clone()),
            shape: Ok(released),
            kept: Vec::new(),
            given_back: Vec::new(),
            stock_push: StockPush::Available,
            read_at: Timestamp::now(),
            again: false,
            happening: happening("released", Timestamp::now()),
            notices: Vec::new(),
        };
        let NextStep::Tell(telling) = self.ledger.judge(&judged).await.unwrap() else {
            panic!("it is not told")
        };
        self.ledger.told(&store, &order.order_id, telling.round, Timestamp::now()).await.unwrap();
    }

    pub(super) async fn accepted(&self, number: &str) {
        let happening = happening("accepted", Timestamp::now());
        self.ledger.answered(&number.into(), &Answer::Accepted, &happening).await.unwrap();
    }

    /// An hour ago.
    pub(super) async fn refused(&self, number: &str, skus: &[&str]) {
        let unknown_skus = skus.iter().map(|sku| Sku::from(*sku)).collect();
        let answer = Answer::Rejected { reason: format!("unknown SKU {}", skus.join(", ")), unknown_skus };
        let happening = happening("refused", Timestamp::now() - SignedDuration::from_hours(1));
        self.ledger.answered(&number.into(), &answer, &happening).await.unwrap();
    }

    pub(super) async fn intended(&self, shipment: &Shipment) {
        let told = happening(shipment.shipment_id.as_str(), "2026-11-21T01:00:00Z".parse().unwrap());
        self.ledger.intend_shipment(shipment, &told).await.unwrap();
    }

    pub(super) async fn written(&self, shipment: &Shipment) {
        let done = happening(&format!("{}/done", shipment.shipment_id), Timestamp::now());
        self.ledger.shipment_done(shipment, &["77".to_owned()], &done).await.unwrap();
    }

    pub(super) async fn voided(&self, number: &str, id: &str) {
        let id = ShipmentId::from(id);
        let voided = happening(&format!("{id}/voided"), Timestamp::now());
        self.ledger.void_shipment(&number.into(), &id, &voided).await.unwrap();
        self.ledger.shipment_voided(&id, &happening("taken back", Timestamp::now())).await.unwrap();
    }
}

fn happening(key: &str, at: Timestamp) -> Happening {
    Happening { key: key.to_owned(), at, role: "test", what: key.to_owned(), cause: "test".to_owned() }
}
