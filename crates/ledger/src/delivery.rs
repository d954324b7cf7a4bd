//! What the warehouse has taken of an order over HTTP.

use crossdock_domain::OrderNumber;

use crate::{OrderState, Telling};

/// How far the things told of an order have come to a warehouse that takes them over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// The newest round that is done with (see [`Telling::round`]): taken, refused, or left out. 0: none yet.
    pub round: u32,
    /// The round of its newest release.
    pub release: u32,
    /// How far the order itself has come.
    pub state: OrderState,
    /// Its newest release is to be posted, and the warehouse has neither replied to it nor answered it.
    pub awaits_release: bool,
    /// Whether the warehouse may have anything of it: something was posted, it has answered or sent something, or the order was released
    /// when the warehouse took its orders off the queue itself.
    pub may_be_there: bool,
}

impl Telling {
    /// The round of an event's id, as [`Telling::event_id`] makes it; none if it is not one of this order's.
    pub fn round_of(event_id: &str, number: &OrderNumber) -> Option<u32> {
        match event_id.strip_prefix(number.as_str())? {
            "" => Some(1),
            rest => rest.strip_prefix('/')?.parse().ok().filter(|round| *round > 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::News;

    #[test]
    fn the_round_is_read_back_from_the_id() {
        let telling = |number: &str, round| Telling {
            number: number.into(),
            round,
            again: false,
            news: News::Cancelled { reason: String::new() },
            freed: Vec::new(),
        };
        for number in ["BG1001", "BG/7", "W-1/2"] {
            for round in [1, 2, 30] {
                let id = telling(number, round).event_id();
                assert_eq!(Telling::round_of(&id, &number.into()), Some(round), "{id}");
            }
        }
        for foreign in ["BG1002", "BG10011", "BG1001/", "BG1001/0", "BG1001/1", "BG1001/x", ""] {
            assert_eq!(Telling::round_of(foreign, &"BG1001".into()), None, "{foreign}");
        }
    }
}
