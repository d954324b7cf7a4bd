//! Several processes at the same order, at the same time.

use std::sync::Arc;

use crossdock_domain::{OrderId, OrderNumber, ReleasedOrder, Shipment, Sku};
use crossdock_ledger::{Answer, Judged, Ledger, LedgerError, News, NextStep, OrderState, OrdersWanted};
use rstest::rstest;
use tokio::task::JoinSet;

use crate::database::{Engine, TestDatabase};
use crate::samples::{
    au, filter, happening, hold, judged, level, listing, minute, number, order_1001, release, release_1001,
    release_order, released_order, shipment, store,
};

pub(crate) const ROUNDS: i64 = 25;

/// Two ledgers on one database, as two processes have them.
pub(crate) async fn two_processes(engine: Engine) -> ([Arc<dyn Ledger>; 2], TestDatabase) {
    let database = TestDatabase::new(engine).await;
    ([database.open().await, database.open().await], database)
}

async fn judge_at_once(
    ledgers: &[Arc<dyn Ledger>; 2],
    decisions: Vec<Judged>,
) -> Vec<Result<NextStep, LedgerError>> {
    let mut tasks = JoinSet::new();
    for (position, judged) in decisions.into_iter().enumerate() {
        let ledger = Arc::clone(&ledgers[position % 2]);
        tasks.spawn(async move { ledger.judge(&judged).await });
    }
    tasks.join_all().await
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_judged_twice_at_once_has_one_record_and_one_release(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    for round in 0..ROUNDS {
        let order_id = round.to_string();
        let decision = |quantity: u32| judged(&order_id, 1, release(&order_id, &[("TEE", quantity)]));
        let steps = judge_at_once(&ledgers, (1..=4).map(decision).collect()).await;

        let named = ledgers[0].orders_named(&order_id).await.unwrap();
        assert_eq!(named.len(), 1);
        assert_eq!(named[0].state, OrderState::Releasing);
        let kept = named[0].released.clone().unwrap();
        one_releases(steps, &kept);
        // It died. The first that comes after its time takes over.
        let late = (1..=4).map(|quantity| judged(&order_id, 3, release(&order_id, &[("CAP", quantity)])));
        one_releases(judge_at_once(&ledgers, late.collect()).await, &kept);
        assert_eq!(ledgers[0].timeline(&au(), &OrderId::new(order_id)).await.unwrap().len(), 1);
    }
}

/// One is told to publish the order that is kept, and the others to wait until its time is over.
fn one_releases(steps: Vec<Result<NextStep, LedgerError>>, kept: &ReleasedOrder) {
    let (releases, waits): (Vec<_>, Vec<_>) = steps.into_iter().map(Result::unwrap).partition(
        |step| matches!(step, NextStep::Tell(told) if told.news == News::Released(Box::new(kept.clone()))),
    );
    assert_eq!(releases.len(), 1);
    assert!(waits.iter().all(|step| *step == NextStep::Wait), "{waits:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_filtered_order_judged_at_once_the_newest_truth_stays(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    for round in 0..ROUNDS {
        let order_id = round.to_string();
        let decision = |minute: i64| judged(&order_id, minute, filter(&format!("reason of minute {minute}")));
        judge_at_once(&ledgers, vec![decision(1)]).await;
        for step in judge_at_once(&ledgers, [5, 3, 6, 4, 2].map(decision).to_vec()).await {
            assert_eq!(step.unwrap(), NextStep::Nothing);
        }
        let named = ledgers[0].orders_named(&order_id).await.unwrap();
        assert_eq!(named[0].reason, "reason of minute 6");
        assert_eq!(named[0].modified_at, minute(6));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_orders_that_want_one_number_at_once_one_gets_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    for round in 0..ROUNDS {
        let order_id = round.to_string();
        let new = |at: &str| Judged { store: store(at), ..judged(&order_id, 1, filter("country: US")) };
        one_gets_the_number(judge_at_once(&ledgers, vec![new("acme-au"), new("acme-nz")]).await);
    }
    // And of two that stand already, and change their numbers.
    for round in 0..ROUNDS {
        let numbered = |name: &str, minute: i64, number: String| Judged {
            number: OrderNumber::new(number),
            ..judged(&format!("{name}{round}"), minute, filter("country: US"))
        };
        let before = vec![numbered("a", 1, format!("A{round}")), numbered("b", 1, format!("B{round}"))];
        judge_at_once(&ledgers, before).await;
        let after = vec![numbered("a", 2, format!("X{round}")), numbered("b", 2, format!("X{round}"))];
        one_gets_the_number(judge_at_once(&ledgers, after).await);
    }
}

fn one_gets_the_number(steps: Vec<Result<NextStep, LedgerError>>) {
    let (done, refused): (Vec<_>, Vec<_>) = steps.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    assert!(matches!(refused[..], [Err(LedgerError::NumberTaken { .. })]), "{refused:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_consignments_without_lines_put_down_at_once_one_has_all_that_is_open(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    release_1001(&*ledgers[0], &[("TEE", 3)]).await;
    let mut tasks = JoinSet::new();
    for position in 0..8 {
        let ledger = Arc::clone(&ledgers[position % 2]);
        // Each consignment is told twice.
        let id = format!("S{}", position / 2);
        tasks.spawn(async move {
            ledger.intend_shipment(&shipment(&id, 5, None), &happening(&id, minute(5))).await.unwrap()
        });
    }
    let mut intended = tasks.join_all().await;
    intended.sort_by(|a, b| a.shipment.shipment_id.cmp(&b.shipment.shipment_id));
    for twice in intended.chunks(2) {
        assert_eq!(twice[0], twice[1]);
    }
    let units: u32 = intended.iter().step_by(2).flat_map(|one| &one.lines).map(|line| line.quantity).sum();
    assert_eq!(units, 3);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_orders_consignments_that_have_one_id_at_once_one_stands(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    for order_id in ["1001", "1002"] {
        release_order(&*ledgers[0], released_order(order_id, &[("TEE", 100)])).await;
    }
    for round in 0..ROUNDS {
        let intend = |position: usize, order_id: &str| {
            let ledger = Arc::clone(&ledgers[position]);
            let id = format!("S{round}");
            let shipment = Shipment { number: number(order_id), ..shipment(&id, 5, Some(&[("TEE", 1)])) };
            async move { ledger.intend_shipment(&shipment, &happening(&id, minute(5))).await }
        };
        let outcomes = tokio::join!(tokio::spawn(intend(0, "1001")), tokio::spawn(intend(1, "1002")));
        let outcomes = [outcomes.0.unwrap(), outcomes.1.unwrap()];
        assert!(
            matches!(
                &outcomes,
                [Ok(one), Err(LedgerError::ShipmentIdReused { number, .. })]
                | [Err(LedgerError::ShipmentIdReused { number, .. }), Ok(one)]
                if one.shipment.number == *number
            ),
            "{outcomes:?}"
        );
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_last_two_consignments_done_at_once_ship_the_order(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    release_1001(&*ledgers[0], &[("TEE", 2)]).await;
    for id in ["S1", "S2"] {
        let shipment = shipment(id, 5, Some(&[("TEE", 1)]));
        ledgers[0].intend_shipment(&shipment, &happening(id, minute(5))).await.unwrap();
    }
    let done = |ledger: usize, id: &'static str| {
        let ledger = Arc::clone(&ledgers[ledger]);
        let written = shipment(id, 5, Some(&[("TEE", 1)]));
        async move { ledger.shipment_done(&written, &[], &happening(id, minute(6))).await.unwrap() }
    };
    tokio::join!(done(0, "S1"), done(1, "S2"));
    assert_eq!(order_1001(&*ledgers[0]).await.state, OrderState::Shipped);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_counts_told_at_once_the_newest_stays(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledgers, _database) = two_processes(engine).await;
    let skus: Vec<String> = (0..600).map(|sku| format!("SKU{sku}")).collect();
    let mut tasks = JoinSet::new();
    for counted in 1..=6 {
        let ledger = Arc::clone(&ledgers[usize::try_from(counted % 2).unwrap()]);
        let mut levels: Vec<_> = skus.iter().map(|sku| level(sku, counted)).collect();
        // Told in different orders: no two transactions may wait for each other.
        levels.rotate_left(usize::try_from(counted * 90).unwrap());
        tasks.spawn(async move { ledger.counted(minute(counted), &levels).await.unwrap() });
    }
    tasks.join_all().await;
    let lines = ledgers[0].stock(&au()).await.unwrap();
    assert_eq!(lines.len(), 600);
    assert!(lines.iter().all(|line| line.level.on_hand == 6 && line.counted_at == minute(6)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_do_not_wait_for_writers(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledgers, _database) = two_processes(engine).await;
    let mut tasks = JoinSet::new();
    for order in 0..40 {
        let ledger = Arc::clone(&ledgers[order % 2]);
        tasks.spawn(async move {
            let order_id = order.to_string();
            ledger.judge(&judged(&order_id, 1, filter("country: US"))).await.unwrap();
            ledger.order_by_number(&number(&order_id)).await.unwrap().unwrap()
        });
    }
    assert_eq!(tasks.join_all().await.len(), 40);
    let all = OrdersWanted { limit: 100, ..OrdersWanted::default() };
    assert_eq!(ledgers[0].orders(&all).await.unwrap().len(), 40);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_skus_that_become_known_at_once_with_each_other_and_with_a_refusal_one_sees_that_it_is_outdated(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    for round in 0..ROUNDS {
        let order_id = round.to_string();
        let skus = ["A", "B", "C"].map(|sku| format!("{sku}{round}"));
        let lines: Vec<(&str, u32)> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
        release_order(&*ledgers[0], released_order(&order_id, &lines)).await;
        let unknown_skus = skus.iter().map(|sku| Sku::from(sku.as_str())).collect();
        let refused = Answer::Rejected { reason: "unknown".to_owned(), unknown_skus };
        let mut tasks = JoinSet::new();
        for (position, sku) in skus.into_iter().enumerate() {
            let ledger = Arc::clone(&ledgers[position % 2]);
            tasks.spawn(async move {
                let sku = Sku::new(sku);
                ledger.sku_known(&sku, minute(4)).await.unwrap();
                !ledger.outdated_refusals(&sku).await.unwrap().is_empty()
            });
        }
        let (ledger, id) = (Arc::clone(&ledgers[1]), OrderId::from(order_id.as_str()));
        tasks.spawn(async move {
            ledger.answered(&number(id.as_str()), &refused, &happening("refused", minute(3))).await.unwrap();
            ledger.is_outdated_refusal(&au(), &id).await.unwrap()
        });
        assert!(tasks.join_all().await.contains(&true), "nobody saw it");
    }
}

/// As when a merchant cancels many orders of what sells best, while its stock is being told.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn orders_given_up_at_once_amid_pushes_all_are_and_what_the_shop_was_told_counts_no_more(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const ORDERS: usize = 16;
    let (ledgers, _database) = two_processes(engine).await;
    let skus = ["TEE", "CAP", "MUG"];
    ledgers[0].counted(minute(1), &skus.map(|sku| level(sku, 100))).await.unwrap();
    for round in 0..ROUNDS {
        let order_ids: Vec<String> = (0..ORDERS).map(|order| format!("{round}-{order}")).collect();
        let kept = |turn: usize| -> Vec<(Sku, u32)> {
            skus.iter().cycle().skip(turn).take(skus.len()).map(|sku| (Sku::from(*sku), 1)).collect()
        };
        for (turn, order_id) in order_ids.iter().enumerate() {
            let held = Judged { kept: kept(turn), ..judged(order_id, 1, hold("unpaid")) };
            ledgers[0].judge(&held).await.unwrap();
        }
        let told: Vec<(Sku, i64)> = skus.iter().rev().map(|sku| (Sku::from(*sku), 84)).collect();
        let listings: Vec<_> = skus.iter().map(|sku| listing(sku, sku, None)).collect();
        let at = minute(2 + round);
        ledgers[1].begin_push(&au(), &listings, at, minute(0)).await.unwrap();
        let pushed = {
            let ledger = Arc::clone(&ledgers[1]);
            tokio::spawn(async move { ledger.pushed(&au(), &told, at).await })
        };
        let given_up = order_ids.iter().map(|order_id| judged(order_id, 2, filter("country: US")));
        for step in judge_at_once(&ledgers, given_up.collect()).await {
            assert!(matches!(step.unwrap(), NextStep::Promised(freed) if freed.len() == skus.len()));
        }
        pushed.await.unwrap().unwrap();
        for line in ledgers[0].stock(&au()).await.unwrap() {
            assert_eq!((line.pushed, line.in_doubt_since), (None, None), "{}", line.level.sku);
        }
    }
}
