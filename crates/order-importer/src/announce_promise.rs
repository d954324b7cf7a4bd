//! Tells whoever computes stock that what is promised of some SKUs has changed.

use std::collections::BTreeSet;

use crossdock_domain::{OrderId, Sku, StoreId};
use crossdock_events::OrderPromised;
use crossdock_ledger::{Judged, News, Telling, Verdict};
use crossdock_queue::{Message, PublishError, Publisher};
use crossdock_telemetry::TraceParent;
use jiff::Timestamp;

use crate::tell_warehouse::wrapped;

/// The field of an amended order that changes what is promised.
const LINES: &str = "lines";

/// Best effort. A crash or a failure before RabbitMQ has it loses nothing that matters: the ledger knows what is promised, and the
/// reconciler has every shop's stock compared with that every `sweep_every`.
///
/// An event of its own, although those for the warehouse name the same SKUs: a release that more than the warehouse's queue takes
/// would no longer come back when that queue is not there.
pub(crate) async fn announce(publisher: &Publisher, message: Option<Message>) {
    let Some(message) = message else { return };
    let id = message.id.clone();
    match publisher.publish(message).await {
        Ok(()) => {}
        Err(PublishError::Unroutable(_)) => tracing::debug!(event.id = id, "nobody computes stock here"),
        Err(error) => {
            tracing::warn!(event.id = id, "stock follows an order with the next comparison only: {error}");
        }
    }
}

/// Of an order that is newly held. None if nothing is kept for it.
pub(crate) fn of_hold(judged: &Judged, now: Timestamp, trace: TraceParent) -> Option<Message> {
    let Verdict::Hold { .. } = &judged.verdict else { return None };
    let skus = each_once(judged.wanted.iter().map(|(sku, _)| sku))?;
    // Held again as the shop had it before, because other rules keep it: the same hold.
    let id = format!("{}/{}/held/{}", judged.store, judged.order_id, judged.modified_at);
    let (store, order_id) = (judged.store.clone(), judged.order_id.clone());
    Some(wrapped(id, now, trace, OrderPromised { store, order_id, skus: Some(skus) }))
}

/// Of what the warehouse is about to be told.
pub(crate) fn of_telling(
    store: &StoreId,
    order_id: &OrderId,
    telling: &Telling,
    now: Timestamp,
    trace: TraceParent,
) -> Option<Message> {
    let skus = match &telling.news {
        News::Released(order) if order.test => return None,
        News::Released(order) => Some(each_once(order.lines.iter().map(|line| &line.sku))?),
        News::Amended { changed, .. } if !changed.iter().any(|field| field == LINES) => return None,
        // What it wanted before stands nowhere any more.
        News::Amended { .. } | News::Cancelled { .. } => None,
    };
    let promised = OrderPromised { store: store.clone(), order_id: order_id.clone(), skus };
    Some(wrapped(format!("{}/promised", telling.event_id()), now, trace, promised))
}

/// None if there are none.
fn each_once<'s>(skus: impl Iterator<Item = &'s Sku>) -> Option<Vec<Sku>> {
    let skus: BTreeSet<&Sku> = skus.collect();
    (!skus.is_empty()).then(|| skus.into_iter().cloned().collect())
}

#[cfg(test)]
mod tests {
    use crossdock_domain::{
        Address, LineId, OrderId, OrderLine, OrderNumber, Platform, ReleasedOrder, Unfit,
    };
    use crossdock_events::Event;
    use crossdock_ledger::Happening;

    use super::*;

