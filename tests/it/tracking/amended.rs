//! Orders that change at the shop when some of them have left.

use crossdock_domain::{ShippedLine, Sku};
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::json;

use super::{COMPLETED, PARTIALLY_SHIPPED};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_rest_is_refunded_ends_at_the_shop_with_what_has_left(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let draft = Draft::of(&[("TEE-M", 1), ("MUG", 1)]);
    let (first, second) = (world.bigcommerce.place_order(&draft), world.ecwid.place_order(&draft));
    let tee = ShippedLine { sku: Sku::from("TEE-M"), quantity: 1 };
    for number in [format!("BG{first}"), format!("W-{second}")] {
        world.order_in_state(&number, "accepted").await;
        world.warehouse.ship(&number, Some(vec![tee.clone()])).unwrap();
    }
    eventually("both are partly shipped", || async {
        let ecwid = world.ecwid.order(&second);
        (world.bigcommerce.status(&first) == Some(PARTIALLY_SHIPPED)
            && ecwid["fulfillmentStatus"] == "PROCESSING")
            .then_some(())
    })
    .await;
    world.bigcommerce.change_products(&first, |products| products[1]["quantity_refunded"] = json!(1));
    world.ecwid.change_order(&second, |fields| {
        fields["items"].as_array_mut().unwrap().pop();
        fields["trackingNumber"] = json!("CORRECTED");
    });
    for number in [format!("BG{first}"), format!("W-{second}")] {
        world.order_in_state(&number, "shipped").await;
    }
    eventually("both have ended at their shops", || async {
        let ecwid = world.ecwid.order(&second);
        (world.bigcommerce.status(&first) == Some(COMPLETED) && ecwid["fulfillmentStatus"] == "SHIPPED")
            .then_some(())
    })
    .await;
    world.rests_without_dead_letters(&[]).await;
    assert_eq!(world.ecwid.order(&second)["trackingNumber"], "CORRECTED", "what a person did there stays");
    assert_eq!(world.bigcommerce.shipments(&first).len(), 1);
    assert_eq!(world.bigcommerce.status_changes(&first), [PARTIALLY_SHIPPED, COMPLETED]);
    // Ecwid tells its buyers of the number, of the correction, and then that the order has shipped.
    assert_eq!((world.bigcommerce.buyer_mails(&first), world.ecwid.buyer_mails(&second)), (1, 3));
}
