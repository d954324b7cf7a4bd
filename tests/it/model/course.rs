//! How far an order may have come: Crossdock may have seen each state of it, or missed it, but not the last one.

use super::truth::{Fate, Shape, Truth};

/// Where an order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// The warehouse was never told of it. Why not; nothing if it was never read.
    Out(Option<Fate>),
    /// The warehouse was told to pack this.
    Told(Shape),
    /// The warehouse has refused to pack this, and whenever the shop was read since, the order was kept out.
    Refused(Shape),
    /// The warehouse was told not to pack it any more.
    Ended(String),
}

const DELETED: &str = "deleted at the shop";

const EMPTY: &str = "nothing of it is to be packed any more";

const REOPENED: &str =
    "open again at the shop after the warehouse was told to cancel it; place it there as a new order";

impl Course {
    /// Where it stands once its shop was read like this.
    fn after(&self, truth: &Truth) -> Self {
        match self {
            Self::Out(seen) if truth.gone => Self::Out(match seen {
                None => None,
                Some(Fate::Cancelled(reason)) => Some(Fate::Cancelled(reason.clone())),
                Some(_) => Some(Fate::Cancelled(DELETED.to_owned())),
            }),
            Self::Out(_) => match truth.fate() {
                Fate::Wanted(shape) => Self::Told(shape),
                kept_out => Self::Out(Some(kept_out)),
            },
            Self::Told(_) | Self::Refused(_) if truth.gone => Self::Ended(DELETED.to_owned()),
            Self::Told(shape) => match truth.fate() {
                Fate::Cancelled(reason) => Self::Ended(reason),
                _ if truth.is_empty() => Self::Ended(EMPTY.to_owned()),
                // Whatever keeps new orders out, this one is at the warehouse: it shall have what is to be packed, if that can be.
                _ => Self::Told(truth.shape().unwrap_or_else(|_| shape.clone())),
            },
            Self::Refused(shape) => match truth.fate() {
                Fate::Cancelled(reason) => Self::Ended(reason),
                _ if truth.is_empty() => Self::Ended(EMPTY.to_owned()),
                Fate::Wanted(shape) => Self::Told(shape),
                // The warehouse does not have it: it goes there by the rules of new orders.
                Fate::Filtered(_) | Fate::Held(_) => Self::Refused(shape.clone()),
            },
            Self::Ended(reason) => {
                let reopened = !truth.gone && matches!(truth.fate(), Fate::Wanted(_));
                Self::Ended(if reopened { REOPENED.to_owned() } else { reason.clone() })
            }
        }
    }
}

/// All that may have become of an order with this history at its shop, the present at its end.
pub(super) fn courses(history: &[Truth]) -> Vec<Course> {
    let (now, before) = history.split_last().expect("an order has been placed");
    let mut courses = vec![Course::Out(None)];
    for truth in before {
        for at in 0..courses.len() {
            let next = courses[at].after(truth);
            // The warehouse may refuse it before the shop is read again.
            let refused = match &next {
                Course::Told(shape) => Some(Course::Refused(shape.clone())),
                _ => None,
            };
            for next in refused.into_iter().chain([next]) {
                if !courses.contains(&next) {
                    courses.push(next);
                }
            }
        }
    }
    courses.iter().map(|course| course.after(now)).collect()
}
