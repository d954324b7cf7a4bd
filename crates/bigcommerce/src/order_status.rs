//! An order's status: its name, and where a shipment moves it.

use crossdock_domain::BIGCOMMERCE_STATUSES;
use crossdock_settings::TrackingSettings;
use crossdock_storefront::{Dispatch, TakeBack};

const SHIPPED: i64 = 2;
const PARTIALLY_SHIPPED: i64 = 3;
const REFUNDED: i64 = 4;
const CANCELLED: i64 = 5;
const DECLINED: i64 = 6;
const AWAITING_PICKUP: i64 = 8;
const COMPLETED: i64 = 10;
const AWAITING_FULFILLMENT: i64 = 11;

/// The name that settings and filters use, or `status_<id>` for one that the platform has added since.
pub(crate) fn name(status_id: i64) -> String {
    let known = BIGCOMMERCE_STATUSES.iter().find(|(id, _)| *id == status_id);
    known.map_or_else(|| format!("status_{status_id}"), |(_, name)| (*name).to_owned())
}

/// The status that an order in `now` is moved to by a shipment; none if it stays where it is.
///
/// What a person ended (cancelled, refunded, declined) stays ended, and nothing moves back from further on: a notice of the
/// first parcel that comes late does not reopen an order that has shipped.
pub(crate) fn after(now: i64, dispatch: &Dispatch, tracking: &TrackingSettings) -> Option<i64> {
    let (goal, beyond): (i64, &[i64]) = if tracking.is_pickup(&dispatch.shipment.carrier) {
        // The shop itself may have set 'shipped' because of the shipment, so that does not stop it.
        (AWAITING_PICKUP, &[COMPLETED])
    } else if dispatch.completes {
        (tracking.complete_status_id, &[COMPLETED])
    } else {
        (PARTIALLY_SHIPPED, &[SHIPPED, COMPLETED, AWAITING_PICKUP])
    };
    let stays = now == goal || beyond.contains(&now) || [REFUNDED, CANCELLED, DECLINED].contains(&now);
    (!stays).then_some(goal)
}

/// The same where the shop itself may have moved the order since, because of a shipment; none if it depends on that.
///
/// In the control panel a shipment makes the order shipped or partially shipped; whether it does through the API is not documented.
pub(crate) fn after_in_any_case(
    before: i64,
    dispatch: &Dispatch,
    tracking: &TrackingSettings,
) -> Option<i64> {
    let goal = after(before, dispatch, tracking)?;
    let may_be_now = [SHIPPED, PARTIALLY_SHIPPED];
    may_be_now.iter().all(|now| after(*now, dispatch, tracking) == Some(goal)).then_some(goal)
}

/// The status that an order in `now` is moved back to when a consignment is taken back; none if it stays where it is.
///
/// Only what we may have set is moved: what a person ended, or set since, stays. With shipments that still stand there the order is
/// partially shipped, without any it is what it was before the first.
pub(crate) fn after_take_back(
    now: i64,
    taken: &TakeBack,
    others_stand: bool,
    tracking: &TrackingSettings,
) -> Option<i64> {
    let before = taken.status_before.as_deref().and_then(id).unwrap_or(AWAITING_FULFILLMENT);
    let goal = if others_stand { PARTIALLY_SHIPPED } else { before };
    // The shop itself may have set 'shipped' because of the shipment.
    let ours = now == PARTIALLY_SHIPPED
        || tracking.is_pickup(&taken.shipment.carrier) && now == AWAITING_PICKUP
        || taken.completed && (now == SHIPPED || now == tracking.complete_status_id);
    (ours && now != goal && now != before).then_some(goal)
}

