//! What a process without the receiver tells of its health before its roles have started.

use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::postgres::Postgres;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_roles_wait_for_the_ledger_lives_and_is_not_ready_until_they_have_it() {
    let server = Postgres::create().await;
    let world = World::create(Engine::Sqlite).await;
    let (former, ledger) = (world.ledger_url(), server.database().await);
    world.change_config(|text| text.replace(&former, &ledger));
    server.stop().await;
    let address = format!("{}:{}", world.receiver.host_str().unwrap(), world.receiver.port().unwrap());
    let _importer =
        Process::start_command(&world.config, &["run", "--role", "order-importer", "--health", &address]);

    let told = async || -> Option<(u16, Value)> {
        let answer = http().get(world.at("readyz")).send().await.ok()?;
        Some((answer.status().as_u16(), serde_json::from_str(&answer.text().await.ok()?).ok()?))
    };
    let (status, waits) =
        eventually("it has RabbitMQ", || async { told().await.filter(|(_, told)| told["broker"] == "up") })
            .await;
    let reason = "the roles of this process wait for the ledger";
    assert_eq!((status, &waits["ready"], &waits["reason"]), (503, &Value::from(false), &Value::from(reason)));
    assert_eq!(http().get(world.at("livez")).send().await.unwrap().status(), 200);

    server.start().await;
    world.ready().await;
}
