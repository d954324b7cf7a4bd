//! Orders: search, partial updates, mails.

use serde_json::{Value, json};

use super::{Stand, options};
use crate::Draft;

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|order| order["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn orders_are_found_page_by_page_and_by_what_they_are() {
    let stand = Stand::open().await;
    let (first, second) = (stand.order(), stand.shop.place_order(&Draft::of(&[("POSTER", 1)]).unpaid()));
    let page = stand.get("orders?limit=1&offset=1").await.body;
    assert_eq!((&page["total"], &page["count"], &page["limit"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(ids(&page), [&first]);
    assert_eq!(stand.get("orders?limit=5000").await.body["limit"], 100);
    assert_eq!(ids(&stand.get("orders?paymentStatus=PAID,REFUNDED").await.body), [&first]);
    assert_eq!(ids(&stand.get("orders?paymentStatus=AWAITING_PAYMENT").await.body), [&second]);
    assert!(ids(&stand.get("orders?fulfillmentStatus=SHIPPED").await.body).is_empty());
    assert_eq!(ids(&stand.get(&format!("orders?ids={first}")).await.body), [&first]);
    let updated = stand.shop.order(&second)["updateTimestamp"].as_i64().unwrap();
    assert_eq!(ids(&stand.get(&format!("orders?updatedFrom={}", updated - 60)).await.body).len(), 2);
    assert!(ids(&stand.get(&format!("orders?updatedFrom={}", updated + 3600)).await.body).is_empty());
    let cut = stand.get("orders?responseFields=total,items(id)").await.body;
    assert_eq!(cut, json!({ "total": 2, "items": [{ "id": second }, { "id": first }] }));
}

#[tokio::test]
async fn an_order_is_read_by_its_id_and_by_the_internal_one() {
    let stand = Stand::open().await;
    let id = stand.order();
    assert_eq!(id.len(), 5);
    let order = stand.get(&format!("orders/{id}")).await.body;
    assert_eq!(order, stand.get(&format!("orders/{}", order["internalId"])).await.body);
    assert_eq!(order["total"], 37.5);
    assert_eq!(order["items"][0]["price"], 12.5);
    assert_eq!(order["items"][1]["combinationId"], 1703);
    assert!(order["items"][0].get("combinationId").is_none());
    assert!(order.get("trackingNumber").is_none(), "what there is not is absent");
    let again = Stand::with(options()).await;
    assert_eq!(again.order(), id, "the same seed gives the same ids");
}

#[tokio::test]
async fn an_update_is_partial_and_mails_once_for_number_and_status_together() {
    let stand = Stand::open().await;
    let id = stand.order();
    let before = stand.shop.order(&id);
    let body = json!({ "trackingNumber": "A1", "fulfillmentStatus": "SHIPPED" });
    let answer = stand.put(&format!("orders/{id}"), &body).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({ "updateCount": 1 })));
    let after = stand.shop.order(&id);
    assert_eq!((&after["trackingNumber"], &after["fulfillmentStatus"]), (&json!("A1"), &json!("SHIPPED")));
    assert_eq!((&after["items"], &after["shippingPerson"]), (&before["items"], &before["shippingPerson"]));
    assert_eq!(stand.shop.buyer_mails(&id), 1);
    stand.put(&format!("orders/{id}"), &body).await;
    assert_eq!(stand.shop.buyer_mails(&id), 1, "nothing new to tell");
    assert_eq!(stand.shop.updates(&id), [body.clone(), body]);
}

#[tokio::test]
async fn two_updates_mail_twice_and_a_silent_order_never() {
    let stand = Stand::open().await;
    let id = stand.order();
    stand.put(&format!("orders/{id}"), &json!({ "fulfillmentStatus": "SHIPPED" })).await;
    stand.put(&format!("orders/{id}"), &json!({ "trackingNumber": "A1" })).await;
    assert_eq!(stand.shop.buyer_mails(&id), 2);
    stand
        .put(
            &format!("orders/{id}"),
            &json!({ "trackingNumber": "A2", "disableAllCustomerNotifications": true }),
        )
        .await;
    assert_eq!(stand.shop.buyer_mails(&id), 2);
}

#[tokio::test]
async fn items_that_are_not_sent_are_removed() {
    let stand = Stand::open().await;
    let id = stand.order();
    let kept = stand.shop.order(&id)["items"][1]["id"].clone();
    stand.put(&format!("orders/{id}"), &json!({ "items": [{ "id": kept, "quantity": 3 }] })).await;
    let items = stand.shop.order(&id)["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1);
    assert_eq!((&items[0]["sku"], &items[0]["quantity"]), (&json!("TEE-M"), &json!(3)));
}

#[tokio::test]
async fn ids_cannot_be_written_and_statuses_must_be_known() {
    let stand = Stand::open().await;
    let id = stand.order();
    stand.put(&format!("orders/{id}"), &json!({ "id": "OTHER", "internalId": 1 })).await;
    assert_eq!(stand.get(&format!("orders/{id}")).await.body["id"], json!(id));
    let refused = stand.put(&format!("orders/{id}"), &json!({ "fulfillmentStatus": "CANCELLED" })).await;
    assert_eq!((refused.status, refused.code()), (400, "WRONG_PARAMETER"));
    let paid = Some(("PAID".to_owned(), "AWAITING_PROCESSING".to_owned()));
    assert_eq!(stand.shop.statuses(&id), paid);
    stand.shop.remove_order(&id);
    assert_eq!(stand.get(&format!("orders/{id}")).await.status, 404);
    assert_eq!(stand.shop.order(&id), Value::Null);
}

#[tokio::test]
async fn a_custom_status_is_listed_with_its_name_once_it_is_on() {
    const DEPOSIT: &str = "CUSTOM_PAYMENT_STATUS_1";
    let stand = Stand::open().await;
    stand.shop.name_status(DEPOSIT, "Deposit paid");
    let listed = stand.get("profile/order_statuses").await.body["items"].clone();
    let listed = listed.as_array().unwrap();
    let status = |id: &str| listed.iter().find(|status| status["statusId"] == id).unwrap();
    assert_eq!(listed.len(), 20);
    assert_eq!(status("PAID")["defaultStatus"], true);
    assert_eq!(
        (&status(DEPOSIT)["enabled"], &status(DEPOSIT)["name"]),
        (&json!(true), &json!("Deposit paid"))
    );
    assert_eq!(status("CUSTOM_PAYMENT_STATUS_2")["enabled"], false);
    let id = stand.order();
    stand.put(&format!("orders/{id}"), &json!({ "paymentStatus": DEPOSIT })).await;
    assert_eq!(stand.get(&format!("orders/{id}")).await.body["paymentStatus"], DEPOSIT);
}

#[tokio::test]
async fn what_the_merchant_cancels_is_back_in_stock_once() {
    let stand = Stand::open().await;
    let id = stand.shop.place_order(&Draft::of(&[("MUG", 2), ("TEE-M", 1), ("POSTER", 1)]));
    let stock = || ["MUG", "TEE-M", "POSTER"].map(|sku| stand.shop.catalog().stock(sku));
    assert_eq!(stock(), [Some(8), Some(4), None]);
    for (payment, fulfillment) in [("CANCELLED", "SHIPPED"), ("CANCELLED", "WILL_NOT_DELIVER")] {
        stand.shop.set_statuses(&id, payment, fulfillment);
        assert_eq!(stock(), [Some(10), Some(5), None]);
    }
}
