//! What changes at the shop mean for an order that the warehouse has.

use crossdock_domain::{OrderId, ReleasedOrder, Sku, StockPush, StoreId, Unfit};
use crossdock_ledger::{Answer, Judged, Ledger, News, NextStep, OrderState, Telling, Verdict};
use jiff::SignedDuration;
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::judging::{again, judge, publish_1001};
use crate::samples::{
    answer_1001, au, filter, happening, hold, judged, level, minute, number, order_1001, release,
    release_1001, released_order, shipment, stands_at_the_shop, still_untold, told_of_1001,
};

fn id() -> OrderId {
    OrderId::from("1001")
}

pub(crate) fn cancel(reason: &str) -> Verdict {
    Verdict::Cancel { reason: reason.to_owned() }
}

fn tell(round: u32, news: News) -> NextStep {
    NextStep::Tell(Telling { number: number("1001"), round, again: false, news, freed: Vec::new() })
}

fn amended(order: ReleasedOrder, changed: &[&str]) -> News {
    News::Amended { order: Box::new(order), changed: changed.iter().map(|it| (*it).to_owned()).collect() }
}

fn cancelled(reason: &str) -> News {
    News::Cancelled { reason: reason.to_owned() }
}

fn refused(skus: &[&str]) -> Answer {
    Answer::Rejected {
        reason: "unknown".to_owned(),
        unknown_skus: skus.iter().map(|sku| Sku::from(*sku)).collect(),
    }
}

async fn confirm(ledger: &dyn Ledger, round: u32, at: i64) {
    ledger.told(&au(), &id(), round, minute(at)).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn another_shape_is_amended_once_and_another_round_follows_another_change(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 3, Answer::Accepted).await;
    let step = judge(&*ledger, &judged("1001", 5, release("1001", &[("TEE", 3)]))).await;
    assert_eq!(step, tell(2, amended(released_order("1001", &[("TEE", 3)]), &["lines"])));
    let NextStep::Tell(telling) = step else { unreachable!() };
    assert_eq!(telling.event_id(), "BG1001/2");
    confirm(&*ledger, 2, 6).await;
    assert_eq!(judge(&*ledger, &judged("1001", 7, release("1001", &[("TEE", 3)]))).await, NextStep::Nothing);
    // A status that the filters would keep out changes nothing; the shape does.
    let shape = Ok(Box::new(released_order("1001", &[("TEE", 4)])));
    let packing = Judged { shape, ..judged("1001", 8, filter("status: awaiting_shipment")) };
    assert_eq!(
        judge(&*ledger, &packing).await,
        tell(3, amended(released_order("1001", &[("TEE", 4)]), &["lines"]))
    );
    confirm(&*ledger, 3, 9).await;
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Accepted, ""));
    assert_eq!(order.released, Some(released_order("1001", &[("TEE", 4)])));
    let told = told_of_1001(&*ledger).await;
    assert_eq!(told.iter().filter(|it| *it == "changed at the shop: lines").count(), 2, "{told:?}");
    assert!(told.contains(&"the warehouse was told what changed: lines".to_owned()), "{told:?}");
}

#[rstest]
#[tokio::test]
async fn what_is_amended_is_promised(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2), ("CAP", 1)]).await;
    ledger
        .intend_shipment(&shipment("S1", 4, Some(&[("TEE", 1)])), &happening("S1", minute(4)))
        .await
        .unwrap();
    judge(&*ledger, &judged("1001", 5, release("1001", &[("TEE", 5)]))).await;
    ledger.counted(minute(6), &[level("CAP", 9), level("TEE", 9)]).await.unwrap();
    let promised: Vec<i64> =
        ledger.stock(&au()).await.unwrap().iter().map(|line| line.promised.total).collect();
    assert_eq!(promised, [0, 4]);
    judge(
        &*ledger,
        &Judged { happening: happening("late", minute(60)), ..judged("1001", 60, cancel("refunded")) },
    )
    .await;
    let promised: Vec<i64> =
        ledger.stock(&au()).await.unwrap().iter().map(|line| line.promised.total).collect();
    assert_eq!(promised, [0, 0]);
}

