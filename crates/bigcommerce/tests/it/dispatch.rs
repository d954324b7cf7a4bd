//! Writing a consignment to an order, whatever went before.

use crossdock_domain::{OrderId, PackedLine, Shipment, ShipmentId, ShippedLine, Sku};
use crossdock_settings::TrackingSettings;
use crossdock_storefront::{Dispatch, Storefront as _, StorefrontError};
use serde_json::json;

use crate::fake_order::{FakeOrder, Fault, dispatched, line};
use crate::shop::{client_of, client_with, tracking};

pub(crate) fn consignment(id: &str, lines: &[(&str, u32)], completes: bool) -> Dispatch {
    let lines: Vec<ShippedLine> = lines
        .iter()
        .map(|(sku, quantity)| ShippedLine { sku: Sku::from(*sku), quantity: *quantity })
        .collect();
    let shipment = Shipment {
        shipment_id: ShipmentId::from(id),
        number: "BG1001".into(),
        carrier: "Australia Post".to_owned(),
        service: Some("Express".to_owned()),
        tracking_number: format!("TRACK-{id}"),
        tracking_url: Some(format!("https://auspost.com.au/track/TRACK-{id}")),
        dispatched_at: "2026-03-01T00:00:00Z".parse().unwrap(),
        lines: Some(lines.iter().cloned().map(PackedLine::from).collect()),
    };
    Dispatch {
        order_id: OrderId::from("1001"),
        shipment,
        former: Vec::new(),
        shop_shipments: Vec::new(),
        others: Vec::new(),
        lines,
        completes,
        first_try: false,
        status_only: false,
    }
}

#[tokio::test]
async fn a_consignment_becomes_one_shipment_and_completes_the_order() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 2), line(2, 51, "MUG", 1)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 2), ("MUG", 1)], true);
    assert_eq!(client.dispatch(&dispatch).await.unwrap(), dispatched(&["1"], "completed", true));
    insta::assert_json_snapshot!("new_shipment", order.state.lock().unwrap().shipments[0]);
    assert_eq!(order.puts(), [json!({ "status_id": 10 })]);
}

#[tokio::test]
async fn an_order_that_only_ends_keeps_what_a_person_made_of_its_shipments() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    order.set(|state| state.status_id = 3);
    let client = client_of(&order.server.uri());
    let stood = Dispatch {
        status_only: true,
        shop_shipments: vec!["7".to_owned()],
        ..consignment("S1", &[("TEE", 1)], true)
    };
    // Somebody has deleted it.
    assert_eq!(client.dispatch(&stood).await.unwrap(), dispatched(&["7"], "completed", true));
    assert_eq!(order.calls(), ["GET", "PUT"]);
    assert_eq!(client.dispatch(&stood).await.unwrap(), dispatched(&["7"], "completed", false));
}

#[tokio::test]
async fn a_first_try_takes_three_calls_and_one_after_a_doubt_reads_the_shipments_first() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    // The shop marks it shipped by itself: that is not where it is to go.
    order.set(|state| state.status_after_shipment = Some(2));
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 1)], true);
    let first = Dispatch { first_try: true, ..dispatch.clone() };
    assert_eq!(client.dispatch(&first).await.unwrap(), dispatched(&["1"], "completed", true));
    assert_eq!(order.calls(), ["GET", "POST /shipments", "PUT"]);

    assert!(!client.dispatch(&dispatch).await.unwrap().wrote);
    let mut calls = order.calls();
    calls.sort();
    assert_eq!(calls, ["GET", "GET /shipments"]);
}

#[tokio::test]
async fn an_order_of_which_something_has_shipped_shows_its_shipments_to_a_first_try() {
    for told_by in ["items_shipped", "quantity_shipped"] {
        let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
        order.set(|state| {
            let items = json!([{ "order_product_id": 1, "quantity": 1 }]);
            let typed =
                json!({ "id": 77, "order_address_id": 51, "tracking_number": "TRACK-S1", "items": items });
            state.shipments.push(typed);
            // The one says so, and the other does not.
            match told_by {
                "items_shipped" => state.items_shipped = Some(1),
                line => {
                    state.products[0][line] = json!(1);
                    state.items_shipped = Some(0);
                }
            }
        });
        let first = Dispatch { first_try: true, ..consignment("S1", &[("TEE", 1)], false) };
        let done = client_of(&order.server.uri()).dispatch(&first).await.unwrap();
        assert_eq!(done, dispatched(&["77"], "partially_shipped", true), "{told_by}");
        assert_eq!((order.shipped().len(), order.calls().len()), (1, 3));
    }
}

