//! Puts the warehouse's answer to a released order down, and has refused orders looked at again once their SKUs are known.
//!
//! In       `warehouse.order.accepted`, `warehouse.order.rejected`, `warehouse.sku.known`
//! Effects  the order's state in the ledger, and a line in its timeline; a dead letter of a refused order; a notice of each order whose refusal is out of date
//! Replay   safe: the ledger is keyed by the event's source and id; an order of which two notices come is read twice

use std::sync::Arc;

use crossdock_domain::{OrderNumber, Sku};
use crossdock_events::{
    EventData, RawEvent, WarehouseOrderAccepted, WarehouseOrderRejected, WarehouseSkuKnown,
};
use crossdock_ledger::{Answer, Happening, Ledger};
use crossdock_queue::{Delivery, Failure, Outcome};
use crossdock_telemetry::{Trace, TraceParent};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use tracing::Instrument as _;

use crate::ROLE;
use crate::refused::{bury_if_refused, known_now};
use crate::settle_order::SettleOrder;

/// Notices that are published at once.
const NOTICES_AT_ONCE: usize = 64;

pub(crate) struct RecordAnswer {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) settle_order: Arc<SettleOrder>,
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
        let recorded = async {
            match event.kind.as_str() {
                WarehouseSkuKnown::TYPE => self.sku_known(event, trace.parent()).await,
                _ => self.put_down(event, &delivery.routing_key).await,
            }
        };
        recorded.instrument(trace.span()).await
    }

    async fn put_down(&self, event: RawEvent, cause: &str) -> Result<(), Failure> {
        // The later of two answers stands: one from the future would stand against every right one.
        let now = Timestamp::now();
        let (key, at) = (event.identity(), event.time.unwrap_or(now).min(now));
        let (number, answer) = match event.kind.as_str() {
            WarehouseOrderRejected::TYPE => {
                let data = event.read::<WarehouseOrderRejected>()?.data;
                (data.number.clone(), self.rejection(data).await?)
            }
            _ => (event.read::<WarehouseOrderAccepted>()?.data.number, Answer::Accepted),
        };
        let what = match &answer {
            Answer::Accepted => "taken over by the warehouse".to_owned(),
            Answer::Rejected { reason, .. } => format!("rejected by the warehouse: {reason}"),
        };
        let happening = Happening { key, at, role: ROLE, what, cause: cause.to_owned() };
        self.ledger.answered(&number, &answer, &happening).await?;
        if let Answer::Rejected { .. } = answer {
            bury_if_refused(&*self.ledger, &self.settle_order.publisher, &number, &happening.key).await?;
        }
        tracing::info!(order.number = %number, "{}", happening.what);
        Ok(())
    }

    /// A warehouse that names the unknown SKUs only in its reason is understood too.
    async fn rejection(&self, data: WarehouseOrderRejected) -> Result<Answer, Failure> {
        let mut unknown_skus = data.unknown_skus;
        if unknown_skus.is_empty() {
            let order = self.ledger.order_by_number(&data.number).await?.and_then(|order| order.released);
            let skus = order.iter().flat_map(|order| &order.lines).map(|line| &line.sku);
            unknown_skus.extend(skus.filter(|sku| names(&data.reason, sku)).cloned());
        }
        unknown_skus.sort();
        unknown_skus.dedup();
        Ok(Answer::Rejected { reason: data.reason, unknown_skus })
    }

    /// Each order that was refused for it is read anew before it goes again: it may have been shipped, or called off, since.
    async fn sku_known(&self, event: RawEvent, trace: TraceParent) -> Result<(), Failure> {
        let now = Timestamp::now();
        let sku = event.read::<WarehouseSkuKnown>()?.data.sku;
        self.ledger.sku_known(&sku, now).await?;
        let outdated = self.ledger.outdated_refusals(&sku).await?;
        tracing::info!(%sku, orders = outdated.len(), "the warehouse knows a SKU now");
        let told = outdated.into_iter().map(|(store, order_id)| {
            self.settle_order.publisher.publish(known_now(store, order_id, now, trace))
        });
        stream::iter(told).buffer_unordered(NOTICES_AT_ONCE).try_collect().await.map_err(Failure::from)
    }

    /// Releases a refused order again, because a person wants it.
    pub(crate) async fn retry(&self, number: &OrderNumber, cause: &str) -> Result<bool, Failure> {
        let Some(order) = self.ledger.order_by_number(number).await? else { return Ok(false) };
        let trace = Trace::of([]).parent();
        self.settle_order.retry(&order.store, &order.order_id, cause, trace).await
    }
}

/// Whether a sentence names the SKU, as a word of its own.
fn names(sentence: &str, sku: &Sku) -> bool {
    let is_part = |next: Option<char>| next.is_some_and(|it| it.is_alphanumeric() || matches!(it, '-' | '_'));
    sentence.match_indices(sku.as_str()).any(|(at, found)| {
        !is_part(sentence[..at].chars().next_back()) && !is_part(sentence[at + found.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_is_named_only_as_a_word_of_its_own() {
        let sku = Sku::from("TEE-M");
        for sentence in ["unknown SKU TEE-M", "'TEE-M' is not kept here", "TEE-M, MUG"] {
            assert!(names(sentence, &sku), "{sentence}");
        }
        for sentence in ["unknown SKU TEE-ML", "TEE-M-2 is damaged", "XTEE-M", "nothing"] {
            assert!(!names(sentence, &sku), "{sentence}");
        }
        assert!(!names("an order without lines", &Sku::from("without-x")));
    }
}
