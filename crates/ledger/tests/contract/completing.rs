//! Orders that change at the shop until all that is wanted of them has left: which consignment brings them to their end there.

use crossdock_domain::{OrderId, Shipment, ShipmentId};
use crossdock_ledger::{ActId, Fallen, Ledger, NextStep, OrderState, ShipmentState};
use rstest::rstest;
use serde_json::json;

use crate::database::{Engine, fresh};
use crate::dead_letters::{acting, bury, fallen, letter, only};
use crate::judging::judge;
use crate::samples::{
    answer_1001, au, happening, judged, minute, number, order_1001, rejected, release, release_1001,
    shipment, stands_at_the_shop,
};

fn id() -> OrderId {
    OrderId::from("1001")
}

#[rstest]
#[tokio::test]
async fn an_order_amended_to_what_has_left_has_shipped(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    ledger
        .intend_shipment(&shipment("S1", 5, Some(&[("TEE", 1)])), &happening("S1", minute(5)))
        .await
        .unwrap();
    stands_at_the_shop(&*ledger, "S1", &happening("done", minute(6))).await;
    let step = judge(&*ledger, &judged("1001", 7, release("1001", &[("TEE", 1)]))).await;
    assert!(matches!(step, NextStep::Tell(_)));
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped);
}

/// A part of two, of which the first is at the shop, and then so many are wanted.
async fn part_of_two_and_then(ledger: &dyn Ledger, is_done: bool, units: u32) {
    release_1001(ledger, &[("TEE", 2)]).await;
    let part = shipment("S1", 5, Some(&[("TEE", 1)]));
    ledger.intend_shipment(&part, &happening("S1", minute(5))).await.unwrap();
    if is_done {
        stands_at_the_shop(ledger, "S1", &happening("done", minute(6))).await;
    }
    judge(ledger, &judged("1001", 7, release("1001", &[("TEE", units)]))).await;
}

async fn to_complete(ledger: &dyn Ledger) -> Option<ShipmentId> {
    let shipment = ledger.shipment_to_complete(&number("1001")).await.unwrap();
    shipment.map(|it| it.shipment.shipment_id)
}

#[rstest]
#[tokio::test]
async fn an_order_amended_to_what_stands_at_the_shop_is_completed_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    part_of_two_and_then(&*ledger, true, 1).await;
    for _ in 0..2 {
        assert_eq!(to_complete(&*ledger).await, Some("S1".into()), "nobody knows that it was done");
    }
    let part = shipment("S1", 5, Some(&[("TEE", 1)]));
    ledger.shipment_completed(&part, &happening("ended", minute(8))).await.unwrap();
    assert_eq!(to_complete(&*ledger).await, None, "it has been");
    let shipments = ledger.shipments(&au(), &id()).await.unwrap();
    assert_eq!(
        shipments.iter().map(|it| (it.completes, it.state)).collect::<Vec<_>>(),
        [(true, ShipmentState::Done)]
    );
}

#[rstest]
#[tokio::test]
async fn an_order_amended_to_what_is_on_its_way_to_the_shop_is_completed_by_that(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    part_of_two_and_then(&*ledger, false, 1).await;
    for _ in 0..2 {
        assert_eq!(to_complete(&*ledger).await, Some("S1".into()), "it is written if nobody else does");
    }
    let shipments = ledger.shipments(&au(), &id()).await.unwrap();
    assert_eq!(
        shipments.iter().map(|it| (it.completes, it.state)).collect::<Vec<_>>(),
        [(true, ShipmentState::Intended)]
    );
    stands_at_the_shop(&*ledger, "S1", &happening("done", minute(8))).await;
    assert_eq!(to_complete(&*ledger).await, None);
}

#[rstest]
#[tokio::test]
async fn an_order_that_grows_while_it_is_ended_at_the_shop_is_ended_by_what_is_open(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    part_of_two_and_then(&*ledger, true, 1).await;
    assert_eq!(to_complete(&*ledger).await, Some("S1".into()));
    judge(&*ledger, &judged("1001", 8, release("1001", &[("TEE", 2)]))).await;
    let part = shipment("S1", 5, Some(&[("TEE", 1)]));
    ledger.shipment_completed(&part, &happening("ended", minute(9))).await.unwrap();
    let rest = shipment("S2", 10, None);
    assert!(ledger.intend_shipment(&rest, &happening("S2", minute(10))).await.unwrap().completes);
    let shipments = ledger.shipments(&au(), &id()).await.unwrap();
    assert_eq!(shipments.iter().filter(|it| it.completes).count(), 1, "{shipments:?}");
}

#[rstest]
#[tokio::test]
async fn a_refused_order_of_which_all_that_is_wanted_has_left_has_shipped(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2), ("MUG", 1)]).await;
    let part = shipment("S1", 5, Some(&[("TEE", 1)]));
    ledger.intend_shipment(&part, &happening("S1", minute(5))).await.unwrap();
    stands_at_the_shop(&*ledger, "S1", &happening("done", minute(5))).await;
    answer_1001(&*ledger, 6, rejected("broken")).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected);
    judge(&*ledger, &judged("1001", 7, release("1001", &[("TEE", 1)]))).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped);
    assert_eq!(to_complete(&*ledger).await, Some("S1".into()));
}