#[rstest]
#[tokio::test]
async fn an_amendment_in_doubt_is_told_again_and_grows_with_the_next_change(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let first = judge(&*ledger, &judged("1001", 5, release("1001", &[("TEE", 3)]))).await;
    let soon = Judged { happening: happening("soon", minute(5)), ..judged("1001", 6, cancel("cancelled")) };
    assert_eq!(judge(&*ledger, &soon).await, NextStep::Wait);
    assert_eq!(still_untold(&*ledger, 6).await, again(first));
    let moved =
        ReleasedOrder { shipping_method: "Standard".to_owned(), ..released_order("1001", &[("TEE", 3)]) };
    let step = judge(&*ledger, &judged("1001", 8, Verdict::Release(Box::new(moved.clone())))).await;
    assert_eq!(step, tell(3, amended(moved, &["shipping_method", "lines"])));
    // The confirmation of a round that has been replaced confirms nothing.
    confirm(&*ledger, 2, 9).await;
    assert!(matches!(still_untold(&*ledger, 20).await, NextStep::Tell(_)));
}

#[rstest]
#[tokio::test]
async fn a_cancellation_is_told_once_and_stays(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let step = judge(&*ledger, &judged("1001", 5, cancel("cancelled at the shop"))).await;
    assert_eq!(step, tell(2, cancelled("cancelled at the shop")));
    confirm(&*ledger, 2, 6).await;
    for minute in 7..9 {
        let step = judge(&*ledger, &judged("1001", minute, cancel("cancelled at the shop"))).await;
        assert_eq!(step, NextStep::Nothing);
    }
    // The warehouse's answer to the release comes late.
    answer_1001(&*ledger, 10, Answer::Accepted).await;
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Cancelled, "cancelled at the shop"));
    let reopened = judge(&*ledger, &judged("1001", 11, release("1001", &[("TEE", 2)]))).await;
    assert_eq!(reopened, NextStep::Nothing);
    assert!(order_1001(&*ledger).await.reason.contains("place it there as a new order"));
}

#[rstest]
#[tokio::test]
async fn a_cancellation_takes_the_place_of_a_release_in_doubt(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    judge(&*ledger, &judged("1001", 1, release("1001", &[("TEE", 2)]))).await;
    // While one process may be releasing it, the cancellation waits; then it wins.
    let soon = Judged { happening: happening("soon", minute(1)), ..judged("1001", 2, cancel("refunded")) };
    assert_eq!(judge(&*ledger, &soon).await, NextStep::Wait);
    let step = judge(&*ledger, &judged("1001", 3, cancel("refunded"))).await;
    assert_eq!(step, tell(2, cancelled("refunded")));
    confirm(&*ledger, 1, 4).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Cancelled);
}

#[rstest]
#[tokio::test]
async fn a_telling_that_nobody_confirms_is_due_to_be_looked_at(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let due = async |at: i64| ledger.due(minute(at), 10).await.unwrap().len();
    judge(&*ledger, &judged("1001", 1, release("1001", &[("TEE", 2)]))).await;
    assert_eq!((due(2).await, due(3).await), (0, 1));
    assert!(matches!(still_untold(&*ledger, 4).await, NextStep::Tell(_)));
    assert_eq!((due(5).await, due(6).await), (0, 1));
    confirm(&*ledger, 1, 6).await;
    assert_eq!(due(60).await, 0);
    assert_eq!(order_1001(&*ledger).await.held_until, None);
    judge(&*ledger, &judged("1001", 7, cancel("refunded"))).await;
    assert_eq!((due(8).await, due(9).await), (0, 1));
}

#[rstest]
#[tokio::test]
async fn a_telling_that_failed_is_taken_up_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let first = judge(&*ledger, &judged("1001", 1, release("1001", &[("TEE", 2)]))).await;
    assert_eq!(still_untold(&*ledger, 1).await, NextStep::Wait);
    // Another round's failure is not this one's.
    ledger.not_told(&au(), &id(), 2).await.unwrap();
    assert_eq!(still_untold(&*ledger, 1).await, NextStep::Wait);
    ledger.not_told(&au(), &id(), 1).await.unwrap();
    assert_eq!(still_untold(&*ledger, 1).await, again(first));
    ledger.not_told(&au(), &id(), 1).await.unwrap();
    let soon = Judged { happening: happening("soon", minute(1)), ..judged("1001", 2, cancel("refunded")) };
    assert_eq!(judge(&*ledger, &soon).await, tell(2, cancelled("refunded")));
}

#[rstest]
#[tokio::test]
async fn an_order_that_was_never_released_is_cancelled_silently_and_may_be_reopened(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(judge(&*ledger, &judged("1001", 1, hold("no SKU"))).await, NextStep::Nothing);
    assert_eq!(judge(&*ledger, &judged("1001", 2, cancel("declined"))).await, NextStep::Nothing);
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Cancelled, "declined"));
    assert_eq!(judge(&*ledger, &judged("1001", 3, release("1001", &[("TEE", 2)]))).await, publish_1001());
}

