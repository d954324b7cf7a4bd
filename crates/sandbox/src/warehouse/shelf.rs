//! What lies on the shelf, and how much of it is set aside for orders.

use std::collections::BTreeMap;

use crossdock_domain::{PackedLine, Sku, StockLevel};

/// The places of all SKUs that the warehouse keeps.
#[derive(Debug, Default)]
pub(super) struct Shelf(BTreeMap<Sku, Place>);

/// One SKU's place.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// Units that lie here. Below nothing only if more was sent off than was ever counted.
    on_hand: i64,
    /// The part of them that is set aside: in accepted orders and not yet sent off.
    allocated: i64,
}

impl Shelf {
    pub(super) fn of(stock: Vec<(String, i64)>) -> Self {
        let place = |(sku, on_hand)| (Sku::new(sku), Place { on_hand, allocated: 0 });
        Self(stock.into_iter().map(place).collect())
    }

    pub(super) fn knows(&self, sku: &Sku) -> bool {
        self.0.contains_key(sku)
    }

    pub(super) fn allocate(&mut self, lines: &[PackedLine]) {
        for line in lines {
            self.place(&line.sku).allocated += i64::from(line.quantity);
        }
    }

    /// Gives back what was set aside.
    pub(super) fn unallocate(&mut self, lines: &[PackedLine]) {
        for line in lines {
            self.place(&line.sku).allocated -= i64::from(line.quantity);
        }
    }

    /// Whether everything in these lines lies here. A SKU may stand in several lines.
    pub(super) fn holds(&self, lines: &[PackedLine]) -> bool {
        let units_of = |sku: &Sku| {
            lines.iter().filter(|line| line.sku == *sku).map(|line| i64::from(line.quantity)).sum()
        };
        lines
            .iter()
            .all(|line| self.0.get(&line.sku).is_some_and(|place| place.on_hand >= units_of(&line.sku)))
    }

    /// Takes lines that were set aside off the shelf.
    pub(super) fn take(&mut self, lines: &[PackedLine]) {
        self.unallocate(lines);
        for line in lines {
            self.place(&line.sku).on_hand -= i64::from(line.quantity);
        }
    }

    /// Adds goods that came in.
    pub(super) fn put_away(&mut self, sku: &Sku, units: i64) {
        self.place(sku).on_hand += units;
    }

    /// Corrects what lies here to what was counted.
    pub(super) fn correct(&mut self, sku: &Sku, on_hand: i64) {
        self.place(sku).on_hand = on_hand;
    }

    pub(super) fn level(&self, sku: &Sku) -> Option<StockLevel> {
        let place = self.0.get(sku)?;
        Some(StockLevel { sku: sku.clone(), on_hand: place.on_hand, allocated: Some(place.allocated) })
    }

    pub(super) fn levels(&self) -> Vec<StockLevel> {
        self.0.keys().filter_map(|sku| self.level(sku)).collect()
    }

    fn place(&mut self, sku: &Sku) -> &mut Place {
        self.0.entry(sku.clone()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(of: &[(&str, u32)]) -> Vec<PackedLine> {
        of.iter()
            .map(|(sku, quantity)| PackedLine { sku: Sku::from(*sku), quantity: *quantity, line_id: None })
            .collect()
    }

    fn numbers(shelf: &Shelf, sku: &str) -> (i64, Option<i64>) {
        let level = shelf.level(&Sku::from(sku)).unwrap();
        (level.on_hand, level.allocated)
    }

    #[test]
    fn units_are_set_aside_when_accepted_and_leave_when_dispatched() {
        let mut shelf = Shelf::of(vec![("TEE-M".into(), 10), ("CAP".into(), 4)]);
        shelf.allocate(&lines(&[("TEE-M", 3), ("CAP", 1)]));
        assert_eq!(numbers(&shelf, "TEE-M"), (10, Some(3)));
        shelf.take(&lines(&[("TEE-M", 2)]));
        assert_eq!(numbers(&shelf, "TEE-M"), (8, Some(1)));
        shelf.unallocate(&lines(&[("TEE-M", 1), ("CAP", 1)]));
        assert_eq!(numbers(&shelf, "TEE-M"), (8, Some(0)));
        assert_eq!(numbers(&shelf, "CAP"), (4, Some(0)));
    }

    #[test]
    fn an_order_is_held_only_if_all_its_lines_together_lie_there() {
        let mut shelf = Shelf::of(vec![("TEE-M".into(), 3)]);
        assert!(shelf.holds(&lines(&[("TEE-M", 1), ("TEE-M", 2)])));
        assert!(!shelf.holds(&lines(&[("TEE-M", 2), ("TEE-M", 2)])));
        assert!(!shelf.holds(&lines(&[("UNKNOWN", 1)])));
        shelf.put_away(&Sku::from("TEE-M"), 1);
        assert!(shelf.holds(&lines(&[("TEE-M", 2), ("TEE-M", 2)])));
        shelf.correct(&Sku::from("TEE-M"), 0);
        assert!(!shelf.holds(&lines(&[("TEE-M", 1)])));
    }
}
