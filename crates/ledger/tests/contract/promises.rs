//! What is promised of a SKU: sold, and still on the shelf when it was counted.

use crossdock_domain::{OrderId, OrderNumber, Promised, ReleasedOrder, Sku, Unfit};
use crossdock_ledger::{Answer, Judged, Ledger, NextStep, OrderState, RulesTold, Verdict};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{
    answer_1001, au, filter, happening, hold, judged, level, minute, number, rejected, release, release_1001,
    release_order, released_order, shipment, stands_at_the_shop, store,
};

async fn count(ledger: &dyn Ledger, at: i64) {
    ledger.counted(minute(at), &[level("TEE", 100)]).await.unwrap();
}

async fn promised(ledger: &dyn Ledger) -> (i64, i64) {
    let lines = ledger.stock(&au()).await.unwrap();
    let line = lines.iter().find(|line| line.level.sku.as_str() == "TEE").unwrap();
    (line.promised.total, line.promised.unallocated)
}

async fn dispatch(ledger: &dyn Ledger, id: &str, at: i64, units: u32) {
    let shipment = shipment(id, at, Some(&[("TEE", units)]));
    ledger.intend_shipment(&shipment, &happening(id, minute(at))).await.unwrap();
}

/// Order 1001 has 5 TEE; it is accepted at minute 20, 2 units leave at minute 40, and 3 at minute 60.
#[rstest]
#[case::before_it_was_accepted(10, (5, 5))]
#[case::as_it_was_accepted(20, (5, 0))]
#[case::accepted_and_on_the_shelf(30, (5, 0))]
#[case::as_a_part_left(40, (3, 0))]
#[case::after_a_part_left(50, (3, 0))]
#[case::as_the_rest_left(60, (0, 0))]
#[case::after_all_had_left(70, (0, 0))]
#[tokio::test]
async fn a_count_sees_what_was_on_the_shelf_at_its_time(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] counted_at: i64,
    #[case] expected: (i64, i64),
    #[values(false, true)] shop_knows: bool,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2), ("TEE", 3)]).await;
    answer_1001(&*ledger, 20, Answer::Accepted).await;
    dispatch(&*ledger, "S1", 40, 2).await;
    dispatch(&*ledger, "S2", 60, 3).await;
    if shop_knows {
        for id in ["S1", "S2"] {
            stands_at_the_shop(&*ledger, id, &happening(&format!("{id} done"), minute(61))).await;
        }
    }
    count(&*ledger, counted_at).await;
    assert_eq!(promised(&*ledger).await, expected);
}

#[rstest]
#[case::before_both(30, 5)]
#[case::between(50, 3)]
#[case::after_both(70, 0)]
#[tokio::test]
async fn parcels_told_in_another_order_than_they_left_are_seen_as_they_left(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] counted_at: i64,
    #[case] expected: i64,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 5)]).await;
    dispatch(&*ledger, "S2", 60, 3).await;
    dispatch(&*ledger, "S1", 40, 2).await;
    count(&*ledger, counted_at).await;
    assert_eq!(promised(&*ledger).await, (expected, expected));
}

#[rstest]
#[tokio::test]
async fn an_order_is_promised_from_its_release_on(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    count(&*ledger, 0).await;
    assert_eq!(promised(&*ledger).await, (0, 0));
    ledger.judge(&judged("1001", 1, filter("status: pending"))).await.unwrap();
    assert_eq!(promised(&*ledger).await, (0, 0));
    ledger.judge(&judged("1001", 2, release("1001", &[("TEE", 5)]))).await.unwrap();
    assert_eq!(promised(&*ledger).await, (5, 5));
    ledger.told(&au(), &OrderId::from("1001"), 1, minute(3)).await.unwrap();
    assert_eq!(promised(&*ledger).await, (5, 5));
}

