//! What no two shops may share: an id, a shop at the platform, a number at the warehouse.

use crossdock_domain::{Platform, StoreId};

use crate::item::Item;
use crate::order_numbers::OrderNumbers;

/// What the shops read so far have taken for themselves, each with its line.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    ids: Vec<(StoreId, usize)>,
    shops: Vec<((Platform, String), usize)>,
    numbers: Vec<(OrderNumbers, usize)>,
}

impl Claims {
    /// Takes an id for the shop at hand.
    pub(crate) fn id(&mut self, item: &Item<'_>, id: &StoreId) {
        if let Some(line) = claim(&mut self.ids, id.clone(), item.line()) {
            item.refuse(&format!("the store on line {line} has this id too; give each store its own"));
        }
    }

    /// Takes a shop at its platform, by the platform's own key of it.
    pub(crate) fn shop(&mut self, item: &Item<'_>, platform: Platform, key: &str) {
        if let Some(line) = claim(&mut self.shops, (platform, key.to_lowercase()), item.line()) {
            item.refuse(&format!("line {line} is for this shop too; keep one [[store]] for each shop"));
        }
    }

    /// Takes the numbers that a shop's orders get at the warehouse; if some are taken, says what to do.
    pub(crate) fn numbers(&mut self, numbers: OrderNumbers, line: usize) -> Result<(), String> {
        let taken = self.numbers.iter().find_map(|(other, line)| Some((numbers.shared_with(other)?, *line)));
        self.numbers.push((numbers, line));
        let Some((shared, other_line)) = taken else { return Ok(()) };
        Err(format!(
            "order {} would be {} at the warehouse, as would order {} of the store on line {other_line}; \
             give the stores prefixes of which none begins with another",
            shared.order, shared.number, shared.other_order
        ))
    }
}

/// Where the same was taken before.
fn claim<T: PartialEq>(taken: &mut Vec<(T, usize)>, value: T, line: usize) -> Option<usize> {
    let before = taken.iter().find(|(other, _)| *other == value).map(|(_, line)| *line);
    taken.push((value, line));
    before
}
