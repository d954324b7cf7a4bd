//! Orders that are open here, and of which no list and no webhook tells any more.

use crossdock_ledger::Swept;
use crossdock_sandbox::{Draft, OrderState};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use jiff::{Timestamp, ToSpan as _};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::{acme, caused_by, ledger};

/// The number of an order that the warehouse has, and that was archived at the shop while nobody was told, and of one that was kept out
/// because of its country.
async fn archived_and_foreign(world: &World) -> (String, String) {
    let crossdock = Process::start(&world.config, Some("receiver,order-importer"));
    world.ready().await;
    let ours = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let foreign = Draft::of(&[("MUG", 1)]).to_country("US", "United States");
    let foreign = format!("BG{}", world.bigcommerce.place_order(&foreign));
    world.order_in_state(&format!("BG{ours}"), "accepted").await;
    world.order_in_state(&foreign, "filtered").await;
    crossdock.signal("TERM").await;
    assert_eq!(crossdock.ended().await, 0);
    world.bigcommerce.callbacks().hold();
    world.bigcommerce.archive_order(&ours);
    world.bigcommerce.callbacks().lose_held();
    (format!("BG{ours}"), foreign)
}

async fn cancelled_as_unread(world: &World, number: &str) {
    let story = world.order_in_state(number, "cancelled").await;
    assert!(!caused_by(&story, "unread").is_empty(), "{story}");
    eventually("the warehouse has heard of it", || async {
        (world.warehouse.state(number) == Some(OrderState::Cancelled)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_was_never_swept_has_its_open_and_kept_out_orders_looked_at() {
    let world = World::create(Engine::Sqlite).await;
    let (archived, foreign) = archived_and_foreign(&world).await;
    world.change_config(|text| text.replace(r#"["AU", "NZ"]"#, r#"["AU", "NZ", "US"]"#));
    let _crossdock = world.run().await;
    cancelled_as_unread(&world, &archived).await;
    let story = world.order_in_state(&foreign, "accepted").await;
    assert!(!caused_by(&story, "settings").is_empty(), "{story}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_order_whose_webhook_was_lost_is_found_a_day_later() {
    let world = World::create(Engine::Sqlite).await;
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"24h\""));
    let (archived, _) = archived_and_foreign(&world).await;
    let (ledger, now) = (ledger(&world).await, Timestamp::now());
    ledger.keep_swept(&acme(), Swept { from: Some(now), to: now }).await.unwrap();
    let proved = now.in_tz("Australia/Melbourne").unwrap().date() - 4.days();
    ledger.keep_proved_day(&acme(), proved).await.unwrap();
    let file = SqliteConnectOptions::new().filename(world.folder().join("crossdock.db"));
    let mut tables = SqliteConnection::connect_with(&file).await.unwrap();
    // 21 hours, in microseconds.
    sqlx::query("UPDATE orders SET read_at = read_at - 75600000000").execute(&mut tables).await.unwrap();
    tables.close().await.unwrap();

    let _crossdock = world.run().await;
    cancelled_as_unread(&world, &archived).await;
}
