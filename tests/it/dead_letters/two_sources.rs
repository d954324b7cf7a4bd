//! Two warehouses that count their events alike: an event is known by its source and its id, and so is its dead letter.

use crossdock_ledger::DeadLetterState;
use crossdock_tests::database::Engine;
use crossdock_tests::http;
use crossdock_tests::webhook::warehouse_event;
use crossdock_tests::world::World;
use jiff::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};

use super::scene::{accepted, are, asked, desk};

/// A parcel with something that its order has no line of, told over HTTP under an id that others have too.
async fn tell_of_a_parcel(world: &World, source: &str, number: &str) {
    let data = json!({"shipment_id": format!("parcel of {number}"), "number": number, "carrier": "DHL", "tracking_number": "1",
        "dispatched_at": Timestamp::now(), "lines": [{"sku": "NOWHERE", "quantity": 1}]});
    tell(world, source, "warehouse.shipment.dispatched", &data).await;
}

async fn tell(world: &World, source: &str, kind: &str, data: &Value) {
    let now = Timestamp::now();
    let event =
        json!({"specversion": "1.0", "id": "42", "source": source, "type": kind, "time": now, "data": data});
    let signed = warehouse_event(source, event.to_string(), now);
    let request = http().post(world.at(signed.path)).body(signed.body);
    let request =
        signed.headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_events_with_one_id_of_two_sources_are_two_dead_letters_with_their_own_bodies(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let orders = [accepted(&world, &[("MUG", 1)]).await.1, accepted(&world, &[("MUG", 1)]).await.1];
    let sources = ["/warehouse/north", "/warehouse/south"];
    for (source, number) in sources.iter().zip(&orders) {
        tell_of_a_parcel(&world, source, number).await;
    }
    are(&world, 2, DeadLetterState::Dead).await;
    for (source, number) in sources.iter().zip(&orders) {
        let (_, listed) = asked(&world, &["list", "--order", number]).await;
        let (_, shown) = asked(&world, &["show", &listed[0]["id"].to_string()]).await;
        assert_eq!(shown["message_id"], format!("{source}#42"), "{shown}");
        let body: Value = serde_json::from_str(shown["body"].as_str().unwrap()).unwrap();
        assert_eq!((&body["id"], &body["source"]), (&json!("42"), &json!(source)));
        assert_eq!(body["data"]["number"], json!(number));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_answers_of_two_warehouses_to_one_order_are_two_though_they_have_one_id(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _others = world.run().await;
    let (_, number) = accepted(&world, &[("MUG", 1)]).await;
    tell(&world, "/warehouse/north", "warehouse.order.accepted", &json!({"number": number})).await;
    let refusal = json!({"number": number, "reason": "nobody is here to pack it"});
    tell(&world, "/warehouse/south", "warehouse.order.rejected", &refusal).await;
    world.order_in_state(&number, "rejected").await;
}
