//! Writing tracking to an order.

use std::sync::{Arc, Mutex};

use crossdock_domain::{OrderNumber, Shipment, ShipmentId};
use crossdock_settings::ByCarrier;
use crossdock_storefront::{Dispatch, Storefront as _, StorefrontError, TakeBack};
use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::shop::{Shop, get, put, refusal, updated};

fn parcel(number: &str, completes: bool) -> Dispatch {
    let shipment = Shipment {
        shipment_id: ShipmentId::new(format!("S-{number}")),
        number: OrderNumber::from("K8XTQ"),
        carrier: "Australia Post".to_owned(),
        service: None,
        tracking_number: number.to_owned(),
        tracking_url: Some(format!("https://track.example/{number}")),
        dispatched_at: Timestamp::UNIX_EPOCH,
        lines: None,
    };
    Dispatch {
        order_id: "K8XTQ".into(),
        shipment,
        former: Vec::new(),
        shop_shipments: Vec::new(),
        others: Vec::new(),
        lines: Vec::new(),
        completes,
        first_try: false,
        status_only: false,
    }
}

/// The parcel has not left after all; these others have.
fn voided(parcel: &Dispatch, others: &[&Dispatch], completed: bool) -> TakeBack {
    TakeBack {
        order_id: parcel.order_id.clone(),
        shipment: parcel.shipment.clone(),
        former: parcel.former.clone(),
        shop_shipments: Vec::new(),
        others: others.iter().map(|other| other.shipment.clone()).collect(),
        completed,
        status_before: Some("PAID/AWAITING_PROCESSING".to_owned()),
    }
}

/// Serves an order that keeps what is written to it, as Ecwid does.
async fn keep_order(shop: &Shop, order: Value) {
    let order = Arc::new(Mutex::new(order));
    let read = Arc::clone(&order);
    get("orders/K8XTQ")
        .respond_with(move |_: &Request| ResponseTemplate::new(200).set_body_json(&*read.lock().unwrap()))
        .mount(&shop.server)
        .await;
    put("orders/K8XTQ")
        .respond_with(move |request: &Request| {
            let fields: serde_json::Map<String, Value> = request.body_json().unwrap();
            order.lock().unwrap().as_object_mut().unwrap().extend(fields);
            updated(1)
        })
        .mount(&shop.server)
        .await;
}

fn new_order() -> Value {
    json!({"id": "K8XTQ", "fulfillmentStatus": "AWAITING_PROCESSING", "items": "are not looked at"})
}

#[tokio::test]
async fn a_parcel_is_written_in_one_call_and_only_once() {
    let shop = Shop::start().await;
    keep_order(&shop, new_order()).await;
    let first = shop.ecwid.dispatch(&parcel("T1", true)).await.unwrap();
    assert_eq!((first.order_status.as_str(), first.wrote, first.shop_shipments.len()), ("SHIPPED", true, 0));
    let again = shop.ecwid.dispatch(&parcel("T1", true)).await.unwrap();
    assert_eq!((again.order_status.as_str(), again.wrote), ("SHIPPED", false));
    let whole = json!({
        "trackingNumber": "T1", "trackingUrl": "https://track.example/T1", "fulfillmentStatus": "SHIPPED",
    });
    assert_eq!(shop.writes().await, [whole]);
}

#[tokio::test]
async fn a_part_and_then_the_rest_end_shipped_with_both_numbers() {
    let shop = Shop::start().await;
    keep_order(&shop, new_order()).await;
    assert_eq!(shop.ecwid.dispatch(&parcel("T1", false)).await.unwrap().order_status, "PROCESSING");
    assert_eq!(shop.ecwid.dispatch(&parcel("T2", true)).await.unwrap().order_status, "SHIPPED");
    let late = shop.ecwid.dispatch(&parcel("T1", false)).await.unwrap();
    assert_eq!((late.order_status.as_str(), late.wrote), ("SHIPPED", false));
    let writes = shop.writes().await;
    assert_eq!(writes.len(), 2);
    assert_eq!(writes[1]["trackingNumber"], "T1, T2");
}

