//! What is decided about an order, again and again.

use crossdock_domain::{OrderId, Platform, ReleasedOrder, Sku, StockPush};
use crossdock_ledger::{
    Judged, Ledger, LedgerError, News, NextStep, OrderState, Telling, TimelineEntry, Verdict,
};
use rstest::rstest;

use crate::after_release::cancel;
use crate::database::{Engine, fresh};
use crate::samples::{
    au, filter, happening, hold, judged, minute, number, order_1001, release, release_1001, released_order,
    store, told_of_1001,
};

pub(crate) async fn judge(ledger: &dyn Ledger, judged: &Judged) -> NextStep {
    ledger.judge(judged).await.unwrap()
}

/// The first thing that the warehouse is told of an order.
pub(crate) fn first_release(order: ReleasedOrder) -> NextStep {
    let number = order.number.clone();
    let news = News::Released(Box::new(order));
    NextStep::Tell(Telling { number, round: 1, again: false, news, freed: Vec::new() })
}

/// The same, taken over from another process.
pub(crate) fn again(step: NextStep) -> NextStep {
    match step {
        NextStep::Tell(telling) => NextStep::Tell(Telling { again: true, ..telling }),
        step => step,
    }
}

pub(crate) fn publish_1001() -> NextStep {
    first_release(released_order("1001", &[("TEE", 2)]))
}

#[rstest]
#[tokio::test]
async fn a_new_order_is_kept_with_all_that_is_known_of_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let step = judge(&*ledger, &judged("1001", 1, release("1001", &[("TEE", 2)]))).await;
    assert_eq!(step, publish_1001());

    let order = order_1001(&*ledger).await;
    assert_eq!((order.store.clone(), order.platform), (au(), Platform::Bigcommerce));
    assert_eq!((order.order_id.clone(), order.number.clone()), (OrderId::from("1001"), number("1001")));
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Releasing, ""));
    assert_eq!((order.placed_at, order.modified_at), (minute(0), minute(1)));
    assert_eq!(order.shop_status, "status of minute 1");
    assert_eq!(order.released, Some(released_order("1001", &[("TEE", 2)])));
    let told = TimelineEntry {
        at: minute(1),
        role: "order-importer".to_owned(),
        what: "told by event of minute 1".to_owned(),
        cause: "store/order/created".to_owned(),
    };
    assert_eq!(ledger.timeline(&au(), &OrderId::from("1001")).await.unwrap(), [told]);
}

#[rstest]
#[case::filtered(filter("country: US"), OrderState::Filtered, "country: US", NextStep::Nothing)]
#[case::held(hold("no SKU"), OrderState::Held, "no SKU", NextStep::Nothing)]
#[tokio::test]
async fn a_filtered_or_held_order_is_accounted_for_and_not_published(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] verdict: crossdock_ledger::Verdict,
    #[case] state: OrderState,
    #[case] reason: &str,
    #[case] step: NextStep,
) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(judge(&*ledger, &judged("1001", 1, verdict)).await, step);
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str(), order.released), (state, reason, None));
}

#[rstest]
#[tokio::test]
async fn the_same_decision_again_adds_nothing_to_the_timeline(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    for minute in [1, 1, 2] {
        judge(&*ledger, &judged("1001", minute, filter("country: US"))).await;
    }
    assert_eq!(told_of_1001(&*ledger).await, ["told by event of minute 1"]);
    assert_eq!(order_1001(&*ledger).await.modified_at, minute(2));
    assert_eq!(order_1001(&*ledger).await.shop_status, "status of minute 2");
}

#[rstest]
#[tokio::test]
async fn another_reason_or_state_is_told(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    judge(&*ledger, &judged("1001", 1, filter("country: US"))).await;
    judge(&*ledger, &judged("1001", 2, filter("country: CA"))).await;
    judge(&*ledger, &judged("1001", 3, hold("country: CA"))).await;
    assert_eq!(judge(&*ledger, &judged("1001", 4, release("1001", &[("TEE", 2)]))).await, publish_1001());
    let told = ["told by event of minute 1", "told by event of minute 2", "told by event of minute 3"];
    assert_eq!(told_of_1001(&*ledger).await[..3], told);
    assert_eq!(told_of_1001(&*ledger).await[3], "told by event of minute 4");
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Releasing, ""));
}

#[rstest]
#[tokio::test]
async fn a_late_notice_does_not_overwrite_newer_truth(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    judge(&*ledger, &judged("1001", 5, filter("status: cancelled"))).await;
    let step = judge(&*ledger, &judged("1001", 4, release("1001", &[("TEE", 2)]))).await;
    assert_eq!(step, NextStep::Nothing);
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.modified_at), (OrderState::Filtered, minute(5)));
    assert_eq!(told_of_1001(&*ledger).await, ["told by event of minute 5"]);
}

#[rstest]
#[tokio::test]
async fn a_change_within_the_same_second_is_judged(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    judge(&*ledger, &judged("1001", 5, filter("status: pending"))).await;
    let again = Judged {
        happening: happening("another event", minute(5)),
        ..judged("1001", 5, release("1001", &[("TEE", 2)]))
    };
    assert_eq!(judge(&*ledger, &again).await, publish_1001());
}

#[rstest]
#[tokio::test]
async fn what_the_shop_says_of_a_released_order_is_kept_up_to_date_and_nothing_else(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    assert_eq!(judge(&*ledger, &judged("1001", 7, filter("status: shipped"))).await, NextStep::Nothing);
    assert_eq!(judge(&*ledger, &judged("1001", 6, filter("status: older"))).await, NextStep::Nothing);
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Released, ""));
    assert_eq!((order.shop_status.as_str(), order.modified_at), ("status of minute 7", minute(7)));
    assert_eq!(order.released, Some(released_order("1001", &[("TEE", 2)])));
    assert_eq!(told_of_1001(&*ledger).await.len(), 2);
}

