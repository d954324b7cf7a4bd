//! What is said of dead letters that were sent and have not come back, and of those that go after them.

use std::sync::Arc;

use crossdock_ledger::{
    ActId, Acting, DeadLetterState, DeadLettersWanted, Fallen, Ledger, MessageKey, Paused,
};
use crossdock_tests::database::Engine;
use crossdock_tests::world::World;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::json;

use super::scene::{are, asked, said, says, unread};

/// Two notices of one order, of which a desk that died has sent the first, so long ago: the ledger, and their replay.
async fn first_sent(world: &World, ago: SignedDuration) -> (Arc<dyn Ledger>, ActId) {
    let ledger = world.ledger().await;
    let first = unread("order-importer", "acme-au", "1001");
    let message = MessageKey { message_id: "the second".to_owned(), ..first.message.clone() };
    let second = Fallen { message, ..first.clone() };
    let at = Timestamp::now() - ago;
    ledger.bury(&[first, second], at).await.unwrap();
    let act = Acting { who: "anna".to_owned(), at, note: "all".to_owned() };
    let replay = ledger.begin_replay(&DeadLettersWanted::default(), &act).await.unwrap().unwrap();
    assert_eq!(ledger.next_to_send(9, &Paused::default(), at).await.unwrap().len(), 1);
    (ledger, replay)
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn one_that_goes_after_another_names_it_and_after_an_hour_what_can_be_done(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    for (ago, unanswered) in [(SignedDuration::from_mins(2), false), (SignedDuration::from_hours(2), true)] {
        let world = World::create(engine).await;
        first_sent(&world, ago).await;
        let (_, sent) = asked(&world, &["list", "--state", "sent"]).await;
        let (_, queued) = asked(&world, &["list", "--state", "queued"]).await;
        let (first, second) = (sent[0]["id"].to_string(), queued[0]["id"].to_string());
        let (_, shown) = asked(&world, &["show", &second]).await;
        let after = &shown["after"];
        assert_eq!((&after["id"], &after["unanswered"]), (&sent[0]["id"], &json!(unanswered)), "{shown}");
        assert_eq!(after["sent_at"], sent[0]["changed_at"]);
        let (_, words) = said(&world, &["show", &second]).await;
        assert!(says(&words, &format!("goes after dead letter {first}, which was sent at ")), "{words}");
        let once_more = format!("`crossdock dead-letters replay --unanswered {first}` sends it once more");
        assert_eq!(says(&words, &once_more), unanswered, "{words}");
        let (_, shown) = asked(&world, &["show", &first]).await;
        assert_eq!(shown["after"], json!(null), "{shown}");
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn who_discards_what_is_on_its_way_is_told_that_it_may_still_be_handled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let (ledger, replay) = first_sent(&world, SignedDuration::from_mins(2)).await;
    let of_order = ["discard", "--order", "1001", "--reason", "not needed"];
    let (status, words) = said(&world, &of_order).await;
    let sentence = "nothing of what is selected can be discarded: 1 queued, 1 sent; what is dead or waiting can, what was sent if it \
                    is named by its number";
    assert!(status == 1 && says(&words, sentence), "{status}, {words}");
    let act = Acting { who: "anna".to_owned(), at: Timestamp::now(), note: String::new() };
    assert!(ledger.cancel_replay(replay, &act).await.unwrap());

    let (status, words) = said(&world, &["discard", "1", "2", "--reason", "not needed"]).await;
    assert!(status == 0 && says(&words, "2 dead letters are discarded"), "{status}, {words}");
    let on_its_way = "1 of them is on its way, and may still be handled: then it is done";
    assert!(says(&words, on_its_way), "{words}");
    are(&world, 2, DeadLetterState::Discarded).await;
}
