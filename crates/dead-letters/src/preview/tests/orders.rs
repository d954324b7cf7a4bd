//! Orders that are read anew.

use crossdock_domain::{ShopOrder, ShopStatus, Sku, StockLevel};
use crossdock_events::WarehouseOrderAccepted;
use crossdock_ledger::{Acting, DeadLettersWanted};
use crossdock_storefront::StorefrontError;
use jiff::Timestamp;

use super::bench::{Bench, Failed};
use super::shop::{self, MAIN, order};
use super::{all, changed};
use crate::preview::PAGE;
use crate::preview::told::{ORDER_IMPORTER, STOCK_WRITER};

#[tokio::test]
async fn of_refused_orders_those_go_through_whose_sku_is_known_and_that_are_still_to_be_sent() {
    let bench = Bench::new().await;
    for id in ["1", "2", "3", "4"] {
        bench.main.has(order(id, "TEE-9"));
        bench.released(MAIN, id).await;
        bench.refused(&format!("BG{id}"), &["TEE-9"]).await;
        let failed = Failed::of(ORDER_IMPORTER, "sku-unknown").about(id);
        bench.buried(failed, changed(MAIN, id, "retry")).await;
    }
    assert_eq!(bench.verdicts(&all()).await, ["fails_again"; 4]);
    assert_eq!(bench.says(&all()).await[0], "the warehouse still does not know SKU TEE-9");

    bench.main.has(shop::cancelled(order("2", "TEE-9")));
    bench.main.has(shop::unpaid(order("4", "TEE-9")));
    let counted = StockLevel { sku: Sku::from("TEE-9"), on_hand: 5, allocated: None };
    bench.ledger.counted(Timestamp::now(), &[counted]).await.unwrap();
    let mut told = bench.told(&all()).await;
    told.sort();
    assert_eq!(
        told,
        [
            ("1".to_owned(), "goes_through"),
            ("2".to_owned(), "cancelled_since"),
            ("3".to_owned(), "goes_through"),
            ("4".to_owned(), "superseded"),
        ]
    );
    let kept_out = bench.says(&all()).await.into_iter().find(|it| it.starts_with("BG4"));
    assert_eq!(kept_out.as_deref(), Some("BG4 stays refused: kept out by status: pending"));
    bench
        .main
        .has(ShopOrder { status: ShopStatus::Order("awaiting_payment".to_owned()), ..order("4", "TEE-9") });
    assert!(bench.told(&all()).await.contains(&("4".to_owned(), "goes_through")));
}

#[tokio::test]
async fn what_broke_its_handler_is_not_said_to_go_through() {
    let bench = Bench::new().await;
    for (id, class) in [("1", "handler-panicked"), ("2", "delivery-limit"), ("3", "shop-unavailable")] {
        bench.main.has(order(id, "MUG"));
        bench
            .buried(Failed::of(ORDER_IMPORTER, class).about(id), changed(MAIN, id, "store/order/updated"))
            .await;
    }
    bench.main.has(shop::cancelled(order("4", "MUG")));
    let failed = Failed::of(ORDER_IMPORTER, "handler-panicked").about("4");
    bench.buried(failed, changed(MAIN, "4", "store/order/updated")).await;
    let mut told = bench.told(&all()).await;
    told.sort();
    let verdicts: Vec<_> = told.iter().map(|(_, verdict)| *verdict).collect();
    assert_eq!(verdicts, ["unknown", "unknown", "goes_through", "cancelled_since"]);
}