#[rstest]
#[tokio::test]
async fn an_order_that_is_gone_is_cancelled_wherever_it_stands(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let gone = async |at: i64| {
        let happening = happening(&format!("gone at {at}"), minute(at));
        ledger
            .gone(&au(), &id(), "deleted at the shop", minute(at), StockPush::Available, &happening)
            .await
            .unwrap()
    };
    assert_eq!(gone(1).await, NextStep::Nothing);
    assert!(ledger.orders_named("1001").await.unwrap().is_empty());
    judge(&*ledger, &judged("1001", 2, filter("status: pending"))).await;
    assert_eq!(gone(3).await, NextStep::Nothing);
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Cancelled, "deleted at the shop"));
    judge(&*ledger, &judged("1001", 4, release("1001", &[("TEE", 2)]))).await;
    confirm(&*ledger, 1, 5).await;
    assert_eq!(gone(6).await, tell(2, cancelled("deleted at the shop")));
}

#[rstest]
#[tokio::test]
async fn what_has_shipped_is_neither_amended_nor_cancelled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    ledger.intend_shipment(&shipment("S1", 5, None), &happening("intended", minute(5))).await.unwrap();
    stands_at_the_shop(&*ledger, "S1", &happening("done", minute(6))).await;
    for verdict in [release("1001", &[("TEE", 3)]), cancel("refunded")] {
        assert_eq!(judge(&*ledger, &judged("1001", 7, verdict)).await, NextStep::Nothing);
    }
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped);
}

#[rstest]
#[tokio::test]
async fn a_refused_order_is_released_again_on_request_or_once_it_is_changed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let retry = async |at: i64| {
        ledger.retry(&au(), &id(), &happening(&format!("retry {at}"), minute(at))).await.unwrap()
    };
    assert_eq!(retry(3).await, NextStep::Nothing);
    answer_1001(&*ledger, 4, refused(&[])).await;
    let same = News::Released(Box::new(released_order("1001", &[("TEE", 2)])));
    assert_eq!(retry(5).await, tell(2, same));
    confirm(&*ledger, 2, 6).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);
    answer_1001(&*ledger, 7, refused(&[])).await;
    let step = judge(&*ledger, &judged("1001", 8, release("1001", &[("CAP", 1)]))).await;
    assert_eq!(step, tell(3, News::Released(Box::new(released_order("1001", &[("CAP", 1)])))));
}

/// Puts down that the warehouse knows a SKU, and asks whose refusal is outdated then.
async fn known(ledger: &dyn Ledger, sku: &str, at: i64) -> Vec<(StoreId, OrderId)> {
    ledger.sku_known(&Sku::from(sku), minute(at)).await.unwrap();
    ledger.outdated_refusals(&Sku::from(sku)).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn an_order_refused_for_skus_is_released_by_a_reading_once_the_last_is_known(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let lines = [("TEE", 2), ("CAP", 1), ("MUG", 1)];
    release_1001(&*ledger, &lines).await;
    answer_1001(&*ledger, 4, refused(&["TEE", "CAP"])).await;
    assert_eq!(known(&*ledger, "MUG", 5).await, []);
    assert_eq!(known(&*ledger, "CAP", 6).await, []);
    let read = async |at: i64| judge(&*ledger, &judged("1001", at, release("1001", &lines))).await;
    assert_eq!(read(7).await, NextStep::Nothing);
    // A crash after this one is repaired by the same event again.
    for at in [8, 9] {
        assert_eq!(known(&*ledger, "TEE", at).await, [(au(), id())]);
    }
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected, "it is to be read first");
    let same = News::Released(Box::new(released_order("1001", &lines)));
    assert_eq!(read(10).await, tell(2, same));
    confirm(&*ledger, 2, 11).await;
    assert_eq!(known(&*ledger, "TEE", 12).await, []);
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);
    // Refused once more, for nothing that it was refused for before.
    answer_1001(&*ledger, 13, refused(&[])).await;
    assert!(!ledger.is_outdated_refusal(&au(), &id()).await.unwrap());
    assert_eq!(read(14).await, NextStep::Nothing);
}

