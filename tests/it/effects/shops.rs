//! What buyers and merchants do, at random.

use crossdock_sandbox::Draft;
use crossdock_tests::world::World;
use fastrand::Rng;
use jiff::Timestamp;
use serde_json::json;

use super::model::{ALLOCATED, Fate, Order, SKUS, Shop};

/// BigCommerce's ids of Awaiting Fulfillment and Cancelled.
pub(super) const AWAITING_FULFILLMENT: i64 = 11;
pub(super) const CANCELLED: i64 = 5;

/// Places an order of one SKU or two.
pub(super) fn place(world: &World, dice: &mut Rng) -> Order {
    let shop = Shop::BOTH[usize::from(dice.bool())];
    let first = dice.usize(..SKUS.len());
    let skus = [SKUS[first], SKUS[(first + 1) % SKUS.len()]];
    let lines: Vec<_> = skus[..dice.usize(1..=2)].iter().map(|sku| (*sku, dice.u32(1..=3))).collect();
    let mut draft = Draft::of(&lines);
    draft.paid = dice.u32(0..6) > 0;
    let (prefix, id) = match shop {
        Shop::Bigcommerce => ("BG", world.bigcommerce.place_order(&draft)),
        Shop::Ecwid => ("W-", world.ecwid.place_order(&draft)),
    };
    Order {
        shop,
        number: format!("{prefix}{id}"),
        id,
        sold: lines.clone(),
        sold_by: Timestamp::now(),
        lines,
        fate: if draft.paid { Fate::Wanted } else { Fate::Unpaid },
        amended: false,
        changed_second: this_second(),
        consignments: Vec::new(),
    }
}

/// One change to an order of which no parcel was packed yet.
pub(super) fn change(world: &World, dice: &mut Rng, order: &mut Order) {
    let amendable = order.fate == Fate::Wanted && order.lines.iter().all(|(sku, _)| *sku != ALLOCATED);
    match (order.fate, dice.u32(0..3)) {
        (Fate::Cancelled, _) => return,
        (Fate::Unpaid, 0 | 1) => set_fate(world, order, Fate::Wanted),
        (Fate::Wanted, 0 | 1) if amendable => {
            let line = dice.usize(..order.lines.len());
            let units = dice.u32(1..=4);
            order.amended |= order.lines[line].1 != units;
            order.lines[line].1 = units;
            amend(world, order);
        }
        _ => set_fate(world, order, Fate::Cancelled),
    }
    order.changed_second = this_second();
}

fn set_fate(world: &World, order: &mut Order, fate: Fate) {
    order.fate = fate;
    let wanted = fate == Fate::Wanted;
    match order.shop {
        Shop::Bigcommerce => {
            let status = if wanted { AWAITING_FULFILLMENT } else { CANCELLED };
            world.bigcommerce.set_status(&order.id, status);
        }
        Shop::Ecwid => {
            let payment = if wanted { "PAID" } else { "CANCELLED" };
            world.ecwid.set_statuses(&order.id, payment, "AWAITING_PROCESSING");
        }
    }
}

fn amend(world: &World, order: &Order) {
    match order.shop {
        Shop::Bigcommerce => world.bigcommerce.change_products(&order.id, |products| {
            for (product, (_, units)) in products.iter_mut().zip(&order.lines) {
                product["quantity"] = json!(units);
            }
        }),
        Shop::Ecwid => world.ecwid.change_order(&order.id, |fields| {
            for (at, (_, units)) in order.lines.iter().enumerate() {
                fields["items"][at]["quantity"] = json!(units);
            }
        }),
    }
}

/// The shops tell changes of one second not apart.
pub(super) fn this_second() -> i64 {
    Timestamp::now().as_second()
}
