//! Shipments that get another label after they left.

use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use rstest::rstest;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_relabelled_shipment_shows_its_new_number_and_is_not_doubled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let first = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 2)]));
    let second = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    let mut labels = Vec::new();
    for number in [format!("BG{first}"), format!("W-{second}")] {
        world.order_in_state(&number, "accepted").await;
        let former = world.warehouse.ship(&number, None).unwrap();
        world.order_in_state(&number, "shipped").await;
        let new = world.warehouse.relabel(&former.shipment_id).unwrap();
        // Comes late: the old number does not come back.
        world.warehouse.tell_again(&former);
        labels.push((former, new));
    }
    let [(_, of_first), (former, of_second)] = labels.as_slice() else { panic!("there are two") };
    eventually("both shops show the new numbers", || async {
        let shown = world.bigcommerce.shipments(&first)[0]["tracking_number"].clone();
        let order = world.ecwid.order(&second);
        (shown == *of_first.tracking_number && order["trackingNumber"] == *of_second.tracking_number)
            .then_some(())
    })
    .await;
    eventually("all is handled", || async {
        (world.warehouse.untold() == 0 && world.vhost.unfinished().await == 0).then_some(())
    })
    .await;
    let at_shop = world.bigcommerce.shipments(&first);
    assert_eq!(at_shop.len(), 1);
    assert_eq!(at_shop[0]["tracking_number"], *of_first.tracking_number);
    assert_eq!(at_shop[0]["tracking_link"], of_first.tracking_url.clone().unwrap());
    assert_eq!(
        (world.bigcommerce.status_changes(&first).len(), world.bigcommerce.buyer_mails(&first)),
        (1, 1)
    );
    let order = world.ecwid.order(&second);
    assert_eq!(order["trackingNumber"], *of_second.tracking_number);
    assert_eq!(order["trackingUrl"], of_second.tracking_url.clone().unwrap());
    assert_eq!(world.ecwid.updates(&second).len(), 2);

    let (new, old) = (&of_second.tracking_number, &former.tracking_number);
    let words = ["SHIPMENT", "done", &format!("{new} (formerly {old})")];
    eventually("the command tells it", || async {
        let shown = crossdock(&world.config, &["orders", "show", &format!("W-{second}")]).await;
        let shown = String::from_utf8(shown.stdout).unwrap();
        words.iter().all(|words| shown.contains(words)).then_some(())
    })
    .await;
}
