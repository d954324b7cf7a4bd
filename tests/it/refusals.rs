//! Orders that the warehouse refuses are dead letters, and their replay releases them again.

use crossdock_domain::OrderNumber;
use crossdock_events::{Event, EventData as _, ShopOrderChanged, Source, WarehouseOrderRejected};
use crossdock_queue::{Message, headers};
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::broker::{Taken, Vhost};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::json;

const DEAD_LETTERS: &str = "crossdock.dead-letters";

/// The status that BigCommerce's orders are taken on in.
const AWAITING_FULFILLMENT: i64 = 11;

/// BigCommerce's status of an order that has left.
const COMPLETED: i64 = 10;

/// BigCommerce's status of an order that somebody is to look at first.
const MANUAL_VERIFICATION_REQUIRED: i64 = 12;

/// BigCommerce's status of an order that was called off.
const CANCELLED: i64 = 5;

async fn letter(world: &World) -> Taken {
    eventually("a letter came", || async { (world.vhost.depth(DEAD_LETTERS).await == 1).then_some(()) })
        .await;
    world.vhost.take(DEAD_LETTERS).await.remove(0)
}

fn says<'t>(letter: &'t Taken, header: &str) -> &'t str {
    letter.headers.get(header).map_or("", String::as_str)
}

/// Puts the refusal on the importer's queue, as the desk does, and waits until it is done.
async fn replay(world: &World, dead: &Taken, name: &str) {
    let message = Message {
        routing_key: says(dead, headers::ROUTING_KEY).to_owned(),
        id: dead.id.clone(),
        content_type: "application/cloudevents+json".into(),
        body: dead.body.clone().into(),
    };
    let publisher = world.publisher().await;
    eventually("it is put back", || async {
        publisher.replay(crossdock_order_importer::ROLE, name, &message).await.ok()
    })
    .await;
    let outcome = letter(world).await;
    assert_eq!((says(&outcome, headers::OUTCOME), says(&outcome, headers::REPLAY)), ("done", name));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_an_unknown_sku_is_a_dead_letter_and_its_replay_releases_it_as_it_is_by_then() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    let number = format!("BG{id}");
    world.order_in_state(&number, "filtered").await;
    world.bigcommerce.change_products(&id, |products| products[0]["sku"] = "NEW-MUG".into());
    world.bigcommerce.set_status(&id, AWAITING_FULFILLMENT);
    world.order_in_state(&number, "rejected").await;
    let dead = letter(&world).await;
    assert_eq!(dead.id, format!("refused/{number}"));
    assert_eq!(
        [headers::ROLE, headers::STORE, headers::SUBJECT, headers::CLASS].map(|name| says(&dead, name)),
        ["order-importer", "acme-au", id.as_str(), "sku-unknown"]
    );
    let why = format!("the warehouse refused order {number}: the warehouse does not keep 'NEW-MUG'");
    assert!(says(&dead, headers::CHAIN).starts_with(&why), "{dead:?}");
    let notice = Event::<ShopOrderChanged>::from_json(&dead.body).unwrap();
    assert_eq!((notice.data.order_id.as_str(), notice.data.cause.as_str()), (id.as_str(), "retry"));

    // Too early: it is refused again, and the same dead letter.
    replay_in_vain(&world, &dead).await;
    world.warehouse.put_away("NEW-MUG", 10);
    replay(&world, &dead, "1/2").await;
    world.order_in_state(&number, "accepted").await;
    assert_eq!(world.warehouse.received(&number), 3);

    // Once more does nothing.
    replay(&world, &dead, "1/3").await;
    let story = world.order_in_state(&number, "accepted").await;
    assert_eq!(world.warehouse.received(&number), 3);
    assert!(story["timeline"].to_string().contains("because its refusal is replayed"), "{story}");
    assert_eq!(world.vhost.depth(DEAD_LETTERS).await, 0);
}

