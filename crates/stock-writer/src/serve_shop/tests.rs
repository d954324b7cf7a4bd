//! What becomes of a lane's messages when the shop, or the broker, does not do its part.

use crossdock_events::{Event, EventData, ShopProductChanged, Source, StockDue};
use crossdock_queue::{Broker, Publisher, Topology};
use crossdock_storefront::{StorefrontError, Taken};
use crossdock_telemetry::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::read_catalogue::ReadCatalogue;
use crate::reread_products::RereadProducts;
use crate::tests::shop::{Fake, listing};
use crate::tests::{Bench, lost};

/// Serves the bench's shop; RabbitMQ is away.
fn serving(bench: &Bench) -> ServeShop {
    let (shops, ledger) = (Shops::new([bench.shop.shop()]), bench.ledger.clone());
    let broker =
        Broker { url: "amqp://127.0.0.1:9".to_owned().into(), topology: Topology { work: Vec::new() } };
    let publisher = Publisher::start(broker, &Metrics::default(), CancellationToken::new());
    let push_stock = PushStock {
        ledger: ledger.clone(),
        read_catalogue: ReadCatalogue { ledger: ledger.clone() },
        reread_products: RereadProducts { ledger: ledger.clone() },
    };
    let tell_shops = TellShops { shops: shops.clone(), publisher };
    ServeShop { shops, ledger, push_stock, tell_shops, doubts_told: DoubtsTold::default() }
}

fn store() -> StoreId {
    Fake::default().shop().settings.id.clone()
}

fn delivery<T: EventData>(id: &str, data: T) -> Delivery {
    let event = Event::new(&Source::Role("test"), id, Timestamp::now(), data);
    Delivery {
        routing_key: T::TYPE.to_owned(),
        id: id.to_owned(),
        body: event.to_json().into(),
        attempt: 1,
        first_failed_at: None,
    }
}

fn due(full: bool, skus: Option<&[&str]>) -> Delivery {
    let skus = skus.map(|skus| skus.iter().map(|sku| Sku::from(*sku)).collect());
    delivery("due", StockDue { store: store(), full, skus })
}

fn changed(product_id: &str) -> Delivery {
    told("changed", product_id, "product.updated")
}

fn told(id: &str, product_id: &str, cause: &str) -> Delivery {
    let (product_id, cause) = (product_id.to_owned(), cause.to_owned());
    delivery(id, ShopProductChanged { store: store(), product_id, cause })
}

/// The class of the failure; none for what is done.
fn class(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Done => None,
        Outcome::Failed(failure) => Some(failure.class),
    }
}

fn classes(outcomes: &[Outcome]) -> Vec<Option<&'static str>> {
    outcomes.iter().map(class).collect()
}

#[tokio::test]
async fn an_echo_costs_no_call_however_often_it_is_told_though_the_push_beside_it_fails() {
    let skus: Vec<String> = (0..20).map(|sku| format!("SKU{sku:02}")).collect();
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    let bench = Bench::with(Fake::listing(skus.iter().map(|sku| listing(sku, sku)))).await;
    let serving = serving(&bench);
    bench.count(&skus, 7).await;
    bench.shop.inside().takes = Some(12);
    let throttled = Some("shop-throttled");
    assert_eq!(classes(&serving.handle(&store(), &[due(false, None)]).await), [throttled]);
    assert_eq!(bench.shop.inside().units.len(), 12);

    // The shop tells of the twelve, and has no call left for the others.
    let mut batch = vec![due(false, None)];
    batch.extend(skus[..12].iter().map(|sku| changed(sku)));
    let outcomes = serving.handle(&store(), &batch).await;
    assert_eq!(classes(&outcomes), [&[throttled][..], &[None; 12]].concat());
    bench.shop.inside().takes = None;
    assert_eq!(classes(&serving.handle(&store(), &[due(false, None)]).await), [None]);
    assert_eq!(bench.shop.inside().units.len(), 20);
    assert_eq!(bench.shop.inside().reads, 0);
    for (event, reads) in [("changed", 0), ("changed again", 1)] {
        let told = told(event, skus[0], "product.updated");
        assert_eq!(classes(&serving.handle(&store(), &[told]).await), [None]);
        assert_eq!(bench.shop.inside().reads, reads, "a second event is an edit by the merchant");
    }
}

