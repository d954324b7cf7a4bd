//! One release of an order: by one process at a time, confirmed and told once.

use crossdock_domain::OrderId;
use crossdock_ledger::{Judged, NextStep, OrderState, RELEASE_SECS_MAX};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::judging::{again, judge, publish_1001};
use crate::samples::{
    answer_1001, au, filter, happening, hold, judged, minute, order_1001, rejected, release, release_1001,
    still_untold, told_of_1001,
};

fn id() -> OrderId {
    OrderId::from("1001")
}

#[rstest]
#[tokio::test]
async fn a_release_that_was_not_confirmed_is_repeated_as_first_decided(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    judge(&*ledger, &judged("1001", 1, release("1001", &[("TEE", 2)]))).await;
    // The process died here. Whatever the shop says by now, the same order is published again.
    let verdicts = [release("1001", &[("TEE", 9)]), filter("status: cancelled"), hold("no SKU")];
    for (minute, verdict) in (3..).zip(verdicts) {
        assert_eq!(judge(&*ledger, &judged("1001", minute, verdict)).await, again(publish_1001()));
    }
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Releasing);
    assert_eq!(told_of_1001(&*ledger).await, ["told by event of minute 1"]);
}

#[rstest]
#[case::of_a_new_order(None)]
#[case::of_one_that_was_filtered(Some(filter("status: pending")))]
#[tokio::test]
async fn a_release_is_one_process_s_until_its_time_is_over(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] before: Option<crossdock_ledger::Verdict>,
) {
    let (ledger, _database) = fresh(engine).await;
    if let Some(before) = before {
        judge(&*ledger, &judged("1001", 0, before)).await;
    }
    let at = async |secs: i64| {
        let at = minute(1) + SignedDuration::from_secs(secs);
        let decision = judged("1001", 1, release("1001", &[("TEE", 2)]));
        judge(&*ledger, &Judged { happening: happening(&format!("second {secs}"), at), ..decision }).await
    };
    assert_eq!(at(0).await, publish_1001());
    assert_eq!(at(0).await, NextStep::Wait);
    assert_eq!(at(RELEASE_SECS_MAX - 1).await, NextStep::Wait);
    // Taken over: its time begins anew.
    assert_eq!(at(RELEASE_SECS_MAX).await, again(publish_1001()));
    assert_eq!(at(2 * RELEASE_SECS_MAX - 1).await, NextStep::Wait);

    ledger.told(&au(), &id(), 1, minute(2)).await.unwrap();
    assert_eq!(at(2 * RELEASE_SECS_MAX - 1).await, NextStep::Nothing);
}

#[rstest]
#[tokio::test]
async fn a_telling_that_was_begun_by_a_clock_far_ahead_is_taken_over_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let day = 24 * 60;
    let begin = judged("1001", 1, release("1001", &[("TEE", 2)]));
    let ahead = Judged { happening: happening("ahead", minute(day)), ..begin };
    assert_eq!(judge(&*ledger, &ahead).await, publish_1001());
    // A clock that far behind the other is believed to be wrong about it.
    assert_eq!(still_untold(&*ledger, day - 10).await, NextStep::Wait);
    let due = async |at: i64| ledger.due(minute(at), 10).await.unwrap();
    assert_eq!(due(day - 10).await, []);
    let found = due(day - 11).await;
    assert_eq!(found.len(), 1);
    // While nobody comes, it is told again every minute.
    ledger.told_due(&found, minute(day - 12)).await.unwrap();
    assert_eq!((due(day - 12).await.len(), due(day - 11).await.len()), (0, 1));
    assert_eq!(still_untold(&*ledger, day - 11).await, again(publish_1001()));
    assert_eq!(still_untold(&*ledger, day - 11).await, NextStep::Wait);
    assert_eq!((due(day - 10).await.len(), due(day - 9).await.len()), (0, 1));
}

#[rstest]
#[tokio::test]
async fn a_release_at_the_end_of_time_is_one_process_s(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let decision = judged("1001", 1, release("1001", &[("TEE", 2)]));
    let last = Judged { happening: happening("e1", Timestamp::MAX), ..decision };
    assert_eq!(judge(&*ledger, &last).await, publish_1001());
}

#[rstest]
#[tokio::test]
async fn a_confirmed_release_is_told_once_and_not_repeated(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    ledger.told(&au(), &id(), 1, minute(3)).await.unwrap();
    let step = judge(&*ledger, &judged("1001", 4, release("1001", &[("TEE", 2)]))).await;
    assert_eq!(step, NextStep::Nothing);
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);
    let told = ledger.timeline(&au(), &id()).await.unwrap();
    assert_eq!(told.len(), 2);
    assert_eq!((told[1].what.as_str(), told[1].at), ("released to the warehouse as BG1001", minute(2)));
    assert_eq!((told[1].role.as_str(), told[1].cause.as_str()), ("order-importer", "confirmed by RabbitMQ"));
}

#[rstest]
#[tokio::test]
async fn a_confirmation_never_sets_an_order_back(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    judge(&*ledger, &judged("1001", 1, filter("country: US"))).await;
    ledger.told(&au(), &id(), 1, minute(2)).await.unwrap();
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Filtered);
    assert_eq!(told_of_1001(&*ledger).await.len(), 1, "a filtered order was not released");

    judge(&*ledger, &judged("1001", 3, release("1001", &[("TEE", 2)]))).await;
    answer_1001(&*ledger, 4, rejected("no such SKU")).await;
    ledger.told(&au(), &id(), 1, minute(5)).await.unwrap();
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected);
}
