//! The shape in which an order goes to the warehouse, whatever the filters say of it.

use crate::{Address, ImportRules, OrderLine, ReleasedOrder, ShopLine, ShopOrder, Sku};

/// Why an order cannot be packed as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No line of it goes into a parcel (any more): all are refunded, or not shipped.
    #[error("nothing of the order is to be packed")]
    NothingToPack,
    /// A person has to change something at the shop: what, in the merchant's words.
    #[error("{0}")]
    Mend(String),
}

impl ImportRules {
    /// The order as the warehouse would get it now.
    ///
    /// # Errors
    /// [`Unfit`] says what a person has to change at the shop before it can be packed.
    pub fn shape(&self, order: &ShopOrder) -> Result<ReleasedOrder, Unfit> {
        if !order.lines.iter().any(ShopLine::is_packed) {
            return Err(Unfit::NothingToPack);
        }
        let Some(ship_to) = &order.ship_to else {
            return unfit("the order has lines to ship but no shipping address; add one at the shop");
        };
        if order.destinations > 1 {
            return unfit(format!(
                "the order goes to {} addresses; split it at the shop into one order per address",
                order.destinations
            ));
        }
        if let Some(kit) = self.kits.without_parts(&order.lines) {
            return unfit(format!(
                "'{}' is a kit, and none of its parts is in the order; add them at the shop",
                kit.sku
            ));
        }
        let packed: Vec<&ShopLine> = order.lines.iter().filter(|line| self.packs(line)).collect();
        if let Some(line) = packed.iter().find(|line| line.sku.as_str().trim().is_empty()) {
            return unfit(format!("'{}' has no SKU; give the product one at the shop", line.name));
        }
        let tests = packed.iter().filter(|line| self.test_skus.contains(&line.sku)).count();
        if tests > 0 && tests < packed.len() {
            return unfit("the order mixes test items with real ones; split it at the shop");
        }
        Ok(self.shaped(order, ship_to, &packed, tests > 0))
    }

    /// What the buyer wants of the shelf, units by SKU, also of an order that cannot be packed as it is: that is kept while a person mends
    /// it. Nothing of lines without a SKU, of kits' own lines and of test items, and no units that have left.
    pub(super) fn wanted(&self, order: &ShopOrder) -> Vec<(Sku, u32)> {
        let lines = order.lines.iter().filter(|line| self.packs(line));
        let known = lines.filter(|line| !line.sku.as_str().trim().is_empty());
        let real = known.filter(|line| !self.test_skus.contains(&line.sku));
        real.map(|line| (line.sku.clone(), line.quantity.saturating_sub(line.shipped))).collect()
    }

    /// The lines that are left out of the parcel, each with the reason, for the timeline; none if nothing is.
    pub fn left_out(&self, order: &ShopOrder) -> Option<String> {
        let has_parts =
            |line: &ShopLine| order.lines.iter().any(|part| part.part_of.as_ref() == Some(&line.line_id));
        let why = |line: &ShopLine| {
            if line.quantity == 0 {
                Some("refunded")
            } else if self.kits.contain(&line.sku) || !line.shippable && has_parts(line) {
                Some("packed as its parts")
            } else {
                (!line.shippable).then_some("not shipped")
            }
        };
        let told = order.lines.iter().filter_map(|line| Some(format!("'{}' ({})", line.name, why(line)?)));
        let told = told.collect::<Vec<_>>().join(", ");
        (!told.is_empty()).then_some(told)
    }

    pub(super) fn packs(&self, line: &ShopLine) -> bool {
        line.is_packed() && !self.kits.contain(&line.sku)
    }

    fn shaped(
        &self,
        order: &ShopOrder,
        ship_to: &Address,
        packed: &[&ShopLine],
        test: bool,
    ) -> ReleasedOrder {
        ReleasedOrder {
            number: self.number(order),
            store: self.store.clone(),
            platform: self.platform,
            order_id: order.order_id.clone(),
            test,
            placed_at: order.placed_at,
            currency: order.currency.clone(),
            ship_to: ship_to.clone(),
            shipping_method: order.shipping_method.clone(),
            pickup: order.pickup,
            customer_note: order.customer_note.clone(),
            lines: packed.iter().map(|line| self.shaped_line(line)).collect(),
            total: order.total,
        }
    }

    fn shaped_line(&self, line: &ShopLine) -> OrderLine {
        let wanted = |name: &str| self.product_options.iter().any(|option| option.eq_ignore_ascii_case(name));
        let options = line.options.iter().filter(|(name, _)| wanted(name));
        OrderLine {
            line_id: line.line_id.clone(),
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            options: options.map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }
}

fn unfit(why: impl Into<String>) -> Result<ReleasedOrder, Unfit> {
    Err(Unfit::Mend(why.into()))
}