#[rstest]
#[tokio::test]
async fn a_refused_order_stays_promised_until_the_shop_cancels_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 5)]).await;
    answer_1001(&*ledger, 10, Answer::Accepted).await;
    answer_1001(&*ledger, 11, rejected("damaged")).await;
    count(&*ledger, 12).await;
    assert_eq!(promised(&*ledger).await, (5, 5));
    let cancel = Verdict::Cancel { reason: "cancelled at the shop".into() };
    ledger.judge(&judged("1001", 13, cancel)).await.unwrap();
    assert_eq!(promised(&*ledger).await, (0, 0));
}

#[rstest]
#[tokio::test]
async fn an_order_that_is_held_is_promised_whatever_its_shape_and_one_that_is_given_up_is_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    count(&*ledger, 0).await;
    let kept = vec![(Sku::from("TEE"), 1), (Sku::from("TEE"), 3), (Sku::from("CAP"), 0)];
    let waits = Verdict::Hold { reason: "waits 2 h for the buyer".into(), until: Some(minute(120)) };
    let unfit = Err(Unfit::Mend("no shipping address".to_owned()));
    for held in [
        Judged { kept: kept.clone(), ..judged("1001", 1, waits) },
        Judged { kept: kept.clone(), ..judged("1001", 2, hold("1 of 5 × TEE have left")) },
        Judged { kept: kept.clone(), shape: unfit, ..judged("1001", 3, hold("no shipping address")) },
        Judged { kept: kept.clone(), ..judged("1001", 3, filter("status: awaiting_payment")) },
    ] {
        ledger.judge(&held).await.unwrap();
        assert_eq!(promised(&*ledger).await, (4, 4));
        let out = judged("1001", 3, filter("status: shipped"));
        ledger.judge(&Judged { modified_at: held.modified_at, read_at: held.read_at, ..out }).await.unwrap();
        assert_eq!(promised(&*ledger).await, (0, 0));
    }
    let hold = Judged { kept, ..judged("1001", 4, hold("no shipping address")) };
    ledger.judge(&hold).await.unwrap();
    ledger.judge(&judged("1001", 5, release("1001", &[("TEE", 5)]))).await.unwrap();
    assert_eq!(promised(&*ledger).await, (5, 5));
}

#[rstest]
#[tokio::test]
async fn orders_held_by_a_version_that_kept_nothing_for_them_are_judged_again_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, database) = fresh(engine).await;
    let until = Some(minute(600));
    let held = |order_id: &str| Judged {
        kept: vec![("TEE".into(), 2)],
        ..judged(order_id, 1, Verdict::Hold { reason: "waits".to_owned(), until })
    };
    for order_id in ["1001", "1002"] {
        ledger.judge(&held(order_id)).await.unwrap();
    }
    ledger.judge(&judged("1003", 1, filter("country: US"))).await.unwrap();
    assert_eq!(ledger.due(minute(5), 10).await.unwrap(), []);
    for sql in [
        "DELETE FROM order_lines WHERE order_id = '1001'",
        "DROP TABLE begun_pushes",
        "DELETE FROM _sqlx_migrations WHERE version = 16",
    ] {
        database.meddle(sql).await;
    }
    drop(ledger);
    let ledger = database.open().await;
    let due = ledger.due(minute(5), 10).await.unwrap();
    assert_eq!(due.iter().map(|order| order.order_id.as_str()).collect::<Vec<_>>(), ["1001"]);

    let again = Judged { read_at: minute(5), ..held("1001") };
    assert_eq!(ledger.judge(&again).await.unwrap(), NextStep::Promised(vec!["TEE".into()]));
    assert_eq!(ledger.due(minute(5), 10).await.unwrap(), []);
    count(&*ledger, 6).await;
    assert_eq!(promised(&*ledger).await, (4, 4));
}

