//! A process that is killed while it writes to a shop.

use std::time::Duration;

use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use rstest::rstest;

/// BigCommerce's id of Completed.
const COMPLETED: i64 = 10;

/// Longer than the process lives.
const FOR_EVER: Duration = Duration::from_hours(1);

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_between_any_two_steps_leaves_one_shipment_one_status_and_one_mail(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let mut crossdock = world.run().await;
    let steps = [
        ("POST", "/shipments", Fault::Hang(FOR_EVER)),
        ("POST", "/shipments", Fault::DoneThenHang(FOR_EVER)),
        ("PUT", "/v2/orders/", Fault::Hang(FOR_EVER)),
        ("PUT", "/v2/orders/", Fault::DoneThenHang(FOR_EVER)),
    ];
    for (method, path, fault) in steps {
        let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
        let number = format!("BG{id}");
        world.order_in_state(&number, "accepted").await;
        world.bigcommerce.faults().next(method, path, fault.clone());
        world.warehouse.ship(&number, None).unwrap();
        let shipped = usize::from(method == "PUT" || matches!(fault, Fault::DoneThenHang(_)));
        let moved = usize::from(method == "PUT" && matches!(fault, Fault::DoneThenHang(_)));
        eventually("it hangs where it is to be killed", || async {
            let done = (world.bigcommerce.shipments(&id).len(), world.bigcommerce.status_changes(&id).len());
            (world.bigcommerce.faults().all_met() && done == (shipped, moved)).then_some(())
        })
        .await;
        crossdock.kill().await;
        world.leases_run_out().await;
        crossdock = world.run().await;
        world.order_in_state(&number, "shipped").await;
        assert_eq!(world.bigcommerce.shipments(&id).len(), 1, "{method} {fault:?}");
        assert_eq!(world.bigcommerce.status_changes(&id), [COMPLETED], "{method} {fault:?}");
        assert_eq!(world.bigcommerce.buyer_mails(&id), 1, "{method} {fault:?}");
    }
}