#[rstest]
#[tokio::test]
async fn a_number_belongs_to_one_order(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    judge(&*ledger, &judged("1001", 1, filter("country: US"))).await;
    let other = Judged { store: store("acme-nz"), ..judged("1001", 1, release("1001", &[("TEE", 2)])) };
    let error = ledger.judge(&other).await.unwrap_err();
    let LedgerError::NumberTaken { number: taken, store, order_id } = error else { panic!("{error:?}") };
    assert_eq!((taken, store.as_str(), order_id.as_str()), (number("1001"), "acme-au", "1001"));
    assert_eq!(ledger.orders_named("1001").await.unwrap().len(), 1);
    assert_eq!(ledger.timeline(&other.store, &other.order_id).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn a_filtered_order_takes_another_number_if_it_is_free(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    judge(&*ledger, &judged("1001", 1, filter("country: US"))).await;
    judge(&*ledger, &judged("1002", 1, filter("country: US"))).await;

    let renumbered = Judged { number: "AU1001".into(), ..judged("1001", 2, filter("country: US")) };
    assert_eq!(judge(&*ledger, &renumbered).await, NextStep::Nothing);
    assert_eq!(
        ledger.order_by_number(&"AU1001".into()).await.unwrap().unwrap().order_id,
        OrderId::from("1001")
    );
    assert_eq!(ledger.order_by_number(&number("1001")).await.unwrap(), None);
    assert_eq!(told_of_1001(&*ledger).await.len(), 1);

    let taken = Judged { number: number("1002"), ..judged("1001", 3, filter("country: US")) };
    assert!(matches!(ledger.judge(&taken).await, Err(LedgerError::NumberTaken { .. })));
    assert!(ledger.order_by_number(&"AU1001".into()).await.unwrap().is_some());
}

#[rstest]
#[tokio::test]
async fn what_is_kept_for_an_order_that_waits_is_said_when_it_becomes_something_else(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let step = async |at: i64, verdict, kept: &[(&str, u32)]| {
        let kept = kept.iter().map(|(sku, units)| (Sku::from(*sku), *units)).collect();
        judge(&*ledger, &Judged { kept, ..judged("1001", at, verdict) }).await
    };
    let (both, one, none) = ([("CAP", 1), ("TEE", 2)], [("TEE", 3)], []);
    let promised = |skus: &[&str]| NextStep::Promised(skus.iter().map(|sku| Sku::from(*sku)).collect());
    assert_eq!(step(1, hold("unpaid"), &both).await, promised(&["CAP", "TEE"]));
    assert_eq!(step(1, hold("unpaid"), &both).await, NextStep::Nothing, "the same order again");
    assert_eq!(step(2, hold("no address"), &both).await, NextStep::Nothing, "it waits for something else");
    assert_eq!(step(3, hold("no address"), &one).await, promised(&["CAP", "TEE"]));
    assert_eq!(step(1, hold("unpaid"), &both).await, NextStep::Nothing, "a late reading");
    assert_eq!(step(3, filter("status: awaiting_payment"), &one).await, NextStep::Nothing, "it still waits");
    assert_eq!(step(4, filter("country: US"), &none).await, promised(&["TEE"]), "it is given up");
    assert_eq!(step(4, filter("country: US"), &none).await, NextStep::Nothing);
    assert_eq!(step(5, filter("status: awaiting_payment"), &one).await, promised(&["TEE"]), "new rules");
    assert_eq!(step(6, cancel("declined"), &none).await, promised(&["TEE"]));
    assert_eq!(step(7, hold("unpaid"), &one).await, promised(&["TEE"]));
    let happening = happening("gone", minute(8));
    let gone = ledger
        .gone(
            &au(),
            &OrderId::from("1001"),
            "deleted at the shop",
            minute(8),
            StockPush::Available,
            &happening,
        )
        .await;
    assert_eq!(gone.unwrap(), promised(&["TEE"]));
    assert_eq!(step(9, hold("unpaid"), &both).await, promised(&["CAP", "TEE"]));
    let NextStep::Tell(told) = step(9, release("1001", &[("TEE", 2)]), &none).await else {
        panic!("it is not released")
    };
    assert_eq!(told.freed, [Sku::from("CAP")], "nobody else says that it may be sold again");
    assert_eq!(NextStep::Tell(Telling { freed: Vec::new(), ..told }), publish_1001());
    let released = step(10, hold("unpaid"), &one).await;
    assert!(!matches!(released, NextStep::Promised(_)), "the warehouse may have it: {released:?}");
}

#[rstest]
#[tokio::test]
async fn a_reading_that_a_clock_ahead_of_time_put_down_does_not_hold_off_those_to_come(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let read = |order_id: &str, read_at: i64, verdict: Verdict| Judged {
        read_at: minute(read_at),
        ..judged(order_id, 5, verdict)
    };
    assert_eq!(judge(&*ledger, &read("1002", 6, hold("unpaid"))).await, NextStep::Nothing);
    let step = judge(&*ledger, &read("1002", 5, release("1002", &[("TEE", 2)]))).await;
    assert_eq!(step, NextStep::Nothing, "clocks may differ by some minutes");

    assert_eq!(judge(&*ledger, &read("1001", 10_000, hold("unpaid"))).await, NextStep::Nothing);
    let step = judge(&*ledger, &read("1001", 5, release("1001", &[("TEE", 2)]))).await;
    assert_eq!(step, publish_1001());
}
