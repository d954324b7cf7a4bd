//! Tells whoever computes stock that a parcel has changed what is promised of some SKUs.

use std::collections::BTreeSet;

use crossdock_domain::{OrderId, Sku, StoreId};
use crossdock_events::{CONTENT_TYPE, Event, EventData as _, OrderPromised, Source};
use crossdock_ledger::{OrderRecord, OrderState};
use crossdock_queue::{Message, PublishError, Publisher};
use crossdock_telemetry::TraceParent;
use jiff::Timestamp;

use crate::ROLE;
use crate::told::Told;

/// Best effort. A crash or a failure before RabbitMQ has it loses nothing that matters: the ledger knows what is promised, and the
/// reconciler has every shop's stock compared with that every `sweep_every`.
pub(crate) async fn announce(publisher: &Publisher, order: &OrderRecord, told: &Told, trace: TraceParent) {
    if !changes_promise(order, told) {
        return;
    }
    let message = message(&order.store, &order.order_id, told, trace);
    let id = message.id.clone();
    match publisher.publish(message).await {
        Ok(()) => {}
        Err(PublishError::Unroutable(_)) => tracing::debug!(event.id = id, "nobody computes stock here"),
        Err(error) => {
            tracing::warn!(event.id = id, "stock follows a parcel with the next comparison only: {error}");
        }
    }
}

/// What has left was promised to its order before, and is so to counts from before. But nothing was promised to an order that is
/// cancelled, and what has not left after all is promised again.
fn changes_promise(order: &OrderRecord, told: &Told) -> bool {
    match told {
        Told::Dispatched(_) => order.state == OrderState::Cancelled,
        Told::Voided(_) => true,
        // Whoever told this has told that.
        Told::Wanted(_) => false,
    }
}

fn message(store: &StoreId, order_id: &OrderId, told: &Told, trace: TraceParent) -> Message {
    let promised = OrderPromised { store: store.clone(), order_id: order_id.clone(), skus: named(told) };
    let id = format!("{}/promised", told.identity());
    let event =
        Event::new(&Source::Role(ROLE), id, Timestamp::now(), promised).traced(Some(trace.to_string()));
    Message::new(OrderPromised::TYPE, event.id.as_str(), CONTENT_TYPE, event.to_json())
}

/// None where the warehouse names none: everything is compared.
fn named(told: &Told) -> Option<Vec<Sku>> {
    let Told::Dispatched(event) = told else { return None };
    let skus: BTreeSet<&Sku> = event.data.lines.iter().flatten().map(|line| &line.sku).collect();
    (!skus.is_empty()).then(|| skus.into_iter().cloned().collect())
}

#[cfg(test)]
mod tests {
    use crossdock_domain::{PackedLine, Platform, Shipment};
    use crossdock_events::ShipmentVoided;

    use super::*;

    fn order(state: OrderState) -> OrderRecord {
        OrderRecord {
            store: "acme-au".parse().unwrap(),
            platform: Platform::Bigcommerce,
            order_id: "1001".into(),
            number: "BG1001".into(),
            state,
            reason: String::new(),
            shop_status: String::new(),
            placed_at: Timestamp::UNIX_EPOCH,
            modified_at: Timestamp::UNIX_EPOCH,
            held_until: None,
            released: None,
        }
    }

    fn dispatched(skus: Option<&[&str]>) -> Told {
        let line = |sku: &&str| PackedLine { sku: (*sku).into(), quantity: 1, line_id: None };
        let shipment = Shipment {
            shipment_id: "S-1".into(),
            number: "BG1001".into(),
            carrier: "DHL".to_owned(),
            service: None,
            tracking_number: "T-1".to_owned(),
            tracking_url: None,
            dispatched_at: Timestamp::UNIX_EPOCH,
            lines: skus.map(|skus| skus.iter().map(line).collect()),
        };
        Told::Dispatched(Event::new(&Source::Warehouse, "E-1", Timestamp::UNIX_EPOCH, shipment))
    }

    fn voided() -> Told {
        let voided = ShipmentVoided { shipment_id: "S-1".into(), number: "BG1001".into() };
        Told::Voided(Event::new(&Source::Warehouse, "E-2", Timestamp::UNIX_EPOCH, voided))
    }

    #[test]
    fn only_what_was_not_promised_as_it_is_now_is_told_of() {
        assert!(!changes_promise(&order(OrderState::Accepted), &dispatched(None)));
        assert!(changes_promise(&order(OrderState::Cancelled), &dispatched(None)));
        assert!(changes_promise(&order(OrderState::Shipped), &voided()));
    }

    #[test]
    fn each_sku_is_named_once_and_where_none_is_everything_is_meant() {
        assert_eq!(named(&dispatched(Some(&["TEE", "MUG", "TEE"]))), Some(vec!["MUG".into(), "TEE".into()]));
        assert_eq!(named(&dispatched(None)), None);
        assert_eq!(named(&voided()), None);
        let (store, order_id) = ("acme-au".parse().unwrap(), OrderId::from("1001"));
        let trace = crossdock_telemetry::Trace::of([]).parent();
        let message = message(&store, &order_id, &voided(), trace);
        assert_eq!(
            (message.routing_key, message.id.as_str()),
            ("order.promised".to_owned(), "/warehouse#E-2/promised")
        );
    }
}