async fn replay_in_vain(world: &World, dead: &Taken) {
    let message = Message {
        routing_key: says(dead, headers::ROUTING_KEY).to_owned(),
        id: dead.id.clone(),
        content_type: "application/cloudevents+json".into(),
        body: dead.body.clone().into(),
    };
    let publisher = world.publisher().await;
    let put = || async { publisher.replay(crossdock_order_importer::ROLE, "1/1", &message).await.ok() };
    eventually("it is put back", put).await;
    eventually("both came", || async { (world.vhost.depth(DEAD_LETTERS).await == 2).then_some(()) }).await;
    let mut both = world.vhost.take(DEAD_LETTERS).await;
    both.sort_by_key(|letter| says(letter, headers::OUTCOME).to_owned());
    let [refused, done] = &both[..] else { panic!("{both:?}") };
    assert_eq!((refused.id.as_str(), says(refused, headers::CLASS)), (dead.id.as_str(), "sku-unknown"));
    let [before, now] =
        [dead, refused].map(|letter| says(letter, headers::LAST_FAILURE).parse::<Timestamp>().unwrap());
    assert!(now > before, "another failure");
    assert_eq!((says(done, headers::OUTCOME), says(done, headers::REPLAY)), ("done", "1/1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_refused_over_http_is_a_dead_letter_too() {
    let (world, door) = World::posting(Engine::Sqlite, Vhost::create().await).await;
    let _crossdock = world.run().await;
    door.faults().next("POST", "", Fault::Status(422));
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    world.order_in_state(&number, "rejected").await;
    let dead = letter(&world).await;
    assert_eq!(
        [headers::ROLE, headers::STORE, headers::CLASS].map(|name| says(&dead, name)),
        ["order-importer", "acme-au", "order-refused"]
    );
    let why = format!("the warehouse refused order {number}: the warehouse was told to answer so");
    assert_eq!(says(&dead, headers::CHAIN), why);
    replay(&world, &dead, "1/1").await;
    world.order_in_state(&number, "accepted").await;
    assert_eq!(world.warehouse.received(&number), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_replay_of_an_order_that_was_cancelled_since_releases_nothing() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    world.warehouse.reject(&number, "the box is too small").unwrap();
    world.order_in_state(&number, "rejected").await;
    let dead = letter(&world).await;
    world.bigcommerce.set_status(&id, CANCELLED);
    world.order_in_state(&number, "cancelled").await;
    replay(&world, &dead, "1/1").await;
    world.order_in_state(&number, "cancelled").await;
    assert_eq!(world.warehouse.received(&number), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn the_replay_of_an_order_that_its_status_keeps_out_by_now_releases_it_later_only_if_it_waits(
    #[values(COMPLETED, MANUAL_VERIFICATION_REQUIRED)] status: i64,
) {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    world.warehouse.reject(&number, "the box is too small").unwrap();
    world.order_in_state(&number, "rejected").await;
    let dead = letter(&world).await;
    world.bigcommerce.set_status(&id, status);
    replay(&world, &dead, "1/1").await;
    let story = world.order_in_state(&number, "rejected").await;
    let waits = status == MANUAL_VERIFICATION_REQUIRED;
    let why = if waits {
        "to be released again once its rules let it in: filtered by status: manual_verification_required"
    } else {
        "not to be released again: filtered by status: completed"
    };
    assert!(story["timeline"].to_string().contains(why), "{story}");
    assert_eq!(world.warehouse.received(&number), 1);

    // What somebody has shipped without the warehouse is not packed for a slip of theirs.
    world.bigcommerce.set_status(&id, AWAITING_FULFILLMENT);
    if waits {
        world.order_in_state(&number, "accepted").await;
    } else {
        eventually("the change is read", || async {
            let story = world.order_in_state(&number, "rejected").await;
            (story["shop_status"] == "awaiting_fulfillment").then_some(())
        })
        .await;
    }
    assert_eq!(world.warehouse.received(&number), if waits { 2 } else { 1 });
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_is_out_of_date_is_no_dead_letter_and_one_told_twice_is_one_failure(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    world.order_in_state(&number, "accepted").await;
    let publisher = world.publisher().await;
    let refuse = async |id: &str, at: Option<Timestamp>| {
        let data = WarehouseOrderRejected {
            number: OrderNumber::new(number.clone()),
            reason: "too heavy".to_owned(),
            unknown_skus: Vec::new(),
        };
        let event = Event { time: at, ..Event::new(&Source::Warehouse, id, Timestamp::now(), data) };
        let content_type = crossdock_events::CONTENT_TYPE;
        let message = Message::new(WarehouseOrderRejected::TYPE, id, content_type, event.to_json());
        eventually("it is told", || async { publisher.publish(&message).await.ok() }).await;
    };
    // Older than the acceptance that stands.
    refuse("late", Some(Timestamp::now() - SignedDuration::from_mins(5))).await;
    let told = || async {
        let story = world.story(&number).await?;
        story["timeline"].to_string().contains("rejected by the warehouse: too heavy").then_some(())
    };
    eventually("it is told in the timeline", told).await;
    for (id, at) in [("now", Some(Timestamp::now())), ("without a time", None)] {
        for _ in 0..2 {
            refuse(id, at).await;
        }
        world.order_in_state(&number, "rejected").await;
        eventually("both are handled", || async {
            (world.vhost.depth(DEAD_LETTERS).await == 2).then_some(())
        })
        .await;
        let letters = world.vhost.take(DEAD_LETTERS).await;
        assert_eq!(letters.len(), 2, "{letters:?}");
        assert_eq!(says(&letters[0], headers::LAST_FAILURE), says(&letters[1], headers::LAST_FAILURE));
        assert_eq!(letters[0].id, letters[1].id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_over_http_that_is_told_again_is_the_same_failure() {
    let (world, door) = World::posting(Engine::Sqlite, Vhost::create().await).await;
    let _crossdock = world.run().await;
    door.faults().next("POST", "", Fault::Status(422));
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    let story = world.order_in_state(&number, "rejected").await;
    let first = letter(&world).await;

    // The release comes once more, as after a crash between the refusal and its acknowledgement.
    door.faults().next("POST", "", Fault::Status(422));
    let body = json!({
        "specversion": "1.0", "id": number, "source": "/crossdock/order-importer", "type": "order.released",
        "subject": number, "data": story["released"],
    });
    let message =
        Message::new("order.released", number.as_str(), crossdock_events::CONTENT_TYPE, body.to_string());
    let publisher = world.publisher().await;
    eventually("it is put back", || async { publisher.publish(&message).await.ok() }).await;
    let again = letter(&world).await;
    assert_eq!(door.posts().len(), 2, "it was refused again");
    assert_eq!(again.id, first.id);
    assert_eq!(says(&again, headers::LAST_FAILURE), says(&first, headers::LAST_FAILURE));
}