#[rstest]
#[tokio::test]
async fn what_was_refused_and_is_kept_out_now_does_not_go_again_until_it_may(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 3, refused(&["TEE"])).await;
    assert_eq!(known(&*ledger, "TEE", 4).await, [(au(), id())]);
    let noted = Box::new(ReleasedOrder {
        customer_note: "ring twice".to_owned(),
        ..released_order("1001", &[("TEE", 2)])
    });
    let later = Verdict::Hold { reason: "waits 1 h".to_owned(), until: Some(minute(9)) };
    for (at, verdict) in [(5, filter("status: completed")), (6, hold("2 of 2 have left")), (7, later)] {
        let kept_out = Judged { again: true, shape: Ok(noted.clone()), ..judged("1001", at, verdict) };
        assert_eq!(judge(&*ledger, &kept_out).await, NextStep::Nothing);
        assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected);
    }
    assert_eq!(ledger.due(minute(8), 10).await.unwrap(), []);
    assert_eq!(ledger.due(minute(9), 10).await.unwrap().len(), 1, "its hour has come");
    let told = told_of_1001(&*ledger).await;
    let not_now = |words: &str| told.iter().filter(|it| it.starts_with(words)).count();
    assert_eq!(not_now("not to be released again: "), 1, "{told:?}");
    assert_eq!(not_now("to be released again once its rules let it in: "), 2, "{told:?}");
    let step = judge(&*ledger, &judged("1001", 10, Verdict::Release(noted.clone()))).await;
    assert_eq!(step, tell(2, News::Released(noted)));
}

#[rstest]
#[tokio::test]
async fn what_was_wanted_again_while_it_waited_goes_as_soon_as_it_may_and_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 3, refused(&[])).await;
    let same = || Box::new(released_order("1001", &[("TEE", 2)]));
    let may_go = async |at| judge(&*ledger, &judged("1001", at, Verdict::Release(same()))).await;
    let waits = async |at, again| {
        let kept = vec![("TEE".into(), 2)];
        let waits = Judged { again, kept, ..judged("1001", at, filter("status: manual verification")) };
        assert_eq!(judge(&*ledger, &waits).await, NextStep::Nothing);
    };
    let is_kept_out = async || !ledger.kept_out(&au(), None, 9).await.unwrap().is_empty();
    waits(4, false).await;
    assert_eq!(may_go(5).await, NextStep::Nothing, "nobody wants it yet");
    waits(6, true).await;
    assert!(is_kept_out().await, "other rules may let it in");
    waits(7, false).await;
    assert_eq!(may_go(8).await, tell(2, News::Released(same())));
    confirm(&*ledger, 2, 9).await;
    answer_1001(&*ledger, 10, refused(&[])).await;
    assert_eq!(
        may_go(11).await,
        NextStep::Nothing,
        "refused once more, it is wanted once more or not at all"
    );
    waits(12, true).await;
    let done = judged("1001", 13, filter("status: completed"));
    assert_eq!(judge(&*ledger, &done).await, NextStep::Nothing);
    assert!(!is_kept_out().await);
    assert_eq!(
        may_go(14).await,
        NextStep::Nothing,
        "it was done without the warehouse, and is not packed again"
    );
    let done = Judged { again: true, ..judged("1001", 15, filter("status: completed")) };
    assert_eq!(judge(&*ledger, &done).await, NextStep::Nothing);
    assert_eq!(may_go(16).await, NextStep::Nothing);
}

#[rstest]
#[tokio::test]
async fn a_wish_to_go_again_is_kept_though_a_newer_reading_was_faster_or_the_order_cannot_be_packed_now(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] is_late: bool,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 3, refused(&[])).await;
    let same = || Box::new(released_order("1001", &[("TEE", 2)]));
    let may_go = |at| judged("1001", at, Verdict::Release(same()));
    assert_eq!(judge(&*ledger, &may_go(5)).await, NextStep::Nothing);
    let wish = if is_late {
        Judged { again: true, ..may_go(4) }
    } else {
        let unfit = Unfit::Mend("a line has no SKU".to_owned());
        Judged { again: true, shape: Err(unfit), ..judged("1001", 6, hold("a line has no SKU")) }
    };
    assert_eq!(judge(&*ledger, &wish).await, NextStep::Nothing);
    assert_eq!(judge(&*ledger, &may_go(7)).await, tell(2, News::Released(same())));
}

