//! What is decided about an order that was just read, and how the timeline tells it.

use std::collections::BTreeSet;

use crossdock_domain::{Decision, ShopOrder, Sku};
use crossdock_ledger::{Happening, Judged, Verdict};
use crossdock_storefront::Shop;
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

pub(crate) fn judge(shop: &Shop, order: &ShopOrder, occasion: &Occasion) -> Judged {
    let rules = &shop.settings.orders;
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
        platform: shop.settings.platform(),
        order_id: order.order_id.clone(),
        number: rules.number(order),
        placed_at: order.placed_at,
        modified_at: order.modified_at,
        shop_status: order.status.to_string(),
        verdict,
        shape: rules.shape(order).map(Box::new),
        kept,
        given_back: given_back(order),
        stock_push: shop.settings.stock.push,
        read_at: occasion.read_at,
        again: occasion.again,
        happening: occasion.happening(what),
        notices: occasion.notices.clone(),
    }
}

/// None, if its status is none in which the shop may have put its goods on sale again.
fn given_back(order: &ShopOrder) -> Vec<Sku> {
    let lines = order.lines.iter().filter(|_| order.status.may_give_back());
    let skus: BTreeSet<&Sku> = lines.map(|line| &line.sku).filter(|sku| !sku.as_str().is_empty()).collect();
    skus.into_iter().cloned().collect()
}
