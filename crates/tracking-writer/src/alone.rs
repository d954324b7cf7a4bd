//! Writing to an order at its shop, one process at a time.

use std::time::Duration;

use crossdock_domain::{Classify, Mend};
use crossdock_ledger::{Lease, Ledger, OrderRecord};
use crossdock_queue::Failure;
use crossdock_storefront::StorefrontError;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// How long an order belongs to the process that writes to it at the shop, in seconds.
///
/// A process that dies leaves it behind for so long: what it sent last may be at work as long as after any doubt.
const LEASE_SECS: u64 = WORK_SECS_MAX + DOUBT_SECS;

/// Longest time for all calls that it takes to write a shipment or to take it back, in seconds. Most take less than two; one may take
/// a minute.
const WORK_SECS_MAX: u64 = 90;

/// How long a shop may still be at work on what it was sent last, in seconds, once nobody waits for its answer any more. Whoever reads
/// the shop before it stands there would write it a second time, and the buyer would get a second mail.
///
/// Neither platform says when it gives up a request itself. Most servers do after 30 to 100 seconds; with the time for which the answer
/// was waited for, a minute at most, this is two to three.
pub const DOUBT_SECS: u64 = 2 * 60;

/// What stands at the shop by now is known again by the next try.
#[derive(Debug, thiserror::Error)]
#[error("the shop takes more than {WORK_SECS_MAX} s for the calls that this needs")]
struct TooSlow;

impl Classify for TooSlow {
    fn mend(&self) -> Mend {
        Mend::Wait
    }

    fn class(&self) -> &'static str {
        StorefrontError::IN_DOUBT
    }
}

/// Does it, unless another process is at this order, or has left it in doubt a moment ago.
///
/// # Errors
/// Those of the work; [`crossdock_ledger::Busy`] while the order is another's; one that says so if the work was broken off, because
/// it took too long.
pub(crate) async fn alone(
    ledger: &dyn Ledger,
    order: &OrderRecord,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let name = format!("dispatch/{}/{}", order.store, order.order_id);
    alone_for(Duration::from_secs(WORK_SECS_MAX), ledger, &name, work).await
}

async fn alone_for(
    most: Duration,
    ledger: &dyn Ledger,
    name: &str,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let (now, began) = (Timestamp::now(), Instant::now());
    let lease = ledger.lease(name, now, after(now, LEASE_SECS)).await?.taken()?;
    let result = tokio::time::timeout_at(began + most, work).await.unwrap_or_else(|_| Err(TooSlow.into()));
    let in_doubt = result.as_ref().is_err_and(|failure| failure.class == StorefrontError::IN_DOUBT);
    give_back(ledger, lease, in_doubt).await;
    result
}

/// At once, or after a doubt when that is over: until then the order's messages find it busy, which does not count as a try.
async fn give_back(ledger: &dyn Ledger, lease: Lease, in_doubt: bool) {
    let given_back = if in_doubt {
        ledger.renew_lease(&lease, after(Timestamp::now(), DOUBT_SECS)).await.map(drop)
    } else {
        ledger.end_lease(&lease).await
    };
    if let Err(error) = given_back {
        let error = crossdock_telemetry::chain(&error);
        tracing::debug!(lease = lease.name, error, "a lease could not be given back; it expires by itself");
    }
}

/// Whether nothing that others began at the order since then can be in doubt: who leaves it so keeps it for longer. For those who have
/// it now.
pub(crate) fn is_free_of_doubt_since(then: Timestamp) -> bool {
    Timestamp::now() < after(then, DOUBT_SECS)
}

fn after(now: Timestamp, secs: u64) -> Timestamp {
    now + SignedDuration::from_secs(secs.cast_signed())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crossdock_ledger::{Busy, LeaseAnswer};

    use super::*;

    const NAME: &str = "dispatch/acme-au/1001";

    async fn ledger() -> (Arc<dyn Ledger>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("ledger.db").display());
        (crossdock_ledger::open(&url.into()).await.unwrap(), folder)
    }

    async fn after_a_failure(error: StorefrontError) -> Result<(), Failure> {
        let (ledger, _folder) = ledger().await;
        let failed = async { Err(error.into()) };
        alone_for(Duration::from_secs(WORK_SECS_MAX), ledger.as_ref(), NAME, failed).await.unwrap_err();
        alone_for(Duration::from_secs(WORK_SECS_MAX), ledger.as_ref(), NAME, async { Ok(()) }).await
    }

    #[tokio::test]
    async fn an_order_in_doubt_is_left_alone_and_one_that_could_not_be_read_is_not() {
        let unavailable = || StorefrontError::Unavailable { cause: "half an answer".into() };
        assert_eq!(after_a_failure(unavailable().of_a_write()).await, Err(Busy.into()));
        assert_eq!(after_a_failure(unavailable()).await, Ok(()));
    }

    #[test]
    fn what_was_begun_before_a_doubt_could_end_may_be_in_doubt() {
        let secs_ago = |secs: u64| Timestamp::now() - SignedDuration::from_secs(secs.cast_signed());
        assert!(is_free_of_doubt_since(secs_ago(DOUBT_SECS / 2)));
        assert!(!is_free_of_doubt_since(secs_ago(DOUBT_SECS)));
    }

    #[tokio::test]
    async fn work_that_takes_too_long_is_broken_off_while_the_order_is_still_ours() {
        let (ledger, _folder) = ledger().await;
        let begun = Timestamp::now();
        let cut = alone_for(Duration::ZERO, ledger.as_ref(), NAME, std::future::pending()).await;
        assert_eq!(cut, Err(TooSlow.into()));
        let until = until(ledger.as_ref()).await;
        assert!(until >= after(begun, DOUBT_SECS) && until <= after(Timestamp::now(), DOUBT_SECS), "{until}");
    }

    #[tokio::test]
    async fn whoever_dies_leaves_the_order_alone_for_as_long_as_a_doubt_after_all_that_it_could_have_sent() {
        let (ledger, _folder) = ledger().await;
        let (begun, most) = (Timestamp::now(), Duration::from_secs(WORK_SECS_MAX));
        let (at_work, is_at_work) = tokio::sync::oneshot::channel();
        let work = alone_for(most, ledger.as_ref(), NAME, async {
            at_work.send(()).unwrap();
            std::future::pending().await
        });
        tokio::select! {
            done = work => panic!("it is over: {done:?}"),
            at_work = is_at_work => at_work.unwrap(),
        }
        assert!(until(ledger.as_ref()).await >= after(begun, WORK_SECS_MAX + DOUBT_SECS));
    }

    /// When the order is free, which it is not now.
    async fn until(ledger: &dyn Ledger) -> Timestamp {
        let now = Timestamp::now();
        match ledger.lease(NAME, now, after(now, 1)).await.unwrap() {
            LeaseAnswer::Busy { until } => until,
            LeaseAnswer::Taken(_) => panic!("the order is free"),
        }
    }
}
