//! A shop that is reached by a legacy account.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Stand, options};
use crate::{BigcommerceOptions, Draft, LegacyAccount, Quota};

async fn legacy(options: BigcommerceOptions) -> Stand {
    let account = LegacyAccount { username: "npf".into(), includes_consignments: false };
    Stand::with(BigcommerceOptions { legacy: Some(account), ..options }).await
}

impl Stand {
    async fn basic(&self, method: Method, resource: &str, body: Option<&Value>) -> Answer {
        let url = self.shop.api_path().join(resource).unwrap();
        let request = self.http.request(method, url).basic_auth("npf", Some(&self.token));
        Self::send(body.into_iter().fold(request, reqwest::RequestBuilder::json)).await
    }

    async fn read(&self, resource: &str) -> Answer {
        self.basic(Method::GET, resource, None).await
    }
}

#[tokio::test]
async fn name_and_token_open_the_second_version_and_nothing_else() {
    let stand = legacy(options()).await;
    assert_eq!(stand.read("store").await.status, 200);
    assert_eq!(stand.read("/api/v3/hooks").await.status, 404);
    assert_eq!(stand.read("/stores/abc123/v2/store").await.status, 403);
    let by_token = stand.http.get(stand.shop.api_path().join("store").unwrap());
    assert_eq!(Stand::send(by_token.header("x-auth-token", &stand.token)).await.status, 401);
    stand.shop.set_access_token("another");
    assert_eq!(stand.read("store").await.status, 401);
}

#[tokio::test]
async fn an_order_comes_without_consignments_and_nobody_is_told_of_it() {
    let receiver = Some("http://127.0.0.1:1/".parse().unwrap());
    let stand = legacy(BigcommerceOptions { receiver, ..options() }).await;
    let id = stand.shop.place_order(&Draft::of(&[("MUG", 1)]));
    let include = "include=consignments,consignments.line_items&consignment_structure=object";
    let order = stand.read(&format!("orders/{id}?{include}")).await.body;
    assert_eq!((order["id"].to_string(), order.get("consignments")), (id, None));
    assert!(!stand.shop.callbacks().has_receiver());
}

#[tokio::test]
async fn stock_is_a_field_of_the_product_or_of_the_sku_that_counts_it() {
    let stand = legacy(options()).await;
    let level = json!({ "inventory_level": 3 });
    let put = async |resource: &str, body: &Value| stand.basic(Method::PUT, resource, Some(body)).await;
    assert_eq!(put("products/77", &level).await.body["inventory_level"], 3);
    assert_eq!(put("products/78", &level).await.body["inventory_level"], 10, "its SKUs count");
    assert_eq!(put("products/79", &level).await.body["inventory_level"], 0, "it is not counted");
    let skus = stand.read("products/skus?sku=TEE-M").await.body;
    let path = format!("products/78/skus/{}", skus[0]["id"]);
    assert_eq!(put(&path, &level).await.body["inventory_level"], 3);
    assert_eq!(
        (stand.shop.catalog().stock("TEE-M"), stand.shop.catalog().stock("TEE-S")),
        (Some(3), Some(5))
    );
    assert_eq!(put("products/77", &json!({ "id": 1, "inventory_level": 3 })).await.status, 400);
    assert_eq!(put("products/77/skus/100177", &level).await.status, 404, "it has no options");
}

#[tokio::test]
async fn products_are_listed_by_id_with_the_fields_asked_for() {
    let stand = legacy(options()).await;
    let listed = stand.read("products?min_id=78&include=@summary").await.body;
    let told = |it: &Value| format!("{} {} {}", it["id"], it["sku"], it["inventory_tracking"]);
    let listed_as: Vec<String> = listed.as_array().unwrap().iter().map(told).collect();
    assert_eq!(listed_as, [r#"78 "" "sku""#, r#"79 "POSTER" "none""#]);
    assert_eq!(listed[0].get("price"), None);
    assert_eq!(stand.read("products?sku=NOWHERE").await.status, 204);
    assert_eq!(stand.read("products/skus?max_id=100178").await.body[0]["sku"], "TEE-S");
}

#[tokio::test]
async fn only_a_refusal_tells_how_long_to_wait() {
    let quota = Quota { requests: 1, ..Quota::BIGCOMMERCE };
    let stand = legacy(BigcommerceOptions { quota, ..options() }).await;
    let told =
        |answer: &Answer| answer.headers.keys().filter(|name| name.as_str().starts_with("x-r")).count();
    assert_eq!(told(&stand.read("store").await), 0);
    let refused = stand.read("store").await;
    assert_eq!((refused.status, refused.header("x-retry-after"), told(&refused)), (429, "30", 1));
}
