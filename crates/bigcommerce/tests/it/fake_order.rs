//! An order at a fake shop that remembers what is written to it.

use std::sync::{Arc, Mutex};

use crossdock_storefront::Dispatched;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// The order's state; the tests read and change it between calls.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) status_id: i64,
    pub(crate) products: Vec<Value>,
    pub(crate) shipments: Vec<Value>,
    calls: Vec<String>,
    /// Bodies of the PUTs.
    pub(crate) puts: Vec<Value>,
    /// Bodies of the PUTs to shipments.
    pub(crate) labels: Vec<Value>,
    /// The status that a shipment moves the order to by itself.
    pub(crate) status_after_shipment: Option<i64>,
    /// Units that the order says have shipped, if not as many as its lines say.
    pub(crate) items_shipped: Option<u64>,
    /// Whether the shop has the order's lines only as a list of their own.
    pub(crate) leaves_out_lines: bool,
    /// How the next POST goes wrong, after or before it took effect.
    pub(crate) fault: Option<Fault>,
}

/// How a POST goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It takes effect, and the answer is lost.
    AnswerLost,
    /// It takes effect, and the answer is of no known shape.
    AnswerGarbled,
    /// It takes effect, and the answer refuses it: an earlier try of the same was quicker.
    RefusedAfterAll,
    /// It is refused.
    Refused,
    /// What is to be deleted was deleted by somebody else a moment before.
    GoneMeanwhile,
    /// The order's next status is refused; what is done to shipments is not.
    StatusRefused,
    /// The second POST from now has its answer lost.
    SecondAnswerLost,
}

/// A fake shop with order 1001.
pub(crate) struct FakeOrder {
    pub(crate) server: MockServer,
    pub(crate) state: Arc<Mutex<State>>,
}

/// A line of the order.
pub(crate) fn line(id: u64, address: u64, sku: &str, quantity: u32) -> Value {
    json!({
        "id": id, "order_address_id": address, "sku": sku, "type": "physical", "price_inc_tax": "10.0000",
        "quantity": quantity, "quantity_shipped": 0, "quantity_refunded": 0,
    })
}

impl FakeOrder {
    /// In status 11, awaiting fulfilment.
    pub(crate) async fn start(products: Vec<Value>) -> Self {
        let state = Arc::new(Mutex::new(State { status_id: 11, products, ..State::default() }));
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(Shop(Arc::clone(&state))).mount(&server).await;
        Self { server, state }
    }

    /// Changes the state.
    pub(crate) fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    /// The shipments that stand, as `address: product x quantity, …`.
    pub(crate) fn shipped(&self) -> Vec<String> {
        let told = |shipment: &Value| {
            let items = shipment["items"].as_array().unwrap().iter();
            let items: Vec<_> =
                items.map(|item| format!("{} x {}", item["order_product_id"], item["quantity"])).collect();
            format!("{}: {}", shipment["order_address_id"], items.join(", "))
        };
        self.state.lock().unwrap().shipments.iter().map(told).collect()
    }

    /// Method and path of the calls since the last look, as `GET` or `POST /shipments`.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// How often the status was written.
    pub(crate) fn puts(&self) -> Vec<Value> {
        self.state.lock().unwrap().puts.clone()
    }
}

struct Shop(Arc<Mutex<State>>);

impl Respond for Shop {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let path = request.url.path().strip_prefix("/stores/abc123/v2/orders/1001");
        state.calls.push(format!("{} {}", request.method, path.unwrap_or("?")).trim_end().to_owned());
        match (request.method.as_str(), path) {
            ("GET", Some("")) => answer(&order(&state, request.url.query().unwrap_or_default())),
            ("GET", Some("/products")) => list(&state.products),
            ("GET", Some("/shipments")) => list(&state.shipments),
            ("POST", Some("/shipments")) => post(&mut state, request.body_json().unwrap()),
            ("PUT", Some("")) if state.fault == Some(Fault::StatusRefused) => refused(),
            ("PUT", Some("")) => {
                let body: Value = request.body_json().unwrap();
                state.status_id = body["status_id"].as_i64().unwrap();
                state.puts.push(body);
                answer(&json!({ "id": 1001, "status_id": state.status_id }))
            }
            (method @ ("PUT" | "DELETE"), Some(path)) if path.starts_with("/shipments/") => {
                change_shipment(&mut state, method, path, request)
            }
            _ => not_found(),
        }
    }
}

