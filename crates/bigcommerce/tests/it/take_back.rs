//! Taking a consignment back, whatever went before.

use crossdock_settings::TrackingSettings;
use crossdock_storefront::{Dispatch, Storefront as _, StorefrontError, TakeBack, TakenBack};
use serde_json::json;

use crate::dispatch::consignment;
use crate::fake_order::{FakeOrder, Fault, line};
use crate::shop::{chain, client_of, client_with, tracking};

fn voided(dispatch: &Dispatch, completed: bool) -> TakeBack {
    TakeBack {
        order_id: dispatch.order_id.clone(),
        shipment: dispatch.shipment.clone(),
        former: Vec::new(),
        shop_shipments: Vec::new(),
        others: Vec::new(),
        completed,
        status_before: Some("awaiting_shipment".to_owned()),
    }
}

fn taken_back(order_status: &str, wrote: bool) -> TakenBack {
    TakenBack { order_status: order_status.to_owned(), wrote }
}

#[tokio::test]
async fn what_is_taken_back_is_gone_and_the_order_is_what_it_was() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1), line(2, 52, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 2)], true);
    client.dispatch(&dispatch).await.unwrap();
    let voided = voided(&dispatch, true);
    assert_eq!(client.take_back(&voided).await.unwrap(), taken_back("awaiting_shipment", true));
    assert_eq!(client.take_back(&voided).await.unwrap(), taken_back("awaiting_shipment", false));
    assert_eq!(order.shipped().len(), 0);
    assert_eq!(order.puts(), [json!({ "status_id": 10 }), json!({ "status_id": 9 })]);
}

#[tokio::test]
async fn a_part_that_is_taken_back_leaves_the_order_partially_shipped() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
    let client = client_of(&order.server.uri());
    let (first, second) = (consignment("S1", &[("TEE", 1)], false), consignment("S2", &[("TEE", 1)], true));
    client.dispatch(&first).await.unwrap();
    client.dispatch(&second).await.unwrap();
    assert_eq!(client.take_back(&voided(&first, true)).await.unwrap(), taken_back("partially_shipped", true));
    assert_eq!(
        client.take_back(&voided(&second, false)).await.unwrap(),
        taken_back("awaiting_shipment", true)
    );
    // What was open again may leave again.
    client.dispatch(&consignment("S3", &[("TEE", 2)], true)).await.unwrap();
    assert_eq!(order.shipped(), ["51: 1 x 2"]);
}

#[tokio::test]
async fn what_was_never_written_is_not_looked_for_twice_and_moves_no_status() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let voided = voided(&consignment("S1", &[("TEE", 1)], true), true);
    assert_eq!(client.take_back(&voided).await.unwrap(), taken_back("awaiting_fulfillment", false));
    assert!(order.puts().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_made_good_and_the_status_follows() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 1)], true);
    client.dispatch(&dispatch).await.unwrap();
    order.set(|state| state.fault = Some(Fault::AnswerLost));
    let voided = voided(&dispatch, true);
    assert!(matches!(client.take_back(&voided).await, Err(StorefrontError::InDoubt { .. })));
    assert_eq!(client.take_back(&voided).await.unwrap(), taken_back("awaiting_shipment", true));
    assert_eq!(order.shipped().len(), 0);
}

#[tokio::test]
async fn a_shop_that_refuses_is_told_in_its_own_words_and_keeps_its_status() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 1)], true);
    client.dispatch(&dispatch).await.unwrap();
    order.set(|state| state.fault = Some(Fault::Refused));
    let error = client.take_back(&voided(&dispatch, true)).await.unwrap_err();
    assert_eq!(
        chain(&error),
        "the shop refuses to delete shipment 1 of order 1001: the shop refused it with 409: it is invoiced"
    );
    assert_eq!((order.shipped().len(), order.puts().len()), (1, 1));
}

#[tokio::test]
async fn a_status_that_the_shop_refuses_is_named_and_not_the_shipment_that_is_gone() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 1)], true);
    client.dispatch(&dispatch).await.unwrap();
    order.set(|state| state.fault = Some(Fault::StatusRefused));
    let error = client.take_back(&voided(&dispatch, true)).await.unwrap_err();
    assert_eq!(
        chain(&error),
        "the shop refuses to set the status of order 1001 to 'awaiting_shipment': the shop refused it with 409: \
         it is invoiced"
    );
    assert_eq!((order.shipped().len(), order.puts().len()), (0, 1));
    // A person has done it.
    order.set(|state| (state.fault, state.status_id) = (Some(Fault::StatusRefused), 9));
    let again = client.take_back(&voided(&dispatch, true)).await.unwrap();
    assert_eq!(again, taken_back("awaiting_shipment", false));
}

