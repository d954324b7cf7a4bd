//! What is planned, whatever stands.

use crossdock_domain::{OrderNumber, Shipment, ShipmentId};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::scalar::Scalar;

fn both() -> TrackingSettings {
    TrackingSettings::default()
}

fn standing(number: &str, url: &str, status: &str) -> Standing {
    Standing {
        tracking_number: Scalar(number.to_owned()),
        tracking_url: Scalar(url.to_owned()),
        fulfillment_status: Scalar(status.to_owned()),
    }
}

fn dispatch(number: &str, url: Option<&str>, completes: bool) -> Dispatch {
    let shipment = Shipment {
        shipment_id: ShipmentId::from("S1"),
        number: OrderNumber::from("BGK8XTQ"),
        carrier: "Australia Post".to_owned(),
        service: None,
        tracking_number: number.to_owned(),
        tracking_url: url.map(str::to_owned),
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

fn apply(standing: &Standing, update: &Update) -> Standing {
    let keep =
        |new: Option<&str>, old: &Scalar| new.map_or_else(|| old.clone(), |text| Scalar(text.to_owned()));
    Standing {
        tracking_number: keep(update.tracking_number.as_deref(), &standing.tracking_number),
        tracking_url: keep(update.tracking_url.as_deref(), &standing.tracking_url),
        fulfillment_status: keep(update.fulfillment_status.as_deref(), &standing.fulfillment_status),
    }
}

#[test]
fn parcels_of_one_order_are_joined_and_none_takes_the_link_back() {
    let first = dispatch("T1", Some("https://t.example/1"), false);
    let last = dispatch("T2", Some("https://t.example/2"), true);
    let mut now = standing("", "", "AWAITING_PROCESSING");
    let update = plan(&now, &first, &both()).unwrap();
    assert_eq!(
        (update.tracking_number.as_deref(), update.fulfillment_status.as_deref()),
        (Some("T1"), Some("PROCESSING"))
    );
    now = apply(&now, &update);
    assert_eq!(plan(&now, &first, &both()), None);
    let update = plan(&now, &last, &both()).unwrap();
    assert_eq!(
        (update.tracking_number.as_deref(), update.fulfillment_status.as_deref()),
        (Some("T1, T2"), Some("SHIPPED"))
    );
    now = apply(&now, &update);
    assert_eq!(now.tracking_url.0, "https://t.example/2");
    assert_eq!(plan(&now, &first, &both()), None);
    assert_eq!(plan(&now, &last, &both()), None);
}

#[test]
fn an_order_that_only_ends_keeps_what_a_person_made_of_its_number() {
    let ends = Dispatch { status_only: true, ..dispatch("T1", Some("https://t.example/1"), true) };
    let corrected = standing("CORRECTED", "https://t.example/c", "PROCESSING");
    let update = plan(&corrected, &ends, &both()).unwrap();
    assert_eq!(update, Update { fulfillment_status: Some("SHIPPED".to_owned()), ..Update::default() });
    assert_eq!(plan(&apply(&corrected, &update), &ends, &both()), None);
}

#[test]
fn an_order_that_was_delivered_only_gets_its_number() {
    for status in ["DELIVERED", "RETURNED", "WILL_NOT_DELIVER"] {
        let update = plan(&standing("", "", status), &dispatch("T1", None, true), &both()).unwrap();
        assert_eq!(
            (update.tracking_number.as_deref(), update.fulfillment_status.as_deref()),
            (Some("T1"), None),
            "{status}"
        );
        assert_eq!(plan(&standing("t1", "", status), &dispatch("T1", None, true), &both()), None, "{status}");
    }
}

#[test]
fn what_the_settings_switch_off_is_not_written() {
    let parcel = dispatch("T1", Some("https://t.example/1"), true);
    let new = standing("", "", "PROCESSING");
    let update = plan(&new, &parcel, &TrackingSettings { url: false, ..both() }).unwrap();
    assert_eq!((update.tracking_number.as_deref(), update.tracking_url), (Some("T1"), None));
    let update = plan(&new, &parcel, &TrackingSettings { number: false, ..both() }).unwrap();
    assert_eq!((update.tracking_number, update.tracking_url.as_deref()), (None, Some("https://t.example/1")));
    let update = plan(&new, &parcel, &TrackingSettings { number: false, url: false, ..both() }).unwrap();
    assert_eq!(update, Update { fulfillment_status: Some("SHIPPED".to_owned()), ..Update::default() });
}

#[test]
fn a_corrected_link_of_the_only_parcel_is_written() {
    let shipped = standing("T1", "https://t.example/old", "SHIPPED");
    let update = plan(&shipped, &dispatch("T1", Some("https://t.example/1"), true), &both()).unwrap();
    assert_eq!(update, Update { tracking_url: Some("https://t.example/1".to_owned()), ..Update::default() });
}

proptest! {
    #[test]
    fn what_was_written_is_never_written_again(
        number in "[A-Z0-9 ,;]{0,12}",
        stands in "[A-Z0-9 ,;]{0,12}",
        url in proptest::option::of("[ a-z]{0,4}"),
        status in prop::sample::select(&crossdock_domain::ECWID_FULFILLMENT_STATUSES),
        completes: bool,
    ) {
        let parcel = dispatch(&number, url.as_deref(), completes);
        let before = standing(&stands, "", status);
        if let Some(update) = plan(&before, &parcel, &both()) {
            prop_assert_eq!(plan(&apply(&before, &update), &parcel, &both()), None);
        }
    }
}

/// One consignment of the model: its label, and the labels before it.
#[derive(Debug, Clone)]
struct Told {
    shipment: Shipment,
    former: Vec<Shipment>,
    left: bool,
}

/// What happens to one of three consignments.
#[derive(Debug, Clone, Copy)]
enum Step {
    Told,
    Relabelled(u8),
    Voided,
    /// As the last step of it, once more.
    Repeated,
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    let step = prop_oneof![
        Just(Step::Told),
        (0..6_u8).prop_map(Step::Relabelled),
        Just(Step::Voided),
        Just(Step::Repeated),
    ];
    (0..3_usize, step)
}

/// Writes what is planned for one consignment, and checks that the same plan has nothing left to do.
fn carry_out(now: &mut Standing, all: &[Option<Told>], at: usize) {
    let Some(this) = &all[at] else { return };
    let others: Vec<Shipment> = all
        .iter()
        .enumerate()
        .filter_map(|(other, told)| told.as_ref().filter(|told| other != at && told.left))
        .map(|told| told.shipment.clone())
        .collect();
    let completed =
        all.iter().all(|told| told.as_ref().is_some_and(|told| told.left || told.shipment == this.shipment));
    let planned = |now: &Standing| {
        if this.left {
            let dispatch = Dispatch {
                former: this.former.clone(),
                others: others.clone(),
                shipment: this.shipment.clone(),
                ..dispatch("", None, completed)
            };
            plan(now, &dispatch, &both())
        } else {
            let taken = TakeBack {
                order_id: "K8XTQ".into(),
                shipment: this.shipment.clone(),
                former: this.former.clone(),
                shop_shipments: Vec::new(),
                others: others.clone(),
                completed,
                status_before: Some("PAID/AWAITING_PROCESSING".to_owned()),
            };
            plan_back(now, &taken, &both())
        }
    };
    if let Some(update) = planned(now) {
        *now = apply(now, &update);
    }
    assert_eq!(planned(now), None, "what was written is written again");
}

proptest! {
    /// Whatever is told, relabelled, voided and repeated: at the end the order shows the numbers of what has left, and no others but
    /// the one that a person typed.
    #[test]
    fn an_order_shows_the_numbers_of_what_has_left(steps in prop::collection::vec(step(), 0..24), typed: bool) {
        let mut now = standing(if typed { "TYPED" } else { "" }, "", "AWAITING_PROCESSING");
        let mut all: Vec<Option<Told>> = vec![None, None, None];
        for (at, step) in steps {
            match (&mut all[at], step) {
                (none @ None, Step::Told) => {
                    let shipment = dispatch(&format!("T{at}"), None, false).shipment;
                    let shipment = Shipment { shipment_id: ShipmentId::new(format!("S{at}")), ..shipment };
                    *none = Some(Told { shipment, former: Vec::new(), left: true });
                }
                (Some(told), Step::Relabelled(number)) if told.left => {
                    let former = told.shipment.clone();
                    // Some numbers are shared by two consignments.
                    told.shipment.tracking_number = format!("N{}", usize::midpoint(usize::from(number), at));
                    told.former.push(former);
                }
                (Some(told), Step::Voided) => told.left = false,
                _ => {}
            }
            carry_out(&mut now, &all, at);
        }
        let mut shown = numbers(&now.tracking_number.0);
        shown.sort_unstable();
        let mut expected: Vec<&str> =
            all.iter().flatten().filter(|told| told.left).map(|told| told.shipment.tracking_number.as_str()).collect();
        expected.extend(typed.then_some("TYPED"));
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(shown, expected);
        if all.iter().flatten().all(|told| !told.left) {
            prop_assert_eq!(now.fulfillment_status.0.as_str(), "AWAITING_PROCESSING");
        }
    }
}