#[tokio::test]
async fn a_delivered_order_stays_delivered() {
    let shop = Shop::with(|tracking| tracking.url = false).await;
    let mut order = new_order();
    order["fulfillmentStatus"] = "DELIVERED".into();
    keep_order(&shop, order).await;
    let written = shop.ecwid.dispatch(&parcel("T1", true)).await.unwrap();
    assert_eq!((written.order_status.as_str(), written.wrote), ("DELIVERED", true));
    assert_eq!(shop.writes().await, [json!({"trackingNumber": "T1"})]);
}

#[tokio::test]
async fn a_parcel_that_the_buyer_collects_makes_the_order_ready_for_pickup() {
    let shop = Shop::with(|tracking| tracking.pickup_carriers = vec!["Australia Post".to_owned()]).await;
    keep_order(&shop, new_order()).await;
    assert_eq!(shop.ecwid.dispatch(&parcel("T1", true)).await.unwrap().order_status, "READY_FOR_PICKUP");
    assert_eq!(shop.writes().await[0]["fulfillmentStatus"], "READY_FOR_PICKUP");
}

#[tokio::test]
async fn what_the_shop_already_shows_is_not_written() {
    let shop = Shop::start().await;
    let order = json!({
        "id": "K8XTQ", "fulfillmentStatus": "SHIPPED", "trackingNumber": "T1", "trackingUrl": "https://track.example/T1",
    });
    get("orders/K8XTQ")
        .respond_with(ResponseTemplate::new(200).set_body_json(order))
        .mount(&shop.server)
        .await;
    assert!(!shop.ecwid.dispatch(&parcel("T1", true)).await.unwrap().wrote);
    assert!(shop.writes().await.is_empty());
}

#[tokio::test]
async fn a_write_that_changed_nothing_is_refused() {
    let shop = Shop::start().await;
    get("orders/K8XTQ")
        .respond_with(ResponseTemplate::new(200).set_body_json(new_order()))
        .mount(&shop.server)
        .await;
    put("orders/K8XTQ").respond_with(updated(0)).mount(&shop.server).await;
    let error = shop.ecwid.dispatch(&parcel("T1", true)).await.unwrap_err();
    let StorefrontError::StepRefused { cause, .. } = error else { panic!("{error}") };
    assert!(matches!(*cause, StorefrontError::Refused { status: 200, .. }));
}

#[tokio::test]
async fn a_void_that_the_shop_refuses_says_what_a_person_would_set() {
    let shop = Shop::start().await;
    let order = json!({
        "id": "K8XTQ", "fulfillmentStatus": "SHIPPED", "trackingNumber": "T1, T2",
        "trackingUrl": "https://track.example/T2",
    });
    get("orders/K8XTQ")
        .respond_with(ResponseTemplate::new(200).set_body_json(order))
        .mount(&shop.server)
        .await;
    put("orders/K8XTQ").respond_with(refusal(409, "LOCKED", "no")).mount(&shop.server).await;
    let taken = voided(&parcel("T2", true), &[], true);
    let error = shop.ecwid.take_back(&taken).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the shop refuses to set the tracking number to 'T1', empty the tracking link, \
         set the fulfillment status to 'AWAITING_PROCESSING' in order K8XTQ"
    );
}

#[tokio::test]
async fn a_write_without_an_answer_is_in_doubt_and_a_reading_is_not() {
    let shop = Shop::start().await;
    get("orders/K8XTQ").respond_with(ResponseTemplate::new(502)).up_to_n_times(1).mount(&shop.server).await;
    get("orders/K8XTQ")
        .respond_with(ResponseTemplate::new(200).set_body_json(new_order()))
        .mount(&shop.server)
        .await;
    put("orders/K8XTQ").respond_with(ResponseTemplate::new(502)).mount(&shop.server).await;
    let read = shop.ecwid.dispatch(&parcel("T1", true)).await.unwrap_err();
    let wrote = shop.ecwid.dispatch(&parcel("T1", true)).await.unwrap_err();
    assert!(matches!(read, StorefrontError::Unavailable { .. }), "{read}");
    assert!(matches!(wrote, StorefrontError::InDoubt { .. }), "{wrote}");
}

