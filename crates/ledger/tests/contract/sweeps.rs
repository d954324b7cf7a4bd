//! How far shops are reconciled, and which orders are to be looked at again.

use crossdock_domain::OrderId;
use crossdock_ledger::{DueOrder, Judged, Lease, LeaseAnswer, Ledger, RulesTold, Swept, Verdict};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{au, filter, hold, judged, minute, release, store};

fn id(order_id: &str) -> OrderId {
    OrderId::from(order_id)
}

/// An order of acme-au that is held until this minute.
async fn hold_until(ledger: &dyn Ledger, order_id: &str, judged_at: i64, until: i64) {
    let verdict = Verdict::Hold { reason: "waits for the buyer".to_owned(), until: Some(minute(until)) };
    ledger.judge(&judged(order_id, judged_at, verdict)).await.unwrap();
}

async fn due(ledger: &dyn Ledger, at: Timestamp) -> Vec<String> {
    let due = ledger.due(at, 100).await.unwrap();
    due.into_iter().map(|order| order.order_id.to_string()).collect()
}

#[rstest]
#[tokio::test]
async fn what_was_swept_is_kept_shop_by_shop(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(ledger.swept(&au()).await.unwrap(), None);
    for (from, to) in [(None, 5), (Some(3), 9), (Some(1), 7)] {
        let swept = Swept { from: from.map(minute), to: minute(to) };
        ledger.keep_swept(&au(), swept).await.unwrap();
        assert_eq!(ledger.swept(&au()).await.unwrap(), Some(swept));
    }
    assert_eq!(ledger.swept(&store("acme-nz")).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn open_orders_are_those_of_which_more_may_come_and_that_were_not_read_since(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, database) = fresh(engine).await;
    let mug = |order_id: &str| release(order_id, &[("MUG", 1)]);
    for (order_id, read_at, verdict) in [
        ("1001", 1, mug("1001")),
        ("1002", 1, filter("country: US")),
        ("1003", 1, hold("no SKU")),
        ("1004", 5, mug("1004")),
        ("999", 1, mug("999")),
        ("998", 1, mug("998")),
    ] {
        ledger.judge(&judged(order_id, read_at, verdict)).await.unwrap();
    }
    let kept = vec![("MUG".into(), 1)];
    let unpaid = Judged { kept, ..judged("1005", 1, filter("status: awaiting_payment")) };
    ledger.judge(&unpaid).await.unwrap();
    database.meddle("UPDATE orders SET state = 'shipped' WHERE order_id = '998'").await;
    let open = async |read_before: i64, after: Option<&OrderId>| {
        ledger.open_orders(&au(), minute(read_before), after, 2).await.unwrap()
    };
    assert_eq!(open(5, None).await, [id("1001"), id("1003")]);
    assert_eq!(open(5, Some(&id("1003"))).await, [id("999")]);
    assert_eq!(open(6, Some(&id("1003"))).await, [id("1004"), id("999")]);
    // What is kept out, and something is kept for it, six days later.
    let six_days = 6 * 24 * 60;
    assert_eq!(open(1 + six_days, Some(&id("1004"))).await, [id("999")]);
    assert_eq!(open(2 + six_days, Some(&id("1004"))).await, [id("1005"), id("999")]);
    assert_eq!(open(1, None).await, []);
    // Put down by a version that did not say when it read.
    database.meddle("UPDATE orders SET read_at = NULL WHERE order_id = '1004'").await;
    assert_eq!(open(1, None).await, [id("1004")]);
    assert_eq!(ledger.open_orders(&store("acme-nz"), minute(9), None, 9).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn an_order_that_was_read_in_the_second_of_its_change_may_have_changed_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let read = async |secs: i64| {
        let read_at = minute(4) + SignedDuration::from_secs(secs);
        let judged = Judged { read_at, ..judged("1001", 4, hold("no SKU")) };
        ledger.judge(&judged).await.unwrap();
        let known = ledger.known(&au(), &[id("1001")]).await.unwrap().remove(0);
        assert_eq!(known.read_at, Some(read_at));
        [minute(3), minute(4), minute(5)].map(|modified_at| known.is_as_of(modified_at))
    };
    assert_eq!(read(1).await, [true, false, false]);
    assert_eq!(read(2).await, [true, true, false]);
}

#[rstest]
#[tokio::test]
async fn an_order_that_was_told_by_a_clock_far_ahead_is_due_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    hold_until(&*ledger, "1001", 1, 10).await;
    let now = ledger.due(minute(10), 100).await.unwrap();
    ledger.told_due(&now, minute(10 + 24 * 60)).await.unwrap();
    assert_eq!(due(&*ledger, minute(11)).await, ["1001"]);
    ledger.told_due(&now, minute(11)).await.unwrap();
    assert_eq!(due(&*ledger, minute(11)).await, [""; 0]);
}

#[rstest]
#[tokio::test]
async fn rules_are_kept_beside_the_cursor(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    let told = |fingerprint: &str, again_at: Option<i64>| RulesTold {
        fingerprint: fingerprint.to_owned(),
        again_at: again_at.map(minute),
    };
    assert_eq!(ledger.rules(&au()).await.unwrap(), None);
    let swept = Swept { from: None, to: minute(5) };
    ledger.keep_swept(&au(), swept).await.unwrap();
    assert_eq!(ledger.rules(&au()).await.unwrap(), None, "swept, and never judged by rules that are known");
    for rules in [told("one", None), told("other", Some(7)), told("other", None), told("third", Some(8))] {
        ledger.keep_rules(&au(), &rules).await.unwrap();
        assert_eq!(ledger.rules(&au()).await.unwrap(), Some(rules));
    }
    assert_eq!(ledger.swept(&au()).await.unwrap(), Some(swept));
    let nz = store("acme-nz");
    ledger.keep_rules(&nz, &told("its own", None)).await.unwrap();
    assert_eq!(ledger.swept(&nz).await.unwrap(), None);
    assert_eq!(ledger.rules(&au()).await.unwrap(), Some(told("third", Some(8))));
}

#[rstest]
#[tokio::test]
async fn what_is_kept_out_is_paged_by_id(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    for order_id in ["1003", "1001", "K8XTQ", "999"] {
        ledger.judge(&judged(order_id, 1, filter("country: US"))).await.unwrap();
    }
    ledger.judge(&judged("1002", 1, hold("no SKU"))).await.unwrap();
    ledger.judge(&judged("1004", 1, release("1004", &[("MUG", 1)]))).await.unwrap();
    let nz = Judged { store: store("acme-nz"), number: "NZ1".into(), ..judged("1000", 1, hold("no SKU")) };
    ledger.judge(&nz).await.unwrap();

    let page = async |after: Option<&OrderId>| ledger.kept_out(&au(), after, 2).await.unwrap();
    assert_eq!(page(None).await, [id("1001"), id("1002")]);
    assert_eq!(page(Some(&id("1002"))).await, [id("1003"), id("999")]);
    assert_eq!(page(Some(&id("999"))).await, [id("K8XTQ")]);
    assert_eq!(page(Some(&id("K8XTQ"))).await, []);
}

#[rstest]
#[tokio::test]
async fn a_held_order_is_due_from_its_time_on_until_that_was_told(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    hold_until(&*ledger, "1001", 1, 20).await;
    hold_until(&*ledger, "1002", 1, 10).await;
    ledger.judge(&judged("1003", 1, hold("waits for a person"))).await.unwrap();
    assert_eq!(due(&*ledger, minute(10) - SignedDuration::from_micros(1)).await, [""; 0]);
    let first = DueOrder { store: au(), order_id: id("1002"), due_at: minute(10) };
    assert_eq!(ledger.due(minute(10), 100).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(due(&*ledger, minute(20)).await, ["1002", "1001"], "who has waited longest comes first");
    assert_eq!(ledger.due(minute(20), 1).await.unwrap(), std::slice::from_ref(&first));

    ledger.told_due(&[first], minute(20)).await.unwrap();
    assert_eq!(due(&*ledger, minute(20)).await, ["1001"]);
    ledger.told_due(&[], minute(20)).await.unwrap();

    // Judged again, it waits for another hour, or no more.
    hold_until(&*ledger, "1002", 21, 30).await;
    ledger.judge(&judged("1001", 21, release("1001", &[("MUG", 1)]))).await.unwrap();
    ledger.told(&au(), &id("1001"), 1, minute(21)).await.unwrap();
    assert_eq!(due(&*ledger, minute(29)).await, [""; 0]);
    assert_eq!(due(&*ledger, minute(30)).await, ["1002"]);
}

#[rstest]
#[tokio::test]
async fn an_order_that_stays_held_is_due_again_ever_more_seldom(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    hold_until(&*ledger, "1001", 1, 10).await;
    let mut told = Vec::new();
    for at in 10..10 + 5 * 60 {
        let due = ledger.due(minute(at), 100).await.unwrap();
        if !due.is_empty() {
            told.push(at - 10);
            ledger.told_due(&due, minute(at)).await.unwrap();
        }
    }
    assert_eq!(told, [0, 1, 2, 4, 8, 16, 32, 64, 124, 184, 244]);
}

#[rstest]
#[tokio::test]
async fn many_orders_are_told_at_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    for order in 0..600 {
        hold_until(&*ledger, &order.to_string(), 1, 10).await;
    }
    let due = ledger.due(minute(10), 1000).await.unwrap();
    assert_eq!(due.len(), 600);
    ledger.told_due(&due, minute(10)).await.unwrap();
    assert_eq!(ledger.due(minute(10), 1000).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn a_lease_lasts_as_long_as_it_is_renewed(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    let take =
        async |now: i64, until: i64| ledger.lease("sweep/acme-au", minute(now), minute(until)).await.unwrap();
    let LeaseAnswer::Taken(lease) = take(0, 5).await else { panic!("nobody has it") };
    let renewed = ledger.renew_lease(&lease, minute(9)).await.unwrap().unwrap();
    assert_eq!(renewed, Lease { name: lease.name.clone(), until: minute(9) });
    assert_eq!(take(6, 12).await, LeaseAnswer::Busy { until: minute(9) });
    assert_eq!(ledger.renew_lease(&lease, minute(20)).await.unwrap(), None, "it is another one by now");

    let LeaseAnswer::Taken(heir) = take(9, 15).await else { panic!("it has expired") };
    assert_eq!(ledger.renew_lease(&renewed, minute(20)).await.unwrap(), None, "it was taken over");
    ledger.end_lease(&heir).await.unwrap();
    assert_eq!(ledger.renew_lease(&heir, minute(20)).await.unwrap(), None, "it was given back");
}
