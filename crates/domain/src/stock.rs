//! What a shop may sell of a SKU.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Sku;

/// A count of one SKU by the warehouse. Part of the wire contract (`warehouse.stock.counted`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockLevel {
    /// What was counted.
    pub sku: Sku,
    /// Units on the shelf.
    pub on_hand: i64,
    /// Units that the warehouse has set aside for orders that it has accepted, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocated: Option<i64>,
}

/// Units of one SKU that were sold and were still on the shelf when it was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Promised {
    /// In all orders that are released and whose parcel left after the count, or not yet.
    pub total: i64,
    /// The part of `total` that the warehouse had not accepted when it counted, so that its `allocated` lacks it.
    pub unallocated: i64,
}

/// Which number a shop is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockPush {
    /// Nothing.
    Off,
    /// The physical count.
    OnHand,
    /// The count less what is promised.
    Available,
}

/// Units of a SKU that a shop may offer; none if nothing is to be pushed. Never negative.
///
/// Example: 10 on the shelf, of which the warehouse set aside 3 for orders that it accepted; 2 more units are in orders that
/// it has not accepted yet; 1 is kept back: `10 - 3 - 2 - 1 = 4`. Without `allocated`, all 5 promised units are subtracted,
/// and the answer is the same.
pub fn sellable(push: StockPush, count: &StockLevel, promised: Promised, buffer: i64) -> Option<i64> {
    let units = match push {
        StockPush::Off => return None,
        StockPush::OnHand => count.on_hand,
        StockPush::Available => {
            let taken = match count.allocated {
                Some(allocated) => allocated.saturating_add(promised.unallocated),
                None => promised.total,
            };
            count.on_hand.saturating_sub(taken)
        }
    };
    Some(units.saturating_sub(buffer).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(on_hand: i64, allocated: Option<i64>) -> StockLevel {
        StockLevel { sku: Sku::from("TEE-M"), on_hand, allocated }
    }

    #[test]
    fn a_reservation_of_the_warehouse_is_not_subtracted_twice() {
        let promised = Promised { total: 5, unallocated: 2 };
        assert_eq!(sellable(StockPush::Available, &count(10, Some(3)), promised, 1), Some(4));
        assert_eq!(sellable(StockPush::Available, &count(10, None), promised, 1), Some(4));
    }

    #[test]
    fn the_shelf_is_told_as_counted_and_never_below_nothing() {
        let promised = Promised { total: 5, unallocated: 5 };
        assert_eq!(sellable(StockPush::OnHand, &count(10, None), promised, 0), Some(10));
        assert_eq!(sellable(StockPush::Available, &count(3, None), promised, 0), Some(0));
        assert_eq!(sellable(StockPush::Off, &count(3, None), promised, 0), None);
        let endless = Promised { total: i64::MAX, unallocated: i64::MAX };
        assert_eq!(sellable(StockPush::Available, &count(i64::MIN, Some(i64::MAX)), endless, 1), Some(0));
    }
}
