//! Tracking numbers.

use crossdock_domain::{ShipmentId, Sku};
use crossdock_events::{OrderWanted, ShipmentDispatched, ShipmentVoided};
use crossdock_ledger::{DeadLetterState, DeadLettersWanted};

use super::all;
use super::bench::{Bench, Failed, shipment};
use super::shop::{self, ECWID, MAIN, order};
use crate::preview::told::TRACKING_WRITER;

#[tokio::test]
async fn a_shipment_that_stands_at_the_shop_is_not_written_again() {
    let bench = Bench::new().await;
    bench.main.has(order("1", "MUG"));
    let failed = || Failed::of(TRACKING_WRITER, "shop-unavailable").about("BG1");
    let first = shipment("S1", "BG1", "T1");
    bench.buried(failed(), first.clone()).await;
    assert_eq!(bench.says(&all()).await, ["no released order has the number BG1"]);

    bench.released(MAIN, "1").await;
    assert_eq!(bench.says(&all()).await, ["tracking T1 is written to order 1"]);
    bench.intended(&first).await;
    assert_eq!(bench.verdicts(&all()).await, ["goes_through"]);
    bench.written(&first).await;
    assert_eq!(bench.says(&all()).await, ["tracking T1 is at the shop already"]);

    bench.buried(failed(), shipment("S1", "BG1", "T2")).await;
    let told = bench.told(&all()).await;
    assert_eq!(told.iter().filter(|(_, verdict)| *verdict == "buyer_mailed_again").count(), 1, "{told:?}");
}

#[tokio::test]
async fn a_shipment_of_an_order_that_ended_or_that_does_not_fit_is_told_apart() {
    let bench = Bench::new().await;
    bench.main.has(order("1", "MUG"));
    bench.released(MAIN, "1").await;
    let lines = |sku: &str, quantity| {
        Some(vec![crossdock_domain::PackedLine { sku: Sku::from(sku), quantity, line_id: None }])
    };
    let misfit = || Failed::of(TRACKING_WRITER, "shipment-misfit").about("BG1");
    let unknown = ShipmentDispatched { lines: lines("HAT", 1), ..shipment("S1", "BG1", "T1") };
    let id = bench.buried(misfit(), unknown).await;
    assert_eq!(bench.says(&all()).await, ["the shop's order has no HAT"]);
    bench.forget(id).await;
    let id = bench
        .buried(misfit(), ShipmentDispatched { lines: lines("MUG", 9), ..shipment("S2", "BG1", "T1") })
        .await;
    assert_eq!(bench.says(&all()).await, ["9 of MUG have left, 2 are open at the shop"]);
    bench.forget(id).await;
    bench
        .buried(misfit(), ShipmentDispatched { lines: lines("MUG", 1), ..shipment("S3", "BG1", "T1") })
        .await;
    assert_eq!(bench.verdicts(&all()).await, ["goes_through"]);
    bench.main.has(shop::cancelled(order("1", "MUG")));
    assert_eq!(bench.verdicts(&all()).await, ["cancelled_since"]);
}

#[tokio::test]
async fn a_tracking_number_for_an_ecwid_order_whose_buyer_was_told_of_one_is_another_mail() {
    let bench = Bench::new().await;
    let in_hand = shop::fulfilled(order("K8XTQ", "MUG"), "AWAITING_PROCESSING");
    bench.ecwid.has(in_hand.clone());
    bench.released(ECWID, "K8XTQ").await;
    let failed = Failed::of(TRACKING_WRITER, "shop-unavailable").about("W-K8XTQ").at(ECWID);
    bench.buried(failed, shipment("S1", "W-K8XTQ", "T1")).await;
    assert_eq!(bench.says(&all()).await, ["tracking T1 is written to order K8XTQ"]);
    for on_its_way in ["SHIPPED", "OUT_FOR_DELIVERY", "DELIVERED"] {
        bench.ecwid.has(shop::fulfilled(in_hand.clone(), on_its_way));
        assert_eq!(bench.verdicts(&all()).await, ["buyer_mailed_again"], "{on_its_way}");
        let sentence = format!("the order is {on_its_way} there; another tracking number is another mail");
        assert_eq!(bench.says(&all()).await, [sentence]);
    }
    bench.ecwid.has(shop::fulfilled(in_hand, "PROCESSING"));
    assert_eq!(bench.verdicts(&all()).await, ["goes_through"]);
}

