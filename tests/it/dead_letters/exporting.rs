//! Exports read back whole, whatever stands in a body.

use crossdock_ledger::DeadLetterState;
use crossdock_tests::database::Engine;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::{Value, json};

use super::scene::{are, asked, desk, publish_all};

/// More than a page of the export.
const LETTERS: usize = 520;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_dead_letter_is_exported_once_with_its_exact_body(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let body = |letter: usize| format!("{{\"broken\": \"{letter},\n\\\"\", ");
    let texts = (1..LETTERS).map(|letter| (format!("broken-{letter}"), body(letter).into_bytes()));
    publish_all(&world, texts.chain([("no-text".to_owned(), vec![0xff, 0x00, 0xfe])])).await;
    are(&world, LETTERS as u64, DeadLetterState::Dead).await;

    let output = crossdock(&world.config, &["dead-letters", "export"]).await;
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let letters: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(letters.len(), LETTERS);
    let by_id = |id: &str| letters.iter().find(|it| it["message_id"] == id).unwrap_or_else(|| panic!("{id}"));
    for letter in 1..LETTERS {
        assert_eq!(by_id(&format!("broken-{letter}"))["body"], body(letter));
    }
    assert_eq!(by_id("no-text")["body_base64"], "/wD+");
    assert!(by_id("no-text")["properties"].to_string().contains("x-crossdock-class"), "headers are kept");

    let arguments = ["dead-letters", "export", "--format", "csv", "--class", "event-malformed"];
    let output = crossdock(&world.config, &arguments).await;
    let csv = String::from_utf8(output.stdout).unwrap();
    assert!(csv.starts_with("id,state,role,store,subject,"), "{csv}");
    assert_eq!(csv.matches(",dead,tracking-writer,").count(), LETTERS);
    let output = crossdock(&world.config, &["dead-letters", "export", "--class", "no-such-class"]).await;
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("no dead letter is selected by: class no-such-class"), "{told}");

    let (_, trail) = asked(&world, &["jobs"]).await;
    let told: Vec<_> =
        trail.as_array().unwrap().iter().map(|act| (&act["kind"], &act["count"], &act["note"])).collect();
    let count = json!(LETTERS);
    let by_class = (&json!("export"), &count, &json!("class event-malformed"));
    assert_eq!(told, [by_class, (&json!("export"), &count, &json!("all"))], "what was empty is not put down");
}