#[rstest]
#[tokio::test]
async fn what_was_kept_out_by_a_version_that_kept_nothing_for_it_is_judged_again_as_by_new_rules(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, database) = fresh(engine).await;
    let rules = RulesTold { fingerprint: "f".repeat(64), again_at: None };
    ledger.keep_rules(&au(), &rules).await.unwrap();
    database.meddle("DELETE FROM _sqlx_migrations WHERE version = 23").await;
    drop(ledger);
    let ledger = database.open().await;
    assert_eq!(ledger.rules(&au()).await.unwrap(), None);
    ledger.keep_rules(&au(), &rules).await.unwrap();
    assert_eq!(ledger.rules(&au()).await.unwrap(), Some(rules));
}

#[rstest]
#[tokio::test]
async fn an_amended_order_is_promised_as_it_is_now_and_a_parcel_taken_back_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 5)]).await;
    dispatch(&*ledger, "S1", 10, 2).await;
    count(&*ledger, 20).await;
    ledger.judge(&judged("1001", 30, release("1001", &[("TEE", 9)]))).await.unwrap();
    assert_eq!(promised(&*ledger).await, (7, 7));
    let voided = happening("voided", minute(40));
    ledger.void_shipment(&number("1001"), &"S1".into(), &voided).await.unwrap();
    assert_eq!(promised(&*ledger).await, (9, 9));
}

#[rstest]
#[tokio::test]
async fn each_order_that_a_sku_is_promised_to_is_named_with_its_units(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 5), ("CAP", 1)]).await;
    release_order(&*ledger, released_order("1002", &[("TEE", 3)])).await;
    let test = ReleasedOrder { test: true, ..released_order("1003", &[("TEE", 100)]) };
    release_order(&*ledger, test).await;
    dispatch(&*ledger, "S1", 10, 2).await;
    ledger.counted(minute(20), &[level("TEE", 100), level("CAP", 1)]).await.unwrap();
    let told = ledger.promised_to(&[Sku::from("TEE"), Sku::from("NONE")]).await.unwrap();
    let told: Vec<_> = told.iter().map(|it| (it.number.as_str(), it.state, it.units)).collect();
    assert_eq!(told, [("BG1001", OrderState::Released, 3), ("BG1002", OrderState::Released, 3)]);
    assert_eq!(ledger.promised_to(&[]).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn an_acceptance_told_after_the_parcel_counts_from_when_it_was(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 5)]).await;
    count(&*ledger, 30).await;
    dispatch(&*ledger, "S1", 40, 5).await;
    stands_at_the_shop(&*ledger, "S1", &happening("done", minute(41))).await;
    assert_eq!(promised(&*ledger).await, (5, 5));
    answer_1001(&*ledger, 20, Answer::Accepted).await;
    assert_eq!(promised(&*ledger).await, (5, 0));
}

#[rstest]
#[case::a_rejection_after_an_acceptance(&[(true, 20), (false, 10)], 30, (5, 0))]
#[case::an_acceptance_after_a_rejection(&[(false, 20), (true, 10)], 30, (5, 5))]
#[case::an_acceptance_told_twice_begins_with_the_first(&[(true, 10), (true, 20)], 15, (5, 0))]
#[case::an_acceptance_after_a_rejection_begins_anew(&[(true, 10), (false, 12), (true, 20)], 15, (5, 5))]
#[case::and_an_older_one_does_not_move_it(&[(false, 12), (true, 20), (true, 10)], 15, (5, 5))]
#[tokio::test]
async fn of_answers_told_in_any_order_the_newest_counts(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] told: &[(bool, i64)],
    #[case] counted_at: i64,
    #[case] expected: (i64, i64),
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 5)]).await;
    for (accepted, at) in told {
        let answer = if *accepted { Answer::Accepted } else { rejected("damaged") };
        answer_1001(&*ledger, *at, answer).await;
    }
    count(&*ledger, counted_at).await;
    assert_eq!(promised(&*ledger).await, expected);
}

