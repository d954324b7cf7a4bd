//! Which lines of an order are still to be shipped.

use std::collections::HashMap;

use crossdock_domain::{ShippedLine, Sku};

/// One line for each SKU, in the order in which they first came. A line of nothing is left out.
pub(crate) fn summed<'l>(lines: impl IntoIterator<Item = (&'l Sku, u32)>) -> Vec<ShippedLine> {
    let mut summed: Vec<ShippedLine> = Vec::new();
    for (sku, quantity) in lines {
        match summed.iter_mut().find(|line| line.sku == *sku) {
            Some(line) => line.quantity = line.quantity.saturating_add(quantity),
            None => summed.push(ShippedLine { sku: sku.clone(), quantity }),
        }
    }
    summed.retain(|line| line.quantity > 0);
    summed
}

/// What is left of the released lines when these units have gone. More units of one SKU than were released stand for no other SKU.
pub(crate) fn open(released: &[ShippedLine], gone: &HashMap<Sku, i64>) -> Vec<ShippedLine> {
    let left = |line: &ShippedLine| {
        let units = i64::from(line.quantity).saturating_sub(gone.get(&line.sku).copied().unwrap_or(0));
        let quantity = u32::try_from(units).ok().filter(|units| *units > 0)?;
        Some(ShippedLine { sku: line.sku.clone(), quantity })
    };
    released.iter().filter_map(left).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[(&str, u32)]) -> Vec<ShippedLine> {
        lines
            .iter()
            .map(|(sku, quantity)| ShippedLine { sku: Sku::from(*sku), quantity: *quantity })
            .collect()
    }

    fn gone(units: &[(&str, i64)]) -> HashMap<Sku, i64> {
        units.iter().map(|(sku, units)| (Sku::from(*sku), *units)).collect()
    }

    #[test]
    fn lines_of_one_sku_are_one_line_where_the_first_of_them_stood() {
        let (b, a) = (Sku::from("B"), Sku::from("A"));
        assert_eq!(summed([(&b, 1), (&a, 2), (&b, 3)]), lines(&[("B", 4), ("A", 2)]));
        assert_eq!(summed([(&b, 0), (&a, u32::MAX), (&a, 1)]), lines(&[("A", u32::MAX)]));
    }

    #[test]
    fn what_has_gone_is_open_no_more() {
        let released = lines(&[("A", 2), ("B", 1)]);
        assert_eq!(open(&released, &gone(&[])), released);
        assert_eq!(open(&released, &gone(&[("A", 1), ("B", 1)])), lines(&[("A", 1)]));
        assert_eq!(open(&released, &gone(&[("A", 2), ("B", 1)])), []);
    }

    #[test]
    fn too_much_of_one_sku_stands_for_no_other() {
        let released = lines(&[("A", 2), ("B", 1)]);
        assert_eq!(open(&released, &gone(&[("A", 5), ("C", 9)])), lines(&[("B", 1)]));
    }

    #[test]
    fn more_units_than_can_be_counted_overflow_nothing() {
        let released = lines(&[("A", 2), ("B", 1)]);
        assert_eq!(open(&released, &gone(&[("A", i64::MAX), ("B", i64::MIN)])), []);
    }
}