#[tokio::test]
async fn a_shop_that_broke_off_after_the_shipment_and_before_its_units_is_not_believed_after_a_doubt() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 1)], true);
    order.set(|state| state.fault = Some(Fault::AnswerLost));
    client.dispatch(&Dispatch { first_try: true, ..dispatch.clone() }).await.unwrap_err();
    order.set(|state| state.products[0]["quantity_shipped"] = json!(0));
    assert_eq!(client.dispatch(&dispatch).await.unwrap(), dispatched(&["1"], "completed", true));
    assert_eq!(order.shipped(), ["51: 1 x 1"]);
}

#[tokio::test]
async fn lines_that_the_order_comes_without_are_read_by_themselves() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1), line(2, 52, "MUG", 1)]).await;
    order.set(|state| state.leaves_out_lines = true);
    let dispatch = Dispatch { first_try: true, ..consignment("S1", &[("TEE", 1), ("MUG", 1)], true) };
    client_of(&order.server.uri()).dispatch(&dispatch).await.unwrap();
    let mut shipped = order.shipped();
    shipped.sort();
    assert_eq!(shipped, ["51: 1 x 1", "52: 2 x 1"]);
    assert_eq!(order.calls(), ["GET", "GET /products", "POST /shipments", "POST /shipments", "PUT"]);
}

#[tokio::test]
async fn a_second_time_writes_nothing() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 2)], true);
    client.dispatch(&dispatch).await.unwrap();
    assert_eq!(client.dispatch(&dispatch).await.unwrap(), dispatched(&["1"], "completed", false));
    assert_eq!((order.shipped(), order.puts().len()), (vec!["51: 1 x 2".to_owned()], 1));
}

#[tokio::test]
async fn a_lost_answer_is_not_posted_again() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
    let client = client_of(&order.server.uri());
    order.set(|state| state.fault = Some(Fault::AnswerLost));
    let dispatch = consignment("S1", &[("TEE", 2)], true);
    assert!(matches!(client.dispatch(&dispatch).await, Err(StorefrontError::InDoubt { .. })));
    assert_eq!(client.dispatch(&dispatch).await.unwrap(), dispatched(&["1"], "completed", true));
    assert_eq!(order.shipped(), ["51: 1 x 2"]);
}

#[tokio::test]
async fn a_refusal_of_what_stands_by_now_is_success() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
    let client = client_of(&order.server.uri());
    order.set(|state| state.fault = Some(Fault::RefusedAfterAll));
    let dispatch = consignment("S1", &[("TEE", 2)], true);
    assert_eq!(client.dispatch(&dispatch).await.unwrap(), dispatched(&["1"], "completed", true));
    assert_eq!(order.shipped(), ["51: 1 x 2"]);
}

#[tokio::test]
async fn a_refusal_of_what_another_has_completed_by_now_moves_no_status() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
    order.set(|state| {
        state.fault = Some(Fault::RefusedAfterAll);
        state.status_after_shipment = Some(10);
    });
    let dispatch = consignment("S1", &[("TEE", 2)], true);
    let done = client_of(&order.server.uri()).dispatch(&dispatch).await.unwrap();
    assert_eq!(done, dispatched(&["1"], "completed", false));
    assert!(order.puts().is_empty());
}

#[tokio::test]
async fn a_refusal_that_stands_is_told_in_the_shops_words_and_moves_no_status() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
    order.set(|state| state.fault = Some(Fault::Refused));
    let error =
        client_of(&order.server.uri()).dispatch(&consignment("S1", &[("TEE", 2)], true)).await.unwrap_err();
    assert!(
        matches!(&error, StorefrontError::Refused { status: 400, message } if message.contains("nothing is left"))
    );
    assert_eq!((order.shipped().len(), order.puts().len()), (0, 0));
}

#[tokio::test]
async fn partial_consignments_add_up_although_they_are_alike() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
    let client = client_of(&order.server.uri());
    let first = client.dispatch(&consignment("S1", &[("TEE", 1)], false)).await.unwrap();
    assert_eq!(first, dispatched(&["1"], "partially_shipped", true));
    let second = client.dispatch(&consignment("S2", &[("TEE", 1)], true)).await.unwrap();
    assert_eq!(second, dispatched(&["2"], "completed", true));
    // Told again, late: nothing moves back.
    let again = client.dispatch(&consignment("S1", &[("TEE", 1)], false)).await.unwrap();
    assert_eq!(again, dispatched(&["1"], "completed", false));
    assert_eq!(order.shipped(), ["51: 1 x 1", "51: 1 x 1"]);
}

