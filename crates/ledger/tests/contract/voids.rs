//! Consignments that have not left after all.

use crossdock_domain::{Classify, Mend, OrderId};
use crossdock_ledger::{Answer, Ledger, LedgerError, OrderState, ShipmentRecord, ShipmentState, Verdict};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{
    answer_1001, au, happening, judged, level, minute, number, order_1001, packed_lines, release_1001,
    release_order, released_order, shipment, shipped_lines, stands_at_the_shop, told_of_1001,
};

async fn intend(ledger: &dyn Ledger, id: &str, at: i64, lines: &[(&str, u32)]) -> ShipmentRecord {
    let told = shipment(id, at, Some(lines));
    ledger.intend_shipment(&told, &happening(id, minute(at))).await.unwrap()
}

async fn done(ledger: &dyn Ledger, id: &str) {
    stands_at_the_shop(ledger, id, &happening(&format!("{id} done"), minute(30))).await;
}

async fn void(ledger: &dyn Ledger, id: &str) -> Result<Option<ShipmentRecord>, LedgerError> {
    ledger.void_shipment(&number("1001"), &id.into(), &happening(&format!("{id} void"), minute(40))).await
}

async fn withdraw(ledger: &dyn Ledger, id: &str) {
    ledger.withdraw_shipment(&number("1001"), &id.into()).await.unwrap();
}

async fn promised(ledger: &dyn Ledger) -> i64 {
    ledger.counted(minute(35), &[level("TEE", 100)]).await.unwrap();
    ledger.stock(&au()).await.unwrap()[0].promised.total
}

#[rstest]
#[tokio::test]
async fn what_never_came_to_the_shop_can_be_withdrawn_and_told_with_other_lines(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    withdraw(&*ledger, "S1").await;
    intend(&*ledger, "S1", 5, &[("TEE", 1), ("NOWHERE", 1)]).await;
    withdraw(&*ledger, "S1").await;
    assert_eq!(ledger.shipments(&au(), &OrderId::from("1001")).await.unwrap(), []);
    assert_eq!(promised(&*ledger).await, 2);

    let corrected = intend(&*ledger, "S1", 5, &[("TEE", 2)]).await;
    assert_eq!((corrected.lines, corrected.completes), (shipped_lines(&[("TEE", 2)]), true));
    done(&*ledger, "S1").await;
    withdraw(&*ledger, "S1").await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped, "what the shop knows stays");
    void(&*ledger, "S1").await.unwrap();
    withdraw(&*ledger, "S1").await;
    let left = ledger.shipments(&au(), &OrderId::from("1001")).await.unwrap();
    assert_eq!(left.iter().map(|it| it.state).collect::<Vec<_>>(), [ShipmentState::Voiding]);
}

#[rstest]
#[tokio::test]
async fn what_is_voided_is_open_and_promised_again_and_the_order_has_not_shipped(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 3, Answer::Accepted).await;
    intend(&*ledger, "S1", 5, &[("TEE", 2)]).await;
    done(&*ledger, "S1").await;
    assert_eq!((order_1001(&*ledger).await.state, promised(&*ledger).await), (OrderState::Shipped, 0));

    let voiding = void(&*ledger, "S1").await.unwrap().unwrap();
    assert_eq!((voiding.state, voiding.completes), (ShipmentState::Voiding, true));
    assert_eq!(voiding.shop_shipments, ["shop-S1"]);
    assert_eq!(voiding.status_before.as_deref(), Some("status of minute 1"));
    assert_eq!(voiding.shipment.lines, Some(packed_lines(&[("TEE", 2)])));
    assert_eq!((order_1001(&*ledger).await.state, promised(&*ledger).await), (OrderState::Accepted, 2));
    // The shop may have cancelled it meanwhile.
    assert_eq!(ledger.due(minute(40), 10).await.unwrap().len(), 1);

    // Told once more: it is still to be undone at the shop.
    assert_eq!(void(&*ledger, "S1").await.unwrap(), Some(voiding));
    for _ in 0..2 {
        ledger.shipment_voided(&"S1".into(), &happening("S1 back", minute(41))).await.unwrap();
    }
    assert_eq!(void(&*ledger, "S1").await.unwrap().unwrap().state, ShipmentState::Voided);
    let told = told_of_1001(&*ledger).await;
    assert_eq!(told[told.len() - 2..], ["told by S1 void", "told by S1 back"]);

    let anew = ledger.intend_shipment(&shipment("S2", 45, None), &happening("S2", minute(45))).await.unwrap();
    assert_eq!((anew.lines, anew.completes), (shipped_lines(&[("TEE", 2)]), true));
    assert_eq!(anew.status_before.as_deref(), Some("status of minute 1"));
    done(&*ledger, "S2").await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped);
}

