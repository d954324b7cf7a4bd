//! Consignments: whole, in parts, out of order, too much.

use crossdock_domain::{Classify, Mend, OrderId, Shipment};
use crossdock_ledger::{Ledger, LedgerError, OrderState, ShipmentRecord, ShipmentState};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{
    answer_1001, au, filter, happening, judged, minute, number, order_1001, rejected, release_1001,
    release_order, released_order, shipment, shipped_lines, stands_at_the_shop, told_of_1001,
};

async fn intend(ledger: &dyn Ledger, shipment: &Shipment) -> ShipmentRecord {
    let happening = happening(&format!("{} intended", shipment.shipment_id), shipment.dispatched_at);
    ledger.intend_shipment(shipment, &happening).await.unwrap()
}

async fn done(ledger: &dyn Ledger, id: &str) {
    let happening = happening(&format!("{id} done"), minute(30));
    stands_at_the_shop(ledger, id, &happening).await;
}

#[rstest]
#[tokio::test]
async fn a_consignment_without_lines_is_all_that_is_open(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2), ("CAP", 1), ("TEE", 1)]).await;
    let told = shipment("S1", 5, None);
    let intended = intend(&*ledger, &told).await;
    assert_eq!((intended.store.clone(), intended.order_id.as_str()), (au(), "1001"));
    assert_eq!(intended.shipment, told);
    assert_eq!(intended.lines, shipped_lines(&[("TEE", 3), ("CAP", 1)]));
    assert_eq!((intended.completes, intended.state), (true, ShipmentState::Intended));

    // Nothing is open any more.
    let late = intend(&*ledger, &shipment("S2", 6, None)).await;
    assert_eq!((late.lines, late.completes), (vec![], true));
}

#[rstest]
#[tokio::test]
async fn the_same_consignment_again_is_what_stands(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2), ("CAP", 1)]).await;
    let first = intend(&*ledger, &shipment("S1", 5, Some(&[("CAP", 1), ("TEE", 1)]))).await;
    assert_eq!(intend(&*ledger, &shipment("S1", 5, Some(&[("TEE", 1), ("CAP", 1)]))).await, first);

    done(&*ledger, "S1").await;
    let shop_shipments = vec!["shop-S1".to_owned()];
    let stands = ShipmentRecord { state: ShipmentState::Done, shop_shipments, ..first };
    assert_eq!(intend(&*ledger, &shipment("S1", 5, None)).await, stands);
    assert_eq!(told_of_1001(&*ledger).await.len(), 4);
}

#[rstest]
#[case::that_was_released("1002")]
#[case::that_nobody_knows("9999")]
#[tokio::test]
async fn a_consignments_id_cannot_be_used_for_another_order(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] another: &str,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    release_order(&*ledger, released_order("1002", &[("TEE", 2)])).await;
    let first = intend(&*ledger, &shipment("S1", 5, None)).await;
    let reused = Shipment { number: number(another), ..shipment("S1", 6, None) };
    let error = ledger.intend_shipment(&reused, &happening("e1", minute(6))).await.unwrap_err();
    assert_eq!((error.mend(), error.class()), (Mend::Never, "shipment-id-reused"));
    let LedgerError::ShipmentIdReused { shipment_id, number } = error else { panic!("{error:?}") };
    assert_eq!((shipment_id.as_str(), number.as_str()), ("S1", "BG1001"));

    assert_eq!(intend(&*ledger, &shipment("S1", 5, None)).await, first);
    let told = ledger.timeline(&au(), &OrderId::from("1002")).await.unwrap();
    assert_eq!(told.len(), 2, "the other order has no consignment: {told:?}");
}

#[rstest]
#[tokio::test]
async fn the_last_part_completes_the_order(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2), ("CAP", 1)]).await;
    let first = intend(&*ledger, &shipment("S1", 5, Some(&[("TEE", 1), ("TEE", 0)]))).await;
    assert_eq!((first.lines, first.completes), (shipped_lines(&[("TEE", 1)]), false));
    done(&*ledger, "S1").await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);

    let second = intend(&*ledger, &shipment("S2", 6, None)).await;
    assert_eq!((second.lines, second.completes), (shipped_lines(&[("TEE", 1), ("CAP", 1)]), true));
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);
    done(&*ledger, "S2").await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped);
}

