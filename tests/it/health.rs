//! What a process without the receiver tells of itself.

use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_the_receiver_tells_its_health_and_metrics_and_takes_no_event() {
    let world = World::create(Engine::Sqlite).await;
    let address = format!("{}:{}", world.receiver.host_str().unwrap(), world.receiver.port().unwrap());
    let reconciler =
        Process::start_command(&world.config, &["run", "--role", "reconciler", "--health", &address]);
    world.ready().await;
    assert_eq!(reqwest::get(world.at("livez")).await.unwrap().status(), 200);
    let swept = "crossdock_reconciler_sweeps_total{store=\"acme-au\",result=\"done\"} 1";
    eventually("the reconciler's metrics tell of a sweep", || async {
        let metrics = reqwest::get(world.at("metrics")).await.ok()?.text().await.ok()?;
        metrics.contains(swept).then_some(())
    })
    .await;
    for route in ["webhooks/bigcommerce/acme-au", "webhooks/ecwid", "warehouse/events", "openapi.json"] {
        let answer = reqwest::Client::new().post(world.at(route)).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 404, "{route}");
    }
    reconciler.signal("TERM").await;
    assert_eq!(reconciler.ended().await, 0);
}
