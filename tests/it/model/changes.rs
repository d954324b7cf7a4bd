//! What buyers and merchants do to an order, at random.

use crossdock_sandbox::Draft;
use crossdock_tests::world::World;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::truth::{BEFORE_START, BIGCOMMERCE, ECWID, Line, Name, Placed, Shop, Status, Truth};

/// What both shops sell.
const SOLD: [&str; 3] = ["TEE-M", "MUG", "Test001"];

/// What a merchant may make of a line. At Ecwid the kit is a SKU like another.
const RENAMED: [&str; 5] = ["TEE-M", "MUG", LISTED_LATE, "NEW-UNLISTED", "KIT-GIFT"];

/// A SKU that the warehouse lists in the course of the journey.
pub(super) const LISTED_LATE: &str = "NEW-LISTED";

/// All that the warehouse keeps in the end.
pub(super) const KEPT: [&str; 4] = ["TEE-M", "MUG", "Test001", LISTED_LATE];

/// Hours since orders that are not fresh were placed. They are held for one.
const EARLIER_HOURS: i64 = 2;

/// An order to be placed.
pub(super) fn new_order(dice: &mut Rng) -> Truth {
    let shop = if dice.bool() { Shop::Bigcommerce } else { Shop::Ecwid };
    let placed = match dice.u32(0..10) {
        0 => Placed::BeforeStart,
        1 => Placed::JustNow,
        _ => Placed::Earlier,
    };
    let first = dice.usize(..SOLD.len());
    let skus = [SOLD[first], SOLD[(first + 1) % SOLD.len()]];
    let lines = skus[..dice.usize(1..=2)].iter();
    Truth {
        shop,
        gone: false,
        status: statuses(shop)[usize::from(dice.u32(0..4) == 0)],
        placed,
        country: if dice.u32(0..8) == 0 { "US" } else { "AU" },
        street: "455 Collins Street".to_owned(),
        note: String::new(),
        lines: lines.map(|sku| Line { sku, ordered: dice.u32(1..=3), refunded: 0 }).collect(),
    }
}

/// An order to be placed that is to be released at once.
pub(super) fn wanted_order(dice: &mut Rng) -> Truth {
    let mut truth = new_order(dice);
    (truth.placed, truth.country, truth.status) = (Placed::Earlier, "AU", statuses(truth.shop)[0]);
    truth.lines.truncate(1);
    truth
}

/// Places it; answers its id.
pub(super) fn place(world: &World, truth: &Truth) -> String {
    let lines: Vec<_> = truth.lines.iter().map(|line| (line.sku, line.ordered)).collect();
    let mut draft = Draft::of(&lines).to_country(truth.country, "somewhere");
    draft.paid = truth.status == statuses(truth.shop)[0];
    draft.placed_at = match truth.placed {
        Placed::BeforeStart => BEFORE_START.parse().unwrap(),
        Placed::Earlier => Timestamp::now() - SignedDuration::from_hours(EARLIER_HOURS),
        Placed::JustNow => Timestamp::now(),
    };
    match truth.shop {
        Shop::Bigcommerce => world.bigcommerce.place_order(&draft),
        Shop::Ecwid => world.ecwid.place_order(&draft),
    }
}

/// One change to an order. Of one that has left the warehouse, only what is not packed any more.
pub(super) fn changed(dice: &mut Rng, before: &Truth, left: bool, may_go: bool) -> Truth {
    let mut truth = before.clone();
    if truth.gone {
        truth.gone = truth.shop == Shop::Ecwid;
        return truth;
    }
    let line = dice.usize(..truth.lines.len());
    let line = &mut truth.lines[line];
    match dice.u32(0..if left { 3 } else { 16 }) {
        0 => truth.note = format!("Ring {} times", dice.u32(2..100)),
        1 | 2 => truth.street = format!("{} Collins Street", dice.u32(1..1000)),
        3..=7 => truth.status = statuses(truth.shop)[dice.usize(..6)],
        8 | 9 => truth.status = statuses(truth.shop)[0],
        10 => truth.country = dice.choice(["AU", "NZ", "US"]).unwrap(),
        11 => line.ordered += 1,
        12 if truth.shop == Shop::Bigcommerce => line.refunded = dice.u32(0..=line.ordered),
        12..=14 => line.sku = dice.choice(RENAMED).unwrap(),
        _ => truth.gone = may_go,
    }
    truth
}

/// Makes the shop's order what it shall be. The two differ in one thing at most.
pub(super) fn apply(world: &World, id: &str, before: &Truth, truth: &Truth) {
    match truth.shop {
        Shop::Bigcommerce => apply_to_bigcommerce(world, id, before, truth),
        Shop::Ecwid => apply_to_ecwid(world, id, before, truth),
    }
}

fn apply_to_bigcommerce(world: &World, id: &str, before: &Truth, truth: &Truth) {
    let shop = &world.bigcommerce;
    if truth.gone && !before.gone {
        shop.archive_order(id);
    } else if truth.gone != before.gone || truth.note != before.note || truth.status != before.status {
        shop.change_order(id, |fields| {
            fields.insert("is_deleted".into(), truth.gone.into());
            fields.insert("customer_message".into(), truth.note.as_str().into());
            if let Name::Id(status) = truth.status.name
                && truth.status != before.status
            {
                fields.insert("status_id".into(), status.into());
            }
        });
    } else if truth.lines != before.lines {
        shop.change_products(id, |products| {
            for (product, line) in products.iter_mut().zip(&truth.lines) {
                product["sku"] = line.sku.into();
                product["quantity"] = line.ordered.into();
                product["quantity_refunded"] = line.refunded.into();
            }
        });
    } else {
        shop.change_address(id, |address| {
            address.insert("street_1".into(), truth.street.as_str().into());
            address.insert("country_iso2".into(), truth.country.into());
        });
    }
}

fn apply_to_ecwid(world: &World, id: &str, before: &Truth, truth: &Truth) {
    if truth.gone {
        return world.ecwid.remove_order(id);
    }
    world.ecwid.change_order(id, |fields| {
        fields.insert("orderComments".into(), truth.note.as_str().into());
        fields["shippingPerson"]["street"] = truth.street.as_str().into();
        fields["shippingPerson"]["countryCode"] = truth.country.into();
        for (at, line) in truth.lines.iter().enumerate() {
            fields["items"][at]["sku"] = line.sku.into();
            fields["items"][at]["quantity"] = json!(line.ordered);
        }
        if let Name::Both(payment, fulfillment) = truth.status.name
            && truth.status != before.status
        {
            fields.insert("paymentStatus".into(), payment.into());
            fields.insert("fulfillmentStatus".into(), fulfillment.into());
        }
    });
}

fn statuses(shop: Shop) -> &'static [Status; 6] {
    match shop {
        Shop::Bigcommerce => &BIGCOMMERCE,
        Shop::Ecwid => &ECWID,
    }
}