#[rstest]
#[tokio::test]
async fn an_order_is_shipped_when_all_of_it_stands_at_the_shop_in_whatever_order(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    intend(&*ledger, &shipment("S1", 5, Some(&[("TEE", 1)]))).await;
    assert!(intend(&*ledger, &shipment("S2", 6, Some(&[("TEE", 1)]))).await.completes);
    done(&*ledger, "S2").await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);
    done(&*ledger, "S1").await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped);
}

#[rstest]
#[tokio::test]
async fn too_much_of_one_sku_covers_no_other(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2), ("CAP", 1)]).await;
    let over = intend(&*ledger, &shipment("S1", 5, Some(&[("TEE", 3), ("MUG", 4)]))).await;
    assert_eq!((over.lines, over.completes), (shipped_lines(&[("TEE", 3), ("MUG", 4)]), false));
    done(&*ledger, "S1").await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);

    let rest = intend(&*ledger, &shipment("S2", 6, None)).await;
    assert_eq!((rest.lines, rest.completes), (shipped_lines(&[("CAP", 1)]), true));
    done(&*ledger, "S2").await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped);
}

#[rstest]
#[tokio::test]
async fn as_many_units_as_can_be_told_overflow_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    const MOST: u32 = u32::MAX;
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", MOST), ("TEE", MOST), ("CAP", MOST)]).await;
    for id in ["S1", "S2", "S3"] {
        let over = intend(&*ledger, &shipment(id, 5, Some(&[("TEE", MOST), ("TEE", MOST)]))).await;
        assert_eq!((over.lines, over.completes), (shipped_lines(&[("TEE", MOST)]), false));
        done(&*ledger, id).await;
    }
    let rest = intend(&*ledger, &shipment("S4", 6, None)).await;
    assert_eq!((rest.lines, rest.completes), (shipped_lines(&[("CAP", MOST)]), true));
    done(&*ledger, "S4").await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped);
}

#[rstest]
#[tokio::test]
async fn a_consignment_that_names_no_line_at_all_is_empty(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let empty = intend(&*ledger, &shipment("S1", 5, Some(&[]))).await;
    assert_eq!((empty.lines, empty.completes), (vec![], false));
}

#[rstest]
#[tokio::test]
async fn a_consignment_is_done_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    intend(&*ledger, &shipment("S1", 5, None)).await;
    for _ in 0..2 {
        done(&*ledger, "S1").await;
    }
    stands_at_the_shop(&*ledger, "S1", &happening("another telling", minute(31))).await;
    assert_eq!(told_of_1001(&*ledger).await[2..], ["told by S1 intended", "told by S1 done"]);
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Shipped);
}

#[rstest]
#[tokio::test]
async fn even_a_rejected_order_is_shipped_once_it_has_left(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 3, rejected("sold out")).await;
    intend(&*ledger, &shipment("S1", 5, None)).await;
    done(&*ledger, "S1").await;
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Shipped, ""));
}

#[rstest]
#[tokio::test]
async fn a_consignment_of_an_order_that_nobody_released_is_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let shipment = shipment("S1", 5, None);
    let intend = async || ledger.intend_shipment(&shipment, &happening("e1", minute(5))).await;
    assert!(matches!(intend().await, Err(LedgerError::NoSuchOrder(_))));
    ledger.judge(&judged("1001", 1, filter("country: US"))).await.unwrap();
    assert!(matches!(intend().await, Err(LedgerError::NoSuchOrder(_))));
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Filtered);
}

#[rstest]
#[tokio::test]
async fn a_consignment_that_was_never_put_down_cannot_be_done(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let outcome = ledger.shipment_done(&shipment("S1", 5, None), &[], &happening("e1", minute(5))).await;
    assert!(matches!(outcome, Err(LedgerError::NoSuchShipment(id)) if id.as_str() == "S1"));
}
