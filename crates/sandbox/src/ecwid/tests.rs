//! The shop over real HTTP, held against what is documented.

mod access;
mod batches;
mod documents;
mod orders;
mod products;
mod webhooks;

use std::sync::Arc;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{EcwidOptions, EcwidShop};
use crate::{Draft, Item};

/// A shop with something to buy, and a client of its API.
struct Stand {
    shop: Arc<EcwidShop>,
    http: reqwest::Client,
}

/// What an answer says.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn code(&self) -> &str {
        self.body["errorCode"].as_str().unwrap()
    }
}

/// A simple product, one with two combinations, and one without limit.
fn goods() -> Vec<Item> {
    let item = |product_id, variant_id, sku: &str, size: Option<&str>, stock| Item {
        product_id,
        variant_id,
        sku: sku.into(),
        name: format!("Product {product_id}"),
        options: size.map(|size| ("Size".to_owned(), size.to_owned())).into_iter().collect(),
        price: "12.5".parse().unwrap(),
        stock,
    };
    vec![
        item(701, 1701, "MUG", None, Some(10)),
        item(702, 1702, "TEE-S", Some("S"), Some(5)),
        item(702, 1703, "TEE-M", Some("M"), Some(5)),
        item(703, 1704, "POSTER", None, None),
    ]
}

fn options() -> EcwidOptions {
    EcwidOptions { catalog: goods(), ..EcwidOptions::default() }
}

impl Stand {
    async fn open() -> Self {
        Self::with(options()).await
    }

    async fn with(options: EcwidOptions) -> Self {
        Self { shop: EcwidShop::start(options).await.unwrap(), http: reqwest::Client::new() }
    }

    fn bare(&self, method: Method, resource: &str) -> RequestBuilder {
        self.http.request(method, self.shop.url().join("/api/v3/1003/").unwrap().join(resource).unwrap())
    }

    async fn send(request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, body: answer.json().await.unwrap() }
    }

    async fn get(&self, resource: &str) -> Answer {
        Self::send(self.bare(Method::GET, resource).bearer_auth("secret_sandbox")).await
    }

    async fn put(&self, resource: &str, body: &Value) -> Answer {
        Self::send(self.bare(Method::PUT, resource).bearer_auth("secret_sandbox").json(body)).await
    }

    /// An order of two mugs and a shirt.
    fn order(&self) -> String {
        self.shop.place_order(&Draft::of(&[("MUG", 2), ("TEE-M", 1)]))
    }
}
