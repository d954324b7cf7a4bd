//! Buyers of both shops, who order all the time.

use std::sync::Arc;
use std::time::Duration;

use crossdock_sandbox::{BigcommerceShop, Callbacks, Draft, EcwidShop};
use fastrand::Rng;
use tokio::time::sleep;

/// Time between two orders at the same shop, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 30..150;

/// One of so many orders is told twice.
const DOUBLED_OF: u32 = 4;

/// One of so many orders is told by nobody, where that is wanted; or is gone before anybody reads it.
const LOST_OF: u32 = 4;

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
    /// Whether orders vanish.
    pub(crate) orders_vanish: bool,
}

impl Buying {
    /// 500 webhooks, all of which are sent.
    pub(crate) const USUAL: Self = Self { orders: 100, webhooks_get_lost: false, orders_vanish: false };

    /// Places all orders, one at each shop at a time.
    pub(crate) async fn run(
        self,
        bigcommerce: Arc<BigcommerceShop>,
        ecwid: Arc<EcwidShop>,
        mut dice: Rng,
    ) -> Bought {
        let mut bought = Bought::default();
        for _ in 0..self.orders {
            let draft = Draft::of(&[(["TEE-M", "MUG"][usize::from(dice.bool())], dice.u32(1..=3))]);
            let id = self.place(bigcommerce.callbacks(), &mut dice, || bigcommerce.place_order(&draft));
            bought.orders.push(Order { shop: Shop::Bigcommerce, number: format!("BG{id}"), id });
            let id = self.place(ecwid.callbacks(), &mut dice, || ecwid.place_order(&draft));
            bought.orders.push(Order { shop: Shop::Ecwid, number: format!("W-{id}"), id });
            if self.orders_vanish && dice.u32(..LOST_OF) == 0 {
                bought.vanished.push(vanish(&bigcommerce, &draft));
            }
            sleep(Duration::from_millis(dice.u64(PAUSE_MS))).await;
        }
        bought
    }

    fn place(self, callbacks: &Callbacks, dice: &mut Rng, place: impl FnOnce() -> String) -> String {
        callbacks.double(usize::from(dice.u32(..DOUBLED_OF) == 0));
        let lost = self.webhooks_get_lost && dice.u32(..LOST_OF) == 0;
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
