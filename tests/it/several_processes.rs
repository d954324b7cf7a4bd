//! Roles in processes of their own, several of each.

use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use rstest::rstest;

const ORDERS: usize = 10;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_of_each_role_do_everything_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _receiver = Process::start(&world.config, Some("receiver"));
    let roles = ["order-importer", "tracking-writer,stock-writer"];
    let start = |role: &&str| Process::start_observed(&world.config, role);
    let processes: Vec<Process> = roles.iter().chain(&roles).map(start).collect();
    world.ready().await;

    // Each order announces itself by several webhooks, each of them thrice: both importers get some of every order's.
    world.bigcommerce.callbacks().double(2);
    let ids: Vec<String> =
        (0..ORDERS).map(|_| world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1)]))).collect();
    for id in &ids {
        world.order_in_state(&format!("BG{id}"), "accepted").await;
    }
    for id in &ids {
        let number = format!("BG{id}");
        let shipment = world.warehouse.ship(&number, None).unwrap();
        for _ in 0..4 {
            world.warehouse.tell_again(&shipment);
        }
    }
    for id in &ids {
        world.order_in_state(&format!("BG{id}"), "shipped").await;
    }
    world.rests_without_dead_letters(&processes.iter().collect::<Vec<_>>()).await;
    for id in &ids {
        assert_eq!(world.warehouse.received(&format!("BG{id}")), 1, "one release of {id}");
        assert_eq!(world.bigcommerce.shipments(id).len(), 1, "one shipment of {id}");
        assert_eq!(world.bigcommerce.buyer_mails(id), 1, "one mail for {id}");
    }
}
