//! Kits: sold as one thing, packed as their parts, which stand in the order as lines of their own.

use crate::{LineId, ShopLine, Sku};

/// How the SKU of a kit is told from others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kits {
    /// What a kit's SKU begins with; empty: that tells nothing.
    pub prefix: String,
    /// What a kit's SKU ends with; empty: that tells nothing.
    pub suffix: String,
}

impl Kits {
    /// Whether a line of this SKU is a kit's own.
    pub(super) fn contain(&self, sku: &Sku) -> bool {
        let begins = !self.prefix.is_empty() && sku.as_str().starts_with(&self.prefix);
        begins || !self.suffix.is_empty() && sku.as_str().ends_with(&self.suffix)
    }

    /// The first kit of which no part is in the order.
    ///
    /// Where no line says that it is a kit's part, as with apps that add the parts by themselves, any line to pack may be one.
    pub(super) fn without_parts<'a>(&self, lines: &'a [ShopLine]) -> Option<&'a ShopLine> {
        let wanted = || lines.iter().filter(|line| line.quantity > 0);
        let is_kit = |id: &LineId| wanted().any(|line| line.line_id == *id && self.contain(&line.sku));
        let told = wanted().any(|line| line.part_of.as_ref().is_some_and(is_kit));
        let is_part = |line: &ShopLine, kit: &ShopLine| {
            if told {
                line.part_of.as_ref() == Some(&kit.line_id) && (line.shippable || self.contain(&line.sku))
            } else {
                line.shippable && line.part_of.is_none() && !self.contain(&line.sku)
            }
        };
        let mut kits = wanted().filter(|line| self.contain(&line.sku));
        kits.find(|kit| !wanted().any(|line| is_part(line, kit)))
    }
}
