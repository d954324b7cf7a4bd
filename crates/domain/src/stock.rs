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
///
/// Promised is what a buyer may still get, over all shops:
/// - of an order that is held or on its way to the warehouse, everything, as far as its lines have SKUs;
/// - of one that its status alone keeps out while it waits for payment, a check or its turn, the same;
/// - of one that the warehouse has, what had not left when the SKU was counted: the parcel and the count that lacks it cancel out;
/// - of one that the warehouse refused, everything: it is released again once the SKU is known, or by a person, and the buyer has paid.
///   Its end is that the shop cancels it;
/// - of one that was amended, what it wants now; of one that was cancelled, nothing;
/// - of any order, at least what left after the count, although nobody wants it any more, or ever did;
/// - of a consignment that was taken back, everything again.
///
/// Never promised: other orders that a rule keeps out, and test orders, which are never dispatched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Promised {
    /// All of it.
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
    use proptest::prelude::*;

    use super::*;

    fn count(on_hand: i64, allocated: Option<i64>) -> StockLevel {
        StockLevel { sku: Sku::from("TEE-M"), on_hand, allocated }
    }

    fn available(count: &StockLevel, promised: Promised, buffer: i64) -> i64 {
        sellable(StockPush::Available, count, promised, buffer).expect("something is pushed")
    }

    #[test]
    fn a_reservation_of_the_warehouse_is_not_subtracted_twice() {
        let promised = Promised { total: 5, unallocated: 2 };
        assert_eq!(available(&count(10, Some(3)), promised, 1), 4);
        assert_eq!(available(&count(10, None), promised, 1), 4);
    }

    #[test]
    fn the_shelf_is_told_as_counted_and_never_below_nothing() {
        let promised = Promised { total: 5, unallocated: 5 };
        assert_eq!(sellable(StockPush::OnHand, &count(10, None), promised, 0), Some(10));
        assert_eq!(sellable(StockPush::Available, &count(3, None), promised, 0), Some(0));
        assert_eq!(sellable(StockPush::Off, &count(3, None), promised, 0), None);
        let endless = Promised { total: i64::MAX, unallocated: i64::MAX };
        assert_eq!(available(&count(i64::MIN, Some(i64::MAX)), endless, 1), 0);
    }

    proptest! {
        #[test]
        fn no_shop_may_sell_less_than_nothing(
            on_hand: i64, allocated: Option<i64>, total: i64, unallocated: i64, buffer in 0..i64::MAX
        ) {
            for push in [StockPush::OnHand, StockPush::Available] {
                let promised = Promised { total, unallocated };
                prop_assert!(sellable(push, &count(on_hand, allocated), promised, buffer) >= Some(0));
            }
        }

        /// Some orders were accepted, and are in `allocated` where the warehouse says it.
        #[test]
        fn it_makes_no_difference_whether_the_warehouse_tells_its_reservations(
            on_hand in 0_i64..1_000, accepted in 0_i64..1_000, others in 0_i64..1_000, buffer in 0_i64..10
        ) {
            let promised = Promised { total: accepted + others, unallocated: others };
            let told = available(&count(on_hand, Some(accepted)), promised, buffer);
            prop_assert_eq!(told, available(&count(on_hand, None), promised, buffer));
        }

        #[test]
        fn an_order_and_its_parcel_leave_available_where_the_next_count_says(
            on_hand in 0_i64..1_000, others in 0_i64..1_000, ordered in 0_i64..1_000, buffer in 0_i64..10
        ) {
            let promised = |total| Promised { total, unallocated: total };
            let with_the_order = available(&count(on_hand, None), promised(others + ordered), buffer);
            let after_it_left = available(&count(on_hand - ordered, None), promised(others), buffer);
            prop_assert_eq!(with_the_order, after_it_left);
            prop_assert!(with_the_order <= available(&count(on_hand, None), promised(others), buffer));
        }
    }
}
