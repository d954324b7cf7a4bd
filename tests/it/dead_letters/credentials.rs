//! A shop that refuses our credentials is sent no replays until it takes them.

use crossdock_ledger::DeadLetterState;
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use serde_json::json;

use super::scene::{DESK, accepted, are, asked, desk, publish, refuse_next_shipment, tracked};

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_waits_while_the_shop_refuses_our_credentials_and_goes_on_with_new_ones() {
    let world = World::create(Engine::Sqlite).await;
    let (others, first) = (world.run().await, desk(&world));
    let (id, number) = accepted(&world, &[("MUG", 1)]).await;
    refuse_next_shipment(&world);
    let shipment = world.warehouse.ship(&number, None).unwrap();
    are(&world, 1, DeadLetterState::Dead).await;
    first.kill().await;
    world.leases_of_the_dead_run_out(DESK).await;

    world.bigcommerce.set_access_token("journey-rotated-token");
    world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    eventually("it is known that the shop refuses us", || async {
        let check = crossdock(&world.config, &["check", "--json"]).await;
        (check.status.code() == Some(1)).then_some(())
    })
    .await;
    let (status, preview) = asked(&world, &["preview", "--store", "acme-au"]).await;
    assert_eq!((status, &preview["verdicts"]), (0, &json!({ "credentials_refused": 1 })), "{preview}");

    let desk = desk(&world);
    // Another lane's replay, begun later, comes and goes meanwhile.
    let (_, act) = asked(&world, &["replay", "--store", "acme-au", "--detach"]).await;
    publish(&world, "broken", b"{}").await;
    are(&world, 1, DeadLetterState::Dead).await;
    let (status, other) = asked(&world, &["replay", "--class", "event-malformed"]).await;
    assert_eq!((status, &other["progress"]["dead"]), (1, &json!(1)), "{other}");
    let (_, acts) = asked(&world, &["jobs", &act["id"].to_string()]).await;
    assert_eq!(acts[0]["progress"]["queued"], 1, "{acts}");

    world.change_config(|text| text.replace("journey-bigcommerce-token", "journey-rotated-token"));
    others.signal("HUP").await;
    desk.signal("HUP").await;
    tracked(&world, &id, &[&shipment]).await;
    are(&world, 1, DeadLetterState::Done).await;
}
