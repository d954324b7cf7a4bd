//! A process that is killed while it writes to both shops.

use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::{OrderId, PackedLine, Shipment, Sku};
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use rstest::rstest;

use super::one_shop::OneShop;

/// Longer than the process lives.
const FOR_EVER: Duration = Duration::from_hours(1);

/// Time until a shop does what a process has sent that is killed meanwhile.
const LATE: Duration = Duration::from_secs(15);

/// What a parcel of the order needs at the shops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Ship,
    ShipAPart,
    Relabel,
    Void,
}

/// Ecwid takes all of a deed in one call.
const ECWID: &[(&str, &str)] = &[("PUT", "/orders/")];

/// The calls that a deed takes at a shop.
type Calls = &'static [(&'static str, &'static str)];

/// What an order shows at the shop before and after each of these calls: numbers, and the statuses that were set. `A` is the parcel's
/// first number, `B` its second.
type Shown = &'static [&'static str];

impl Deed {
    fn at_bigcommerce(self) -> (Calls, Shown) {
        match self {
            Self::Ship => (&[("POST", "/shipments"), ("PUT", "/v2/orders/")], &["", "A", "A 10"]),
            Self::ShipAPart => (&[("POST", "/shipments"), ("PUT", "/v2/orders/")], &["", "A", "A 3"]),
            Self::Relabel => (&[("PUT", "/shipments/")], &["A 10", "B 10"]),
            Self::Void => (&[("DELETE", "/shipments/"), ("PUT", "/v2/orders/")], &["A 10", "10", "10>11"]),
        }
    }

    fn at_ecwid(self) -> (Calls, Shown) {
        match self {
            Self::Ship => (ECWID, &["", "A SHIPPED"]),
            Self::ShipAPart => (ECWID, &["", "A PROCESSING"]),
            Self::Relabel => (ECWID, &["A SHIPPED", "B SHIPPED"]),
            Self::Void => (ECWID, &["A SHIPPED", "SHIPPED>AWAITING_PROCESSING"]),
        }
    }

    /// Mails to a buyer: BigCommerce's are told of each shipment, Ecwid's of each number.
    fn mails(self, shop: &OneShop) -> usize {
        if self == Self::Relabel && matches!(shop, OneShop::Ecwid(_)) { 2 } else { 1 }
    }
}

/// An order of two, and its parcel.
struct Sent {
    shop: OneShop,
    order_id: OrderId,
    number: String,
    labels: Vec<Shipment>,
}

impl Sent {
    /// It is at the warehouse.
    async fn order(world: &World, shop: OneShop) -> Self {
        let order_id = shop.place_order(&Draft::of(&[("TEE-M", 2)]));
        let prefix = if matches!(shop, OneShop::Bigcommerce(_)) { "BG" } else { "W-" };
        let number = format!("{prefix}{order_id}");
        world.order_in_state(&number, "accepted").await;
        Self { shop, order_id, number, labels: Vec::new() }
    }

    /// What has to be there before.
    async fn prepare(&mut self, world: &World, deed: Deed) {
        if matches!(deed, Deed::Relabel | Deed::Void) {
            self.told(world, Deed::Ship);
            world.order_in_state(&self.number, "shipped").await;
        }
    }

    /// The warehouse tells of it.
    fn told(&mut self, world: &World, deed: Deed) {
        let (warehouse, id) = (&world.warehouse, self.labels.last().map(|it| it.shipment_id.clone()));
        let part = || vec![PackedLine { sku: Sku::from("TEE-M"), quantity: 1, line_id: None }];
        match (deed, id) {
            (Deed::Relabel, Some(id)) => self.labels.extend(warehouse.relabel(&id)),
            (Deed::Void, Some(id)) => warehouse.void(&id).unwrap(),
            (Deed::ShipAPart, _) => self.labels.push(warehouse.ship(&self.number, Some(part())).unwrap()),
            _ => self.labels.push(warehouse.ship(&self.number, None).unwrap()),
        }
    }

