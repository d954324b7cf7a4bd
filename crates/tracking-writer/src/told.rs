//! What the warehouse tells of a shipment, and what the warehouse is told of an order of which some may have left.

use crossdock_domain::OrderNumber;
use crossdock_events::{
    Event, EventData, InvalidEvent, OrderAmended, RawEvent, ShipmentDispatched, ShipmentVoided,
};
use crossdock_queue::{Delivery, Failure};

use crate::ROLE;

/// One of this role's messages.
pub(crate) enum Told {
    Dispatched(Event<ShipmentDispatched>),
    Voided(Event<ShipmentVoided>),
    /// The order was amended: what has left of it may be all that is wanted by now.
    Amended(Box<Event<OrderAmended>>),
}

impl Told {
    pub(crate) fn read(delivery: &Delivery) -> Result<Self, Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        match event.kind.as_str() {
            ShipmentDispatched::TYPE => Ok(Self::Dispatched(event.read()?)),
            ShipmentVoided::TYPE => Ok(Self::Voided(event.read()?)),
            OrderAmended::TYPE => Ok(Self::Amended(Box::new(event.read()?))),
            _ => Err(InvalidEvent::Misrouted { kind: event.kind, role: ROLE }.into()),
        }
    }

    pub(crate) fn number(&self) -> &OrderNumber {
        match self {
            Self::Dispatched(event) => &event.data.number,
            Self::Voided(event) => &event.data.number,
            Self::Amended(event) => &event.data.order.number,
        }
    }

    pub(crate) fn event_id(&self) -> &str {
        match self {
            Self::Dispatched(event) => &event.id,
            Self::Voided(event) => &event.id,
            Self::Amended(event) => &event.id,
        }
    }

    pub(crate) fn traceparent(&self) -> Option<&str> {
        match self {
            Self::Dispatched(event) => event.traceparent.as_deref(),
            Self::Voided(event) => event.traceparent.as_deref(),
            Self::Amended(event) => event.traceparent.as_deref(),
        }
    }

    pub(crate) fn kind(&self) -> &str {
        match self {
            Self::Dispatched(event) => &event.kind,
            Self::Voided(event) => &event.kind,
            Self::Amended(event) => &event.kind,
        }
    }

    /// What stays undone if it fails.
    pub(crate) fn undone(&self) -> String {
        match self {
            Self::Dispatched(event) => format!("shipment {} not written", event.data.shipment_id),
            Self::Voided(event) => format!("shipment {} not taken back", event.data.shipment_id),
            Self::Amended(_) => "the order's status at the shop not brought to its end".to_owned(),
        }
    }
}
