//! Writes that a shop carries out only when nobody waits for its answer any more.

use std::time::Duration;

use crossdock_domain::{OrderId, Platform};
use crossdock_ledger::Busy;
use crossdock_queue::{Delivery, Outcome};
use crossdock_sandbox::Fault;
use crossdock_storefront::StorefrontError;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use rstest::rstest;

use super::scene::Scene;
use super::told::{dispatched, voided};

/// How long the writers here wait for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// When the shop does what it was sent.
const LATE: Duration = Duration::from_secs(6);

/// A label, or a void.
fn message(order: &OrderId, what: &str) -> Delivery {
    match what {
        "T1" => dispatched(order, what, 0),
        "T2" => dispatched(order, what, 60),
        _ => voided(order, 120),
    }
}

/// What the order shows at the shop: numbers, and the statuses that were set.
fn shown(scene: &Scene, order: &OrderId) -> String {
    format!("{} {}", scene.shop.numbers(order).join("+"), scene.shop.statuses(order).join(">"))
}

/// The last of `told` meets a shop that does `call` late. `next` is what the warehouse tells then.
#[rstest]
#[case::a_shipment(Platform::Bigcommerce, ("POST", "/shipments"), &["T1"], "T1 ", "T2", "done T2 10")]
#[case::its_status(Platform::Bigcommerce, ("PUT", "/v2/orders/"), &["T1"], "T1 10", "T2", "done T2 10")]
#[case::a_new_label(Platform::Bigcommerce, ("PUT", "/shipments/"), &["T1", "T2"], "T2 10", "void", "voided 10>11")]
#[case::a_deletion(Platform::Bigcommerce, ("DELETE", "/shipments/"), &["T1", "void"], " 10", "void", "voided 10>11")]
#[case::a_number_at_ecwid(Platform::Ecwid, ("PUT", "/orders/"), &["T1"], "T1 SHIPPED", "T2", "done T2 SHIPPED")]
#[case::another_number_at_ecwid(
    Platform::Ecwid, ("PUT", "/orders/"), &["T1", "T2"], "T2 SHIPPED", "void", "voided SHIPPED>AWAITING_PROCESSING"
)]
#[tokio::test]
async fn what_a_shop_does_late_is_neither_done_twice_nor_does_it_undo_what_comes_after(
    #[case] platform: Platform,
    #[case] (method, path): (&str, &str),
    #[case] told: &[&str],
    #[case] done: &str,
    #[case] next: &str,
    #[case] end: &str,
) {
    let scene = Scene::waiting_for(PATIENCE, Engine::Sqlite, platform).await;
    let (order, shop) = (scene.released().await, &scene.shop);
    let (last, before) = told.split_last().unwrap();
    for what in before {
        assert_eq!(scene.handled(&message(&order, what)).await, Outcome::Done);
    }
    shop.faults().next(method, path, Fault::DoneLate(LATE));
    let outcome = scene.handled_now(&message(&order, last)).await;
    let Outcome::Failed(doubt) = outcome else { panic!("it was waited for") };
    assert_eq!(doubt.class, StorefrontError::IN_DOUBT);

    // As long as the shop may be at work, nobody asks it anything about the order, whatever comes.
    let calls = shop.calls(&order);
    for what in [last, next] {
        assert_eq!(scene.handled_now(&message(&order, what)).await, Outcome::Failed(Busy.into()));
    }
    assert_eq!(shop.calls(&order), calls);

    eventually("the shop has done it", || async { (shown(&scene, &order) == done).then_some(()) }).await;
    scene.settle().await;
    for what in [last, next] {
        assert_eq!(scene.handled(&message(&order, what)).await, Outcome::Done);
    }
    assert_eq!(scene.stands(&order).await, end);
    let made = shop.calls(&order).iter().filter(|call| *call == "POST /shipments").count();
    assert_eq!(made, usize::from(platform == Platform::Bigcommerce), "shipments that were asked for");
    // BigCommerce's buyers are told of each shipment, Ecwid's of each number.
    let numbers = if end.contains("T2") || told.contains(&"T2") { 2 } else { 1 };
    assert_eq!(shop.mails(&order), if platform == Platform::Ecwid { numbers } else { 1 });
}
