//! What the warehouse tells of a shipment, and what is wanted of an order of which some may have left.

use crossdock_domain::OrderNumber;
use crossdock_events::{
    Event, EventData, InvalidEvent, OrderWanted, RawEvent, ShipmentDispatched, ShipmentVoided,
};
use crossdock_queue::{Delivery, Failure};

use crate::ROLE;

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
