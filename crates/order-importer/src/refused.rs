//! Makes a dead letter of an order that the warehouse refused, so that it is seen, and replayed, like everything else that failed.
//!
//! Its replay is a notice of the order: that is read anew, judged, and released again if it still stands refused.

use crossdock_domain::{Classify, Mend, OrderId, OrderNumber, StoreId};
use crossdock_events::{Event, ShopOrderChanged, Source};
use crossdock_ledger::{Ledger, LedgerError, OrderRecord, OrderState};
use crossdock_queue::{Failure, Message, PublishError, Publisher, Route};
use crossdock_telemetry::{Trace, TraceParent};
use jiff::Timestamp;

use crate::tell_warehouse::wrapped;
use crate::{QUEUE, ROLE};

/// Why an order is looked at whose refusal is replayed.
const RETRY: &str = "retry";

/// Why an order is looked at whose refusal is out of date.
const KNOWN_NOW: &str = "sku-known";

/// It could not be made known that the warehouse refused an order.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotBuried {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl Classify for NotBuried {
    fn mend(&self) -> Mend {
        match self {
            Self::Ledger(error) => error.mend(),
            Self::Publish(error) => error.mend(),
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Ledger(error) => error.class(),
            Self::Publish(error) => error.class(),
        }
    }
}

/// Makes a dead letter of the order if it stands refused: it may have been released again, or taken, since. If the warehouse has come to know
/// its SKUs meanwhile, it is looked at anew instead. `refusal` is the key under which the timeline tells that it was refused: told again, it
/// is the same failure, at the same time.
pub(crate) async fn bury_if_refused(
    ledger: &dyn Ledger,
    publisher: &Publisher,
    number: &OrderNumber,
    refusal: &str,
) -> Result<(), NotBuried> {
    let Some(order) = ledger.order_by_number(number).await? else { return Ok(()) };
    if order.state != OrderState::Rejected {
        return Ok(());
    }
    let Some(refused_at) = ledger.told_at(&order.store, &order.order_id, refusal).await? else {
        return Ok(());
    };
    if ledger.is_outdated_refusal(&order.store, &order.order_id).await? {
        let trace = Trace::of([]).parent();
        publisher.publish(known_now(order.store, order.order_id, refused_at, trace)).await?;
        return Ok(());
    }
    let skus = ledger.refused_for(&order.store, std::slice::from_ref(&order.order_id)).await?;
    let failure = Failure {
        class: if skus.is_empty() { "order-refused" } else { "sku-unknown" },
        chain: format!("the warehouse refused order {number}: {}", order.reason),
        mend: Mend::Never,
    };
    let subject = Some(order.order_id.to_string());
    let route = Route { lane: order.store.to_string(), subject };
    publisher.bury(&QUEUE, &route, &failure, &notice(order, refused_at), refused_at).await?;
    Ok(())
}

/// What is replayed. It has the same id however often the order is refused.
fn notice(order: OrderRecord, now: Timestamp) -> Message {
    let id = format!("refused/{}", order.number);
    let data = ShopOrderChanged { store: order.store, order_id: order.order_id, cause: RETRY.to_owned() };
    wrapped(id, now, Trace::of([]).parent(), data)
}

/// Has an order looked at whose refusal is out of date since this moment.
pub(crate) fn known_now(store: StoreId, order_id: OrderId, since: Timestamp, trace: TraceParent) -> Message {
    let id = format!("known/{store}/{order_id}/{since}");
    wrapped(id, since, trace, ShopOrderChanged { store, order_id, cause: KNOWN_NOW.to_owned() })
}

/// Whether a notice is the replay of a refusal, not a shop's nor the reconciler's.
pub(crate) fn is_retry(event: &Event<ShopOrderChanged>) -> bool {
    is_our_own(event, RETRY)
}

/// Whether a notice is there because a refusal is out of date.
pub(crate) fn is_known_now(event: &Event<ShopOrderChanged>) -> bool {
    is_our_own(event, KNOWN_NOW)
}

fn is_our_own(event: &Event<ShopOrderChanged>, cause: &str) -> bool {
    event.data.cause == cause && event.source == Source::Role(ROLE).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_notice_is_a_retry() {
        let event = |source: &Source, cause: &str| {
            let data = ShopOrderChanged {
                store: "acme-au".parse().unwrap(),
                order_id: "1001".into(),
                cause: cause.to_owned(),
            };
            Event::new(source, "n1", Timestamp::UNIX_EPOCH, data)
        };
        assert!(is_retry(&event(&Source::Role(ROLE), RETRY)));
        assert!(!is_retry(&event(&Source::Role("reconciler"), RETRY)));
        assert!(!is_retry(&event(&Source::Store("acme-au".parse().unwrap()), RETRY)));
        assert!(!is_retry(&event(&Source::Role(ROLE), "sweep")));
    }
}
