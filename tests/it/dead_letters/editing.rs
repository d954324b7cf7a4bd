//! What a person changes before a replay, and what stays as it is.

use crossdock_ledger::DeadLetterState;
use crossdock_tests::database::Engine;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::{Value, json};

use super::scene::{accepted, are, asked, desk, publish, said, says, tracking};

/// A shipment whose quantity is a text: no role can read it.
fn misspelt(number: &str) -> Value {
    json!({
        "specversion": "1.0",
        "id": "shipped-1",
        "source": "/warehouse",
        "type": "warehouse.shipment.dispatched",
        "subject": number,
        "time": "2026-11-21T10:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "shipment_id": "S-1",
            "number": number,
            "carrier": "UPS",
            "tracking_number": "1Z-WRONG",
            "dispatched_at": "2026-11-21T10:00:00Z",
            "lines": [{ "sku": "MUG", "quantity": "one" }],
        },
    })
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_edited_message_is_replayed_as_edited_and_its_original_is_kept(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let (id, number) = accepted(&world, &[("MUG", 1)]).await;
    let original = misspelt(&number).to_string();
    publish(&world, "shipped-1", original.as_bytes()).await;
    are(&world, 1, DeadLetterState::Dead).await;
    let (_, listed) = asked(&world, &["list"]).await;
    let entry = listed[0]["id"].to_string();

    let quantity = "data.lines.0.quantity:=1";
    for (set, field) in [
        ("data.number=BG999", "'data.number' must stay as it is"),
        ("id=shipped-2", "'id' must stay as it is"),
        ("type=stock.due", "'type' must stay as it is"),
        ("data.traking_number=X", "no field 'data.traking_number'"),
        ("data.lines.7.sku=MUG", "it has 1, from 0"),
    ] {
        let (status, words) = said(&world, &["edit", &entry, "--set", quantity, "--set", set]).await;
        assert_eq!(status, 1, "{set}");
        assert!(says(&words, field), "{set}: {words}");
    }
    let (_, shown) = asked(&world, &["show", &entry]).await;
    assert_eq!((&shown["edited"], &shown["acts"]), (&json!(false), &json!([])), "{shown}");

    let tracking_number = "data.tracking_number=1Z-RIGHT";
    let (status, words) = said(&world, &["edit", &entry, "--set", quantity, "--set", tracking_number]).await;
    assert_eq!(status, 0, "{words}");
    assert!(says(&words, r#"- data.lines.0.quantity: "one" + data.lines.0.quantity: 1"#), "{words}");
    let (_, shown) = asked(&world, &["show", &entry]).await;
    assert_eq!((&shown["edited"], &shown["body"]), (&json!(true), &json!(original)));
    assert_eq!(shown["changes"][1]["after"], "1Z-RIGHT", "{shown}");
    assert_eq!(shown["acts"][0]["note"], "data.lines.0.quantity, data.tracking_number");
    let (_, words) = said(&world, &["show", &entry]).await;
    assert!(says(&words, r#"replayed instead with - data.lines.0.quantity: "one""#), "{words}");

    let (status, words) = said(&world, &["replay", &entry]).await;
    assert_eq!(status, 0, "{words}");
    world.order_in_state(&number, "shipped").await;
    assert_eq!(tracking(&world, &id), ["1Z-RIGHT"]);
    let (_, shown) = asked(&world, &["show", &entry]).await;
    assert_eq!((&shown["state"], &shown["body"]), (&json!("done"), &json!(original)));
    let (status, words) = said(&world, &["edit", &entry, "--original"]).await;
    assert_eq!(status, 1);
    assert!(says(&words, "is done; only what is dead or waiting is edited"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_with_wrong_lines_ships_what_it_is_edited_to() {
    let world = World::create(Engine::Sqlite).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let (id, number) = accepted(&world, &[("MUG", 2)]).await;
    let mut shipment = misspelt(&number);
    shipment["data"]["lines"] = json!([{ "sku": "MUG-XL", "quantity": 2 }]);
    publish(&world, "shipped-1", shipment.to_string().as_bytes()).await;
    are(&world, 1, DeadLetterState::Dead).await;
    let (_, listed) = asked(&world, &["list"]).await;
    assert_eq!(listed[0]["class"], "shipment-misfit", "{listed}");
    let entry = listed[0]["id"].to_string();
    let (status, words) = said(&world, &["edit", &entry, "--set", "data.lines.0.sku=MUG"]).await;
    assert_eq!(status, 0, "{words}");
    let (status, words) = said(&world, &["replay", &entry]).await;
    assert_eq!(status, 0, "{words}");
    world.order_in_state(&number, "shipped").await;
    assert_eq!(tracking(&world, &id), ["1Z-WRONG"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_can_come_from_a_file_and_be_taken_back() {
    let world = World::create(Engine::Sqlite).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let mut body = misspelt("BG1");
    publish(&world, "shipped-1", body.to_string().as_bytes()).await;
    are(&world, 1, DeadLetterState::Dead).await;
    let (_, listed) = asked(&world, &["list"]).await;
    let entry = listed[0]["id"].to_string();
    let file = world.folder().join("edited.json");
    let path = file.display().to_string();
    body["data"]["lines"][0]["quantity"] = json!(1);
    std::fs::write(&file, body.to_string()).unwrap();
    let (status, report) = asked(&world, &["edit", &entry, "--file", &path]).await;
    assert_eq!((status, &report["changes"][0]["path"]), (0, &json!("data.lines.0.quantity")), "{report}");
    let (status, words) = said(&world, &["edit", &entry, "--original"]).await;
    assert_eq!(status, 0);
    assert!(says(&words, "with its original body again"), "{words}");
    let (_, shown) = asked(&world, &["show", &entry]).await;
    assert_eq!((&shown["edited"], &shown["edited_body"]), (&json!(false), &Value::Null));
    assert_eq!(shown["acts"].as_array().unwrap().len(), 2, "{shown}");
}