#[rstest]
#[tokio::test]
async fn what_left_through_the_warehouse_keeps_no_refused_order_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let left = shipment("S1", 3, Some(&[("TEE", 1)]));
    ledger.intend_shipment(&left, &happening("S1", minute(3))).await.unwrap();
    answer_1001(&*ledger, 4, refused(&[])).await;
    let left = Judged { again: true, ..judged("1001", 5, hold("1 of 2 have left")) };
    let same = News::Released(Box::new(released_order("1001", &[("TEE", 2)])));
    assert_eq!(judge(&*ledger, &left).await, tell(2, same));
}

#[rstest]
#[tokio::test]
async fn what_makes_a_released_order_impossible_to_pack_is_told_to_people_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    for (at, verdict) in [(5, hold("no SKU")), (6, filter("status: pending"))] {
        let unfit = Judged { shape: Err(Unfit::Mend("no SKU".to_owned())), ..judged("1001", at, verdict) };
        assert_eq!(judge(&*ledger, &unfit).await, NextStep::Nothing);
    }
    let told = told_of_1001(&*ledger).await;
    assert_eq!(told[2..], ["changed at the shop, and not told to the warehouse: no SKU"]);
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);
}

#[rstest]
#[tokio::test]
async fn known_orders_are_told_from_unknown_ones(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    judge(&*ledger, &judged("1001", 4, filter("country: US"))).await;
    let ids: Vec<OrderId> = (1000..2200).map(|id: u32| OrderId::new(id.to_string())).collect();
    let known = ledger.known(&au(), &ids).await.unwrap();
    let known: Vec<_> = known.iter().map(|it| (it.order_id.as_str(), it.state, it.modified_at)).collect();
    assert_eq!(known, [("1001", OrderState::Filtered, minute(4))]);
}

#[rstest]
#[tokio::test]
async fn a_released_order_of_which_nothing_is_wanted_any_more_is_cancelled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let emptied =
        Judged { shape: Err(Unfit::NothingToPack), ..judged("1001", 5, filter("nothing_to_ship: 1 lines")) };
    let reason = "nothing of it is to be packed any more";
    assert_eq!(judge(&*ledger, &emptied).await, tell(2, cancelled(reason)));
}

#[rstest]
#[tokio::test]
async fn of_two_readings_of_one_second_the_later_counts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let read = |secs: i64, verdict: Verdict| {
        let read_at = minute(5) + SignedDuration::from_secs(secs);
        Judged { read_at, ..judged("1001", 5, verdict) }
    };
    assert_eq!(judge(&*ledger, &read(2, cancel("declined"))).await, NextStep::Nothing);
    assert_eq!(judge(&*ledger, &read(1, release("1001", &[("TEE", 2)]))).await, NextStep::Nothing);
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Cancelled);
    assert_eq!(judge(&*ledger, &read(3, release("1001", &[("TEE", 2)]))).await, publish_1001());
    confirm(&*ledger, 1, 6).await;
    let gone = async |secs: i64| {
        let read_at = minute(5) + SignedDuration::from_secs(secs);
        let happening = happening(&format!("gone {secs}"), minute(8));
        ledger
            .gone(&au(), &id(), "deleted at the shop", read_at, StockPush::Available, &happening)
            .await
            .unwrap()
    };
    assert_eq!(gone(2).await, NextStep::Nothing, "it was restored since");
    assert!(matches!(gone(4).await, NextStep::Tell(_)));
}

#[rstest]
#[tokio::test]
async fn what_waits_for_its_hour_is_promised_and_what_was_cancelled_only_as_far_as_it_left(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let promised = async |counted_at: i64| {
        ledger.counted(minute(counted_at), &[level("TEE", 9)]).await.unwrap();
        ledger.stock(&au()).await.unwrap()[0].promised.total
    };
    let waits = Verdict::Hold { reason: "waits".to_owned(), until: Some(minute(90)) };
    let kept = vec![(Sku::from("TEE"), 3)];
    judge(&*ledger, &Judged { kept, ..judged("1001", 1, waits) }).await;
    assert_eq!(promised(2).await, 3);
    judge(&*ledger, &judged("1001", 3, hold("no SKU"))).await;
    assert_eq!(promised(4).await, 0);
    judge(&*ledger, &judged("1001", 5, release("1001", &[("TEE", 3)]))).await;
    confirm(&*ledger, 1, 5).await;
    ledger.counted(minute(6), &[level("TEE", 9)]).await.unwrap();
    ledger
        .intend_shipment(&shipment("S1", 7, Some(&[("TEE", 1)])), &happening("S1", minute(7)))
        .await
        .unwrap();
    judge(&*ledger, &judged("1001", 8, cancel("refunded"))).await;
    // The count of minute 6 still had the unit that left at minute 7.
    assert_eq!(ledger.stock(&au()).await.unwrap()[0].promised.total, 1);
    assert_eq!(promised(9).await, 0);
}

