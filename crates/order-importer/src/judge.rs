//! What is decided about an order that was just read, and how the timeline tells it.

use crossdock_domain::{Decision, ImportRules, Platform, ShopOrder};
use crossdock_ledger::{Happening, Judged, Verdict};
use jiff::Timestamp;

use crate::ROLE;

/// Why an order is looked at.
#[derive(Debug, Clone)]
pub(crate) struct Occasion {
    /// The event's id, or another name that is the same when the same occasion comes again.
    pub(crate) key: String,
    /// What the shop said happened, or who wants it.
    pub(crate) cause: String,
    /// What was told of the order by then.
    pub(crate) notices: Vec<Happening>,
    /// When the shop was asked.
    pub(crate) read_at: Timestamp,
    /// Whether somebody wants it released again if the warehouse refused it.
    pub(crate) again: bool,
}

impl Occasion {
    /// How the timeline tells what comes of it.
    pub(crate) fn happening(&self, what: String) -> Happening {
        Happening {
            // With the words in it: the same occasion that comes to another end is told too.
            key: format!("{}/{what}", self.key),
            at: Timestamp::now(),
            role: ROLE,
            what,
            cause: self.cause.clone(),
        }
    }
}

/// What is decided about an order that the warehouse does not have, in the ledger's words.
pub(crate) fn verdict(decision: Decision) -> Verdict {
    match decision {
        Decision::Release(released) => Verdict::Release(released),
        Decision::Hold { reason, until } => Verdict::Hold { reason, until },
        Decision::Filter { rule, value } => Verdict::Filter { reason: format!("{rule}: {value}") },
        Decision::Cancel { reason } => Verdict::Cancel { reason },
    }
}

pub(crate) fn judge(
    rules: &ImportRules,
    platform: Platform,
    order: &ShopOrder,
    occasion: &Occasion,
) -> Judged {
    let decision = rules.decide(order, Timestamp::now());
    let kept = rules.kept(order, &decision);
    let verdict = verdict(decision);
    let what = match &verdict {
        Verdict::Release(released) => format!("to be released to the warehouse as {}", released.number),
        Verdict::Hold { reason, until: Some(until) } => format!("held until {until}: {reason}"),
        Verdict::Hold { reason, until: None } => format!("held: {reason}"),
        Verdict::Filter { reason } => format!("filtered by {reason}"),
        Verdict::Cancel { reason } => format!("cancelled: {reason}"),
    };
    let what = match rules.left_out(order).filter(|_| matches!(verdict, Verdict::Release(_))) {
        Some(left_out) => format!("{what}, without {left_out}"),
        None => what,
    };
    Judged {
        store: rules.store.clone(),
        platform,
        order_id: order.order_id.clone(),
        number: rules.number(order),
        placed_at: order.placed_at,
        modified_at: order.modified_at,
        shop_status: order.status.to_string(),
        verdict,
        shape: rules.shape(order).map(Box::new),
        kept,
        read_at: occasion.read_at,
        again: occasion.again,
        happening: occasion.happening(what),
        notices: occasion.notices.clone(),
    }
}