#[tokio::test]
async fn a_shipment_of_an_order_of_which_all_has_left_may_be_the_one_that_stands() {
    let bench = Bench::new().await;
    bench.main.has(order("1", "MUG"));
    bench.released(MAIN, "1").await;
    let failed = Failed::of(TRACKING_WRITER, "shop-unavailable").about("BG1");
    bench.buried(failed, shipment("S1", "BG1", "T1")).await;
    bench.main.has(shop::left(order("1", "MUG"), 1));
    assert_eq!(bench.verdicts(&all()).await, ["goes_through"], "one of two is open");
    bench.main.has(shop::left(order("1", "MUG"), 2));
    assert_eq!(bench.verdicts(&all()).await, ["unknown"]);
    let says = bench.says(&all()).await;
    assert_eq!(says, ["all has shipped at the shop; done if by this tracking number, else refused"]);
}

#[tokio::test]
async fn a_shipment_behind_a_dead_one_waits_and_follows_it() {
    let bench = Bench::new().await;
    bench.main.has(order("1", "MUG"));
    bench.released(MAIN, "1").await;
    let (a, b) = (shipment("S1", "BG1", "T1"), shipment("S2", "BG1", "T2"));
    let first = bench.buried(Failed::of(TRACKING_WRITER, "shop-unavailable").about("BG1").falls(), a).await;
    let later = Failed::of(TRACKING_WRITER, "behind-dead-letter").about("BG1").falls();
    let second = bench.buried(later, b).await;
    let both = bench.preview(&all()).await;
    assert!(both.iter().all(|it| it.verdict.as_str() == "goes_through"), "{both:?}");
    let alone = bench.preview(&DeadLettersWanted { ids: vec![second], ..all() }).await;
    assert_eq!(alone[0].verdict.as_str(), "waits");
    assert!(alone[0].says.contains("not among these"), "{alone:?}");
    let dead = DeadLettersWanted { states: vec![DeadLetterState::Dead], ..all() };
    assert_eq!(bench.preview(&dead).await.iter().map(|it| it.id).collect::<Vec<_>>(), [first]);
}

#[tokio::test]
async fn a_void_is_done_once_nothing_stands() {
    let bench = Bench::new().await;
    bench.main.has(order("1", "MUG"));
    bench.released(MAIN, "1").await;
    let void = ShipmentVoided { shipment_id: ShipmentId::from("S1"), number: "BG1".into() };
    bench.buried(Failed::of(TRACKING_WRITER, "shipment-void-refused").about("BG1"), void).await;
    assert_eq!(bench.says(&all()).await, ["S1 is never written to the shop"]);
    let sent = shipment("S1", "BG1", "T1");
    bench.intended(&sent).await;
    bench.written(&sent).await;
    assert_eq!(bench.verdicts(&all()).await, ["unknown"], "the shop had refused it");
    bench.voided("BG1", "S1").await;
    assert_eq!(bench.verdicts(&all()).await, ["already_done"]);
}

#[tokio::test]
async fn an_order_of_which_less_is_wanted_ends_at_a_shop_that_may_be_asked() {
    let bench = Bench::new().await;
    bench.main.has(order("1", "MUG"));
    bench.released(MAIN, "1").await;
    let wanted = OrderWanted { number: "BG1".into(), store: MAIN.parse().unwrap(), order_id: "1".into() };
    bench.buried(Failed::of(TRACKING_WRITER, "shop-unavailable").about("BG1"), wanted).await;
    assert_eq!(
        bench.says(&all()).await,
        ["the order ends at the shop, if all that is wanted of it has left"]
    );
}
