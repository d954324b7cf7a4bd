//! Tells whoever computes stock that what is promised of some SKUs has changed.

use std::collections::BTreeSet;

use crossdock_domain::{OrderId, Sku, StoreId};
use crossdock_events::OrderPromised;
use crossdock_ledger::{News, Telling};
use crossdock_queue::{Message, PublishError, Publisher};
use crossdock_telemetry::TraceParent;
use jiff::Timestamp;

use crate::tell_warehouse::{changes_lines, wrapped};

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

/// Of an order that the warehouse does not have, and for which something else of these SKUs is kept than before.
pub(crate) fn of_skus(
    store: &StoreId,
    order_id: &OrderId,
    skus: Vec<Sku>,
    now: Timestamp,
    trace: TraceParent,
) -> Message {
    let id = format!("{store}/{order_id}/promised/{}", now.as_microsecond());
    let (store, order_id) = (store.clone(), order_id.clone());
    let promised = OrderPromised { store, order_id, skus: Some(skus) };
    wrapped(id, now, trace, promised)
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
        News::Released(order) => {
            let named = order.lines.iter().filter(|_| !order.test).map(|line| &line.sku);
            Some(each_once(named.chain(&telling.freed))?)
        }
        // What it wanted before stands nowhere any more.
        news if changes_lines(news) || matches!(news, News::Cancelled { .. }) => None,
        _ => Some(each_once(telling.freed.iter())?),
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
    use crossdock_domain::{Address, LineId, OrderLine, Platform, ReleasedOrder};
    use crossdock_events::Event;

    use super::*;

    fn shape(skus: &[&str]) -> Box<ReleasedOrder> {
        let line = |sku: &&str| OrderLine {
            line_id: LineId::from("1"),
            sku: (*sku).into(),
            name: String::new(),
            quantity: 1,
            unit_price: "9.90".parse().unwrap(),
            options: std::collections::BTreeMap::new(),
        };
        Box::new(ReleasedOrder {
            number: "BG1001".into(),
            store: "acme-au".parse().unwrap(),
            platform: Platform::Bigcommerce,
            order_id: "1001".into(),
            test: false,
            placed_at: Timestamp::UNIX_EPOCH,
            currency: "AUD".to_owned(),
            ship_to: Address::default(),
            shipping_method: String::new(),
            pickup: false,
            customer_note: String::new(),
            lines: skus.iter().map(line).collect(),
            total: "9.90".parse().unwrap(),
        })
    }

    fn trace() -> TraceParent {
        crossdock_telemetry::Trace::of([]).parent()
    }

    fn told(news: News) -> Option<Message> {
        told_and_freed(news, &[])
    }

    fn told_and_freed(news: News, freed: &[&str]) -> Option<Message> {
        let freed = freed.iter().map(|sku| (*sku).into()).collect();
        let telling = Telling { number: "BG1001".into(), round: 2, news, again: false, freed };
        let (store, order_id) = ("acme-au".parse().unwrap(), OrderId::from("1001"));
        of_telling(&store, &order_id, &telling, Timestamp::UNIX_EPOCH, trace())
    }

    fn skus(message: &Message) -> Option<Vec<Sku>> {
        Event::<OrderPromised>::from_json(&message.body).unwrap().data.skus
    }

    #[test]
    fn of_an_order_that_waits_the_skus_are_named() {
        let (store, order_id) = ("acme-au".parse().unwrap(), OrderId::from("1001"));
        let named = vec!["MUG".into(), "TEE-M".into()];
        let message = of_skus(&store, &order_id, named.clone(), Timestamp::UNIX_EPOCH, trace());
        assert_eq!(message.routing_key, "order.promised");
        let event = Event::<OrderPromised>::from_json(&message.body).unwrap();
        assert_eq!((event.id, event.source.as_str()), (message.id, "/crossdock/order-importer"));
        assert_eq!((event.data.order_id, event.data.skus), (order_id, Some(named)));
    }

    #[test]
    fn a_release_names_each_sku_once_unless_it_is_a_test() {
        let released = told(News::Released(shape(&["TEE-M", "MUG", "TEE-M"]))).unwrap();
        let named = Some(vec!["MUG".into(), "TEE-M".into()]);
        assert_eq!((released.id.as_str(), skus(&released)), ("BG1001/2/promised", named));
        let test = News::Released(Box::new(ReleasedOrder { test: true, ..*shape(&["MUG"]) }));
        assert_eq!(told(test.clone()), None);
        let freed = told_and_freed(News::Released(shape(&["TEE-M"])), &["CAP"]).unwrap();
        assert_eq!(skus(&freed), Some(vec!["CAP".into(), "TEE-M".into()]));
        assert_eq!(skus(&told_and_freed(test, &["CAP"]).unwrap()), Some(vec!["CAP".into()]));
    }

    #[test]
    fn of_what_was_wanted_before_everything_is_compared() {
        let amended = |field: &str| News::Amended { order: shape(&["MUG"]), changed: vec![field.to_owned()] };
        assert_eq!(told(amended("ship_to")), None);
        let given_back = told_and_freed(amended("ship_to"), &["MUG"]).unwrap();
        assert_eq!(skus(&given_back), Some(vec!["MUG".into()]));
        assert_eq!(skus(&told(amended("lines")).unwrap()), None);
        assert_eq!(skus(&told(News::Cancelled { reason: String::new() }).unwrap()), None);
    }
}
