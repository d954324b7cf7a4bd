//! The command line, as people and programs meet it.

use std::process::Stdio;

use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::process::{Process, binary, crossdock};
use crossdock_tests::world::World;
use serde_json::Value;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn check_online_proves_the_broker_the_ledger_and_each_shop() {
    let world = World::create(Engine::Postgres).await;
    let output = crossdock(&world.config, &["check", "--online", "--json"]).await;
    let findings: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{findings}");
    for kind in ["configuration", "webhooks", "broker", "ledger", "shop"] {
        assert!(
            findings.as_array().unwrap().iter().any(|it| it["kind"] == kind && it["ok"] == true),
            "{kind}: {findings}"
        );
    }

    // The tables, which every process of this ledger needs, are left to those that run.
    let output = crossdock(&world.config, &["orders", "list"]).await;
    let told = text(&output.stderr);
    assert!(told.contains("the ledger's tables are not up to date"), "{told}");

    world.bigcommerce.set_access_token("another");
    let output = crossdock(&world.config, &["check", "--online"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("the shop refused our credentials"), "{}", text(&output.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_is_told_whole_with_status_78() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("crossdock.toml");
    let mistakes = "[receiver]\nlisten = \"here\"\n[console]\n[brokr]\nurl = \"\"\n[ledger]\nurl = \"sqlite://:memory:\"\n";
    std::fs::write(&config, mistakes).unwrap();
    let output = crossdock(&config, &["check"]).await;
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{told}");
    for problem in
        ["crossdock.toml:2: receiver.listen", "not supported yet", "brokr", "ledger.url: is in memory"]
    {
        assert!(told.contains(problem), "{problem}: {told}");
    }
    assert_eq!(crossdock(&folder.path().join("none.toml"), &["check"]).await.status.code(), Some(78));
    assert_eq!(crossdock(&config, &["chekc"]).await.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_of_an_order_goes_from_its_webhook_to_its_tracking() {
    let world = World::create(Engine::Sqlite).await;
    let process = world.run().await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    world.order_in_state(&number, "accepted").await;
    let shipment = world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;

    let output = crossdock(&world.config, &["orders", "show", &number]).await;
    assert_eq!(output.status.code(), Some(0));
    let story = text(&output.stdout);
    let steps = [
        // Of the webhooks of one order, the first one releases it; the others may still be gathered.
        "the shop told of a change (store/order/",
        "to be released to the warehouse",
        "taken over by the warehouse",
        "left the warehouse by",
        "written to the shop",
    ];
    for step in steps {
        assert!(story.split_whitespace().collect::<Vec<_>>().join(" ").contains(step), "{step}:\n{story}");
    }
    assert!(story.contains(shipment.tracking_number.as_str()), "{story}");

    let output = crossdock(&world.config, &["orders", "list", "--state", "shipped", "--json"]).await;
    let orders: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(orders[0]["number"], number.as_str());
    let output = crossdock(&world.config, &["orders", "show", "NOPE"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no order is known as 'NOPE'"));

    process.signal("TERM").await;
    assert_eq!(process.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_log_nobody_reads_works_and_stops_as_any_other() {
    let world = World::create(Engine::Sqlite).await;
    let process = Process::start_unheard(&world.config);
    world.ready().await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    world.order_in_state(&number, "accepted").await;
    process.signal("TERM").await;
    assert_eq!(process.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_only_reads_makes_no_ledger() {
    let world = World::create(Engine::Sqlite).await;
    let output = crossdock(&world.config, &["orders", "list"]).await;
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    let file = world.folder().join("crossdock.db");
    let missing = format!("the ledger's file {} is not there yet: `crossdock run` makes it", file.display());
    assert!(told.contains(&missing), "{told}");
    let output = crossdock(&world.config, &["check", "--online"]).await;
    let found = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(0), "{found}");
    assert!(found.contains("crossdock.db is made by the first `crossdock run`"), "{found}");
    assert!(!file.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_nothing_in_it_says_so() {
    let world = World::create(Engine::Sqlite).await;
    world.ledger().await;
    for (arguments, says) in [
        (["orders", "list"].as_slice(), "no orders\n"),
        (&["orders", "list", "--store", "acme-au", "--state", "held"], "no orders\n"),
        (&["orders", "list", "--json"], "[]\n"),
        (&["stock", "show", "--store", "acme-au"], "no stock: the warehouse has told no count so far"),
        (&["stock", "show", "--json"], "[]\n"),
    ] {
        let output = crossdock(&world.config, arguments).await;
        let told = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(told.starts_with(says), "{arguments:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_completions_that_has_enough_is_no_failure() {
    let mut command = tokio::process::Command::new(binary());
    command.args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
}