#[tokio::test]
async fn an_order_is_judged_as_its_shop_has_it_now() {
    let bench = Bench::new().await;
    let failed = |id: &str| Failed::of(ORDER_IMPORTER, "shop-unavailable").about(id);
    for id in ["1", "2", "3", "4", "5"] {
        bench.buried(failed(id), changed(MAIN, id, "store/order/updated")).await;
    }
    bench.main.has(order("1", "MUG"));
    bench.main.has(order("2", "MUG"));
    bench.released(MAIN, "2").await;
    bench.main.has(shop::unpaid(order("3", "MUG")));
    bench.main.answers("4", || StorefrontError::Malformed { cause: "no lines".into() });
    let mut told = bench.told(&all()).await;
    told.sort();
    let verdicts: Vec<_> = told.iter().map(|(_, verdict)| *verdict).collect();
    assert_eq!(verdicts, ["goes_through", "already_done", "goes_through", "fails_again", "fails_again"]);
    let says = bench.says(&all()).await.join("\n");
    for sentence in [
        "released as BG1",
        "BG2 is released as the shop has it now",
        "kept out by status: pending",
        "the shop has no order 5",
    ] {
        assert!(says.contains(sentence), "{sentence}: {says}");
    }
}

#[tokio::test]
async fn what_no_role_could_take_fails_again_until_it_is_edited() {
    let bench = Bench::new().await;
    bench.main.has(order("1", "MUG"));
    let good = Bench::event("e1", changed(MAIN, "1", "x"));
    let bad = String::from_utf8(good.clone()).unwrap().replace("\"cause\"", "\"reason\"");
    let id = bench.bury(Failed::of(ORDER_IMPORTER, "event-malformed").about("1"), "e1", bad.as_bytes()).await;
    assert_eq!(bench.verdicts(&all()).await, ["fails_again"]);
    assert!(bench.says(&all()).await[0].contains("cause"));
    let act = Acting { who: "anna".into(), at: Timestamp::now(), note: String::new() };
    let edited = crate::edited(bad.as_bytes(), &good).unwrap();
    assert!(bench.ledger.edit(id, Some(&edited), &act).await.unwrap());
    assert_eq!(bench.verdicts(&all()).await, ["goes_through"]);

    let nowhere = Bench::new().await;
    nowhere.buried(Failed::of(ORDER_IMPORTER, "store-unknown"), changed("gone", "1", "x")).await;
    nowhere.buried(Failed::of(STOCK_WRITER, "event-misrouted"), changed(MAIN, "2", "x")).await;
    nowhere.buried(Failed::of("someone", "unknown"), changed(MAIN, "3", "x")).await;
    assert_eq!(nowhere.verdicts(&all()).await, ["fails_again"; 3]);
    let says = nowhere.says(&all()).await.join("\n");
    for sentence in ["no store 'gone'", "are not for the stock-writer", "no role 'someone'"] {
        assert!(says.contains(sentence), "{sentence}: {says}");
    }
}

#[tokio::test]
async fn an_answer_counts_where_the_order_was_released() {
    let bench = Bench::new().await;
    let accepted = WarehouseOrderAccepted { number: "BG1".into() };
    bench.buried(Failed::of(ORDER_IMPORTER, "number-unknown").about("BG1"), accepted).await;
    assert_eq!(bench.verdicts(&all()).await, ["fails_again"]);
    bench.main.has(order("1", "MUG"));
    bench.released(MAIN, "1").await;
    assert_eq!(bench.verdicts(&all()).await, ["goes_through"]);
    bench.accepted("BG1").await;
    assert_eq!(bench.says(&all()).await, ["BG1 is accepted"]);
}

#[tokio::test]
async fn more_than_a_page_is_foreseen_once_each() {
    let bench = Bench::new().await;
    for id in 0..PAGE + 7 {
        let id = id.to_string();
        bench.main.has(order(&id, "MUG"));
        bench
            .buried(Failed::of(ORDER_IMPORTER, "shop-unavailable").about(&id), changed(MAIN, &id, "x"))
            .await;
    }
    let told: std::collections::BTreeMap<_, _> = bench.told(&all()).await.into_iter().collect();
    assert_eq!(told.len(), PAGE as usize + 7);
    assert!(told.values().all(|verdict| *verdict == "goes_through"));
    assert_eq!(bench.main.calls(), 2, "one call for each page");
    assert_eq!(bench.told(&DeadLettersWanted { limit: Some(3), ..all() }).await.len(), 3);
}