#[rstest]
#[tokio::test]
async fn a_part_that_is_voided_leaves_the_other_part_and_nothing_completes_the_order(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 5)]).await;
    intend(&*ledger, "S1", 5, &[("TEE", 2)]).await;
    assert!(intend(&*ledger, "S2", 6, &[("TEE", 3)]).await.completes);
    done(&*ledger, "S1").await;
    assert!(void(&*ledger, "S1").await.unwrap().unwrap().completes, "all had left until then");
    assert_eq!(promised(&*ledger).await, 2);
    assert!(!intend(&*ledger, "S2", 6, &[("TEE", 3)]).await.completes);
    done(&*ledger, "S2").await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);
    assert!(!void(&*ledger, "S2").await.unwrap().unwrap().completes);

    let all = ledger.shipments(&au(), &OrderId::from("1001")).await.unwrap();
    let states: Vec<_> = all.iter().map(|it| (it.shipment.shipment_id.as_str(), it.state)).collect();
    assert_eq!(states, [("S1", ShipmentState::Voiding), ("S2", ShipmentState::Voiding)]);
}

#[rstest]
#[tokio::test]
async fn what_is_voided_while_it_is_written_is_not_done(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let written = intend(&*ledger, "S1", 5, &[("TEE", 2)]).await.shipment;
    void(&*ledger, "S1").await.unwrap();
    ledger.shipment_done(&written, &["11".to_owned()], &happening("late", minute(41))).await.unwrap();
    let voiding = void(&*ledger, "S1").await.unwrap().unwrap();
    assert_eq!((voiding.state, voiding.shop_shipments), (ShipmentState::Voiding, vec!["11".to_owned()]));
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);
}

#[rstest]
#[tokio::test]
async fn a_void_that_comes_before_its_consignment_stands(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    for _ in 0..2 {
        assert_eq!(void(&*ledger, "S1").await.unwrap(), None);
    }
    for _ in 0..2 {
        let late = intend(&*ledger, "S1", 5, &[("TEE", 2)]).await;
        assert_eq!((late.state, late.lines), (ShipmentState::Voided, vec![]));
    }
    assert_eq!(void(&*ledger, "S1").await.unwrap().unwrap().state, ShipmentState::Voided);
    assert_eq!(promised(&*ledger).await, 2);
    let told = told_of_1001(&*ledger).await;
    assert!(told.contains(&"told by S1; it was voided before that was told".to_owned()), "{told:?}");
}

#[rstest]
#[tokio::test]
async fn a_voided_id_is_not_used_again(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    intend(&*ledger, "S1", 5, &[("TEE", 2)]).await;
    void(&*ledger, "S1").await.unwrap();
    // A copy of what was told before says nothing new.
    assert_eq!(intend(&*ledger, "S1", 5, &[("TEE", 2)]).await.state, ShipmentState::Voiding);
    let again = shipment("S1", 50, Some(&[("TEE", 2)]));
    let error = ledger.intend_shipment(&again, &happening("S1", minute(50))).await.unwrap_err();
    assert_eq!((error.mend(), error.class()), (Mend::Never, "shipment-voided"));
}

