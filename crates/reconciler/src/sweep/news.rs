//! Which of a shop's changed orders the ledger does not have as they are.

use crossdock_ledger::KnownOrder;
use crossdock_storefront::ListedOrder;
use jiff::Timestamp;

/// Why an order in a list is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// The ledger does not have it as the shop changed it.
    Missed,
    /// It was read in the second in which the shop changed it, and may have changed again in that.
    SecondLook,
}

/// Whether the shop has changed an order, by this moment, since the ledger has read it. One without a readable date may have changed.
pub(super) fn news(listed: &ListedOrder, known: Option<&KnownOrder>, until: Timestamp) -> Option<News> {
    let Some(modified_at) = listed.modified_at else { return Some(News::Missed) };
    if modified_at > until {
        return None;
    }
    match known {
        Some(known) if known.is_as_of(modified_at) => None,
        Some(known) if known.modified_at == modified_at => Some(News::SecondLook),
        _ => Some(News::Missed),
    }
}

#[cfg(test)]
mod tests {
    use crossdock_ledger::OrderState;
    use jiff::SignedDuration;

    use super::*;

    fn second(second: i64) -> Timestamp {
        "2026-11-02T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
    }

    #[test]
    fn news_is_what_the_ledger_does_not_have_as_the_shop_changed_it() {
        let listed = |modified_at| ListedOrder { order_id: "1001".into(), placed_at: None, modified_at };
        let known = |modified_at: i64, read_at: i64| KnownOrder {
            order_id: "1001".into(),
            state: OrderState::Filtered,
            modified_at: second(modified_at),
            read_at: Some(second(read_at)),
        };
        let until = second(100);
        for (modified_at, known, expected) in [
            (Some(second(50)), None, Some(News::Missed)),
            (Some(second(50)), Some(known(49, 90)), Some(News::Missed)),
            (Some(second(50)), Some(known(50, 90)), None),
            (Some(second(50)), Some(known(50, 51)), Some(News::SecondLook)),
            (Some(second(50)), Some(known(51, 51)), None),
            (Some(second(100)), None, Some(News::Missed)),
            (Some(second(101)), None, None),
            (Some(second(101)), Some(known(101, 101)), None),
            (None, None, Some(News::Missed)),
            (None, Some(known(50, 90)), Some(News::Missed)),
        ] {
            let found = news(&listed(modified_at), known.as_ref(), until);
            assert_eq!(found, expected, "{modified_at:?} {known:?}");
        }
    }
}
