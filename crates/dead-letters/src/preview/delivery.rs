//! `order.released`, `order.amended`, `order.cancelled` on their way to the warehouse.

use crossdock_ledger::{Delivered, LedgerError, OrderState, Telling};

use super::access::Access;
use super::foresight::{ForecastVerdict, Foresight, Halt};
use super::known::Known;
use super::letter::Letter;
use super::told::{ForWarehouse, WarehouseNews};

pub(super) async fn foresee(
    known: &Known<'_>,
    letter: &Letter,
    event: &ForWarehouse,
) -> Result<Foresight, Halt> {
    let Some(round) = Telling::round_of(&event.event_id, &event.number) else {
        let says = format!("the event's id '{}' is none of {}'s", event.event_id, event.number);
        return Ok(Foresight::fails_again(says));
    };
    let delivered = match known.ledger.delivered(&event.number).await {
        Err(LedgerError::NoSuchOrder(number)) => {
            return Ok(Foresight::fails_again(format!("no released order has the number {number}")));
        }
        delivered => delivered?,
    };
    if let Some(foresight) = left_out(event.news, round, &delivered) {
        return Ok(foresight);
    }
    if event.news != WarehouseNews::Cancelled
        && known.open_shop(&event.store, Access::READ_ORDERS).is_ok()
        && let Ok(order) = known.order(&event.store, &event.order_id)
        && let Some(reason) = order.status.cancellation()
    {
        return Ok(Foresight::cancelled_since(format!("{reason}; the warehouse is told of that next")));
    }
    let number = &event.number;
    let says = match event.news {
        WarehouseNews::Released => format!("{number} goes to the warehouse"),
        WarehouseNews::Amended => format!("the change of {number} goes to the warehouse"),
        WarehouseNews::Cancelled => format!("the cancellation of {number} goes to the warehouse"),
    };
    Ok(letter.unless_unsure(Foresight::goes_through(says)))
}

/// Why it is not for the warehouse any more, or not yet, by what the ledger knows of the order; as whoever delivers it decides.
fn left_out(news: WarehouseNews, round: u32, delivered: &Delivered) -> Option<Foresight> {
    let cancels = news == WarehouseNews::Cancelled;
    Some(if delivered.state == OrderState::Cancelled && !cancels {
        Foresight::cancelled_since("the order is cancelled; it is left out")
    } else if round < delivered.round {
        Foresight::superseded("the warehouse has something newer of the order")
    } else if round == delivered.round {
        Foresight::already_done("the warehouse has it")
    } else if cancels && !delivered.may_be_there {
        Foresight::already_done("the warehouse was never sent the order")
    } else if cancels {
        return None;
    } else if round < delivered.release {
        Foresight::superseded("a later release has taken its place")
    } else if news == WarehouseNews::Amended && delivered.state == OrderState::Rejected {
        Foresight::superseded("the warehouse has refused the order")
    } else if news == WarehouseNews::Amended && delivered.awaits_release {
        Foresight::new(
            ForecastVerdict::Waits,
            "behind the order's release, which the warehouse has not taken",
        )
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A release that is to be posted, and was not yet.
    const FRESH: Delivered = Delivered {
        round: 0,
        release: 1,
        state: OrderState::Released,
        awaits_release: true,
        may_be_there: false,
    };

    fn verdict(news: WarehouseNews, round: u32, delivered: &Delivered) -> Option<&'static str> {
        left_out(news, round, delivered).map(|foresight| foresight.verdict.as_str())
    }

    #[test]
    fn what_the_warehouse_has_or_does_not_want_any_more_is_left_out() {
        use WarehouseNews::{Amended, Cancelled, Released};
        assert_eq!(verdict(Released, 1, &FRESH), None);
        assert_eq!(verdict(Amended, 2, &FRESH), Some("waits"));
        assert_eq!(verdict(Cancelled, 2, &FRESH), Some("already_done"), "it never heard of the order");
        let taken = Delivered { round: 1, awaits_release: false, may_be_there: true, ..FRESH };
        assert_eq!(verdict(Released, 1, &taken), Some("already_done"));
        assert_eq!(verdict(Amended, 2, &taken), None);
        assert_eq!(verdict(Cancelled, 2, &taken), None);
        let again = Delivered { release: 3, ..taken };
        assert_eq!(verdict(Amended, 2, &again), Some("superseded"));
        let newer = Delivered { round: 3, ..taken };
        assert_eq!(verdict(Amended, 2, &newer), Some("superseded"));
        let refused = Delivered { state: OrderState::Rejected, ..taken };
        assert_eq!(verdict(Amended, 2, &refused), Some("superseded"));
        let cancelled = Delivered { state: OrderState::Cancelled, ..taken };
        assert_eq!(verdict(Released, 1, &cancelled), Some("cancelled_since"));
        assert_eq!(verdict(Cancelled, 2, &cancelled), None);
    }
}
