//! What has to be written so that an order shows a consignment: a pure comparison of what stands with what should.

use crossdock_settings::TrackingSettings;
use crossdock_storefront::Dispatch;

use super::status::advance;
use super::{Standing, Update};

/// Between the numbers of several parcels of one order.
const NUMBER_SEPARATOR: &str = ", ";

/// The difference, if there is one.
pub(super) fn plan(standing: &Standing, dispatch: &Dispatch, settings: &TrackingSettings) -> Option<Update> {
    let shipment = &dispatch.shipment;
    let tracking_number =
        settings.number.then(|| joined(&standing.tracking_number.0, &shipment.tracking_number)).flatten();
    let tracking_url = shipment
        .tracking_url
        .as_deref()
        .filter(|url| settings.url && replaces(standing, url, tracking_number.is_some()))
        .map(|url| url.trim().to_owned());
    let fulfillment_status = advance(&standing.fulfillment_status.0, shipment, dispatch.completes, settings);
    let update = Update { tracking_number, tracking_url, fulfillment_status };
    (update != Update::default()).then_some(update)
}

/// The numbers that stand with the new one behind them, unless it is among them already.
fn joined(standing: &str, new: &str) -> Option<String> {
    let mut all = parts(standing);
    let known = all.len();
    for number in parts(new) {
        if !all.iter().any(|one| one.eq_ignore_ascii_case(number)) {
            all.push(number);
        }
    }
    (all.len() > known).then(|| all.join(NUMBER_SEPARATOR))
}

/// An order has one link, which is the last parcel's. A parcel told again after a later one does not take it back.
fn replaces(standing: &Standing, url: &str, newer: bool) -> bool {
    let (url, stands) = (url.trim(), standing.tracking_url.0.trim());
    let alone = parts(&standing.tracking_number.0).len() <= 1;
    !url.is_empty() && url != stands && (newer || alone || stands.is_empty())
}

fn parts(numbers: &str) -> Vec<&str> {
    numbers.split([',', ';', '\n']).map(str::trim).filter(|number| !number.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use crossdock_domain::{OrderNumber, Shipment, ShipmentId};
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::scalar::Scalar;

    const BOTH: TrackingSettings =
        TrackingSettings { number: true, url: true, complete_status_id: 10, pickup_carriers: Vec::new() };

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
        Dispatch { order_id: "K8XTQ".into(), shipment, lines: Vec::new(), completes }
    }

    fn apply(standing: &Standing, update: &Update) -> Standing {
        let keep =
            |new: Option<&str>, old: &Scalar| new.map_or_else(|| old.clone(), |text| Scalar(text.to_owned()));
        Standing {
            tracking_number: keep(update.tracking_number.as_deref(), &standing.tracking_number),
            tracking_url: keep(update.tracking_url.as_deref(), &standing.tracking_url),
            fulfillment_status: keep(update.fulfillment_status, &standing.fulfillment_status),
        }
    }

    #[test]
    fn parcels_of_one_order_are_joined_and_none_takes_the_link_back() {
        let first = dispatch("T1", Some("https://t.example/1"), false);
        let last = dispatch("T2", Some("https://t.example/2"), true);
        let mut now = standing("", "", "AWAITING_PROCESSING");
        let update = plan(&now, &first, &BOTH).unwrap();
        assert_eq!(
            (update.tracking_number.as_deref(), update.fulfillment_status),
            (Some("T1"), Some("PROCESSING"))
        );
        now = apply(&now, &update);
        assert_eq!(plan(&now, &first, &BOTH), None);
        let update = plan(&now, &last, &BOTH).unwrap();
        assert_eq!(
            (update.tracking_number.as_deref(), update.fulfillment_status),
            (Some("T1, T2"), Some("SHIPPED"))
        );
        now = apply(&now, &update);
        assert_eq!(now.tracking_url.0, "https://t.example/2");
        assert_eq!(plan(&now, &first, &BOTH), None);
        assert_eq!(plan(&now, &last, &BOTH), None);
    }

    #[test]
    fn an_order_that_was_delivered_only_gets_its_number() {
        for status in ["DELIVERED", "RETURNED", "WILL_NOT_DELIVER"] {
            let update = plan(&standing("", "", status), &dispatch("T1", None, true), &BOTH).unwrap();
            assert_eq!(
                (update.tracking_number.as_deref(), update.fulfillment_status),
                (Some("T1"), None),
                "{status}"
            );
            assert_eq!(
                plan(&standing("t1", "", status), &dispatch("T1", None, true), &BOTH),
                None,
                "{status}"
            );
        }
    }

    #[test]
    fn what_the_settings_switch_off_is_not_written() {
        let parcel = dispatch("T1", Some("https://t.example/1"), true);
        let new = standing("", "", "PROCESSING");
        let update = plan(&new, &parcel, &TrackingSettings { url: false, ..BOTH }).unwrap();
        assert_eq!((update.tracking_number.as_deref(), update.tracking_url), (Some("T1"), None));
        let update = plan(&new, &parcel, &TrackingSettings { number: false, ..BOTH }).unwrap();
        assert_eq!(
            (update.tracking_number, update.tracking_url.as_deref()),
            (None, Some("https://t.example/1"))
        );
        let update = plan(&new, &parcel, &TrackingSettings { number: false, url: false, ..BOTH }).unwrap();
        assert_eq!(update, Update { fulfillment_status: Some("SHIPPED"), ..Update::default() });
    }

    #[test]
    fn a_corrected_link_of_the_only_parcel_is_written() {
        let shipped = standing("T1", "https://t.example/old", "SHIPPED");
        let update = plan(&shipped, &dispatch("T1", Some("https://t.example/1"), true), &BOTH).unwrap();
        assert_eq!(
            update,
            Update { tracking_url: Some("https://t.example/1".to_owned()), ..Update::default() }
        );
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
            if let Some(update) = plan(&before, &parcel, &BOTH) {
                prop_assert_eq!(plan(&apply(&before, &update), &parcel, &BOTH), None);
            }
        }
    }
}
