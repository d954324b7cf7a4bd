//! Whether an event is still to be posted, by what the ledger knows of its order.

use crossdock_events::{EventData, OrderAmended, OrderCancelled, OrderReleased};
use crossdock_ledger::{Delivered, OrderState};

/// What is done with an event that was taken off the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// It goes now.
    Post,
    /// The order's release comes first.
    Behind,
    /// It is not posted any more, for this reason.
    LeftOut(&'static str),
}

impl Passage {
    /// Of an event of this type and round.
    ///
    /// A cancellation goes as soon as it comes, also where a request with the release broke off: the warehouse must not pack an order
    /// that was cancelled before it came. Where it cannot have heard of the order, it is told nothing of it.
    pub(super) fn of(kind: &str, round: u32, delivered: &Delivered) -> Self {
        let cancels = kind == OrderCancelled::TYPE;
        if delivered.state == OrderState::Cancelled && !cancels {
            Self::LeftOut("the order is cancelled")
        } else if round < delivered.round {
            Self::LeftOut("the warehouse has something newer")
        } else if cancels && !delivered.may_be_there {
            Self::LeftOut("the warehouse was never sent the order")
        } else if cancels {
            Self::Post
        } else if round < delivered.release {
            Self::LeftOut("a later release has taken its place")
        } else if kind == OrderAmended::TYPE && delivered.state == OrderState::Rejected {
            Self::LeftOut("the warehouse has refused the order")
        } else if kind != OrderReleased::TYPE && delivered.awaits_release {
            Self::Behind
        } else {
            Self::Post
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELEASED: &str = "order.released";
    const AMENDED: &str = "order.amended";
    const CANCELLED: &str = "order.cancelled";

    /// A release that is to be posted, and was not yet.
    const FRESH: Delivered = Delivered {
        round: 0,
        release: 1,
        state: OrderState::Released,
        awaits_release: true,
        may_be_there: false,
    };

    fn left_out(kind: &str, round: u32, delivered: &Delivered) -> &'static str {
        match Passage::of(kind, round, delivered) {
            Passage::LeftOut(why) => why,
            other => panic!("{kind} {round}: {other:?}"),
        }
    }

    #[test]
    fn a_release_goes_at_once_and_an_amendment_behind_it() {
        assert_eq!(Passage::of(RELEASED, 1, &FRESH), Passage::Post);
        assert_eq!(Passage::of(AMENDED, 2, &FRESH), Passage::Behind);
        let in_doubt = Delivered { may_be_there: true, ..FRESH };
        assert_eq!(Passage::of(RELEASED, 1, &in_doubt), Passage::Post);
        let taken = Delivered { round: 1, awaits_release: false, ..in_doubt };
        assert_eq!(Passage::of(AMENDED, 2, &taken), Passage::Post);
        // Released when the warehouse took its orders off the queue.
        let elsewhere = Delivered { round: 0, ..taken };
        assert_eq!(Passage::of(AMENDED, 2, &elsewhere), Passage::Post);
    }

    #[test]
    fn of_an_order_that_is_cancelled_before_it_was_sent_nothing_goes() {
        let cancelled = Delivered { state: OrderState::Cancelled, awaits_release: false, ..FRESH };
        for (kind, round) in [(RELEASED, 1), (AMENDED, 2)] {
            assert!(left_out(kind, round, &cancelled).contains("is cancelled"));
        }
        assert!(left_out(CANCELLED, 2, &cancelled).contains("never sent"));
    }

    #[test]
    fn of_an_order_that_is_cancelled_after_it_was_sent_only_that_goes_and_without_waiting() {
        let in_doubt = Delivered { state: OrderState::Cancelled, may_be_there: true, ..FRESH };
        assert!(left_out(RELEASED, 1, &in_doubt).contains("is cancelled"));
        assert_eq!(Passage::of(CANCELLED, 2, &in_doubt), Passage::Post);
        let taken = Delivered { round: 1, awaits_release: false, ..in_doubt };
        assert_eq!(Passage::of(CANCELLED, 2, &taken), Passage::Post);
    }

    #[test]
    fn of_an_order_that_is_refused_no_change_goes_until_it_is_released_again() {
        let refused = Delivered {
            round: 1,
            state: OrderState::Rejected,
            awaits_release: false,
            may_be_there: true,
            ..FRESH
        };
        assert!(left_out(AMENDED, 2, &refused).contains("refused"));
        assert_eq!(Passage::of(CANCELLED, 2, &refused), Passage::Post);
        assert_eq!(Passage::of(RELEASED, 1, &refused), Passage::Post);
    }

    #[test]
    fn what_is_older_than_what_the_warehouse_has_or_will_have_is_left_out() {
        let taken = Delivered { round: 3, may_be_there: true, awaits_release: false, ..FRESH };
        for kind in [RELEASED, AMENDED, CANCELLED] {
            assert!(left_out(kind, 2, &taken).contains("newer"));
        }
        let again = Delivered { round: 1, release: 3, may_be_there: true, ..FRESH };
        for (kind, round) in [(RELEASED, 1), (AMENDED, 2)] {
            assert!(left_out(kind, round, &again).contains("later release"));
        }
        assert_eq!(Passage::of(RELEASED, 3, &again), Passage::Post);
    }
}