/// The id of a status by what [`name`] calls it.
fn id(name: &str) -> Option<i64> {
    let known = BIGCOMMERCE_STATUSES.iter().find(|(_, known)| *known == name).map(|(id, _)| *id);
    known.or_else(|| name.strip_prefix("status_")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use crossdock_domain::{OrderId, Shipment, ShipmentId};
    use jiff::Timestamp;

    use super::*;

    fn shipment(carrier: &str) -> Shipment {
        Shipment {
            shipment_id: ShipmentId::from("S1"),
            number: "BG1".into(),
            carrier: carrier.to_owned(),
            service: None,
            tracking_number: String::new(),
            tracking_url: None,
            dispatched_at: Timestamp::UNIX_EPOCH,
            lines: None,
        }
    }

    fn settings(complete_status_id: i64) -> TrackingSettings {
        let pickup_carriers = vec!["Pickup In-Store".to_owned()];
        TrackingSettings { complete_status_id, pickup_carriers, ..TrackingSettings::default() }
    }

    fn dispatch(carrier: &str, completes: bool) -> Dispatch {
        Dispatch {
            order_id: OrderId::from("1"),
            shipment: shipment(carrier),
            former: Vec::new(),
            shop_shipments: Vec::new(),
            others: Vec::new(),
            lines: Vec::new(),
            completes,
            first_try: false,
            status_only: false,
        }
    }

    fn moved(now: i64, carrier: &str, completes: bool, complete_status_id: i64) -> Option<i64> {
        after(now, &dispatch(carrier, completes), &settings(complete_status_id))
    }

    fn moved_in_any_case(
        before: i64,
        carrier: &str,
        completes: bool,
        complete_status_id: i64,
    ) -> Option<i64> {
        after_in_any_case(before, &dispatch(carrier, completes), &settings(complete_status_id))
    }

    fn moved_back(now: i64, completed: bool, others_stand: bool, before: &str) -> Option<i64> {
        let taken = TakeBack {
            order_id: OrderId::from("1"),
            shipment: shipment("UPS"),
            former: Vec::new(),
            shop_shipments: Vec::new(),
            others: Vec::new(),
            completed,
            status_before: (!before.is_empty()).then(|| before.to_owned()),
        };
        after_take_back(now, &taken, others_stand, &settings(COMPLETED))
    }

    #[test]
    fn a_consignment_that_is_taken_back_moves_back_only_what_it_had_moved() {
        const AWAITING_SHIPMENT: i64 = 9;
        for (now, completed, others_stand, before, then) in [
            (COMPLETED, true, false, "awaiting_shipment", Some(AWAITING_SHIPMENT)),
            (COMPLETED, true, false, "", Some(AWAITING_FULFILLMENT)),
            (COMPLETED, true, true, "awaiting_shipment", Some(PARTIALLY_SHIPPED)),
            (SHIPPED, true, false, "awaiting_shipment", Some(AWAITING_SHIPMENT)),
            (PARTIALLY_SHIPPED, false, false, "awaiting_shipment", Some(AWAITING_SHIPMENT)),
            (PARTIALLY_SHIPPED, false, true, "awaiting_shipment", None),
            // A person was quicker, or came after us.
            (COMPLETED, false, false, "awaiting_shipment", None),
            (COMPLETED, true, false, "completed", None),
            (COMPLETED, true, true, "completed", None),
            (AWAITING_PICKUP, true, false, "awaiting_shipment", None),
            (REFUNDED, true, false, "awaiting_shipment", None),
            (CANCELLED, true, true, "awaiting_shipment", None),
            (AWAITING_SHIPMENT, true, false, "awaiting_shipment", None),
        ] {
            assert_eq!(
                moved_back(now, completed, others_stand, before),
                then,
                "{now} {completed} {others_stand} {before}"
            );
        }
    }

    #[test]
    fn a_shipment_moves_an_order_forward_only() {
        for (now, completes, then) in [
            (AWAITING_FULFILLMENT, true, Some(COMPLETED)),
            (AWAITING_FULFILLMENT, false, Some(PARTIALLY_SHIPPED)),
            (PARTIALLY_SHIPPED, true, Some(COMPLETED)),
            (PARTIALLY_SHIPPED, false, None),
            (SHIPPED, true, Some(COMPLETED)),
            (SHIPPED, false, None),
            (COMPLETED, true, None),
            (COMPLETED, false, None),
            (CANCELLED, true, None),
            (REFUNDED, true, None),
            (DECLINED, false, None),
        ] {
            assert_eq!(moved(now, "UPS", completes, COMPLETED), then, "{now} {completes}");
        }
        assert_eq!(moved(COMPLETED, "UPS", true, SHIPPED), None);
        assert_eq!(moved(SHIPPED, "UPS", true, SHIPPED), None);
    }

    #[test]
    fn a_pickup_carrier_makes_the_order_await_pickup() {
        assert_eq!(moved(AWAITING_FULFILLMENT, "pickup in-store", true, COMPLETED), Some(AWAITING_PICKUP));
        assert_eq!(moved(SHIPPED, "Pickup In-Store", true, COMPLETED), Some(AWAITING_PICKUP));
        assert_eq!(moved(AWAITING_PICKUP, "Pickup In-Store", true, COMPLETED), None);
        assert_eq!(moved(COMPLETED, "Pickup In-Store", true, COMPLETED), None);
    }

    #[test]
    fn a_goal_is_known_beforehand_unless_the_shop_may_have_reached_it_by_itself() {
        for (before, carrier, completes, complete_status_id, then) in [
            (AWAITING_FULFILLMENT, "UPS", true, COMPLETED, Some(COMPLETED)),
            (PARTIALLY_SHIPPED, "UPS", true, COMPLETED, Some(COMPLETED)),
            (AWAITING_FULFILLMENT, "Pickup In-Store", true, COMPLETED, Some(AWAITING_PICKUP)),
            // The shop may have set it.
            (AWAITING_FULFILLMENT, "UPS", true, SHIPPED, None),
            (AWAITING_FULFILLMENT, "UPS", false, COMPLETED, None),
            // It may have moved on, or back from an end.
            (PARTIALLY_SHIPPED, "UPS", false, COMPLETED, None),
            (COMPLETED, "UPS", true, COMPLETED, None),
            (CANCELLED, "UPS", true, COMPLETED, None),
        ] {
            let known = moved_in_any_case(before, carrier, completes, complete_status_id);
            assert_eq!(known, then, "{before} {carrier} {completes} {complete_status_id}");
        }
    }

    #[test]
    fn a_status_is_named_as_settings_spell_it() {
        assert_eq!(name(11), "awaiting_fulfillment");
        assert_eq!(name(99), "status_99");
        assert_eq!((id("awaiting_fulfillment"), id("status_99"), id("lost")), (Some(11), Some(99), None));
    }
}
