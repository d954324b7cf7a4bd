//! Puts the warehouse's answer to a released order down.
//!
//! In       `warehouse.order.accepted`, `warehouse.order.rejected`
//! Effects  the order's state in the ledger, and a line in its timeline
//! Replay   safe: the ledger is keyed by the event's id

use std::sync::Arc;

use crossdock_domain::OrderNumber;
use crossdock_events::{EventData, RawEvent, WarehouseOrderAccepted, WarehouseOrderRejected};
use crossdock_ledger::{Answer, Happening, Ledger};
use crossdock_queue::{Delivery, Failure, Outcome};
use crossdock_telemetry::Trace;
use jiff::Timestamp;
use tracing::Instrument as _;

use crate::ROLE;

pub(crate) struct RecordAnswer {
    pub(crate) ledger: Arc<dyn Ledger>,
}

impl RecordAnswer {
    pub(crate) async fn handle(&self, batch: &[Delivery]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        for delivery in batch {
            outcomes.push(self.record(delivery).await.into());
        }
        outcomes
    }

    async fn record(&self, delivery: &Delivery) -> Result<(), Failure> {
        let event = RawEvent::parse(&delivery.body)?;
        let trace = Trace::of([event.traceparent.as_deref()]);
        self.put_down(event, &delivery.routing_key).instrument(trace.span()).await
    }

    async fn put_down(&self, event: RawEvent, cause: &str) -> Result<(), Failure> {
        // The later of two answers stands: one from the future would stand against every right one.
        let now = Timestamp::now();
        let (key, at) = (event.id.clone(), event.time.unwrap_or(now).min(now));
        let (number, answer) = read(event)?;
        let what = match &answer {
            Answer::Accepted => "taken over by the warehouse".to_owned(),
            Answer::Rejected { reason } => format!("rejected by the warehouse: {reason}"),
        };
        let happening = Happening { key, at, role: ROLE, what, cause: cause.to_owned() };
        self.ledger.answered(&number, &answer, &happening).await?;
        tracing::info!(order.number = %number, "{}", happening.what);
        Ok(())
    }
}

fn read(event: RawEvent) -> Result<(OrderNumber, Answer), Failure> {
    if event.kind == WarehouseOrderRejected::TYPE {
        let data = event.read::<WarehouseOrderRejected>()?.data;
        return Ok((data.number, Answer::Rejected { reason: data.reason }));
    }
    Ok((event.read::<WarehouseOrderAccepted>()?.data.number, Answer::Accepted))
}
