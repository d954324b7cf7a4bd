//! `/openapi.json` of the running receiver, held against how it answers.

use std::collections::BTreeSet;

use crossdock_events::standard_webhooks::{
    ID_HEADER, Key, SIGNATURE_HEADER, TIMESTAMP_HEADER, key_from_whsec, sign,
};
use crossdock_receiver::{WAREHOUSE_BODY_BYTES_MAX, WEBHOOK_BODY_BYTES_MAX};
use crossdock_tests::database::Engine;
use crossdock_tests::http;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::ShopSender;
use crossdock_tests::world::{BIGCOMMERCE_SECRET, ECWID_SECRET, WAREHOUSE_SECRET, World};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use utoipa::openapi::OpenApi;

/// The routes of the contract.
const ROUTES: [(&str, &str); 9] = [
    ("get", "/livez"),
    ("get", "/metrics"),
    ("get", "/openapi.json"),
    ("get", "/readyz"),
    ("post", "/warehouse/events"),
    ("post", "/webhooks/bigcommerce"),
    ("post", "/webhooks/bigcommerce/{store}"),
    ("post", "/webhooks/ecwid"),
    ("post", "/webhooks/ecwid/{store}"),
];

/// Answers to a POST that other journeys see: a slow body, an overload, neither RabbitMQ nor a spool.
const SEEN_ELSEWHERE: [u16; 2] = [408, 503];

async fn description(world: &World) -> Value {
    let answer = http().get(world.at("openapi.json")).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    answer.json().await.unwrap()
}

fn routes(description: &Value) -> BTreeSet<(String, String)> {
    let paths = description["paths"].as_object().unwrap();
    let routes = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone()))
    });
    routes.collect()
}

/// The statuses that are described for a route.
fn described(description: &Value, method: &str, path: &str) -> BTreeSet<u16> {
    let responses = description["paths"][path][method]["responses"].as_object();
    let responses = responses.unwrap_or_else(|| panic!("{method} {path} is not described"));
    responses.keys().map(|status| status.parse().unwrap()).collect()
}

