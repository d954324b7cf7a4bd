//! Shops whose quota is nearly used up: what a shipment needs is asked before stock, sweeps and amendments.

use std::time::Duration;

use crossdock_sandbox::{BigcommerceShop, Draft, Quota, Request};
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::log::Log;
use crossdock_tests::process::Process;
use crossdock_tests::surroundings::Surroundings;
use crossdock_tests::world::{ALL_BUT_THE_DESK, World};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::COMPLETED;

/// A window that does not end in the course of a journey.
const QUOTA: Quota = Quota { requests: 200, window: Duration::from_mins(30) };

/// Requests that others leave of it: no more than what is only for the urgent, and for other apps.
const LEFT: u32 = 40;

/// The same of an Ecwid shop's minute: requests that were made of the 600.
const MADE: u32 = 480;

/// Another app asks the shop until so few requests are left.
async fn used_up(shop: &BigcommerceShop) {
    let (http, url) = (http(), shop.url().join("/stores/journey1/v2/store").unwrap());
    loop {
        let answer =
            http.get(url.clone()).header("x-auth-token", "journey-bigcommerce-token").send().await.unwrap();
        let left = answer.headers()["x-rate-limit-requests-left"].to_str().unwrap().parse::<u32>().unwrap();
        if left <= LEFT {
            return;
        }
    }
}

/// An installation that runs, and its log.
async fn running(surroundings: Surroundings, sweep_every: &str) -> (World, Process, Log) {
    let world = World::amid(Engine::Sqlite, Vhost::create().await, surroundings).await;
    let sections = format!("[store.orders]\nsweep_every = \"{sweep_every}\"");
    world.change_config(|text| text.replace("[store.orders]", &sections));
    let log = Log::in_folder(world.folder());
    let process = Process::start_logging(&world.config, Some(ALL_BUT_THE_DESK), &log, "crossdock=debug");
    world.ready().await;
    (world, process, log)
}

/// Waits until the stock-writer was told that it may not ask the shop.
async fn stock_waits(log: &Log, store: &str) {
    eventually("stock waits", || async {
        let lines = log.lines();
        let throttled = |line: &Value| {
            line["role"] == "stock-writer" && line["store.id"] == store && line["class"] == "shop-throttled"
        };
        lines.into_iter().find(throttled).map(drop)
    })
    .await;
}

/// Method and path below the API of orders: `GET /1001`.
fn calls(requests: &[Request]) -> Vec<String> {
    let call = |request: &Request| {
        let path = request.path_and_query.split('?').next().unwrap();
        format!("{} {}", request.method, path.split_once("/orders").map_or(path, |(_, rest)| rest))
    };
    requests.iter().map(call).collect()
}

fn assert_none_is_refused(requests: &[Request]) {
    let refused: Vec<&Request> = requests.iter().filter(|request| request.status == 429).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bigcommerce_shop_that_takes_few_more_requests_is_told_of_a_shipment_while_stock_and_sweeps_wait() {
    let surroundings = Surroundings { bigcommerce_quota: QUOTA, ..Surroundings::default() };
    let (world, _crossdock, log) = running(surroundings, "2s").await;
    used_up(&world.bigcommerce).await;
    // That it is so, Crossdock sees when it reads an order, which is urgent too.
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    let before = world.bigcommerce.requests().len();
    world.warehouse.count_all();
    stock_waits(&log, "acme-au").await;
    eventually("a sweep waits", || async {
        let put_off = log.saying("a round is put off");
        put_off.iter().any(|line| line["store.id"] == "acme-au").then_some(())
    })
    .await;

    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    let requests = world.bigcommerce.requests();
    let shipment = [format!("GET /{id}"), format!("POST /{id}/shipments"), format!("PUT /{id}")];
    assert_eq!(calls(&requests[before..]), shipment);
    assert_eq!(world.bigcommerce.status_changes(&id), [COMPLETED]);
    assert_none_is_refused(&requests);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ecwid_shop_that_takes_few_more_requests_is_told_of_a_shipment_while_stock_waits() {
    let (world, _crossdock, log) = running(Surroundings::default(), "24h").await;
    eventually("the first sweep is over", || async {
        let requests = world.ecwid.requests();
        requests.iter().any(|it| it.path_and_query.contains("updatedFrom")).then_some(())
    })
    .await;
    let id = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("W-{id}");
    world.order_in_state(&number, "accepted").await;
    let (store, now) = ("acme-widgets".parse().unwrap(), Timestamp::now());
    let since = now - SignedDuration::from_mins(1);
    world.ledger().await.take_calls(&store, now, since, MADE, MADE).await.unwrap();
    world.warehouse.count_all();
    stock_waits(&log, "acme-widgets").await;
    let before = world.ecwid.requests().len();

    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    let requests = world.ecwid.requests();
    assert_eq!(calls(&requests[before..]), [format!("GET /{id}"), format!("PUT /{id}")]);
    assert_eq!(world.ecwid.statuses(&id).unwrap().1, "SHIPPED");
    assert_none_is_refused(&requests);
}
