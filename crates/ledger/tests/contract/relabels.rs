//! Consignments that are told again with another label.

use crossdock_domain::{Classify, Mend, PackedLine, Shipment};
use crossdock_ledger::{Ledger, LedgerError, OrderState, ShipmentRecord, ShipmentState};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{
    happening, minute, order_1001, release_1001, shipment, stands_at_the_shop, told_of_1001,
};

/// Consignment S1 with this number, told at this minute.
async fn tell(ledger: &dyn Ledger, number: &str, at: i64) -> Result<ShipmentRecord, LedgerError> {
    let told = Shipment { tracking_number: number.to_owned(), ..shipment("S1", 5, None) };
    ledger.intend_shipment(&told, &happening("S1", minute(at))).await
}

fn numbers(record: &ShipmentRecord) -> (String, Vec<&str>, ShipmentState) {
    let former = record.former.iter().map(|it| it.tracking_number.as_str()).collect();
    (record.shipment.tracking_number.clone(), former, record.state)
}

#[rstest]
#[tokio::test]
async fn a_newer_label_is_to_be_written_and_the_former_ones_are_remembered(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    tell(&*ledger, "T1", 5).await.unwrap();
    stands_at_the_shop(&*ledger, "S1", &happening("done", minute(6))).await;

    let relabelled = tell(&*ledger, "T2", 7).await.unwrap();
    assert_eq!(numbers(&relabelled), ("T2".to_owned(), vec!["T1"], ShipmentState::Intended));
    assert_eq!(relabelled.shop_shipments, ["shop-S1"]);
    assert_eq!((relabelled.shipment.dispatched_at, relabelled.completes), (minute(5), true));
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped);
    stands_at_the_shop(&*ledger, "S1", &happening("done again", minute(8))).await;

    let back = tell(&*ledger, "T1", 9).await.unwrap();
    assert_eq!(numbers(&back), ("T1".to_owned(), vec!["T1", "T2"], ShipmentState::Intended));
    let told = told_of_1001(&*ledger).await;
    assert_eq!(told[4], "relabelled: by Australia Post, tracking T2, no more by Australia Post, tracking T1");
    assert_eq!(told.len(), 7, "{told:?}");
}

#[rstest]
#[case::the_first_again("T1", 5)]
#[case::one_that_was_told_in_between("T9", 6)]
#[case::a_known_one_of_the_same_time("T1", 7)]
#[case::the_newest_again("T2", 7)]
#[tokio::test]
async fn what_comes_late_does_not_bring_an_old_label_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] number: &str,
    #[case] at: i64,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    tell(&*ledger, "T1", 5).await.unwrap();
    let newest = tell(&*ledger, "T2", 7).await.unwrap();
    assert_eq!(tell(&*ledger, number, at).await.unwrap(), newest);
    stands_at_the_shop(&*ledger, "S1", &happening("done", minute(8))).await;
    assert_eq!(tell(&*ledger, number, at).await.unwrap().state, ShipmentState::Done);
}

#[rstest]
#[tokio::test]
async fn the_same_label_told_later_outlives_one_told_in_between(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    tell(&*ledger, "T1", 5).await.unwrap();
    let stands = tell(&*ledger, "T1", 9).await.unwrap();
    assert_eq!(tell(&*ledger, "T2", 7).await.unwrap(), stands);
}

#[rstest]
#[tokio::test]
async fn what_was_written_with_a_former_label_is_not_done(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let written = tell(&*ledger, "T1", 5).await.unwrap().shipment;
    tell(&*ledger, "T2", 7).await.unwrap();
    ledger.shipment_done(&written, &["11".to_owned()], &happening("late", minute(8))).await.unwrap();
    let stands = tell(&*ledger, "T2", 7).await.unwrap();
    assert_eq!((stands.state, stands.shop_shipments), (ShipmentState::Intended, vec!["11".to_owned()]));
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);
}

#[rstest]
#[tokio::test]
async fn other_lines_under_a_known_id_are_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2), ("CAP", 1)]).await;
    let first = tell(&*ledger, "T1", 5).await.unwrap();
    let same = shipment("S1", 5, Some(&[("CAP", 1), ("TEE", 1), ("TEE", 1)]));
    let same = Shipment { tracking_number: "T1".to_owned(), ..same };
    ledger.intend_shipment(&same, &happening("S1", minute(6))).await.unwrap();
    let other = shipment("S1", 5, Some(&[("TEE", 2)]));
    let error = ledger.intend_shipment(&other, &happening("S1", minute(7))).await.unwrap_err();
    assert_eq!((error.mend(), error.class()), (Mend::Never, "shipment-lines-differ"));
    assert_eq!(tell(&*ledger, "T1", 5).await.unwrap(), first);
}

#[rstest]
#[tokio::test]
async fn the_line_that_the_warehouse_named_stays_named(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let blue = Some(vec![PackedLine { sku: "TEE".into(), quantity: 1, line_id: Some("8".into()) }]);
    let told = |number: &str| Shipment {
        tracking_number: number.to_owned(),
        lines: blue.clone(),
        ..shipment("S1", 5, None)
    };
    for (number, at) in [("T1", 5), ("T1", 6), ("T2", 7)] {
        let put_down = ledger.intend_shipment(&told(number), &happening("S1", minute(at))).await.unwrap();
        assert_eq!(put_down.shipment.lines, blue, "{number}");
    }
    // The same units of another line: it stays as it was told first.
    let mut red = told("T2");
    red.lines.as_mut().unwrap()[0].line_id = Some("7".into());
    let put_down = ledger.intend_shipment(&red, &happening("S1", minute(8))).await.unwrap();
    assert_eq!(put_down.shipment.lines, blue);
    stands_at_the_shop(&*ledger, "S1", &happening("S1 done", minute(30))).await;
    let happening = happening("S1 void", minute(40));
    let voiding = ledger.void_shipment(&put_down.shipment.number, &"S1".into(), &happening).await.unwrap();
    assert_eq!(voiding.unwrap().shipment.lines, blue);
}