/// With its lines, if they are asked for: those without an address are collected by the buyer.
fn order(state: &State, query: &str) -> Value {
    let units = |name: &str| state.products.iter().filter_map(|line| line[name].as_u64()).sum::<u64>();
    let mut order = json!({
        "id": 1001, "status_id": state.status_id,
        "items_total": units("quantity"),
        "items_shipped": state.items_shipped.unwrap_or_else(|| units("quantity_shipped")),
        "consignments": { "url": "https://shop.example/v2/orders/1001/consignments", "resource": "/orders/1001/consignments" },
    });
    let asked = query.contains("consignments.line_items") && query.contains("consignment_structure=object");
    if asked && !state.leaves_out_lines {
        let (mut shipping, mut pickups) = (Vec::new(), Vec::new());
        for line in &state.products {
            let address = &line["order_address_id"];
            let consignments = if *address == 0 { &mut pickups } else { &mut shipping };
            consignments.push(json!({ "id": address, "line_items": [line] }));
        }
        order["consignments"] = json!({ "shipping": shipping, "pickups": pickups });
    }
    order
}

fn post(state: &mut State, mut shipment: Value) -> ResponseTemplate {
    let fault = state.fault.take();
    if fault == Some(Fault::SecondAnswerLost) {
        state.fault = Some(Fault::AnswerLost);
    }
    let refused =
        json!([{ "status": 400, "message": "The field 'items' is invalid: nothing is left to ship." }]);
    let refused = ResponseTemplate::new(400).set_body_json(refused);
    let items = shipment["items"].as_array().unwrap().clone();
    let fits = items.iter().all(|item| {
        let line = state.products.iter().find(|line| line["id"] == item["order_product_id"]).unwrap();
        let open = line["quantity"].as_u64().unwrap() - line["quantity_shipped"].as_u64().unwrap();
        line["order_address_id"] == shipment["order_address_id"] && item["quantity"].as_u64().unwrap() <= open
    });
    if fault == Some(Fault::Refused) || !fits {
        return refused;
    }
    for item in &items {
        let line = state.products.iter_mut().find(|line| line["id"] == item["order_product_id"]).unwrap();
        line["quantity_shipped"] =
            json!(line["quantity_shipped"].as_u64().unwrap() + item["quantity"].as_u64().unwrap());
    }
    state.status_id = state.status_after_shipment.unwrap_or(state.status_id);
    let last = state.shipments.iter().filter_map(|it| it["id"].as_u64()).max();
    shipment["id"] = json!(last.unwrap_or(0) + 1);
    state.shipments.push(shipment.clone());
    match fault {
        Some(Fault::AnswerLost) => ResponseTemplate::new(502),
        Some(Fault::AnswerGarbled) => ResponseTemplate::new(201).set_body_string("created"),
        Some(Fault::RefusedAfterAll) => refused,
        _ => ResponseTemplate::new(201).set_body_json(shipment),
    }
}

/// Of a shipment: a PUT merges, a DELETE makes its units open again, and leaves the status.
fn change_shipment(state: &mut State, method: &str, path: &str, request: &Request) -> ResponseTemplate {
    let fault = state.fault.take_if(|fault| *fault != Fault::StatusRefused);
    let id: u64 = path.rsplit('/').next().unwrap().parse().unwrap();
    let Some(at) = state.shipments.iter().position(|it| it["id"] == id) else {
        return not_found();
    };
    if fault == Some(Fault::Refused) {
        return refused();
    }
    if method == "PUT" {
        let label: serde_json::Map<String, Value> = request.body_json().unwrap();
        state.shipments[at].as_object_mut().unwrap().extend(label.clone());
        state.labels.push(label.into());
    } else {
        let gone = state.shipments.remove(at);
        for item in gone["items"].as_array().unwrap() {
            let line = state.products.iter_mut().find(|line| line["id"] == item["order_product_id"]).unwrap();
            line["quantity_shipped"] =
                json!(line["quantity_shipped"].as_u64().unwrap() - item["quantity"].as_u64().unwrap());
        }
    }
    match fault {
        Some(Fault::AnswerLost) => ResponseTemplate::new(502),
        Some(Fault::GoneMeanwhile) => not_found(),
        _ => ResponseTemplate::new(200).set_body_json(json!({ "id": id })),
    }
}

fn not_found() -> ResponseTemplate {
    let message = "The requested resource was not found.";
    ResponseTemplate::new(404).set_body_json(json!([{ "status": 404, "message": message }]))
}

fn refused() -> ResponseTemplate {
    ResponseTemplate::new(409).set_body_json(json!([{ "status": 409, "message": "it is invoiced" }]))
}

fn answer(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn list(rows: &[Value]) -> ResponseTemplate {
    if rows.is_empty() { ResponseTemplate::new(204) } else { ResponseTemplate::new(200).set_body_json(rows) }
}

/// What a test expects of a dispatch.
pub(crate) fn dispatched(shipments: &[&str], order_status: &str, wrote: bool) -> Dispatched {
    let shop_shipments = shipments.iter().map(|id| (*id).to_owned()).collect();
    Dispatched { shop_shipments, order_status: order_status.to_owned(), wrote }
}
