//! Counts, products and pushes.

use crossdock_domain::{Sku, StockLevel};
use crossdock_events::{ShopProductChanged, StockCounted, StockDue, WarehouseSkuKnown};
use jiff::{SignedDuration, Timestamp};

use super::all;
use super::bench::{Bench, Failed};
use super::shop::MAIN;
use crate::preview::told::{ORDER_IMPORTER, STOCK_WRITER};

#[tokio::test]
async fn counts_products_and_pushes_are_compared_with_what_came_since() {
    let bench = Bench::new().await;
    let level = |units| StockLevel { sku: Sku::from("MUG"), on_hand: units, allocated: None };
    let now = Timestamp::now();
    let count = StockCounted { counted_at: now - SignedDuration::from_hours(2), levels: vec![level(3)] };
    let id = bench.buried(Failed::of(STOCK_WRITER, "ledger-unavailable").about("MUG"), count).await;
    assert_eq!(bench.verdicts(&all()).await, ["goes_through"]);
    bench.ledger.counted(now - SignedDuration::from_hours(1), &[level(5)]).await.unwrap();
    assert_eq!(bench.says(&all()).await, ["a newer count of MUG stands"]);
    bench.forget(id).await;

    let ahead = StockCounted { counted_at: now + SignedDuration::from_hours(1), levels: vec![level(3)] };
    let id = bench.buried(Failed::of(STOCK_WRITER, "count-from-the-future"), ahead).await;
    assert_eq!(bench.verdicts(&all()).await, ["fails_again"]);
    bench.forget(id).await;

    let due = StockDue { store: MAIN.parse().unwrap(), full: true, skus: Some(vec![Sku::from("MUG")]) };
    let id = bench.buried(Failed::of(STOCK_WRITER, "shop-refused").about("MUG"), due).await;
    assert_eq!(bench.says(&all()).await, ["the shop lists none of it, so that it is told nothing"]);
    bench.forget(id).await;

    let product =
        ShopProductChanged { store: MAIN.parse().unwrap(), product_id: "7".into(), cause: "x".into() };
    let id = bench.buried(Failed::of(STOCK_WRITER, "shop-unavailable"), product).await;
    assert_eq!(bench.says(&all()).await, ["the shop's whole catalogue is still to be read"]);
    bench.forget(id).await;

    bench
        .buried(Failed::of(ORDER_IMPORTER, "ledger-unavailable"), WarehouseSkuKnown { sku: "MUG".into() })
        .await;
    assert_eq!(
        bench.says(&all()).await,
        ["orders that were refused for MUG alone are read anew, and released again"]
    );
}