    async fn shows(&self, shown: &str) {
        eventually(&format!("{} shows '{shown}'", self.number), || async {
            let (numbers, statuses) = (self.shop.numbers(&self.order_id), self.shop.statuses(&self.order_id));
            let mut now = format!("{} {}", numbers.join("+"), statuses.join(">"));
            for (label, name) in self.labels.iter().zip(["A", "B"]) {
                now = now.replace(&label.tracking_number, name);
            }
            (now.trim() == shown).then_some(())
        })
        .await;
    }

    /// Nothing is left to do of its parcel.
    async fn settled(&self, world: &World) {
        eventually(&format!("{}'s parcel is settled", self.number), || async {
            let story = world.story(&self.number).await?;
            ["done", "voided"].contains(&story["shipments"][0]["state"].as_str()?).then_some(())
        })
        .await;
    }
}

/// Both shops, as a process writes to them.
fn shops(world: &World) -> [OneShop; 2] {
    [OneShop::Bigcommerce(Arc::clone(&world.bigcommerce)), OneShop::Ecwid(Arc::clone(&world.ecwid))]
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_between_any_two_steps_leaves_each_effect_at_the_shops_once(
    #[values(Deed::Ship, Deed::ShipAPart, Deed::Relabel, Deed::Void)] deed: Deed,
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let mut crossdock = world.run().await;
    let ways = [deed.at_bigcommerce(), deed.at_ecwid()];
    // Before each call is carried out, and after it; at Ecwid, which takes fewer, some are tried again.
    for point in 0..2 * ways[0].0.len() {
        let mut sent = Vec::new();
        for (shop, (calls, shown)) in shops(&world).into_iter().zip(ways) {
            let mut one = Sent::order(&world, shop).await;
            one.prepare(&world, deed).await;
            let call = point / 2 % calls.len();
            let fault = if point % 2 == 0 { Fault::Hang(FOR_EVER) } else { Fault::DoneThenHang(FOR_EVER) };
            one.shop.faults().next(calls[call].0, calls[call].1, fault);
            one.told(&world, deed);
            sent.push((one, shown[call + point % 2], *shown.last().unwrap()));
        }
        for (one, left, _) in &sent {
            eventually("it hangs where it is to be killed", || async {
                one.shop.faults().all_met().then_some(())
            })
            .await;
            one.shows(left).await;
        }
        crossdock.kill().await;
        world.leases_run_out().await;
        crossdock = world.run().await;
        for (one, _, end) in &sent {
            one.settled(&world).await;
            one.shows(end).await;
            assert_eq!(
                one.shop.mails(&one.order_id),
                deed.mails(&one.shop),
                "{deed:?} {point} {}",
                one.number
            );
        }
    }
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shop_is_still_at_when_the_process_is_killed_is_not_done_again() {
    let world = World::create(Engine::Sqlite).await;
    let crossdock = world.run().await;
    let mut sent = Vec::new();
    for (shop, (calls, shown)) in
        shops(&world).into_iter().zip([Deed::Ship.at_bigcommerce(), Deed::Ship.at_ecwid()])
    {
        sent.push((Sent::order(&world, shop).await, calls[0], shown));
    }
    for (one, call, _) in &mut sent {
        one.shop.faults().next(call.0, call.1, Fault::DoneLate(LATE));
        one.told(&world, Deed::Ship);
    }
    for (one, ..) in &sent {
        eventually("the shop is at it", || async { one.shop.faults().all_met().then_some(()) }).await;
    }
    crossdock.kill().await;
    let _next = world.run().await;
    for (one, _, shown) in &sent {
        one.shows(shown[1]).await;
    }
    // Minutes later.
    world.leases_run_out().await;
    for (one, (method, _), shown) in &sent {
        one.settled(&world).await;
        one.shows(shown.last().unwrap()).await;
        let calls = one.shop.calls(&one.order_id);
        let made = calls.iter().filter(|call| call.starts_with(method)).count();
        assert_eq!((made, one.shop.mails(&one.order_id)), (1, 1), "{calls:?}");
    }
}