#[tokio::test]
async fn what_another_wrote_meanwhile_is_no_refusal() {
    let shop = Shop::start().await;
    let order = ResponseTemplate::new(200).set_body_json(new_order());
    get("orders/K8XTQ").respond_with(order).up_to_n_times(1).mount(&shop.server).await;
    let same = json!({
        "id": "K8XTQ", "fulfillmentStatus": "SHIPPED", "trackingNumber": "T1", "trackingUrl": "https://track.example/T1",
    });
    get("orders/K8XTQ")
        .respond_with(ResponseTemplate::new(200).set_body_json(same))
        .mount(&shop.server)
        .await;
    put("orders/K8XTQ").respond_with(updated(0)).mount(&shop.server).await;
    let written = shop.ecwid.dispatch(&parcel("T1", true)).await.unwrap();
    assert_eq!((written.order_status.as_str(), written.wrote), ("SHIPPED", false));
}

#[tokio::test]
async fn the_scope_to_write_orders_is_named() {
    let shop = Shop::start().await;
    get("orders/K8XTQ")
        .respond_with(ResponseTemplate::new(200).set_body_json(new_order()))
        .mount(&shop.server)
        .await;
    put("orders/K8XTQ").respond_with(refusal(403, "INSUFFICIENT_APP_SCOPE", "no")).mount(&shop.server).await;
    let error = shop.ecwid.dispatch(&parcel("T1", true)).await.unwrap_err();
    assert!(matches!(error, StorefrontError::MissingScope { scope, .. } if scope == "update_orders"));
}

#[tokio::test]
async fn a_relabelled_parcel_keeps_its_place_among_the_numbers_and_is_written_once() {
    let shop = Shop::start().await;
    keep_order(&shop, new_order()).await;
    let (first, second) = (parcel("T1", false), parcel("T2", true));
    shop.ecwid.dispatch(&first).await.unwrap();
    shop.ecwid.dispatch(&second).await.unwrap();
    let mut relabelled = parcel("T9", false);
    relabelled.former.push(first.shipment);
    relabelled.others.push(second.shipment);
    assert!(shop.ecwid.dispatch(&relabelled).await.unwrap().wrote);
    assert!(!shop.ecwid.dispatch(&relabelled).await.unwrap().wrote);
    // The link is that of the last parcel, and stays.
    assert_eq!(shop.writes().await[2..], [json!({"trackingNumber": "T9, T2"})]);
}

#[tokio::test]
async fn a_relabelled_parcel_takes_its_own_link_with_it() {
    let shop = Shop::start().await;
    keep_order(&shop, new_order()).await;
    let (first, last) = (parcel("T1", false), parcel("T2", true));
    shop.ecwid.dispatch(&first).await.unwrap();
    shop.ecwid.dispatch(&last).await.unwrap();
    let (former, others) = (vec![last.shipment], vec![first.shipment]);
    let relabelled = Dispatch { former, others, ..parcel("T9", true) };
    shop.ecwid.dispatch(&relabelled).await.unwrap();
    let label = json!({"trackingNumber": "T1, T9", "trackingUrl": "https://track.example/T9"});
    assert_eq!(shop.writes().await[2..], [label]);
}

#[tokio::test]
async fn a_link_that_another_parcel_has_too_stays_when_one_is_taken_back() {
    let shop = Shop::start().await;
    keep_order(&shop, new_order()).await;
    let (first, mut last) = (parcel("T1", false), parcel("T2", true));
    last.shipment.tracking_url.clone_from(&first.shipment.tracking_url);
    let third = parcel("T3", false);
    shop.ecwid.dispatch(&first).await.unwrap();
    shop.ecwid.dispatch(&last).await.unwrap();
    shop.ecwid.take_back(&voided(&last, &[&first, &third], true)).await.unwrap();
    let back = json!({"trackingNumber": "T1", "fulfillmentStatus": "PROCESSING"});
    assert_eq!(shop.writes().await[2..], [back]);
}

#[tokio::test]
async fn the_only_parcel_is_taken_back_in_one_call_and_only_once() {
    let shop = Shop::start().await;
    keep_order(&shop, new_order()).await;
    let only = parcel("T1", true);
    shop.ecwid.dispatch(&only).await.unwrap();
    for wrote in [true, false] {
        let taken = shop.ecwid.take_back(&voided(&only, &[], true)).await.unwrap();
        assert_eq!((taken.order_status.as_str(), taken.wrote), ("AWAITING_PROCESSING", wrote));
    }
    let back = json!({"trackingNumber": "", "trackingUrl": "", "fulfillmentStatus": "AWAITING_PROCESSING"});
    assert_eq!(shop.writes().await[1..], [back]);
}