#[rstest]
#[tokio::test]
async fn an_order_that_is_amended_to_more_than_has_left_is_completed_by_nothing_yet(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    part_of_two_and_then(&*ledger, true, 3).await;
    assert_eq!(to_complete(&*ledger).await, None);
    let all = shipment("S2", 8, None);
    assert!(ledger.intend_shipment(&all, &happening("S2", minute(8))).await.unwrap().completes);
    judge(&*ledger, &judged("1001", 9, release("1001", &[("TEE", 4)]))).await;
    let shipments = ledger.shipments(&au(), &id()).await.unwrap();
    assert!(shipments.iter().all(|one| !one.completes), "{shipments:?}");
    assert_eq!(to_complete(&*ledger).await, None);
}

/// All that is wanted of order 1001 from now on.
async fn are_wanted(ledger: &dyn Ledger, at: i64, lines: &[(&str, u32)]) {
    judge(ledger, &judged("1001", at, release("1001", lines))).await;
}

/// One of a SKU has left.
async fn leaves(ledger: &dyn Ledger, id: &str, at: i64, sku: &str) -> Shipment {
    let part = shipment(id, at, Some(&[(sku, 1)]));
    ledger.intend_shipment(&part, &happening(id, minute(at))).await.unwrap();
    part
}

async fn leaves_and_stands(ledger: &dyn Ledger, id: &str, at: i64, sku: &str) {
    leaves(ledger, id, at, sku).await;
    stands_at_the_shop(ledger, id, &happening(&format!("{id} done"), minute(at))).await;
}

/// The shop refused it for good, and a person discarded its dead letter.
async fn is_discarded(ledger: &dyn Ledger, shipment: &Shipment, at: i64) -> ActId {
    let subject = Some("BG1001".to_owned());
    let body = json!({ "specversion": "1.0", "data": shipment }).to_string().into_bytes();
    bury(ledger, &[Fallen { subject, body, ..fallen(shipment.shipment_id.as_str(), at) }], at).await;
    let dead = letter(ledger, "BG1001").await.id;
    ledger.discard(&only(&[dead]), &acting(at)).await.unwrap().unwrap()
}

#[rstest]
#[tokio::test]
async fn a_consignment_whose_dead_letter_was_discarded_is_written_only_once_that_is_taken_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 1), ("MUG", 1)]).await;
    let refused = leaves(&*ledger, "S1", 5, "TEE").await;
    let discarding = is_discarded(&*ledger, &refused, 6).await;
    are_wanted(&*ledger, 7, &[("TEE", 1)]).await;
    for _ in 0..2 {
        assert_eq!(to_complete(&*ledger).await, None, "a person has typed it in, or done without");
    }
    ledger.undo_discard(discarding, &acting(8)).await.unwrap();
    assert_eq!(to_complete(&*ledger).await, Some("S1".into()));
    let shipments = ledger.shipments(&au(), &id()).await.unwrap();
    assert!(shipments[0].completes, "it ends the order when it is written");
}

#[rstest]
#[tokio::test]
async fn an_order_of_which_some_was_discarded_ends_with_the_last_that_stands_at_the_shop(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 1), ("MUG", 1), ("CAP", 1)]).await;
    leaves_and_stands(&*ledger, "S1", 4, "TEE").await;
    let refused = leaves(&*ledger, "S2", 5, "MUG").await;
    is_discarded(&*ledger, &refused, 6).await;
    are_wanted(&*ledger, 7, &[("TEE", 1), ("MUG", 1)]).await;
    assert_eq!(to_complete(&*ledger).await, Some("S1".into()));
    let last = shipment("S1", 4, Some(&[("TEE", 1)]));
    ledger.shipment_completed(&last, &happening("ended", minute(8))).await.unwrap();
    assert_eq!(to_complete(&*ledger).await, None, "it has been");
}

#[rstest]
#[tokio::test]
async fn one_that_is_still_to_be_written_ends_the_order_rather_than_one_that_was_discarded_after_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 1), ("MUG", 1), ("CAP", 1)]).await;
    leaves(&*ledger, "S1", 4, "TEE").await;
    let refused = leaves(&*ledger, "S2", 5, "MUG").await;
    is_discarded(&*ledger, &refused, 6).await;
    are_wanted(&*ledger, 7, &[("TEE", 1), ("MUG", 1)]).await;
    assert_eq!(to_complete(&*ledger).await, Some("S1".into()));
}

#[rstest]
#[tokio::test]
async fn an_order_ends_with_what_stands_at_the_shop_where_that_alone_is_all_that_is_wanted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 1), ("MUG", 1), ("CAP", 1)]).await;
    leaves_and_stands(&*ledger, "S1", 4, "TEE").await;
    leaves(&*ledger, "S2", 5, "MUG").await;
    leaves_and_stands(&*ledger, "S3", 6, "MUG").await;
    are_wanted(&*ledger, 7, &[("TEE", 1), ("MUG", 1)]).await;
    assert_eq!(to_complete(&*ledger).await, Some("S3".into()));
}
