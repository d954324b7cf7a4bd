//! The desk of dead letters itself: what it sends, and what becomes of it when it dies.

use crossdock_events::{CONTENT_TYPE, Event, ShopOrderChanged, Source};
use crossdock_ledger::{
    ActId, Acting, DeadLetterState, DeadLettersWanted, Fallen, Ledger, MessageKey, Progress,
};
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use jiff::Timestamp;
use rstest::rstest;
use serde_json::json;

const DESK: &str = "dead-letters";

/// A notice of an order at the BigCommerce shop that failed in this role.
fn fallen(role: &str, order_id: &str) -> Fallen {
    let (store, now) = ("acme-au", Timestamp::now());
    let data =
        ShopOrderChanged { store: store.parse().unwrap(), order_id: order_id.into(), cause: "sweep".into() };
    let event = Event::new(&Source::Role("reconciler"), format!("lost/{order_id}"), now, data);
    Fallen {
        message: MessageKey { role: role.to_owned(), message_id: event.id.clone() },
        store: store.to_owned(),
        subject: Some(order_id.to_owned()),
        kind: event.kind.clone(),
        content_type: CONTENT_TYPE.to_owned(),
        properties: json!({}),
        body: event.to_json(),
        class: "shop-unavailable".to_owned(),
        chain: "the shop did not answer as it should".to_owned(),
        cause: "the shop did not answer as it should".to_owned(),
        group: "0a0b0c0d".to_owned(),
        attempts: 12,
        first_failed_at: now,
        last_failed_at: now,
        waits: false,
        replay: None,
    }
}

async fn replay(ledger: &dyn Ledger) -> ActId {
    let act = Acting { who: "anna".to_owned(), at: Timestamp::now(), note: "all".to_owned() };
    ledger.begin_replay(&DeadLettersWanted::default(), &act).await.unwrap().expect("there are some")
}

async fn progress(ledger: &dyn Ledger, job: ActId) -> Progress {
    ledger.act(job).await.unwrap().unwrap().progress.unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_is_killed_while_it_sends_neither_loses_nor_doubles_a_replay(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let ledger = world.ledger().await;
    let ids: Vec<String> =
        (0..300).map(|_| world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]))).collect();
    let letters: Vec<Fallen> = ids.iter().map(|id| fallen("order-importer", id)).collect();
    ledger.bury(&letters, Timestamp::now()).await.unwrap();
    let job = replay(&*ledger).await;
    let desk = Process::start(&world.config, Some(DESK));
    eventually("some are sent", || async { (progress(&*ledger, job).await.sent > 0).then_some(()) }).await;
    desk.kill().await;
    world.leases_of_the_dead_run_out(DESK).await;
    let left = progress(&*ledger, job).await;
    assert_eq!((left.queued + left.sent, left.done), (300, 0), "nobody handles them yet");

    let _desk = Process::start(&world.config, Some(DESK));
    let _importer = Process::start(&world.config, Some("order-importer"));
    eventually("the replay has ended", || async { progress(&*ledger, job).await.ended_at }).await;
    let ended = progress(&*ledger, job).await;
    assert_eq!((ended.done, ended.dead, ended.left), (300, 0, 0));
    let done = DeadLettersWanted { states: vec![DeadLetterState::Done], ..DeadLettersWanted::default() };
    assert_eq!(ledger.count_dead_letters(&done).await.unwrap(), 300);
    for id in &ids {
        let number = format!("BG{id}");
        world.at_the_warehouse(&number).await;
        assert_eq!(world.warehouse.received(&number), 1, "{number}");
    }
    eventually("no letter is left", || async {
        (world.vhost.depth("crossdock.dead-letters").await == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_role_takes_is_dead_again_and_says_so() {
    let world = World::create(Engine::Sqlite).await;
    let ledger = world.ledger().await;
    let letters = [fallen("order-exporter", "1")];
    ledger.bury(&letters, Timestamp::now()).await.unwrap();
    let job = replay(&*ledger).await;
    let _desk = Process::start(&world.config, Some(DESK));
    eventually("the replay has ended", || async { progress(&*ledger, job).await.ended_at }).await;
    assert_eq!(progress(&*ledger, job).await.dead, 1);
    let letter = ledger.dead_letters(&DeadLettersWanted::default()).await.unwrap().remove(0);
    assert_eq!((letter.state, letter.failures), (DeadLetterState::Dead, 2));
    assert_eq!(letter.chain, "no queue takes what is replayed to 'order-exporter'; discard it");
}
