//! Shipments: twice is two, more than open is refused, and what becomes of the order.

use serde_json::{Value, json};

use super::{Stand, options};
use crate::Draft;

#[tokio::test]
async fn the_same_shipment_twice_is_two_shipments_and_two_mails() {
    let stand = Stand::open().await;
    let id = stand.order();
    let (path, parcel) = (format!("v2/orders/{id}/shipments"), stand.parcel(&id, &[(0, 1)]));
    let (first, second) = (stand.post(&path, &parcel).await, stand.post(&path, &parcel).await);
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.body["id"], second.body["id"]);
    assert_eq!(stand.get(&path).await.body, json!([first.body, second.body]));
    assert_eq!(stand.get(&format!("{path}/count")).await.body, json!({ "count": 2 }));
    assert_eq!(stand.shop.buyer_mails(&id), 2);
    let products = stand.get(&format!("v2/orders/{id}/products")).await.body;
    assert_eq!(products[0]["quantity_shipped"], 2);
}

#[tokio::test]
async fn more_than_is_open_is_refused_and_nothing_changes() {
    let stand = Stand::open().await;
    let id = stand.order();
    let path = format!("v2/orders/{id}/shipments");
    assert_eq!(stand.post(&path, &stand.parcel(&id, &[(0, 3)])).await.status, 400);
    assert_eq!(
        stand.post(&path, &stand.parcel(&id, &[(0, 1), (0, 2)])).await.status,
        400,
        "one line named twice"
    );
    assert_eq!(stand.post(&path, &stand.parcel(&id, &[(0, 2)])).await.status, 201);
    assert_eq!(stand.post(&path, &stand.parcel(&id, &[(0, 1)])).await.status, 400);
    stand.shop.change_products(&id, |products| {
        products[1].insert("quantity_refunded".into(), json!(1));
    });
    assert_eq!(
        stand.post(&path, &stand.parcel(&id, &[(1, 1)])).await.status,
        400,
        "refunded units are not open"
    );
    assert_eq!((stand.shop.shipments(&id).len(), stand.shop.buyer_mails(&id)), (1, 1));
}

#[tokio::test]
async fn a_shipment_that_does_not_fit_is_refused() {
    let stand = Stand::open().await;
    let id = stand.order();
    let path = format!("v2/orders/{id}/shipments");
    let good = stand.parcel(&id, &[(0, 1)]);
    let with = |name: &str, value: Value| {
        let mut parcel = good.clone();
        parcel[name] = value;
        parcel
    };
    let bad = [
        with("order_address_id", json!(1)),
        with("items", json!([])),
        with("items", json!([{ "order_product_id": 1, "quantity": 1 }])),
        with("items", json!([{ "order_product_id": 501, "quantity": 0 }])),
        with("items", json!([{ "order_product_id": 501, "product_id": 77, "quantity": 1 }])),
        with("tracking_number", json!("9".repeat(51))),
        with("shipping_provider", json!("Australia Post")),
        with("tracking_carrier", json!("Australia Post")),
        with("colour", json!("red")),
    ];
    for parcel in bad {
        let answer = stand.post(&path, &parcel).await;
        assert_eq!((answer.status, &answer.body[0]["status"]), (400, &json!(400)), "{parcel}");
    }
    let mut without_address = good.clone();
    without_address.as_object_mut().unwrap().remove("order_address_id");
    assert_eq!(stand.post(&path, &without_address).await.status, 400);
    let address_id = good["order_address_id"].to_string();
    let as_documented = with("order_address_id", json!(address_id));
    assert_eq!(
        stand.post(&path, &as_documented).await.status,
        201,
        "the documented example sends the id as text"
    );
    assert_eq!(stand.post("v2/orders/4711/shipments", &good).await.status, 404);
}

