//! What became of many orders, counted.

use std::collections::BTreeMap;

use crossdock_domain::OrderId;
use crossdock_order_importer::Imported;
use serde::Serialize;

use crate::listing::say;

/// Most failed orders that are named to people. JSON has them all.
const FAILED_NAMED_MAX: usize = 20;

#[derive(Debug, Default, Serialize)]
pub(super) struct Tally {
    imported: usize,
    already_there: usize,
    held: usize,
    cancelled: usize,
    /// By rule.
    filtered: BTreeMap<String, usize>,
    pub(super) failed: Vec<Failed>,
}

/// An order that could not be imported.
#[derive(Debug, Serialize)]
pub(super) struct Failed {
    order_id: OrderId,
    reason: String,
}

impl Tally {
    pub(super) fn count(&mut self, order_id: OrderId, imported: Imported) {
        match imported {
            Imported::Released => self.imported += 1,
            Imported::AlreadyThere(_) => self.already_there += 1,
            Imported::Held { .. } => self.held += 1,
            Imported::Cancelled { .. } => self.cancelled += 1,
            Imported::Filtered { reason } => {
                let rule = reason.split_once(':').map_or(reason.as_str(), |(rule, _)| rule);
                *self.filtered.entry(rule.to_owned()).or_default() += 1;
            }
            Imported::Failed(failure) => self.failed.push(Failed { order_id, reason: failure.chain }),
        }
    }

    /// Prints a line for each kind.
    pub(super) fn tell(&self) {
        let line = |orders: usize, what: &str| say(&format!("{orders:>8}  {what}"));
        line(self.imported, "imported");
        line(self.already_there, "already there");
        line(self.held, "held");
        line(self.cancelled, "cancelled");
        for (rule, orders) in &self.filtered {
            line(*orders, &format!("filtered by {rule}"));
        }
        line(self.failed.len(), "failed");
        for Failed { order_id, reason } in self.failed.iter().take(FAILED_NAMED_MAX) {
            say(&format!("failed: {order_id}: {reason}"));
        }
        if self.failed.len() > FAILED_NAMED_MAX {
            say(&format!("and {} more; --json names them all", self.failed.len() - FAILED_NAMED_MAX));
        }
    }
}
