//! What is logged of many messages that wait for one reason.

use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::log::Log;
use crossdock_tests::process::Process;
use crossdock_tests::world::{ALL_BUT_THE_DESK, World};

/// Orders that are told of in one moment.
const ORDERS: u64 = 30;

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_that_a_shop_puts_off_is_one_line_for_its_pause() {
    let world = World::create(Engine::Sqlite).await;
    let log = Log::in_folder(world.folder());
    let _crossdock =
        Process::start_logging(&world.config, Some(ALL_BUT_THE_DESK), &log, "warn,crossdock=info");
    world.ready().await;
    world.bigcommerce.callbacks().hold();
    for _ in 0..ORDERS {
        world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    }
    // A 429 that names no wait.
    world.bigcommerce.faults().next("GET", "/v2/orders", Fault::Status(429));
    world.bigcommerce.callbacks().release_reversed();
    let put_off = r#"crossdock_queue_deliveries_total{role="order-importer",result="retried"}"#;
    eventually("all are put off", || async {
        let answer = http().get(world.at("metrics")).send().await.ok()?.text().await.ok()?;
        let line = answer.lines().find_map(|line| line.strip_prefix(put_off))?;
        (line.trim().parse::<u64>().ok()? >= ORDERS).then_some(())
    })
    .await;
    let lines = log.saying("not handled yet");
    let of_pause = lines.iter().filter(|line| line["class"] == "shop-throttled").count();
    assert_eq!(of_pause, 1, "{lines:?}");
}
