//! Giving a consignment that stands at the shop another label.

use crossdock_settings::{ByCarrier, TrackingSettings};
use crossdock_storefront::{Dispatch, Storefront as _, StorefrontError};
use serde_json::json;

use crate::dispatch::consignment;
use crate::fake_order::{FakeOrder, Fault, dispatched, line};
use crate::shop::{client_of, client_with, tracking};

/// The same consignment, told again with another carrier, number and link.
fn relabelled(first: &Dispatch) -> Dispatch {
    let mut again = first.clone();
    again.former.push(first.shipment.clone());
    "UPS".clone_into(&mut again.shipment.carrier);
    again.shipment.service = None;
    "1Z999".clone_into(&mut again.shipment.tracking_number);
    again.shipment.tracking_url = None;
    again
}

#[tokio::test]
async fn a_new_label_replaces_the_former_one_and_doubles_nothing() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1), line(2, 52, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let first = consignment("S1", &[("TEE", 2)], true);
    client.dispatch(&first).await.unwrap();
    let again = relabelled(&first);
    assert_eq!(client.dispatch(&again).await.unwrap(), dispatched(&["1", "2"], "completed", true));
    let label = json!({
        "tracking_number": "1Z999", "tracking_link": "", "shipping_method": "UPS", "shipping_provider": "",
        "tracking_carrier": "ups", "comments": "UPS [consignment S1]",
    });
    assert_eq!(order.state.lock().unwrap().labels, [label.clone(), label]);
    assert_eq!((order.shipped().len(), order.puts().len()), (2, 1));
    assert_eq!(client.dispatch(&again).await.unwrap(), dispatched(&["1", "2"], "completed", false));
}

#[tokio::test]
async fn a_relabel_whose_answer_was_lost_is_not_written_again() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let first = consignment("S1", &[("TEE", 1)], true);
    client.dispatch(&first).await.unwrap();
    order.set(|state| state.fault = Some(Fault::AnswerLost));
    assert!(matches!(client.dispatch(&relabelled(&first)).await, Err(StorefrontError::InDoubt { .. })));
    assert!(!client.dispatch(&relabelled(&first)).await.unwrap().wrote);
    assert_eq!(order.state.lock().unwrap().labels.len(), 1);
}

#[tokio::test]
async fn a_shipment_whose_comments_a_person_edited_is_known_by_its_id_or_its_former_number() {
    for known in [vec!["1".to_owned()], Vec::new()] {
        let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
        let client = client_of(&order.server.uri());
        let first = consignment("S1", &[("TEE", 1)], true);
        client.dispatch(&first).await.unwrap();
        order.set(|state| {
            state.shipments[0]["comments"] = json!("left with the neighbour");
            if !known.is_empty() {
                state.shipments[0]["tracking_number"] = json!("typed anew");
            }
        });
        let again = Dispatch { shop_shipments: known, ..relabelled(&first) };
        assert_eq!(client.dispatch(&again).await.unwrap(), dispatched(&["1"], "completed", true));
        assert_eq!(order.state.lock().unwrap().shipments[0]["tracking_number"], "1Z999");
    }
}

#[tokio::test]
async fn what_a_person_corrected_stays_as_long_as_the_warehouse_tells_nothing_else() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let client = client_of(&order.server.uri());
    let dispatch = consignment("S1", &[("TEE", 1)], true);
    client.dispatch(&dispatch).await.unwrap();
    order.set(|state| state.shipments[0]["tracking_number"] = json!("corrected"));
    assert!(!client.dispatch(&dispatch).await.unwrap().wrote);
    assert_eq!(order.state.lock().unwrap().shipments[0]["tracking_number"], "corrected");
}

#[tokio::test]
async fn carriers_and_links_follow_the_shops_settings() {
    let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
    let settings = TrackingSettings {
        carriers: ByCarrier::from_iter([("Bob's Vans", "bobs-vans")]),
        url_templates: ByCarrier::from_iter([("bobs vans", "https://bob.example/{tracking_number}")]),
        ..tracking()
    };
    let client = client_with(&order.server.uri(), &settings);
    let mut dispatch = consignment("S1", &[("TEE", 1)], true);
    dispatch.shipment.carrier = "Bob's Vans".to_owned();
    dispatch.shipment.tracking_url = None;
    client.dispatch(&dispatch).await.unwrap();
    let shipment = order.state.lock().unwrap().shipments[0].clone();
    assert_eq!(shipment["tracking_carrier"], "bobs-vans");
    assert_eq!(shipment["tracking_link"], "https://bob.example/TRACK-S1");
}

#[tokio::test]
async fn the_buyer_reads_the_carrier_beside_the_service_where_the_shop_shows_none() {
    for (carrier, service, reads) in [
        ("Bob's Vans", Some("Overnight"), "Bob's Vans Overnight"),
        ("Bob's Vans", None, "Bob's Vans"),
        ("", Some("Overnight"), "Overnight"),
        ("UPS", Some("Ground"), "Ground"),
    ] {
        let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
        let mut dispatch = consignment("S1", &[("TEE", 1)], true);
        carrier.clone_into(&mut dispatch.shipment.carrier);
        dispatch.shipment.service = service.map(str::to_owned);
        client_of(&order.server.uri()).dispatch(&dispatch).await.unwrap();
        assert_eq!(order.state.lock().unwrap().shipments[0]["shipping_method"], reads);
    }
}

#[tokio::test]
async fn a_label_of_which_one_thing_alone_changed_is_written_anew() {
    let changes: [fn(&mut Dispatch); 4] = [
        |again| "T2".clone_into(&mut again.shipment.tracking_number),
        |again| again.shipment.tracking_url = Some("https://elsewhere.example/".to_owned()),
        |again| again.shipment.service = Some("Parcel Post".to_owned()),
        |again| "UPS".clone_into(&mut again.shipment.carrier),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let order = FakeOrder::start(vec![line(1, 51, "TEE", 1)]).await;
        let client = client_of(&order.server.uri());
        let first = consignment("S1", &[("TEE", 1)], true);
        client.dispatch(&first).await.unwrap();
        let mut again = Dispatch { former: vec![first.shipment.clone()], ..first };
        change(&mut again);
        let wrote =
            [client.dispatch(&again).await.unwrap().wrote, client.dispatch(&again).await.unwrap().wrote];
        assert_eq!(wrote, [true, false], "change {number}");
        assert_eq!(order.shipped().len(), 1, "change {number}");
    }
}
