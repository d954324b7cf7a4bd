//! What the warehouse tells of a shipment, and what is wanted of an order of which some may have left.

use crossdock_domain::OrderNumber;
use crossdock_events::{
    Event, EventData, InvalidEvent, OrderWanted, RawEvent, ShipmentDispatched, ShipmentVoided,
};
use crossdock_queue::{Delivery, Failure};
use serde::Deserialize;

use crate::{QUEUE, ROLE};

/// One of this role's messages.
pub(crate) enum Told {
    Dispatched(Event<ShipmentDispatched>),
    Voided(Event<ShipmentVoided>),
    /// Other lines are wanted of the order: what has left of it may be all by now.
    Wanted(Event<OrderWanted>),
}

impl Told {
    pub(crate) fn read(delivery: &Delivery) -> Result<Self, Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        match event.kind.as_str() {
            ShipmentDispatched::TYPE => Ok(Self::Dispatched(event.read()?)),
            ShipmentVoided::TYPE => Ok(Self::Voided(event.read()?)),
            OrderWanted::TYPE => Ok(Self::Wanted(event.read()?)),
            _ => Err(InvalidEvent::Misrouted { kind: event.kind, role: ROLE }.into()),
        }
    }

    pub(crate) fn number(&self) -> &OrderNumber {
        match self {
            Self::Dispatched(event) => &event.data.number,
            Self::Voided(event) => &event.data.number,
            Self::Wanted(event) => &event.data.number,
        }
    }

    /// What tells its event from all others.
    pub(crate) fn identity(&self) -> String {
        match self {
            Self::Dispatched(event) => event.identity(),
            Self::Voided(event) => event.identity(),
            Self::Wanted(event) => event.identity(),
        }
    }

    pub(crate) fn traceparent(&self) -> Option<&str> {
        match self {
            Self::Dispatched(event) => event.traceparent.as_deref(),
            Self::Voided(event) => event.traceparent.as_deref(),
            Self::Wanted(event) => event.traceparent.as_deref(),
        }
    }

    pub(crate) fn kind(&self) -> &str {
        match self {
            Self::Dispatched(event) => &event.kind,
            Self::Voided(event) => &event.kind,
            Self::Wanted(event) => &event.kind,
        }
    }

    /// What stays undone if it fails.
    pub(crate) fn undone(&self) -> String {
        match self {
            Self::Dispatched(event) => format!("shipment {} not written", event.data.shipment_id),
            Self::Voided(event) => format!("shipment {} not taken back", event.data.shipment_id),
            Self::Wanted(_) => "the order's status at the shop not brought to its end".to_owned(),
        }
    }
}

/// The order that a message is about, also of one of this role's messages that cannot be read any further.
///
/// # Errors
/// It names none: why it cannot be read.
pub(crate) fn order_of(delivery: &Delivery) -> Result<OrderNumber, Failure> {
    match Told::read(delivery) {
        Ok(told) => Ok(told.number().clone()),
        Err(unreadable) => named_in(&delivery.body).ok_or(unreadable),
    }
}

/// The number in an event's data, whatever else is missing there, or else its subject.
fn named_in(body: &[u8]) -> Option<OrderNumber> {
    #[derive(Deserialize)]
    struct Named {
        number: OrderNumber,
    }
    let event = RawEvent::parse(body).ok().filter(|event| QUEUE.keys.contains(&event.kind.as_str()))?;
    let named = serde_json::from_str::<Named>(event.data.get()).map(|named| named.number);
    named.ok().or_else(|| event.subject.map(OrderNumber::new))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn order_in(kind: &str, subject: Option<&str>, data: &Value) -> Result<OrderNumber, &'static str> {
        let told = json!({
            "specversion": "1.0", "id": "1", "source": "/warehouse", "type": kind, "subject": subject, "data": data,
        });
        let delivery = Delivery {
            routing_key: kind.to_owned(),
            id: "1".to_owned(),
            body: told.to_string().into_bytes().into(),
            attempt: 1,
            first_failed_at: None,
        };
        order_of(&delivery).map_err(|unreadable| unreadable.class)
    }

    #[test]
    fn a_message_that_cannot_be_read_is_about_the_order_that_its_data_or_its_subject_names() {
        let dispatched = |subject, data: Value| order_in(ShipmentDispatched::TYPE, subject, &data);
        let lines = json!([{ "sku": "MUG", "quantity": "one" }]);
        assert_eq!(
            dispatched(Some("S-1"), json!({ "number": "BG1001", "lines": lines })),
            Ok("BG1001".into())
        );
        assert_eq!(dispatched(Some("BG1001"), json!({ "number": 1001 })), Ok("BG1001".into()));
        assert_eq!(dispatched(Some("BG1001"), json!("lines")), Ok("BG1001".into()));
        assert_eq!(dispatched(None, json!({ "shipment_id": "S-1" })), Err("event-malformed"));
    }

    #[test]
    fn a_message_that_is_not_for_this_role_holds_up_no_order() {
        let cancelled = order_in("order.cancelled", Some("BG1001"), &json!({ "number": "BG1001" }));
        assert_eq!(cancelled, Err("event-misrouted"));
    }
}