#[rstest]
#[tokio::test]
async fn an_older_refusal_that_is_told_late_names_no_skus(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2), ("CAP", 1)]).await;
    answer_1001(&*ledger, 9, refused(&["CAP"])).await;
    answer_1001(&*ledger, 4, refused(&["TEE"])).await;
    assert_eq!(known(&*ledger, "CAP", 10).await, [(au(), id())]);
}

#[rstest]
#[tokio::test]
async fn a_refusal_that_comes_after_its_skus_became_known_is_outdated(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let lines = [("TEE", 2), ("CAP", 1)];
    release_1001(&*ledger, &lines).await;
    assert_eq!(known(&*ledger, "TEE", 8).await, []);
    answer_1001(&*ledger, 4, refused(&["TEE"])).await;
    assert!(ledger.is_outdated_refusal(&au(), &id()).await.unwrap());
    let step = judge(&*ledger, &judged("1001", 9, release("1001", &lines))).await;
    assert!(matches!(step, NextStep::Tell(_)), "{step:?}");
    confirm(&*ledger, 2, 9).await;
    // A refusal of later than that counts.
    answer_1001(&*ledger, 10, refused(&["TEE", "CAP"])).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected);
    assert!(!ledger.is_outdated_refusal(&au(), &id()).await.unwrap());
    assert_eq!(known(&*ledger, "CAP", 11).await, []);
    assert_eq!(known(&*ledger, "TEE", 12).await, [(au(), id())]);
}

/// Ecwid gives back what an order took that is cancelled there, also of one that has left.
#[rstest]
#[tokio::test]
async fn what_a_shop_may_have_given_back_it_is_told_anew_once_for_each_change(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] is_released: bool,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.counted(minute(1), &[level("TEE", 10)]).await.unwrap();
    if is_released {
        release_1001(&*ledger, &[("TEE", 2)]).await;
        ledger.intend_shipment(&shipment("S1", 2, None), &happening("S1", minute(2))).await.unwrap();
        stands_at_the_shop(&*ledger, "S1", &happening("S1 done", minute(2))).await;
    }
    let tell = async || ledger.pushed(&au(), &[(Sku::from("TEE"), 8)], minute(3)).await.unwrap();
    let told = async || ledger.stock(&au()).await.unwrap()[0].pushed.is_some();
    let ended = |at: i64, status: &str| Judged {
        given_back: vec!["TEE".into()],
        shop_status: status.to_owned(),
        ..judged("1001", at, Verdict::Cancel { reason: status.to_owned() })
    };
    for (at, status, is_news) in [
        (10, "REFUNDED", true),
        (10, "REFUNDED", false),
        (11, "REFUNDED", true),
        (12, "CANCELLED", true),
        (9, "REFUNDED", false),
    ] {
        tell().await;
        let step = ledger.judge(&ended(at, status)).await.unwrap();
        let expected = if is_news { NextStep::Promised(vec!["TEE".into()]) } else { NextStep::Nothing };
        assert_eq!(step, expected, "{status} at {at}");
        assert_eq!(told().await, !is_news, "{status} at {at}");
    }
}

#[rstest]
#[tokio::test]
async fn what_a_shop_may_have_given_back_is_said_beside_what_the_warehouse_is_told(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.counted(minute(1), &[level("TEE", 10)]).await.unwrap();
    release_1001(&*ledger, &[("TEE", 2)]).await;
    ledger.pushed(&au(), &[(Sku::from("TEE"), 8)], minute(3)).await.unwrap();
    let mut moved = released_order("1001", &[("TEE", 2)]);
    moved.ship_to.city = "Hobart".to_owned();
    let paid_back =
        Judged { given_back: vec!["TEE".into()], ..judged("1001", 10, Verdict::Release(Box::new(moved))) };
    let NextStep::Tell(telling) = ledger.judge(&paid_back).await.unwrap() else { panic!("not told") };
    assert!(matches!(telling.news, News::Amended { .. }));
    assert_eq!(telling.freed, [Sku::from("TEE")]);
    assert_eq!(ledger.stock(&au()).await.unwrap()[0].pushed, None);
}