#[tokio::test]
async fn a_part_that_is_taken_back_leaves_the_other_numbers_and_the_order_open() {
    let shop = Shop::start().await;
    keep_order(&shop, new_order()).await;
    let (first, second) = (parcel("T1", false), parcel("T2", true));
    shop.ecwid.dispatch(&first).await.unwrap();
    shop.ecwid.dispatch(&second).await.unwrap();
    shop.ecwid.take_back(&voided(&second, &[&first], true)).await.unwrap();
    let back = json!({
        "trackingNumber": "T1", "trackingUrl": "https://track.example/T1", "fulfillmentStatus": "PROCESSING",
    });
    assert_eq!(shop.writes().await[2..], [back]);
}

#[tokio::test]
async fn a_label_that_never_reached_the_shop_is_taken_back_by_the_former_one_that_did() {
    let shop = Shop::start().await;
    keep_order(&shop, new_order()).await;
    let first = parcel("T1", true);
    shop.ecwid.dispatch(&first).await.unwrap();
    let relabelled = Dispatch { former: vec![first.shipment], ..parcel("T9", true) };
    shop.ecwid.take_back(&voided(&relabelled, &[], true)).await.unwrap();
    let back = json!({"trackingNumber": "", "trackingUrl": "", "fulfillmentStatus": "AWAITING_PROCESSING"});
    assert_eq!(shop.writes().await[1..], [back]);
}

#[tokio::test]
async fn what_a_buyer_was_to_collect_is_not_ready_any_more() {
    let shop = Shop::with(|tracking| tracking.pickup_carriers = vec!["Australia Post".to_owned()]).await;
    keep_order(&shop, new_order()).await;
    let only = parcel("T1", true);
    assert_eq!(shop.ecwid.dispatch(&only).await.unwrap().order_status, "READY_FOR_PICKUP");
    let taken = shop.ecwid.take_back(&voided(&only, &[], true)).await.unwrap();
    assert_eq!(taken.order_status, "AWAITING_PROCESSING");
}

#[tokio::test]
async fn an_order_that_a_person_shipped_before_all_had_left_stays_so() {
    let shop = Shop::start().await;
    let mut order = new_order();
    order["fulfillmentStatus"] = "SHIPPED".into();
    order["trackingNumber"] = "T1".into();
    keep_order(&shop, order).await;
    let taken = shop.ecwid.take_back(&voided(&parcel("T1", false), &[], false)).await.unwrap();
    assert_eq!((taken.order_status.as_str(), taken.wrote), ("SHIPPED", true));
}

#[tokio::test]
async fn what_a_person_or_a_carrier_set_since_is_not_taken_back() {
    for status in ["DELIVERED", "RETURNED", "WILL_NOT_DELIVER", "OUT_FOR_DELIVERY"] {
        let shop = Shop::start().await;
        let mut order = new_order();
        order["fulfillmentStatus"] = status.into();
        order["trackingNumber"] = "T1".into();
        keep_order(&shop, order).await;
        let taken = shop.ecwid.take_back(&voided(&parcel("T1", true), &[], true)).await.unwrap();
        assert_eq!((taken.order_status.as_str(), taken.wrote), (status, true));
        assert_eq!(shop.writes().await, [json!({"trackingNumber": ""})]);
    }
}

#[tokio::test]
async fn a_carriers_page_stands_for_a_link_that_the_warehouse_does_not_name() {
    let shop = Shop::with(|tracking| {
        tracking.url_templates =
            ByCarrier::from_iter([("Bob's Vans", "https://bob.example/{tracking_number}")]);
    })
    .await;
    keep_order(&shop, new_order()).await;
    for (carrier, number) in [("bobs vans", "B 1"), ("UPS", "1Z9"), ("Unheard Of", "U1")] {
        let mut parcel = parcel(number, false);
        parcel.shipment.carrier = carrier.to_owned();
        parcel.shipment.tracking_url = None;
        shop.ecwid.dispatch(&parcel).await.unwrap();
    }
    let links: Vec<Value> = shop.writes().await.iter().map(|it| it["trackingUrl"].clone()).collect();
    let ups = "https://www.ups.com/track?loc=en_US&tracknum=1Z9";
    assert_eq!(links, [json!("https://bob.example/B%201"), json!(ups), Value::Null]);
}
