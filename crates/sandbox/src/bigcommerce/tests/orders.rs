//! Orders: lists, filters, includes, changes.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::Method;
use serde_json::{Value, json};

use super::Stand;
use crate::Draft;

fn ids(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|order| order["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn an_empty_list_is_no_content() {
    let stand = Stand::open().await;
    let empty = stand.get("v2/orders").await;
    assert_eq!((empty.status, empty.body), (204, Value::Null));
    let id = stand.order();
    let beyond = stand.get("v2/orders?page=2").await;
    assert_eq!((beyond.status, beyond.body), (204, Value::Null));
    assert_eq!(stand.get(&format!("v2/orders/{id}/shipments")).await.status, 204);
}

#[tokio::test]
async fn orders_are_listed_page_by_page_from_the_lowest_id() {
    let stand = Stand::open().await;
    for _ in 0..55 {
        stand.shop.place_order(&Draft::of(&[("POSTER", 1)]));
    }
    assert_eq!(ids(&stand.get("v2/orders").await.body), (1001..1051).collect::<Vec<_>>());
    assert_eq!(ids(&stand.get("v2/orders?page=2").await.body), (1051..1056).collect::<Vec<_>>());
    assert_eq!(ids(&stand.get("v2/orders?limit=250").await.body).len(), 55);
    assert_eq!(stand.get("v2/orders?limit=251").await.status, 413);
    assert_eq!(ids(&stand.get("v2/orders?limit=2&sort=id:desc").await.body), [1055, 1054]);
    assert_eq!(ids(&stand.get("v2/orders?min_id=1003&max_id=1005").await.body), [1003, 1004, 1005]);
    assert_eq!(stand.get("v2/orders?sort=colour").await.status, 400);
}

#[tokio::test]
async fn filters_look_at_status_channel_and_dates() {
    let stand = Stand::open().await;
    let paid = stand.order().parse::<u64>().unwrap();
    let unpaid = stand.shop.place_order(&Draft::of(&[("POSTER", 1)]).unpaid()).parse::<u64>().unwrap();
    stand.shop.change_order(&unpaid.to_string(), |fields| {
        fields.insert("channel_id".into(), json!(2));
    });
    assert_eq!(ids(&stand.get("v2/orders?status_id=11").await.body), [paid]);
    assert_eq!(ids(&stand.get("v2/orders?status_id=7").await.body), [unpaid]);
    assert_eq!(ids(&stand.get("v2/orders?channel_id=2").await.body), [unpaid]);
    assert_eq!(stand.get("v2/orders?status_id=awaiting").await.status, 400);

    let modified = stand.shop.order(&paid.to_string())["date_modified"].as_str().unwrap().to_owned();
    let moment = rfc2822::parse(&modified).unwrap().timestamp();
    let later = Timestamp::from_second(moment.as_second() + 3600).unwrap();
    for date in [modified, moment.to_string()] {
        let request = stand.request(Method::GET, "v2/orders").query(&[("min_date_modified", &date)]);
        assert_eq!(ids(&Stand::send(request).await.body), [paid, unpaid], "{date}");
    }
    let request = stand.request(Method::GET, "v2/orders").query(&[("min_date_modified", later.to_string())]);
    assert_eq!(Stand::send(request).await.status, 204);
    assert_eq!(stand.get("v2/orders?min_date_created=yesterday").await.status, 400);
}

#[tokio::test]
async fn includes_bring_address_and_lines_in_one_call_and_only_in_the_object_structure() {
    let stand = Stand::open().await;
    let id = stand.order();
    let include = "include=consignments,consignments.line_items";
    let whole = stand.get(&format!("v2/orders/{id}?{include}&consignment_structure=object")).await.body;
    let shipping = &whole["consignments"]["shipping"][0];
    assert_eq!(shipping["city"], "Melbourne");
    assert_eq!(shipping["base_cost"], 0.0);
    let products = stand.get(&format!("v2/orders/{id}/products")).await.body;
    assert_eq!(shipping["line_items"], products);
    let address = stand.get(&format!("v2/orders/{id}/shipping_addresses")).await.body;
    assert_eq!(products[0]["order_address_id"], address[0]["id"]);
    assert_ne!(shipping["id"], address[0]["id"], "a consignment is no address");

    let links = &stand.get(&format!("v2/orders/{id}?{include}")).await.body["consignments"];
    assert_eq!(links["resource"], format!("/orders/{id}/consignments"));
    let followed = stand.http.get(links["url"].as_str().unwrap()).header("x-auth-token", &stand.token);
    let followed = Stand::send(followed).await.body;
    assert_eq!(
        followed["shipping"][0]["line_items"][0]["resource"],
        format!("/orders/{id}/products/{}", products[0]["id"])
    );
    let listed = stand.get(&format!("v2/orders?{include}&consignment_structure=object")).await.body;
    assert_eq!(listed[0], whole);
}

#[tokio::test]
async fn each_address_of_an_order_has_its_own_products() {
    let stand = Stand::open().await;
    let id = stand
        .shop
        .place_order(&Draft::of(&[("MUG", 2)]).and_to("9 Other Street", &[("MUG", 1), ("TEE-M", 1)]));
    let query = "include=consignments,consignments.line_items&consignment_structure=object";
    let whole = stand.get(&format!("v2/orders/{id}?{query}")).await.body;
    let told = whole["consignments"]["shipping"].as_array().unwrap().iter().map(|to| {
        let lines = to["line_items"].as_array().unwrap().iter();
        let lines = lines.map(|line| (line["sku"].as_str().unwrap(), line["quantity"].as_u64().unwrap()));
        (to["street_1"].as_str().unwrap(), lines.collect::<Vec<_>>())
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [("455 Collins Street", vec![("MUG", 2)]), ("9 Other Street", vec![("MUG", 1), ("TEE-M", 1)])]
    );
    let products = stand.get(&format!("v2/orders/{id}/products")).await.body;
    let addresses = stand.get(&format!("v2/orders/{id}/shipping_addresses")).await.body;
    let places = [0, 1, 1].map(|at: usize| addresses[at]["id"].clone());
    assert_eq!([0, 1, 2].map(|at: usize| products[at]["order_address_id"].clone()), places);
}

#[tokio::test]
async fn what_goes_by_e_mail_or_is_collected_stands_apart_from_the_parcel() {
    let stand = Stand::open().await;
    let id = stand.shop.place_order(&Draft::of(&[("MUG", 2), ("TEE-M", 1), ("POSTER", 1)]));
    stand.shop.change_products(&id, |products| {
        products[1]["type"] = json!("digital");
        products[2]["order_pickup_method_id"] = json!(1);
    });
    let query = "include=consignments,consignments.line_items&consignment_structure=object";
    let consignments = stand.get(&format!("v2/orders/{id}?{query}")).await.body["consignments"].clone();
    let skus =
        |of: &Value| of["line_items"].as_array().unwrap().iter().map(|line| line["sku"].clone()).collect();
    let places = ["shipping", "downloads", "pickups"];
    let told: [Vec<Value>; 3] = places.map(|place| skus(&consignments[place][0]));
    assert_eq!(told, [[json!("MUG")], [json!("TEE-M")], [json!("POSTER")]]);
    assert_eq!(consignments["downloads"][0]["recipient_email"], "jane.doe@example.com");
    assert_eq!(consignments["email"]["gift_certificates"], json!([]));
}

#[tokio::test]
async fn a_status_is_set_alone_and_everything_else_stays() {
    let stand = Stand::open().await;
    let id = stand.order();
    let before = stand.get(&format!("v2/orders/{id}")).await.body;
    let answer = stand.put(&format!("v2/orders/{id}"), &json!({ "status_id": 10 })).await;
    assert_eq!(answer.status, 200);
    let mut expected = before;
    for (name, value) in
        [("status_id", json!(10)), ("status", json!("Completed")), ("custom_status", json!("Completed"))]
    {
        expected[name] = value;
    }
    expected["date_modified"] = answer.body["date_modified"].clone();
    assert_eq!(answer.body, expected);
    assert_eq!(stand.shop.status_changes(&id), [10]);
    assert_eq!(stand.put(&format!("v2/orders/{id}"), &json!({ "status_id": 99 })).await.status, 400);
    let read_only = stand.put(&format!("v2/orders/{id}"), &json!({ "status": "Shipped" })).await;
    assert_eq!(read_only.status, 400);
    assert!(
        read_only.body[0]["message"]
            .as_str()
            .unwrap()
            .starts_with("The field 'status' cannot be written to.")
    );
    assert_eq!((stand.shop.status(&id), stand.shop.buyer_mails(&id)), (Some(10), 0));
}

#[tokio::test]
async fn parallel_readers_and_buyers_do_not_hinder_each_other() {
    let stand = Stand::open().await;
    let buyer = async {
        for _ in 0..30 {
            stand.order();
            tokio::task::yield_now().await;
        }
    };
    let reads = futures_util::future::join_all((0..30).map(|_| stand.get("v2/orders?limit=250")));
    let ((), answers) = tokio::join!(buyer, reads);
    assert!(answers.iter().all(|answer| [200, 204].contains(&answer.status)));
    assert_eq!(ids(&stand.get("v2/orders?limit=250").await.body), (1001..1031).collect::<Vec<_>>());
}
