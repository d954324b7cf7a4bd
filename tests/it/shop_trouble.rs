//! Shops that answer badly, and recover.

use std::time::Duration;

use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use rstest::rstest;

#[rstest]
#[case::error(Fault::Status(500))]
#[case::throttled(Fault::Throttle(Duration::from_secs(4)))]
#[case::half_an_answer(Fault::HalfBody)]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_arrives_once_the_shop_has_recovered(
    #[case] fault: Fault,
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    world.bigcommerce.faults().next("GET", "/v2/orders", fault.clone());
    world.ecwid.faults().next("GET", "/orders", fault);
    let first = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    let second = format!("W-{}", world.ecwid.place_order(&Draft::of(&[("MUG", 1)])));
    for number in [&first, &second] {
        world.order_in_state(number, "accepted").await;
        assert_eq!(world.warehouse.received(number), 1);
    }
    assert!(world.bigcommerce.faults().all_met() && world.ecwid.faults().all_met());
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_the_shop_does_not_have_is_a_dead_letter_with_its_cause(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    world.bigcommerce.callbacks().hold();
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    world.bigcommerce.remove_order(&id);
    world.bigcommerce.callbacks().release_reversed();
    eventually("a dead letter is there", || async {
        (world.vhost.depth("crossdock.dead-letters").await > 0).then_some(())
    })
    .await;
    let letter = world.vhost.take("crossdock.dead-letters").await.remove(0);
    assert_eq!(letter.headers["x-crossdock-class"], "shop-not-found");
    assert_eq!(letter.headers["x-crossdock-store"], "acme-au");
    assert_eq!(letter.headers["x-crossdock-subject"], id);
    assert_eq!(letter.headers["x-crossdock-role"], "order-importer");
    assert_eq!(letter.headers["x-crossdock-attempts"], "2");
    assert!(letter.headers["x-crossdock-chain"].contains(&format!("the shop has no order {id}")));
    assert_eq!(letter.json()["data"]["order_id"], id);

    let story = world.story(&id).await.unwrap();
    assert_eq!(story["state"], "not_imported");
    assert!(
        story["timeline"].to_string().contains("could not be imported: the shop has no order"),
        "{story}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_shop_that_hangs_does_not_hold_up_the_other() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    for _ in 0..20 {
        world.bigcommerce.faults().next("GET", "/v2/orders", Fault::Hang(Duration::from_mins(10)));
    }
    world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("W-{}", world.ecwid.place_order(&Draft::of(&[("MUG", 1)])));
    world.order_in_state(&number, "accepted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_with_new_credentials_resumes_by_itself_after_a_reload() {
    let world = World::create(Engine::Sqlite).await;
    let crossdock = world.run().await;
    world.bigcommerce.set_access_token("journey-rotated-token");
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    let refusals = || world.bigcommerce.requests().iter().filter(|request| request.status == 401).count();
    eventually("the old token is refused", || async { (refusals() > 0).then_some(()) }).await;
    let text = std::fs::read_to_string(&world.config).unwrap();
    std::fs::write(&world.config, text.replace("journey-bigcommerce-token", "journey-rotated-token"))
        .unwrap();
    crossdock.signal("HUP").await;

    // What was parked comes back within minutes; a new notice is handled at once, with the token that is in use by then.
    loop {
        let before = refusals();
        world.bigcommerce.set_status(&number[2..], 11);
        let arrived = eventually("the notice is handled", || async {
            let arrived = world.warehouse.received(&number) > 0;
            (arrived || refusals() > before).then_some(arrived)
        });
        if arrived.await {
            break;
        }
    }
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}