#[tokio::test]
async fn several_lines_of_one_sku_are_filled_one_after_the_other() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1), line(2, 51, "TEE", 3)]).await;
    order.set(|state| state.products[1]["quantity_shipped"] = json!(1));
    let client = client_of(&order.server.uri());
    client.dispatch(&consignment("S1", &[("TEE", 1), ("TEE", 2)], true)).await.unwrap();
    assert_eq!(order.shipped(), ["51: 1 x 1, 2 x 2"]);
}

#[tokio::test]
async fn refunded_units_are_taken_last() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 2), line(2, 51, "TEE", 2)]).await;
    order.set(|state| state.products[0]["quantity_refunded"] = json!(2));
    let client = client_of(&order.server.uri());
    client.dispatch(&consignment("S1", &[("TEE", 3)], true)).await.unwrap();
    assert_eq!(order.shipped(), ["51: 1 x 1, 2 x 2"]);
}

#[tokio::test]
async fn an_answer_of_another_shape_after_the_shipment_was_written_is_read_again() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
    order.set(|state| state.fault = Some(Fault::AnswerGarbled));
    let dispatch = consignment("S1", &[("TEE", 2)], true);
    let done = client_of(&order.server.uri()).dispatch(&dispatch).await.unwrap();
    assert_eq!(done, dispatched(&["1"], "completed", true));
    assert_eq!(order.shipped(), ["51: 1 x 2"]);
}

#[tokio::test]
async fn each_address_gets_a_shipment_of_its_own_and_only_the_missing_one_is_repeated() {
    let order =
        FakeOrder::start(vec![line(1, 51, "TEE", 1), line(2, 52, "TEE", 1), line(3, 52, "MUG", 1)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 2), ("MUG", 1)], true);
    order.set(|state| state.fault = Some(Fault::SecondAnswerLost));
    client.dispatch(&dispatch).await.unwrap_err();
    assert_eq!(client.dispatch(&dispatch).await.unwrap(), dispatched(&["1", "2"], "completed", true));
    let mut shipped = order.shipped();
    shipped.sort();
    assert_eq!(shipped, ["51: 1 x 1", "52: 3 x 1, 2 x 1"]);

    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1), line(2, 52, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    order.set(|state| state.fault = Some(Fault::AnswerLost));
    let dispatch = consignment("S1", &[("TEE", 2)], true);
    client.dispatch(&dispatch).await.unwrap_err();
    assert_eq!(client.dispatch(&dispatch).await.unwrap(), dispatched(&["1", "2"], "completed", true));
    assert_eq!(order.shipped(), ["51: 1 x 1", "52: 2 x 1"]);
}

#[tokio::test]
async fn an_answer_of_another_shape_for_one_address_keeps_none_from_the_others() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1), line(2, 52, "TEE", 1)]).await;
    order.set(|state| state.fault = Some(Fault::AnswerGarbled));
    let dispatch = consignment("S1", &[("TEE", 2)], true);
    let done = client_of(&order.server.uri()).dispatch(&dispatch).await.unwrap();
    assert_eq!(done, dispatched(&["1", "2"], "completed", true));
    assert_eq!(order.shipped(), ["51: 1 x 1", "52: 2 x 1"]);
}

#[tokio::test]
async fn what_does_not_fit_the_order_is_told_and_nothing_is_written() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let mut told = Vec::new();
    for lines in [[("tee", 1)], [("TEE", 3)]] {
        let error = client.dispatch(&consignment("S1", &lines, true)).await.unwrap_err();
        told.push(error.to_string());
    }
    insta::assert_snapshot!("misfits", told.join("\n"));
    assert_eq!((order.shipped().len(), order.puts().len()), (0, 0));
}

#[tokio::test]
async fn two_consignments_under_one_tracking_number_are_two() {
    for number in [true, false] {
        let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
        let client = client_with(&order.server.uri(), &TrackingSettings { number, ..tracking() });
        for (id, completes) in [("S1", false), ("S2", true), ("S2", true), ("S1", false)] {
            let mut dispatch = consignment(id, &[("TEE", 1)], completes);
            dispatch.shipment.tracking_number = "ONE-FOR-BOTH".to_owned();
            client.dispatch(&dispatch).await.unwrap();
        }
        assert_eq!(order.shipped(), ["51: 1 x 1", "51: 1 x 1"]);
    }
}