#[rstest]
#[tokio::test]
async fn a_void_names_the_consignments_own_order(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    release_order(&*ledger, released_order("1002", &[("TEE", 2)])).await;
    intend(&*ledger, "S1", 5, &[("TEE", 2)]).await;
    let void = async |order: &str| {
        ledger.void_shipment(&number(order), &"S1".into(), &happening("void", minute(6))).await
    };
    assert!(matches!(void("1002").await, Err(LedgerError::ShipmentIdReused { .. })));
    assert!(matches!(void("9999").await, Err(LedgerError::ShipmentIdReused { .. })));
    let unknown = ledger.void_shipment(&number("9999"), &"S9".into(), &happening("void", minute(6))).await;
    assert!(matches!(unknown, Err(LedgerError::NoSuchOrder(_))));
}

#[rstest]
#[tokio::test]
async fn a_void_in_a_cancelled_order_promises_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 5)]).await;
    intend(&*ledger, "S1", 5, &[("TEE", 2)]).await;
    let cancel = Verdict::Cancel { reason: "cancelled at the shop".to_owned() };
    ledger.judge(&judged("1001", 7, cancel)).await.unwrap();
    void(&*ledger, "S1").await.unwrap();
    assert_eq!((order_1001(&*ledger).await.state, promised(&*ledger).await), (OrderState::Cancelled, 0));
}

#[rstest]
#[tokio::test]
async fn a_cancelled_order_stays_cancelled_whether_all_of_it_leaves_or_comes_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 3, Answer::Accepted).await;
    let cancel = Verdict::Cancel { reason: "cancelled at the shop".to_owned() };
    ledger.judge(&judged("1001", 4, cancel)).await.unwrap();
    ledger.told(&au(), &OrderId::from("1001"), 2, minute(4)).await.unwrap();
    let stands = async || {
        let order = order_1001(&*ledger).await;
        (order.state, order.reason)
    };
    let cancelled = (OrderState::Cancelled, "cancelled at the shop".to_owned());
    assert!(intend(&*ledger, "S1", 5, &[("TEE", 2)]).await.completes);
    done(&*ledger, "S1").await;
    assert_eq!((stands().await, promised(&*ledger).await), (cancelled.clone(), 0));
    void(&*ledger, "S1").await.unwrap();
    assert_eq!((stands().await, promised(&*ledger).await), (cancelled, 0));
}

#[rstest]
#[tokio::test]
async fn a_label_told_before_its_void_comes_late_also_where_the_void_came_first(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    void(&*ledger, "S1").await.unwrap();
    let earlier = happening("S1 voided earlier", minute(10));
    ledger.void_shipment(&number("1001"), &"S1".into(), &earlier).await.unwrap();
    intend(&*ledger, "S1", 5, &[("TEE", 2)]).await;
    let relabel = async |at: i64| {
        let mut told = shipment("S1", 5, Some(&[("TEE", 2)]));
        told.tracking_number = format!("label of minute {at}");
        ledger.intend_shipment(&told, &happening("S1", minute(at))).await
    };
    assert_eq!(relabel(20).await.unwrap().state, ShipmentState::Voided);
    assert!(matches!(relabel(41).await, Err(LedgerError::ShipmentVoided(_))));
}

#[rstest]
#[tokio::test]
async fn a_consignment_of_nothing_may_be_told_again_once_something_is_open(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    intend(&*ledger, "S1", 5, &[("TEE", 2)]).await;
    let rest = shipment("S2", 6, None);
    let told = async || ledger.intend_shipment(&rest, &happening("S2", minute(6))).await.unwrap();
    assert_eq!(told().await.lines, []);
    void(&*ledger, "S1").await.unwrap();
    assert_eq!(told().await.lines, shipped_lines(&[("TEE", 2)]));
}
