//! What the warehouse is told, as far as its delivery needs to know.

use crossdock_domain::{OrderId, OrderNumber, StoreId};
use crossdock_events::{EventData, InvalidEvent, OrderAmended, OrderCancelled, OrderReleased, RawEvent};
use crossdock_ledger::Telling;

use super::trouble::Trouble;

/// An event for the warehouse.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) traceparent: Option<String>,
    pub(super) number: OrderNumber,
    pub(super) store: StoreId,
    pub(super) order_id: OrderId,
    /// Its place in the sequence of what the warehouse is told of the order.
    pub(super) round: u32,
}

impl Told {
    pub(super) fn read(body: &[u8]) -> Result<Self, Trouble> {
        let event = RawEvent::parse(body)?;
        let (kind, id, traceparent) = (event.kind.clone(), event.id.clone(), event.traceparent.clone());
        let (number, store, order_id) = match kind.as_str() {
            OrderReleased::TYPE => {
                let order = event.read::<OrderReleased>()?.data;
                (order.number, order.store, order.order_id)
            }
            OrderAmended::TYPE => {
                let order = event.read::<OrderAmended>()?.data.order;
                (order.number, order.store, order.order_id)
            }
            OrderCancelled::TYPE => {
                let order = event.read::<OrderCancelled>()?.data;
                (order.number, order.store, order.order_id)
            }
            _ => return Err(InvalidEvent::Misrouted { kind, role: "warehouse" }.into()),
        };
        let Some(round) = Telling::round_of(&id, &number) else {
            return Err(Trouble::ForeignId { id, number });
        };
        Ok(Self { kind, id, traceparent, number, store, order_id, round })
    }

    pub(super) fn is_release(&self) -> bool {
        self.kind == OrderReleased::TYPE
    }

    /// How the timeline tells that the warehouse has taken it.
    pub(super) fn taken(&self) -> String {
        let what = match self.kind.as_str() {
            OrderAmended::TYPE => "the warehouse has taken the change",
            OrderCancelled::TYPE => "the warehouse has taken the cancellation",
            _ => "taken over by the warehouse",
        };
        what.to_owned()
    }
}