#[tokio::test]
async fn a_status_that_the_shop_moves_by_itself_is_not_written_again() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    order.set(|state| state.status_after_shipment = Some(2));
    let client = client_with(&order.server.uri(), &TrackingSettings { complete_status_id: 2, ..tracking() });
    let done = client.dispatch(&consignment("S1", &[("TEE", 1)], true)).await.unwrap();
    assert_eq!(done, dispatched(&["1"], "shipped", true));
    assert!(order.puts().is_empty());
}

#[tokio::test]
async fn a_shipment_typed_by_a_person_is_known_by_its_tracking_number() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    order.set(|state| {
        state.products[0]["quantity_shipped"] = json!(1);
        let items = json!([{ "order_product_id": 1, "product_id": 7, "quantity": 1 }]);
        state.shipments.push(
            json!({ "id": 77, "order_address_id": 51, "tracking_number": "track-s1 ", "items": items }),
        );
    });
    let client = client_of(&order.server.uri());
    let done = client.dispatch(&consignment("S1", &[("TEE", 1)], true)).await.unwrap();
    assert_eq!(done, dispatched(&["77"], "completed", true));
    assert_eq!(order.shipped().len(), 1);
}

#[tokio::test]
async fn a_shipment_without_a_number_is_known_by_its_units() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    order.set(|state| {
        state.products[0]["quantity_shipped"] = json!(1);
        let items = json!([{ "order_product_id": 1, "quantity": 1 }]);
        state
            .shipments
            .push(json!({ "id": 77, "order_address_id": 51, "tracking_number": "", "items": items }));
    });
    let mut dispatch = consignment("S1", &[("TEE", 1)], true);
    dispatch.shipment.tracking_number = String::new();
    let client = client_of(&order.server.uri());
    assert_eq!(client.dispatch(&dispatch).await.unwrap().shop_shipments, ["77"]);
    // With a number to tell, it is not silently taken for ours: the buyer would never get the number.
    dispatch.shipment.tracking_number = "TRACK-S1".to_owned();
    assert!(matches!(client.dispatch(&dispatch).await, Err(StorefrontError::Misfit { .. })));
    assert_eq!(order.shipped().len(), 1);
}

#[tokio::test]
async fn an_order_that_was_ended_keeps_its_status() {
    for (status_id, name) in [(10, "completed"), (5, "cancelled"), (4, "refunded")] {
        let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
        order.set(|state| state.status_id = status_id);
        let done =
            client_of(&order.server.uri()).dispatch(&consignment("S1", &[("TEE", 1)], true)).await.unwrap();
        assert_eq!(done, dispatched(&["1"], name, true));
        assert!(order.puts().is_empty());
    }
}

#[tokio::test]
async fn a_pickup_carrier_sets_awaiting_pickup() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let mut dispatch = consignment("S1", &[("TEE", 1)], true);
    dispatch.shipment.carrier = "Pickup In-Store".to_owned();
    let done = client_of(&order.server.uri()).dispatch(&dispatch).await.unwrap();
    assert_eq!(done, dispatched(&["1"], "awaiting_pickup", true));
    assert_eq!(order.puts(), [json!({ "status_id": 8 })]);
}

#[tokio::test]
async fn lines_without_an_address_move_the_status_only() {
    let order = FakeOrder::start(vec![line(1, 0, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let done = client.dispatch(&consignment("S1", &[("TEE", 1)], true)).await.unwrap();
    assert_eq!(done, dispatched(&[], "completed", true));
}

#[tokio::test]
async fn what_the_settings_do_not_want_is_not_written() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let settings = TrackingSettings { number: false, url: false, complete_status_id: 2, ..tracking() };
    let client = client_with(&order.server.uri(), &settings);
    let done = client.dispatch(&consignment("S1", &[("TEE", 1)], true)).await.unwrap();
    assert_eq!(done, dispatched(&["1"], "shipped", true));
    let shipment = order.state.lock().unwrap().shipments[0].clone();
    assert!(
        shipment.get("tracking_number").is_none() && shipment.get("tracking_link").is_none(),
        "{shipment}"
    );
    assert_eq!(client.dispatch(&consignment("S1", &[("TEE", 1)], true)).await.unwrap().shop_shipments, ["1"]);
}

#[tokio::test]
async fn an_order_that_the_shop_lacks_is_not_found() {
    let order = FakeOrder::start(Vec::new()).await;
    let mut dispatch = consignment("S1", &[("TEE", 1)], true);
    dispatch.order_id = OrderId::from("1002");
    let error = client_of(&order.server.uri()).dispatch(&dispatch).await.unwrap_err();
    assert!(matches!(&error, StorefrontError::NotFound { what } if what == "order 1002"), "{error}");
}
