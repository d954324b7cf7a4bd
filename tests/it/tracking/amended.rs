//! Orders that change at the shop when some of them have left.

use crossdock_domain::{PackedLine, Sku};
use crossdock_order_importer::WAREHOUSE_ORDERS;
use crossdock_sandbox::{Draft, OrderState};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::packed::units;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::json;

use super::{COMPLETED, PARTIALLY_SHIPPED};

/// Orders that leave while they change.
const LEAVING: usize = 6;

/// An order of a tee and a mug at each shop.
struct Pair {
    bigcommerce: String,
    ecwid: String,
}

impl Pair {
    async fn accepted(world: &World) -> Self {
        let draft = Draft::of(&[("TEE-M", 1), ("MUG", 1)]);
        let pair = Self {
            bigcommerce: world.bigcommerce.place_order(&draft),
            ecwid: world.ecwid.place_order(&draft),
        };
        pair.in_state(world, "accepted").await;
        pair
    }

    fn numbers(&self) -> [String; 2] {
        [format!("BG{}", self.bigcommerce), format!("W-{}", self.ecwid)]
    }

    async fn in_state(&self, world: &World, state: &str) {
        for number in self.numbers() {
            world.order_in_state(&number, state).await;
        }
    }

    /// The tees leave.
    fn ship_tees(&self, world: &World) {
        for number in self.numbers() {
            let tee = PackedLine { sku: Sku::from("TEE-M"), quantity: 1, line_id: None };
            world.warehouse.ship(&number, Some(vec![tee])).unwrap();
        }
    }

    async fn partly_shipped(&self, world: &World) {
        eventually("both are partly shipped", || async {
            let ecwid = world.ecwid.order(&self.ecwid);
            (world.bigcommerce.status(&self.bigcommerce) == Some(PARTIALLY_SHIPPED)
                && ecwid["fulfillmentStatus"] == "PROCESSING")
                .then_some(())
        })
        .await;
    }

    /// The mugs are not wanted any more.
    fn refund_mugs(&self, world: &World) {
        world.bigcommerce.change_products(&self.bigcommerce, |products| {
            products[1]["quantity_refunded"] = json!(1);
        });
        world.ecwid.change_order(&self.ecwid, |fields| {
            fields["items"].as_array_mut().unwrap().pop();
        });
    }

    async fn ended(&self, world: &World) {
        eventually("both have ended at their shops", || async {
            let ecwid = world.ecwid.order(&self.ecwid);
            (world.bigcommerce.status(&self.bigcommerce) == Some(COMPLETED)
                && ecwid["fulfillmentStatus"] == "SHIPPED")
                .then_some(())
        })
        .await;
        eventually("the warehouse has nothing more of them to pack", || async {
            let state = |number: &String| world.warehouse.state(number);
            self.numbers().iter().all(|number| state(number) == Some(OrderState::Shipped)).then_some(())
        })
        .await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_rest_is_refunded_ends_at_the_shop_with_what_has_left(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let orders = Pair::accepted(&world).await;
    orders.ship_tees(&world);
    orders.partly_shipped(&world).await;
    world.ecwid.change_order(&orders.ecwid, |fields| fields["trackingNumber"] = json!("CORRECTED"));
    orders.refund_mugs(&world);
    orders.in_state(&world, "shipped").await;
    orders.ended(&world).await;
    world.rests_without_dead_letters(&[]).await;
    let ecwid = world.ecwid.order(&orders.ecwid);
    assert_eq!(ecwid["trackingNumber"], "CORRECTED", "what a person did there stays");
    let (first, shop) = (&orders.bigcommerce, &world.bigcommerce);
    assert_eq!(shop.shipments(first).len(), 1);
    assert_eq!(shop.status_changes(first), [PARTIALLY_SHIPPED, COMPLETED]);
    // Ecwid tells its buyers of the number, of the correction, and then that the order has shipped.
    assert_eq!((shop.buyer_mails(first), world.ecwid.buyer_mails(&orders.ecwid)), (1, 3));
}

/// Whoever writes to the shop hears of the change as well, and must not be taken for the warehouse.
#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_that_no_queue_of_the_warehouse_takes_reaches_it_once_there_is_one() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let orders = Pair::accepted(&world).await;
    world.vhost.unbind(WAREHOUSE_ORDERS.name, "order.amended").await;
    orders.refund_mugs(&world);
    for number in orders.numbers() {
        eventually("the warehouse packs no mug", || async {
            (world.released(&number).lines.len() == 1).then_some(())
        })
        .await;
    }
    world.rests_without_dead_letters(&[]).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_refused_rest_is_refunded_ends_at_the_shop_and_nothing_is_packed_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let orders = Pair::accepted(&world).await;
    orders.ship_tees(&world);
    orders.partly_shipped(&world).await;
    for number in orders.numbers() {
        world.warehouse.reject(&number, "the last mug is broken").unwrap();
    }
    orders.in_state(&world, "rejected").await;
    orders.refund_mugs(&world);
    orders.ended(&world).await;
    world.rests(&[]).await;
    for number in orders.numbers() {
        assert_eq!(world.packed(&number), units(&[("TEE-M", 1)]), "as the order is by now");
        assert_eq!(world.warehouse.shipments_of(&number).len(), 1);
    }
    assert_eq!(world.bigcommerce.status_changes(&orders.bigcommerce), [PARTIALLY_SHIPPED, COMPLETED]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn orders_that_change_while_they_leave_end_once_whichever_of_two_writers_comes_first(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let second = Process::start_observed(&world.config, "tracking-writer");
    let mut all = Vec::new();
    for _ in 0..LEAVING {
        all.push(Pair::accepted(&world).await);
    }
    for (place, orders) in all.iter().enumerate() {
        // The parcel or the change may be told first.
        if place % 2 == 0 {
            orders.ship_tees(&world);
            orders.refund_mugs(&world);
        } else {
            orders.refund_mugs(&world);
            orders.ship_tees(&world);
        }
    }
    for orders in &all {
        orders.ended(&world).await;
    }
    world.rests_without_dead_letters(&[&second]).await;
    for orders in &all {
        orders.in_state(&world, "shipped").await;
        let (id, shop) = (&orders.bigcommerce, &world.bigcommerce);
        assert_eq!((shop.shipments(id).len(), shop.buyer_mails(id)), (1, 1), "{id}");
        let ends = shop.status_changes(id).into_iter().filter(|status| *status == COMPLETED).count();
        assert_eq!(ends, 1, "{id}: {:?}", shop.status_changes(id));
    }
}
