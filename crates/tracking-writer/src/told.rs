//! What the warehouse tells of a shipment.

use crossdock_domain::{OrderNumber, ShipmentId};
use crossdock_events::{Event, EventData, InvalidEvent, RawEvent, ShipmentDispatched, ShipmentVoided};
use crossdock_queue::{Delivery, Failure};

use crate::ROLE;

/// One of this role's messages.
pub(crate) enum Told {
    Dispatched(Event<ShipmentDispatched>),
    Voided(Event<ShipmentVoided>),
}

impl Told {
    pub(crate) fn read(delivery: &Delivery) -> Result<Self, Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        match event.kind.as_str() {
            ShipmentDispatched::TYPE => Ok(Self::Dispatched(event.read()?)),
            ShipmentVoided::TYPE => Ok(Self::Voided(event.read()?)),
            _ => Err(InvalidEvent::Misrouted { kind: event.kind, role: ROLE }.into()),
        }
    }

    pub(crate) fn number(&self) -> &OrderNumber {
        match self {
            Self::Dispatched(event) => &event.data.number,
            Self::Voided(event) => &event.data.number,
        }
    }

    pub(crate) fn shipment_id(&self) -> &ShipmentId {
        match self {
            Self::Dispatched(event) => &event.data.shipment_id,
            Self::Voided(event) => &event.data.shipment_id,
        }
    }

    pub(crate) fn event_id(&self) -> &str {
        match self {
            Self::Dispatched(event) => &event.id,
            Self::Voided(event) => &event.id,
        }
    }

    pub(crate) fn traceparent(&self) -> Option<&str> {
        match self {
            Self::Dispatched(event) => event.traceparent.as_deref(),
            Self::Voided(event) => event.traceparent.as_deref(),
        }
    }

    pub(crate) fn kind(&self) -> &str {
        match self {
            Self::Dispatched(event) => &event.kind,
            Self::Voided(event) => &event.kind,
        }
    }

    /// What is to become of the shipment.
    pub(crate) fn aim(&self) -> &'static str {
        match self {
            Self::Dispatched(_) => "written",
            Self::Voided(_) => "taken back",
        }
    }
}