#[tokio::test]
async fn a_bigcommerce_product_that_is_told_of_after_our_write_is_an_echo_and_a_sku_never() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1")])).await;
    let serving = serving(&bench);
    bench.count(&["MUG"], 7).await;
    bench.shop.inside().answer = Some(|_| Ok(Taken::MayHaveChanged));
    assert_eq!(classes(&serving.handle(&store(), &[due(false, None)]).await), [None]);
    for (event, cause, reads) in [
        ("1", "store/product/inventory/updated", 0),
        ("2", "store/product/updated", 0),
        ("3", "store/sku/updated", 1),
        ("4", "store/product/updated", 2),
    ] {
        assert_eq!(classes(&serving.handle(&store(), &[told(event, "1", cause)]).await), [None]);
        assert_eq!(bench.shop.inside().reads, reads, "{cause}");
    }
}

#[tokio::test]
async fn a_refusal_that_nobody_could_be_told_of_is_met_again_and_not_forgotten() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("TEE", "2")])).await;
    let serving = serving(&bench);
    bench.count(&["MUG", "TEE"], 7).await;
    bench.shop.inside().refuses = ["1".to_owned()].into();
    for refusals in 1..=2 {
        let outcomes = serving.handle(&store(), &[due(false, None)]).await;
        assert_eq!(classes(&outcomes), [Some("broker-unavailable")]);
        assert_eq!(bench.shop.inside().refusals["1"], refusals);
        assert!(bench.lines().await.iter().all(|line| line.refused.is_empty()));
    }
    // Alone, it is the dead letter itself: nobody else is to be told.
    let outcomes = serving.handle(&store(), &[due(true, Some(&["MUG"]))]).await;
    assert_eq!(classes(&outcomes), [Some("shop-refused")]);
    assert_eq!(bench.lines().await[0].refused.len(), 1);
    assert_eq!(classes(&serving.handle(&store(), &[due(false, None)]).await), [None]);
    assert_eq!(bench.shop.inside().refusals["1"], 3);
}

#[tokio::test]
async fn a_comparison_leaves_what_the_shop_fails_for_to_a_message_of_its_own() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("TEE", "2")])).await;
    let serving = serving(&bench);
    bench.count(&["MUG", "TEE"], 7).await;
    bench.shop.inside().answer = Some(|quantity| match quantity.listing.sku.as_str() {
        "MUG" => lost(quantity),
        _ => Ok(Taken::MayHaveChanged),
    });
    let both = [due(false, None), due(false, Some(&["MUG"]))];
    assert_eq!(classes(&serving.handle(&store(), &both).await), [Some("broker-unavailable"); 2]);
    // As if somebody had been told: each next comparison is done, and what asks for the SKU goes on as it does.
    serving.doubts_told.told(&store(), Sku::from("MUG"));
    for _ in 0..2 {
        assert_eq!(classes(&serving.handle(&store(), &both).await), [None, Some("shop-in-doubt")]);
    }
    let writes = bench.shop.inside().writes;
    assert_eq!(classes(&serving.handle(&store(), &[due(false, None)]).await), [None]);
    assert_eq!(bench.shop.inside().writes, writes + 1, "it is tried each time");
}

#[tokio::test]
async fn a_sku_that_is_tried_again_alone_is_no_failure_as_long_as_another_listing_of_it_may_take_it() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("MUG", "2")])).await;
    let serving = serving(&bench);
    bench.count(&["MUG"], 7).await;
    bench.shop.inside().refuses = ["1".to_owned()].into();
    bench.shop.inside().answer = Some(lost);
    let alone = [due(true, Some(&["MUG"]))];
    assert_eq!(classes(&serving.handle(&store(), &alone).await), [Some(StorefrontError::IN_DOUBT)]);
    bench.shop.inside().answer = None;
    assert_eq!(classes(&serving.handle(&store(), &alone).await), [Some("shop-refused")]);
    assert_eq!(bench.shop.inside().units, [("2".to_owned(), 7)].into());
}

#[tokio::test]
async fn what_a_changed_product_turned_out_to_list_is_left_to_be_told_if_the_push_fails() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1")])).await;
    let serving = serving(&bench);
    bench.count(&["MUG", "CAP"], 7).await;
    assert_eq!(classes(&serving.handle(&store(), &[due(false, None)]).await), [None]);
    bench.shop.inside().pages[0].push(listing("CAP", "2"));
    bench.shop.inside().takes = Some(0);
    for found in [&[Sku::from("CAP")][..], &[]] {
        let (mut echoes, mut leftover) = (BTreeSet::new(), Leftover::default());
        let messages = [(0, Message::read(&changed("2")).unwrap())];
        let pushed = serving.push(&bench.shop.shop(), &messages, &mut echoes, &mut leftover).await;
        assert_eq!(pushed.is_err(), !found.is_empty());
        assert_eq!(leftover.found, found.iter().cloned().collect(), "told again, it is no news");
    }
}