#[rstest]
#[tokio::test]
async fn what_leaves_beyond_what_was_ordered_is_promised_until_it_leaves(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    release_order(&*ledger, released_order("1002", &[("TEE", 3)])).await;
    dispatch(&*ledger, "S1", 10, 1).await;
    dispatch(&*ledger, "S2", 30, 9).await;
    dispatch(&*ledger, "S3", 60, 1).await;
    count(&*ledger, 20).await;
    assert_eq!(promised(&*ledger).await, (13, 13), "it was on the shelf, and is not any more");
    count(&*ledger, 40).await;
    assert_eq!(promised(&*ledger).await, (4, 4));
    count(&*ledger, 70).await;
    assert_eq!(promised(&*ledger).await, (3, 3));
}

#[rstest]
#[case::cancelled(Verdict::Cancel { reason: "cancelled at the shop".to_owned() }, 0)]
#[case::amended_to_less(release("1001", &[("TEE", 1)]), 1)]
#[case::amended_to_something_else(release("1001", &[("CAP", 1)]), 0)]
#[tokio::test]
async fn a_parcel_that_left_although_it_was_not_wanted_any_more_is_missing_from_the_shelf(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] verdict: Verdict,
    #[case] wanted: i64,
    #[values(false, true)] told_first: bool,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 5)]).await;
    count(&*ledger, 30).await;
    if told_first {
        dispatch(&*ledger, "S1", 40, 5).await;
        ledger.judge(&judged("1001", 45, verdict)).await.unwrap();
    } else {
        ledger.judge(&judged("1001", 35, verdict)).await.unwrap();
        assert_eq!(promised(&*ledger).await, (wanted, wanted));
        dispatch(&*ledger, "S1", 40, 5).await;
    }
    assert_eq!(promised(&*ledger).await, (5, 5), "the count still has it");
    count(&*ledger, 50).await;
    assert_eq!(promised(&*ledger).await, (0, 0));
    ledger.void_shipment(&number("1001"), &"S1".into(), &happening("void", minute(60))).await.unwrap();
    assert_eq!(promised(&*ledger).await, (wanted, wanted));
}

#[rstest]
#[tokio::test]
async fn the_orders_of_all_shops_are_promised_and_test_orders_are_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 1), ("CAP", 7)]).await;
    let nz = ReleasedOrder {
        store: store("acme-nz"),
        number: OrderNumber::from("NZ1001"),
        ..released_order("1001", &[("TEE", 10)])
    };
    release_order(&*ledger, nz).await;
    let test = ReleasedOrder { test: true, ..released_order("1002", &[("TEE", 100)]) };
    release_order(&*ledger, test).await;
    answer_1001(&*ledger, 5, Answer::Accepted).await;
    ledger.counted(minute(10), &[level("TEE", 3), level("CAP", 4), level("MUG", 5)]).await.unwrap();

    for shop in [au(), store("acme-nz"), store("a-third")] {
        let lines = ledger.stock(&shop).await.unwrap();
        let told: Vec<_> =
            lines.iter().map(|line| (line.level.sku.as_str(), line.level.on_hand, line.promised)).collect();
        let expected = [
            ("CAP", 4, Promised { total: 7, unallocated: 0 }),
            ("MUG", 5, Promised { total: 0, unallocated: 0 }),
            ("TEE", 3, Promised { total: 11, unallocated: 10 }),
        ];
        assert_eq!(told, expected);
    }
}

#[rstest]
#[tokio::test]
async fn each_sku_is_seen_at_the_time_of_its_own_count(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 1), ("CAP", 1)]).await;
    ledger.counted(minute(10), &[level("TEE", 3)]).await.unwrap();
    ledger.counted(minute(50), &[level("CAP", 3)]).await.unwrap();
    ledger.intend_shipment(&shipment("S1", 40, None), &happening("S1", minute(40))).await.unwrap();
    let lines = ledger.stock(&au()).await.unwrap();
    let totals: Vec<_> = lines.iter().map(|line| (line.level.sku.as_str(), line.promised.total)).collect();
    assert_eq!(totals, [("CAP", 0), ("TEE", 1)]);
}