#[tokio::test]
async fn a_link_is_generated_unless_one_is_given() {
    let stand = Stand::open().await;
    let id = stand.order();
    let path = format!("v2/orders/{id}/shipments");
    let mut parcel = stand.parcel(&id, &[(0, 1)]);
    let generated = stand.post(&path, &parcel).await.body;
    assert_eq!(generated["tracking_link"], "");
    assert!(
        generated["generated_tracking_link"].as_str().unwrap().ends_with("/australia-post/EJ958083578US")
    );
    parcel["tracking_link"] = json!("https://track.example.com/1");
    let given = stand.post(&path, &parcel).await.body;
    assert_eq!(
        (&given["tracking_link"], &given["generated_tracking_link"]),
        (&parcel["tracking_link"], &json!(""))
    );
    let changed = stand.put(&format!("{path}/{}", given["id"]), &json!({ "tracking_number": "B2" })).await;
    assert_eq!((changed.status, &changed.body["tracking_number"]), (200, &json!("B2")));
    let items = stand.put(&format!("{path}/{}", given["id"]), &json!({ "items": [] })).await;
    assert!(
        items.body[0]["message"].as_str().unwrap().starts_with("The field 'items' cannot be written to.")
    );
}

#[tokio::test]
async fn a_deleted_shipment_opens_its_units_and_leaves_the_status() {
    let stand = Stand::with(crate::BigcommerceOptions { shipment_moves_status: true, ..options() }).await;
    let id = stand.order();
    let path = format!("v2/orders/{id}/shipments");
    let part = stand.post(&path, &stand.parcel(&id, &[(0, 2)])).await.body;
    assert_eq!(stand.shop.status(&id), Some(3));
    assert_eq!(stand.shop.order(&id)["date_shipped"], "");
    stand.post(&path, &stand.parcel(&id, &[(1, 1)])).await;
    assert_eq!(stand.shop.status(&id), Some(2));
    assert_ne!(stand.shop.order(&id)["date_shipped"], "");
    assert_eq!(stand.delete(&format!("{path}/{}", part["id"])).await.status, 204);
    assert_eq!((stand.shop.status(&id), stand.shop.shipments(&id).len()), (Some(2), 1));
    assert_eq!(stand.shop.order(&id)["items_shipped"], 1);
    assert_eq!(stand.post(&path, &stand.parcel(&id, &[(0, 2)])).await.status, 201);
    assert!(stand.shop.status_changes(&id).is_empty(), "no client has set a status");
    assert_eq!(stand.delete(&path).await.status, 204);
    assert_eq!(stand.get(&path).await.status, 204);
}

#[tokio::test]
async fn a_shipment_alone_leaves_the_status_unless_the_shop_moves_it() {
    let stand = Stand::open().await;
    let id = stand.order();
    stand.post(&format!("v2/orders/{id}/shipments"), &stand.parcel(&id, &[(0, 2), (1, 1)])).await;
    assert_eq!(stand.shop.status(&id), Some(11));
}

#[tokio::test]
async fn an_order_to_two_addresses_wants_a_shipment_for_each() {
    let stand = Stand::open().await;
    let id = stand
        .shop
        .place_order(&Draft::of(&[("MUG", 2)]).and_to("9 Other Street", &[("TEE-M", 1), ("MUG", 1)]));
    let path = format!("v2/orders/{id}/shipments");
    assert_eq!(stand.shop.order(&id)["shipping_address_count"], 2);
    let mixed = stand.post(&path, &stand.parcel(&id, &[(0, 2), (1, 1)])).await;
    assert_eq!((mixed.status, stand.shop.buyer_mails(&id)), (400, 0), "{:?}", mixed.body);
    for (lines, street) in [(&[(0, 2)][..], "455 Collins Street"), (&[(1, 1), (2, 1)], "9 Other Street")] {
        let parcel = stand.parcel(&id, lines);
        let made = stand.post(&path, &parcel).await;
        assert_eq!(made.status, 201, "{:?}", made.body);
        assert_eq!(made.body["order_address_id"], parcel["order_address_id"]);
        assert_eq!(made.body["shipping_address"]["street_1"], street);
    }
    let addresses = stand.get(&format!("v2/orders/{id}/shipping_addresses")).await.body;
    let shipped = addresses
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["items_total"].as_u64(), it["items_shipped"].as_u64()));
    assert_eq!(shipped.collect::<Vec<_>>(), [(Some(2), Some(2)); 2]);
    assert_eq!((stand.shop.shipments(&id).len(), stand.shop.buyer_mails(&id)), (2, 2));
}
