//! Buyers of both shops, who order all the time.

use std::sync::Arc;
use std::time::Duration;

use crossdock_sandbox::{BigcommerceShop, Callbacks, Draft, EcwidShop};
use fastrand::Rng;
use tokio::time::sleep;

/// Time between two orders at the same shop, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 50..250;

/// One of so many orders is told twice.
const DOUBLED_OF: u32 = 4;

/// One of so many orders is told by nobody, or gone before anybody reads it, or of a SKU that the warehouse does not know, where that is
/// wanted.
const ODD_OF: u32 = 5;

/// What both shops sell, and the warehouse has.
const SKUS: [&str; 2] = ["TEE-M", "MUG"];

/// What both shops sell before the warehouse has ever seen it.
pub(crate) const NEW_SKU: &str = "NEW-MUG";

/// The shops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shop {
    Bigcommerce,
    Ecwid,
}

/// An order that was placed.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) shop: Shop,
    /// At the shop.
    pub(crate) id: String,
    /// At the warehouse.
    pub(crate) number: String,
    /// Whether it is of [`NEW_SKU`].
    pub(crate) sku_is_new: bool,
}

impl Order {
    pub(crate) fn of(shop: Shop, id: String, sku: &str) -> Self {
        let prefix = match shop {
            Shop::Bigcommerce => "BG",
            Shop::Ecwid => "W-",
        };
        Self { shop, number: format!("{prefix}{id}"), id, sku_is_new: sku == NEW_SKU }
    }

    /// How often the warehouse is told to take it, each time under an id of its own: again after it was refused.
    pub(crate) fn rounds(&self) -> usize {
        1 + usize::from(self.sku_is_new)
    }
}

/// What was bought.
#[derive(Debug, Default)]
pub(crate) struct Bought {
    pub(crate) orders: Vec<Order>,
    /// Ids of BigCommerce's orders that are gone: their webhooks cannot be handled.
    pub(crate) vanished: Vec<String>,
}

/// What is to be bought.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buying {
    /// Orders at each shop. One at BigCommerce is told by three webhooks, one at Ecwid by two.
    pub(crate) orders: usize,
    /// Whether webhooks get lost on the shop's side.
    pub(crate) webhooks_get_lost: bool,
    /// Whether some become dead letters: orders that are gone when they are read, and such of [`NEW_SKU`].
    pub(crate) some_fail: bool,
}

impl Buying {
    /// More than 500 events.
    pub(crate) const USUAL: Self = Self { orders: 60, webhooks_get_lost: false, some_fail: false };

    /// The same, of which some cannot be done.
    pub(crate) const FAILING: Self = Self { some_fail: true, ..Self::USUAL };

    /// Places all orders, one at each shop at a time.
    pub(crate) async fn run(
        self,
        bigcommerce: Arc<BigcommerceShop>,
        ecwid: Arc<EcwidShop>,
        mut dice: Rng,
    ) -> Bought {
        let mut bought = Bought::default();
        for _ in 0..self.orders {
            let (sku, units) = (self.sku(&mut dice), dice.u32(1..=3));
            let draft = Draft::of(&[(sku, units)]);
            let id = self.place(bigcommerce.callbacks(), &mut dice, || bigcommerce.place_order(&draft));
            bought.orders.push(Order::of(Shop::Bigcommerce, id, sku));
            let id = self.place(ecwid.callbacks(), &mut dice, || ecwid.place_order(&draft));
            bought.orders.push(Order::of(Shop::Ecwid, id, sku));
            if self.some_fail && dice.u32(..ODD_OF) == 0 {
                bought.vanished.push(vanish(&bigcommerce, &Draft::of(&[(SKUS[0], 1)])));
            }
            sleep(Duration::from_millis(dice.u64(PAUSE_MS))).await;
        }
        bought
    }

    fn sku(self, dice: &mut Rng) -> &'static str {
        if self.some_fail && dice.u32(..ODD_OF) == 0 { NEW_SKU } else { SKUS[usize::from(dice.bool())] }
    }

    fn place(self, callbacks: &Callbacks, dice: &mut Rng, place: impl FnOnce() -> String) -> String {
        callbacks.double(usize::from(dice.u32(..DOUBLED_OF) == 0));
        let lost = self.webhooks_get_lost && dice.u32(..ODD_OF) == 0;
        if lost {
            callbacks.hold();
        }
        let id = place();
        if lost {
            callbacks.lose_held();
        }
        id
    }
}

/// An order that is told of when it is gone.
fn vanish(shop: &BigcommerceShop, draft: &Draft) -> String {
    shop.callbacks().double(0);
    shop.callbacks().hold();
    let id = shop.place_order(draft);
    shop.remove_order(&id);
    shop.callbacks().release_reversed();
    id
}
