//! The shop over real HTTP, held against what is documented.

mod access;
mod documents;
mod hooks;
mod legacy;
mod orders;
mod shipments;
mod stock;
mod trouble;
mod webhooks;

use std::sync::Arc;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{BigcommerceOptions, BigcommerceShop};
use crate::{Draft, Item};

/// A shop with something to buy, and a client of its API.
struct Stand {
    shop: Arc<BigcommerceShop>,
    http: reqwest::Client,
    token: String,
}

/// What an answer says.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    /// Null if there is no body.
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// A simple product, one with two variants, and one that is not tracked.
fn goods() -> Vec<Item> {
    let item = |product_id, variant_id, sku: &str, size: Option<&str>, stock| Item {
        product_id,
        variant_id,
        sku: sku.into(),
        name: format!("Product {product_id}"),
        options: size.map(|size| ("Size".to_owned(), size.to_owned())).into_iter().collect(),
        price: "19.95".parse().unwrap(),
        stock,
    };
    vec![
        item(77, 177, "MUG", None, Some(10)),
        item(78, 178, "TEE-S", Some("S"), Some(5)),
        item(78, 179, "TEE-M", Some("M"), Some(5)),
        item(79, 180, "POSTER", None, None),
    ]
}

fn options() -> BigcommerceOptions {
    BigcommerceOptions { catalog: goods(), ..BigcommerceOptions::default() }
}

impl Stand {
    async fn open() -> Self {
        Self::with(options()).await
    }

    async fn with(options: BigcommerceOptions) -> Self {
        let token = options.access_token.clone();
        Self { shop: BigcommerceShop::start(options).await.unwrap(), http: reqwest::Client::new(), token }
    }

    /// A request to a resource such as `v2/orders`.
    fn request(&self, method: Method, resource: &str) -> RequestBuilder {
        let url = self.shop.url().join("/stores/abc123/").unwrap().join(resource).unwrap();
        self.http
            .request(method, url)
            .header("x-auth-token", &self.token)
            .header("accept", "application/json")
    }

    async fn send(request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Answer { status, headers, body }
    }

    async fn get(&self, resource: &str) -> Answer {
        Self::send(self.request(Method::GET, resource)).await
    }

    async fn put(&self, resource: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::PUT, resource).json(body)).await
    }

    async fn post(&self, resource: &str, body: &Value) -> Answer {
        Self::send(self.request(Method::POST, resource).json(body)).await
    }

    async fn delete(&self, resource: &str) -> Answer {
        Self::send(self.request(Method::DELETE, resource)).await
    }

    /// An order of two mugs and a shirt.
    fn order(&self) -> String {
        self.shop.place_order(&Draft::of(&[("MUG", 2), ("TEE-M", 1)]))
    }

    /// The body of a shipment of these places in the order, each with its units.
    fn parcel(&self, order_id: &str, lines: &[(usize, u32)]) -> Value {
        let book = self.shop.state.book();
        let order = book.find(order_id).unwrap();
        let item = |(place, units): &(usize, u32)| json!({ "order_product_id": order.products[*place]["id"], "quantity": units });
        json!({
            "order_address_id": order.products[lines[0].0]["order_address_id"],
            "tracking_number": "EJ958083578US",
            "shipping_provider": "",
            "tracking_carrier": "australia-post",
            "items": lines.iter().map(item).collect::<Vec<_>>(),
        })
    }
}
