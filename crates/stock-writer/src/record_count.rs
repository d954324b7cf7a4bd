//! Takes the warehouse's counts down, and tells each shop's lane that a push is due.
//!
//! In       `warehouse.stock.counted`
//! Effects  newer counts in the ledger; one `stock.due` for each shop that wants stock on change
//! Replay   safe: an older count, or the same one again, changes nothing, and a push finds nothing to do

use std::sync::Arc;

use crossdock_domain::{Classify, Mend, Sku};
use crossdock_events::{Event, StockCounted};
use crossdock_ledger::Ledger;
use crossdock_queue::{Delivery, Failure, Outcome};
use crossdock_telemetry::Trace;
use jiff::{SignedDuration, Timestamp};
use tracing::Instrument as _;

use crate::affected::Affected;
use crate::tell_shops::TellShops;

/// How far a count may lie in the future, in seconds: clocks differ. One from later would stand against every right one.
const AHEAD_SECS_MAX: i64 = 5 * 60;

/// Most units that a count may name, either way: the largest quantity that BigCommerce takes.
///
/// Source: BigCommerce's guide to inventory adjustments (public repository bigcommerce/docs at 24f580ca, 2026-04-01).
const UNITS_MAX: u64 = 2_147_483_647;

/// A count that would do harm.
#[derive(Debug, thiserror::Error)]
enum Implausible {
    #[error(
        "the count is of {0}, which is in the future; set the warehouse's clock right, and send it again"
    )]
    Future(Timestamp),
    #[error("the count of '{0}' is out of range; send the units that are on the shelf")]
    Units(Sku),
}

impl Classify for Implausible {
    fn mend(&self) -> Mend {
        match self {
            Self::Future(_) | Self::Units(_) => Mend::Never,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Future(_) => "count-from-the-future",
            Self::Units(_) => "count-out-of-range",
        }
    }
}

fn check(count: &StockCounted, now: Timestamp) -> Result<(), Implausible> {
    if count.counted_at.duration_since(now) > SignedDuration::from_secs(AHEAD_SECS_MAX) {
        return Err(Implausible::Future(count.counted_at));
    }
    let sane = |units: i64| units.unsigned_abs() <= UNITS_MAX;
    match count.levels.iter().find(|it| !sane(it.on_hand) || !it.allocated.is_none_or(sane)) {
        Some(level) => Err(Implausible::Units(level.sku.clone())),
        None => Ok(()),
    }
}

pub(crate) struct RecordCount {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) tell_shops: TellShops,
}

impl RecordCount {
    pub(crate) async fn handle(&self, batch: &[Delivery]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut counts = Vec::new();
        for delivery in batch {
            outcomes.push(match self.record(delivery).await {
                Ok(count) => {
                    counts.push(count);
                    Outcome::Done
                }
                Err(failure) => Outcome::Failed(failure),
            });
        }
        // One push per shop answers all counts of the batch; without it, none of them is done.
        if let Err(failure) = self.tell(&counts).await {
            for outcome in outcomes.iter_mut().filter(|outcome| **outcome == Outcome::Done) {
                *outcome = Outcome::Failed(failure.clone());
            }
        }
        outcomes
    }

    async fn record(&self, delivery: &Delivery) -> Result<Event<StockCounted>, Failure> {
        let event = Event::<StockCounted>::from_json(&delivery.body)?;
        let trace = Trace::of([event.traceparent.as_deref()]);
        self.put_down(&event).instrument(trace.span()).await?;
        Ok(event)
    }

    async fn put_down(&self, event: &Event<StockCounted>) -> Result<(), Failure> {
        check(&event.data, Timestamp::now())?;
        let newer = self.ledger.counted(event.data.counted_at, &event.data.levels).await?;
        tracing::info!(event.id, counted = event.data.levels.len(), newer = newer.len(), "took a count");
        Ok(())
    }

    /// The last count lends its id. Counts that were not newer are compared too: they may be told again because they could not be told.
    async fn tell(&self, counts: &[Event<StockCounted>]) -> Result<(), Failure> {
        let Some(last) = counts.last() else { return Ok(()) };
        let trace = Trace::of(counts.iter().map(|count| count.traceparent.as_deref()));
        let levels = counts.iter().flat_map(|count| &count.data.levels);
        let affected: Affected = levels.map(|level| level.sku.clone()).collect();
        let cause = last.identity();
        let told = self.tell_shops.compare(&affected, |_| true, &cause, trace.parent());
        Ok(told.instrument(trace.span()).await?)
    }
}

#[cfg(test)]
mod tests {
    use crossdock_domain::StockLevel;

    use super::*;

    #[test]
    fn a_count_that_would_stand_for_ever_or_overflow_is_refused() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let count = |secs: i64, on_hand: i64, allocated: Option<i64>| StockCounted {
            counted_at: now + SignedDuration::from_secs(secs),
            levels: vec![StockLevel { sku: Sku::from("MUG"), on_hand, allocated }],
        };
        assert!(check(&count(300, -2_147_483_647, Some(7)), now).is_ok());
        assert!(matches!(check(&count(301, 5, None), now), Err(Implausible::Future(_))));
        assert!(matches!(check(&count(0, 2_147_483_648, None), now), Err(Implausible::Units(_))));
        assert!(matches!(check(&count(0, 1, Some(i64::MIN)), now), Err(Implausible::Units(_))));
    }
}
