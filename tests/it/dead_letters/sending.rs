//! What the desk sends, and what becomes of that when it dies.

use std::path::Path;

use crossdock_events::OrderCancelled;
use crossdock_ledger::{
    ActId, Acting, DeadLetterState, DeadLettersWanted, Fallen, Ledger, Pause, PauseCause, Paused, Progress,
    ToSend,
};
use crossdock_queue::{Message, Publisher};
use crossdock_sandbox::Draft;
use crossdock_settings::Settings;
use crossdock_storefront::Account;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use super::scene::{DESK, desk, failed, unread};

const STORE: &str = "acme-au";

/// A notice of an order at the BigCommerce shop that failed in this role.
fn fallen(role: &str, order_id: &str) -> Fallen {
    unread(role, STORE, order_id)
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
    let first = desk(&world);
    eventually("some are sent", || async { (progress(&*ledger, job).await.sent > 0).then_some(()) }).await;
    first.kill().await;
    world.leases_of_the_dead_run_out(DESK).await;
    let left = progress(&*ledger, job).await;
    assert_eq!((left.queued + left.sent, left.done), (300, 0), "nobody handles them yet");

    let _desk = desk(&world);
    let _importer = Process::start(&world.config, Some("order-importer"));
    all_are_done_once(&world, &*ledger, job, &ids).await;
}

/// Waits until a replay of notices of these orders has ended.
async fn all_are_done_once(world: &World, ledger: &dyn Ledger, job: ActId, ids: &[String]) {
    eventually("the replay has ended", || async { progress(ledger, job).await.ended_at }).await;
    let ended = progress(ledger, job).await;
    assert_eq!((ended.done, ended.dead, ended.left), (ids.len() as u64, 0, 0));
    let done = DeadLettersWanted { states: vec![DeadLetterState::Done], ..DeadLettersWanted::default() };
    assert_eq!(ledger.count_dead_letters(&done).await.unwrap(), ids.len() as u64);
    for id in ids {
        let number = format!("BG{id}");
        world.at_the_warehouse(&number).await;
        assert_eq!(world.warehouse.received(&number), 1, "{number}");
    }
    eventually("no letter is left", || async {
        (world.vhost.depth("crossdock.dead-letters").await == 0).then_some(())
    })
    .await;
}

/// Sends one as the desk does, and leaves it at that.
async fn sent_and_not_noted(publisher: &Publisher, one: &ToSend) {
    let message = Message {
        routing_key: one.kind.clone(),
        id: one.message.message_id.clone(),
        content_type: one.content_type.clone().into(),
        body: one.body.clone().into(),
    };
    let replay = format!("{}/{}", one.replay.id, one.replay.round);
    publisher.replay(&one.message.role, &replay, &message).await.unwrap();
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_desk_has_sent_and_not_noted_when_it_dies_is_sent_once_more_and_done_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let ledger = world.ledger().await;
    let ids: Vec<String> =
        (0..60).map(|_| world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]))).collect();
    let letters: Vec<Fallen> = ids.iter().map(|id| fallen("order-importer", id)).collect();
    ledger.bury(&letters, Timestamp::now()).await.unwrap();
    let job = replay(&*ledger).await;
    // As a desk leaves it that dies: 50 were given out, 20 are on their queue, 10 of these are noted.
    let given = ledger.next_to_send(50, &Paused::default(), Timestamp::now()).await.unwrap();
    assert_eq!(given.len(), 50);
    let publisher = world.publisher().await;
    for one in &given[..20] {
        sent_and_not_noted(&publisher, one).await;
    }
    let noted: Vec<_> = given[..10].iter().map(|one| one.replay).collect();
    ledger.sent(&noted).await.unwrap();

    let _desk = desk(&world);
    eventually("the next desk has sent what was not noted, and the rest", || async {
        let all_noted = ledger.unconfirmed().await.unwrap().is_empty();
        (all_noted && progress(&*ledger, job).await.sent == 60).then_some(())
    })
    .await;
    eventually("10 are there twice", || async {
        (world.vhost.depth("crossdock.order-importer").await == 20 + 40 + 10).then_some(())
    })
    .await;
    let _importer = Process::start(&world.config, Some("order-importer"));
    all_are_done_once(&world, &*ledger, job, &ids).await;
    eventually("all copies are handled", || async {
        (world.vhost.depth("crossdock.order-importer").await == 0).then_some(())
    })
    .await;
    assert_eq!(progress(&*ledger, job).await.done, 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_nothing_of_a_shop_goes_while_that_refuses_our_credentials() {
    let world = World::create(Engine::Sqlite).await;
    let ledger = world.ledger().await;
    let text = std::fs::read_to_string(&world.config).unwrap();
    let settings = Settings::parse(&text, Path::new("crossdock.toml"), &|_| None).unwrap();
    let account = Account::of(settings.stores.iter().find(|store| store.id.as_str() == STORE).unwrap());
    let (now, cause) = (Timestamp::now(), PauseCause::Credentials);
    let pause = Pause { cause, since: now, until: now + SignedDuration::from_mins(8), answer: "401".into() };
    ledger.begin_pause(&account.store, &account.fingerprint, &pause).await.unwrap();
    let cancelled = OrderCancelled {
        number: "BG1".into(),
        store: STORE.parse().unwrap(),
        order_id: "1".into(),
        reason: "cancelled at the shop".to_owned(),
    };
    let letters = [fallen("order-importer", "1"), failed("warehouse", STORE, "BG1", cancelled)];
    ledger.bury(&letters, now).await.unwrap();
    let job = replay(&*ledger).await;
    let _desk = desk(&world);
    eventually("the warehouse is told", || async { (progress(&*ledger, job).await.done == 1).then_some(()) })
        .await;
    let Progress { queued, sent, dead, .. } = progress(&*ledger, job).await;
    assert_eq!((queued, sent, dead), (1, 0, 0), "what needs the shop waits for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_role_takes_is_dead_again_and_says_so() {
    let world = World::create(Engine::Sqlite).await;
    let ledger = world.ledger().await;
    let letters = [fallen("order-exporter", "1")];
    ledger.bury(&letters, Timestamp::now()).await.unwrap();
    let job = replay(&*ledger).await;
    let _desk = desk(&world);
    eventually("the replay has ended", || async { progress(&*ledger, job).await.ended_at }).await;
    assert_eq!(progress(&*ledger, job).await.dead, 1);
    let letter = ledger.dead_letters(&DeadLettersWanted::default()).await.unwrap().remove(0);
    assert_eq!((letter.state, letter.failures), (DeadLetterState::Dead, 2));
    assert_eq!(letter.chain, "no role is called 'order-exporter'; discard it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_replayed_while_its_queue_is_missing_goes_once_that_stands_again() {
    let queue = crossdock_order_importer::QUEUE.name;
    let world = World::create(Engine::Sqlite).await;
    let ledger = world.ledger().await;
    let _desk = desk(&world);
    eventually("the desk has declared the queues", || async {
        (world.vhost.consumers("crossdock.dead-letters").await == 1).then_some(())
    })
    .await;
    world.vhost.delete_queue(queue).await;
    ledger.bury(&[fallen("order-importer", "1001")], Timestamp::now()).await.unwrap();
    let job = replay(&*ledger).await;
    eventually("it is on its queue", || async {
        let stands = world.vhost.queues().await.iter().any(|name| name == queue);
        (stands && world.vhost.depth(queue).await == 1).then_some(())
    })
    .await;
    assert_eq!(progress(&*ledger, job).await.dead, 0);
}
