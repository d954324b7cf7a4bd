//! Messages about several orders of a shop that are handled together.

use std::time::Duration;

use crossdock_domain::Platform;
use crossdock_queue::{Delivery, Outcome};
use crossdock_sandbox::Fault;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use rstest::rstest;

use super::scene::Scene;
use super::told::{dispatched, part_dispatched};

/// Longer than anybody waits for an answer.
const FOR_EVER: Duration = Duration::from_hours(1);

/// Long enough for other messages to be handled meanwhile.
const A_MOMENT: Duration = Duration::from_secs(1);

fn class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Failed(failure) => failure.class,
    }
}

#[rstest]
#[tokio::test]
async fn an_order_on_which_the_shop_hangs_holds_up_no_other(
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    let scene = Scene::open(Engine::Sqlite, platform).await;
    let (slow, quick) = (scene.released().await, scene.released().await);
    let faults = scene.shop.faults();
    faults.next("GET", &format!("/orders/{slow}"), Fault::Hang(FOR_EVER));
    let answers_once_the_other_is_written = async {
        eventually("the other one is written", || async {
            (scene.shop.numbers(&quick) == ["B"]).then_some(())
        })
        .await;
        faults.let_go();
    };
    let batch = vec![dispatched(&slow, "A", 0), dispatched(&quick, "B", 0)];
    let (outcomes, ()) = tokio::join!(scene.handled_together(batch), answers_once_the_other_is_written);
    assert_eq!(outcomes, [Outcome::Done, Outcome::Done]);
    assert_eq!(scene.shop.numbers(&slow), ["A"]);
}

#[rstest]
#[tokio::test]
async fn messages_of_one_order_are_handled_one_after_the_other_and_each_has_its_own_outcome(
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    let scene = Scene::open(Engine::Sqlite, platform).await;
    let (slow, quick) = (scene.released().await, scene.released().await);
    scene.shop.faults().next("GET", &format!("/orders/{slow}"), Fault::Hang(A_MOMENT));
    let unreadable = Delivery { body: "{}".into(), ..dispatched(&quick, "no order's", 0) };
    let batch = vec![
        part_dispatched(&slow, "A", 0),
        unreadable,
        part_dispatched(&slow, "B", 1),
        dispatched(&quick, "C", 0),
    ];
    let outcomes = scene.handled_together(batch).await;
    let classes: Vec<&str> = outcomes.iter().map(class).collect();
    assert_eq!(classes, ["done", "event-malformed", "done", "done"]);
    assert_eq!(
        (scene.shop.numbers(&slow), scene.shop.numbers(&quick)),
        (vec!["A".into(), "B".into()], vec!["C".into()])
    );
    assert_eq!(scene.shop.statuses(&slow), [scene.shop.partly_shipped(), scene.shop.shipped()]);
}

#[tokio::test]
async fn what_follows_one_of_its_order_that_cannot_be_read_waits_behind_it() {
    let scene = Scene::open(Engine::Sqlite, Platform::Bigcommerce).await;
    let order = scene.released().await;
    let first = part_dispatched(&order, "A", 0);
    let garbled =
        String::from_utf8(first.body.to_vec()).unwrap().replace(r#""quantity":1"#, r#""quantity":"one""#);
    let batch = vec![Delivery { body: garbled.into(), ..first.clone() }, dispatched(&order, "B", 1)];
    let outcomes = scene.handled_together(batch).await;
    let classes: Vec<&str> = outcomes.iter().map(class).collect();
    assert_eq!(classes, ["event-malformed", "behind-dead-letter"]);
    assert_eq!(scene.shop.numbers(&order), [""; 0]);
    // A person has mended it.
    for told in [first, dispatched(&order, "B", 1)] {
        assert_eq!(scene.handled(&told).await, Outcome::Done);
    }
    assert_eq!(scene.shop.numbers(&order), ["A", "B"]);
}