/// Every reference in a part of the description.
fn references(part: &Value) -> Vec<String> {
    match part {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// A POST of this body, signed by Standard Webhooks.
fn signed(world: &World, path: &str, key: &Key, body: &'static str, content_type: &str) -> RequestBuilder {
    let now = Timestamp::now().as_second();
    http()
        .post(world.at(path))
        .header("content-type", content_type)
        .header(ID_HEADER, "msg_1")
        .header(TIMESTAMP_HEADER, now)
        .header(SIGNATURE_HEADER, sign(key, "msg_1", now, body.as_bytes()))
        .body(body)
}

/// A webhook of a shop, to its own route or to that of all shops.
fn genuine(world: &World, shop: &ShopSender, store: &str) -> RequestBuilder {
    let webhook = shop.webhook(7);
    let url = world.at(&format!("{}{store}", webhook.path));
    let headers = webhook.headers.into_iter();
    let request = headers.fold(http().post(url), |it, (name, value)| it.header(name, value));
    request.body(webhook.body)
}

fn unsigned(world: &World, path: &str, bytes: usize) -> RequestBuilder {
    http().post(world.at(path)).body(" ".repeat(bytes))
}

/// A request, the described path that it is for, and the answer that it must have.
type Case = (&'static str, RequestBuilder, u16);

fn webhook_cases(world: &World) -> Vec<Case> {
    let key: Key = BIGCOMMERCE_SECRET.as_bytes().to_vec().into();
    let bigcommerce = world.shop();
    let ecwid = ShopSender::ecwid(&world.receiver, 12_239_080, ECWID_SECRET);
    let (all_shops, one_shop) = ("/webhooks/bigcommerce", "/webhooks/bigcommerce/{store}");
    let (ecwids, one_ecwid) = ("/webhooks/ecwid", "/webhooks/ecwid/{store}");
    let (shop, widgets) = ("/webhooks/bigcommerce/acme-au", "/webhooks/ecwid/acme-widgets");
    let stranger = ShopSender::bigcommerce(&world.receiver, "nobody", BIGCOMMERCE_SECRET);
    vec![
        (all_shops, genuine(world, &bigcommerce, ""), 200),
        (one_shop, genuine(world, &bigcommerce, "/acme-au"), 200),
        (ecwids, genuine(world, &ecwid, ""), 200),
        (one_ecwid, genuine(world, &ecwid, "/acme-widgets"), 200),
        (all_shops, unsigned(world, all_shops, 2), 401),
        (one_shop, unsigned(world, shop, 2), 401),
        (ecwids, unsigned(world, ecwids, 2), 401),
        (one_ecwid, unsigned(world, widgets, 2), 401),
        (all_shops, genuine(world, &stranger, ""), 404),
        (one_shop, genuine(world, &bigcommerce, "/nobody"), 404),
        (one_ecwid, genuine(world, &ecwid, "/nobody"), 404),
        (all_shops, unsigned(world, all_shops, WEBHOOK_BODY_BYTES_MAX + 1), 413),
        (one_ecwid, unsigned(world, widgets, WEBHOOK_BODY_BYTES_MAX + 1), 413),
        (one_shop, signed(world, shop, &key, "[]", "application/json"), 400),
    ]
}

fn warehouse_cases(world: &World) -> Vec<Case> {
    let key = key_from_whsec(WAREHOUSE_SECRET).unwrap();
    let path = "/warehouse/events";
    let event = r#"{"specversion":"1.0","id":"msg_1","source":"/warehouse","type":"warehouse.order.accepted","time":"2026-01-01T00:00:00Z","data":{"number":"BG1"}}"#;
    let one = "application/cloudevents+json";
    vec![
        (path, signed(world, path, &key, event, one), 200),
        (path, signed(world, path, &key, "{}", one), 400),
        (path, unsigned(world, path, 2), 401),
        (path, unsigned(world, path, WAREHOUSE_BODY_BYTES_MAX + 1), 413),
        (path, signed(world, path, &key, event, "text/plain"), 415),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_openapi_3_1_and_names_the_routes_that_are_there_and_no_others() {
    let world = World::create(Engine::Sqlite).await;
    let _receiver = Process::start(&world.config, Some("receiver"));
    world.ready().await;
    let description = description(&world).await;
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1."), "{}", description["openapi"]);
    serde_json::from_value::<OpenApi>(description.clone()).unwrap();
    let contract = ROUTES.map(|(method, path)| (method.to_owned(), path.to_owned()));
    assert_eq!(routes(&description), contract.into());
    for reference in references(&description) {
        let target = reference.strip_prefix('#').and_then(|pointer| description.pointer(pointer));
        assert!(target.is_some(), "{reference} is nowhere");
    }

    let http = http();
    for (method, path) in ROUTES {
        let url = world.at(&path.replace("{store}", "acme-au"));
        let (own, other) =
            if method == "get" { (Method::GET, Method::POST) } else { (Method::POST, Method::GET) };
        let status = http.request(own, url.clone()).send().await.unwrap().status().as_u16();
        assert!(described(&description, method, path).contains(&status), "{method} {path}: {status}");
        assert_eq!(http.request(other, url).send().await.unwrap().status(), 405, "{path}");
    }
    for path in
        ["", "webhooks", "webhooks/bigcommerce/acme-au/more", "warehouse", "openapi.yaml", "console", "debug"]
    {
        assert_eq!(http.get(world.at(path)).send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_one_that_is_described() {
    let world = World::create(Engine::Sqlite).await;
    let _receiver = Process::start(&world.config, Some("receiver"));
    world.ready().await;
    let description = description(&world).await;
    for (path, request, wanted) in webhook_cases(&world).into_iter().chain(warehouse_cases(&world)) {
        let answer = request.send().await.unwrap();
        let (status, content_type) = (answer.status().as_u16(), answer.headers()["content-type"].clone());
        assert_eq!(status, wanted, "{path}");
        assert!(described(&description, "post", path).contains(&status), "{path}: {status} is not described");
        let content = &description["paths"][path]["post"]["responses"][status.to_string()]["content"];
        let content_type = content_type.to_str().unwrap();
        assert!(content.get(content_type).is_some(), "{path}, {status}: {content_type} is not described");
        let body: Value = answer.json().await.unwrap();
        assert!(
            if status == 200 { body["published"] == 1 } else { body["status"] == status },
            "{path}: {body}"
        );
    }
    for (_, path) in ROUTES.iter().filter(|(method, _)| *method == "post") {
        let described = described(&description, "post", path);
        assert!(SEEN_ELSEWHERE.iter().all(|status| described.contains(status)), "{path}: {described:?}");
    }
}