    fn held(skus: &[&str], verdict: Verdict) -> Judged {
        let at: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let line = |sku: &&str| OrderLine {
            line_id: LineId::from("1"),
            sku: (*sku).into(),
            name: String::new(),
            quantity: 1,
            unit_price: "9.90".parse().unwrap(),
            options: std::collections::BTreeMap::new(),
        };
        let (store, order_id) = ("acme-au".parse().unwrap(), OrderId::from("1001"));
        let number = OrderNumber::from("BG1001");
        let happening =
            Happening { key: String::new(), at, role: "", what: String::new(), cause: String::new() };
        let shape = ReleasedOrder {
            number: number.clone(),
            store,
            platform: Platform::Bigcommerce,
            order_id: order_id.clone(),
            test: false,
            placed_at: at,
            currency: "AUD".to_owned(),
            ship_to: Address::default(),
            shipping_method: String::new(),
            pickup: false,
            customer_note: String::new(),
            lines: skus.iter().map(line).collect(),
            total: "9.90".parse().unwrap(),
        };
        Judged {
            store: shape.store.clone(),
            platform: Platform::Bigcommerce,
            order_id,
            number,
            placed_at: at,
            modified_at: at,
            shop_status: String::new(),
            shape: Ok(Box::new(shape)),
            wanted: skus.iter().map(|sku| (Sku::from(*sku), 1)).collect(),
            verdict,
            read_at: at,
            happening,
            notices: Vec::new(),
        }
    }

    fn announced(judged: &Judged) -> Option<Message> {
        of_hold(judged, Timestamp::UNIX_EPOCH, crossdock_telemetry::Trace::of([]).parent())
    }

    #[test]
    fn a_hold_names_each_sku_once_and_is_the_same_event_however_often_it_is_told() {
        let until = Timestamp::UNIX_EPOCH;
        let hold = Verdict::Hold { reason: "waits 4 h for the buyer".to_owned(), until: Some(until) };
        let judged = held(&["TEE-M", "MUG", "TEE-M"], hold);
        let message = announced(&judged).unwrap();
        assert_eq!(message.routing_key, "order.promised");
        assert_eq!(message.id, "acme-au/1001/held/2026-11-21T12:00:00Z");
        assert_eq!(announced(&judged).unwrap().id, message.id);
        let event = Event::<OrderPromised>::from_json(&message.body).unwrap();
        assert_eq!((event.id, event.source.as_str()), (message.id, "/crossdock/order-importer"));
        assert_eq!(event.data.skus.unwrap(), ["MUG".into(), "TEE-M".into()]);
    }

    #[test]
    fn what_has_no_sku_or_is_not_held_is_not_announced() {
        let hold = Verdict::Hold { reason: "no SKU".to_owned(), until: None };
        let unfit = |skus: &[&str]| Judged {
            shape: Err(Unfit::Mend("no SKU".to_owned())),
            ..held(skus, hold.clone())
        };
        assert_eq!(announced(&unfit(&[])), None);
        assert_eq!(skus(&announced(&unfit(&["MUG"])).unwrap()), Some(vec!["MUG".into()]));
        assert_eq!(announced(&held(&["MUG"], Verdict::Filter { reason: "country: US".to_owned() })), None);
    }

    fn told(news: News) -> Option<Message> {
        let telling = Telling { number: "BG1001".into(), round: 2, news, again: false };
        let (store, order_id) = ("acme-au".parse().unwrap(), OrderId::from("1001"));
        let trace = crossdock_telemetry::Trace::of([]).parent();
        of_telling(&store, &order_id, &telling, Timestamp::UNIX_EPOCH, trace)
    }

    fn shape(skus: &[&str]) -> Box<ReleasedOrder> {
        held(skus, Verdict::Filter { reason: String::new() }).shape.unwrap()
    }

    fn skus(message: &Message) -> Option<Vec<Sku>> {
        Event::<OrderPromised>::from_json(&message.body).unwrap().data.skus
    }

    #[test]
    fn a_release_names_what_it_wants_unless_it_is_a_test() {
        let released = told(News::Released(shape(&["MUG"]))).unwrap();
        assert_eq!((released.id.as_str(), skus(&released)), ("BG1001/2/promised", Some(vec!["MUG".into()])));
        let test = ReleasedOrder { test: true, ..*shape(&["MUG"]) };
        assert_eq!(told(News::Released(Box::new(test))), None);
    }

    #[test]
    fn of_what_was_wanted_before_everything_is_compared() {
        let amended = |field: &str| News::Amended { order: shape(&["MUG"]), changed: vec![field.to_owned()] };
        assert_eq!(told(amended("ship_to")), None);
        assert_eq!(skus(&told(amended("lines")).unwrap()), None);
        assert_eq!(skus(&told(News::Cancelled { reason: String::new() }).unwrap()), None);
    }
}
