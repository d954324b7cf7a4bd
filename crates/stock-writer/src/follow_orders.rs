//! Has shops' stock compared for what an order wants, wherever it was sold.
//!
//! In       `order.promised`
//! Effects  one `stock.due` for each shop that is told what is available, on change
//! Replay   safe: what is promised stands in the ledger before it is told of here, and a push finds nothing to do
//!
//! It is told of on a best effort: what is missed, the reconciler's regular comparison finds.

use crossdock_domain::StockPush;
use crossdock_events::{Event, OrderPromised};
use crossdock_queue::{Delivery, Failure, Outcome};
use crossdock_telemetry::Trace;
use tracing::Instrument as _;

use crate::affected::Affected;
use crate::tell_shops::TellShops;

pub(crate) struct FollowOrders {
    pub(crate) tell_shops: TellShops,
}

impl FollowOrders {
    pub(crate) async fn handle(&self, batch: &[Delivery]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        let (mut affected, mut events) = (Affected::default(), Vec::new());
        for delivery in batch {
            outcomes.push(match Event::<OrderPromised>::from_json(&delivery.body) {
                Ok(event) => {
                    affected.add(Affected::named(event.data.skus.as_deref()));
                    events.push(event);
                    Outcome::Done
                }
                Err(error) => Outcome::Failed(error.into()),
            });
        }
        if let Err(failure) = self.compare(&affected, &events).await {
            let failed = Outcome::Failed(failure);
            outcomes.iter_mut().filter(|it| **it == Outcome::Done).for_each(|it| *it = failed.clone());
        }
        outcomes
    }

    /// The last event lends its id and its trace.
    async fn compare(&self, affected: &Affected, events: &[Event<OrderPromised>]) -> Result<(), Failure> {
        let Some(last) = events.last() else { return Ok(()) };
        let trace = Trace::of(events.iter().map(|event| event.traceparent.as_deref()));
        let told =
            self.tell_shops.compare(affected, |push| push == StockPush::Available, &last.id, trace.parent());
        Ok(told.instrument(trace.span()).await?)
    }
}