#[tokio::test]
async fn an_order_that_a_person_ended_keeps_its_status() {
    for (status_id, name) in [(5, "cancelled"), (4, "refunded"), (10, "completed")] {
        let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
        // Set to 'completed' by a person: we only ever set 'shipped'.
        let settings = TrackingSettings { complete_status_id: 2, ..tracking() };
        let client = client_with(&order.server.uri(), &settings);
        let dispatch = consignment("S1", &[("TEE", 1)], true);
        client.dispatch(&dispatch).await.unwrap();
        order.set(|state| state.status_id = status_id);
        assert_eq!(client.take_back(&voided(&dispatch, true)).await.unwrap(), taken_back(name, true));
        assert_eq!(order.shipped().len(), 0);
    }
}

#[tokio::test]
async fn a_shipment_typed_by_a_person_is_taken_back_by_its_number_unless_another_consignment_has_it_too() {
    let typed = json!({
        "id": 77, "order_address_id": 51, "tracking_number": "track-s1",
        "items": [{ "order_product_id": 1, "quantity": 1 }],
    });
    let dispatch = consignment("S1", &[("TEE", 1)], true);
    let mut sharing = consignment("S2", &[("TEE", 1)], true).shipment;
    sharing.tracking_number = "TRACK-S1".to_owned();
    for (others, stays) in [(Vec::new(), 0), (vec![sharing], 1)] {
        let order = FakeOrder::start(vec![line(1, 51, "TEE", 2)]).await;
        order.set(|state| {
            state.products[0]["quantity_shipped"] = json!(1);
            state.shipments.push(typed.clone());
        });
        let voided = TakeBack { others, ..voided(&dispatch, false) };
        client_of(&order.server.uri()).take_back(&voided).await.unwrap();
        assert_eq!(order.shipped().len(), stays);
    }
}

#[tokio::test]
async fn a_shipment_that_somebody_else_deletes_at_the_same_time_is_gone_and_the_status_follows() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 1)], true);
    client.dispatch(&dispatch).await.unwrap();
    order.set(|state| state.fault = Some(Fault::GoneMeanwhile));
    let done = client.take_back(&voided(&dispatch, true)).await.unwrap();
    assert_eq!(done, taken_back("awaiting_shipment", true));
    assert_eq!(order.shipped().len(), 0);
}

#[tokio::test]
async fn a_shipment_that_a_person_edited_beyond_recognition_is_taken_back_by_the_shops_id_of_it() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 1)], true);
    let shop_shipments = client.dispatch(&dispatch).await.unwrap().shop_shipments;
    order.set(|state| {
        state.shipments[0]["comments"] = json!("left with the neighbour");
        state.shipments[0]["tracking_number"] = json!("typed anew");
    });
    client.take_back(&TakeBack { shop_shipments, ..voided(&dispatch, true) }).await.unwrap();
    assert_eq!(order.shipped().len(), 0);
}

#[tokio::test]
async fn a_shipment_without_a_number_that_a_person_typed_is_not_taken_for_one_of_ours() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    order.set(|state| {
        let items = json!([{ "order_product_id": 1, "quantity": 1 }]);
        state
            .shipments
            .push(json!({ "id": 77, "order_address_id": 51, "tracking_number": "", "items": items }));
    });
    let mut taken = voided(&consignment("S1", &[("TEE", 1)], true), true);
    taken.shipment.tracking_number = String::new();
    let done = client_of(&order.server.uri()).take_back(&taken).await.unwrap();
    assert_eq!((done.wrote, order.shipped().len()), (false, 1));
}

#[tokio::test]
async fn an_order_that_the_buyer_was_to_collect_is_what_it_was() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let mut dispatch = consignment("S1", &[("TEE", 1)], false);
    dispatch.shipment.carrier = "Pickup In-Store".to_owned();
    assert_eq!(client.dispatch(&dispatch).await.unwrap().order_status, "awaiting_pickup");
    let done = client.take_back(&voided(&dispatch, false)).await.unwrap();
    assert_eq!(done, taken_back("awaiting_shipment", true));
}
