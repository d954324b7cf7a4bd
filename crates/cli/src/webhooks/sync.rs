//! `crossdock webhooks sync`: mends what a shop is subscribed to.

use std::path::Path;

use anyhow::{anyhow, bail};
use crossdock_domain::StoreId;
use crossdock_queue::Publisher;
use crossdock_reconciler::{Inspection, LookedFor, Mended, Reconciler, Remedy, inspect_webhooks};
use crossdock_settings::Settings;
use crossdock_storefront::{Shop, Shops};
use crossdock_telemetry::metrics::Metrics;
use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::by_hand;
use super::in_turn::in_turn;
use crate::command_line::WebhooksSync;
use crate::exit::Exit;
use crate::listing::{moment, print_json, say};
use crate::{configuration, parts, signals};

/// What was done, or would be.
#[derive(Debug, Serialize)]
struct Told {
    store: StoreId,
    dry_run: bool,
    /// Why nothing can be mended.
    objection: Option<String>,
    steps: Vec<Step>,
    /// From when on changes were looked for.
    looked_since: Option<Timestamp>,
    /// Orders that were found to be missing here, or older than at the shop.
    orders_found: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Step {
    /// `subscribe` or `activate`.
    what: &'static str,
    scope: String,
    /// The shop's own reason for a no.
    refused: Option<String>,
}

/// `crossdock webhooks sync`
pub(crate) async fn sync(config: &Path, wanted: &WebhooksSync) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    let store = &configuration::store(&settings, &wanted.store)?.id;
    let shops = parts::shops(&settings)?;
    let shop = shops.get(store)?;
    let told = if wanted.dry_run {
        let Some(inspection) = inspect_webhooks(&shop).await else { bail!(by_hand(&shop.settings)) };
        Told::of(store, inspection?)
    } else {
        Told::after(store, mend(&settings, &shops, &shop).await?)
    };
    if wanted.json {
        print_json(&told)?;
    } else {
        tell(&told);
    }
    let refused = told.objection.is_some() || told.steps.iter().any(|step| step.refused.is_some());
    Ok(if refused { Exit::Failed } else { Exit::Done })
}

async fn mend(settings: &Settings, shops: &Shops, shop: &Shop) -> anyhow::Result<Mended> {
    let (ledger, metrics) = (parts::open_existing_ledger(settings).await?, Metrics::default());
    let (stopping, publishing) = (signals::stop_token()?, CancellationToken::new());
    let publisher = Publisher::start(parts::broker(settings), &metrics, publishing.clone());
    let reconciler = Reconciler::new(shops.clone(), ledger, publisher.clone(), &metrics);
    let mended = in_turn(&stopping, || reconciler.mend_webhooks(shop, &stopping)).await;
    publishing.cancel();
    publisher.ended().await;
    let Some(mended) = mended else { bail!(by_hand(&shop.settings)) };
    mended.map_err(|failure| anyhow!(failure.chain))
}

impl Told {
    /// What would be done.
    fn of(store: &StoreId, Inspection { objection, remedies, .. }: Inspection) -> Self {
        let steps = remedies.iter().map(|remedy| Step::of(remedy, None)).collect();
        let store = store.clone();
        Self { store, dry_run: true, objection, steps, looked_since: None, orders_found: None }
    }

    /// What was done.
    fn after(store: &StoreId, Mended { inspection, refused, looked_for, .. }: Mended) -> Self {
        let reason = |remedy: &Remedy| {
            refused.iter().find(|(refused, _)| refused == remedy).map(|(_, reason)| reason.clone())
        };
        let steps = inspection.remedies.iter().map(|remedy| Step::of(remedy, reason(remedy))).collect();
        let (looked_since, orders_found) =
            looked_for.map(|LookedFor { since, orders }| (since, orders)).unzip();
        let (store, objection) = (store.clone(), inspection.objection);
        Self { store, dry_run: false, objection, steps, looked_since, orders_found }
    }
}

impl Step {
    fn of(remedy: &Remedy, refused: Option<String>) -> Self {
        let what = match remedy {
            Remedy::Subscribe { .. } => "subscribe",
            Remedy::Activate(_) => "activate",
        };
        Self { what, scope: remedy.scope().to_owned(), refused }
    }

    fn tell(&self, dry_run: bool) {
        let Self { what, scope, refused } = self;
        let done = match (*what, refused, dry_run) {
            (_, Some(reason), _) => format!("refused: {scope}: {reason}"),
            ("subscribe", None, true) => format!("would subscribe to {scope}"),
            ("subscribe", None, false) => format!("subscribed to {scope}"),
            (_, None, true) => format!("would switch on {scope}"),
            (_, None, false) => format!("switched on {scope}"),
        };
        say(&done);
    }
}

fn tell(told: &Told) {
    if let Some(objection) = &told.objection {
        say(&format!("{}: {objection}", told.store));
        return;
    }
    told.steps.iter().for_each(|step| step.tell(told.dry_run));
    if told.steps.is_empty() {
        say(&format!("{}: nothing is missing or switched off", told.store));
    } else if told.dry_run {
        say("and would look for orders that changed meanwhile");
    }
    if let (Some(since), Some(orders)) = (told.looked_since, told.orders_found) {
        let since = moment(since);
        say(&format!("looked for changes since {since}; orders that no webhook told of: {orders}"));
    }
}
