//! An order's status: its name, and where a shipment moves it.

use crossdock_domain::BIGCOMMERCE_STATUSES;
use crossdock_settings::TrackingSettings;
use crossdock_storefront::Dispatch;

const SHIPPED: i64 = 2;
const PARTIALLY_SHIPPED: i64 = 3;
const REFUNDED: i64 = 4;
const CANCELLED: i64 = 5;
const DECLINED: i64 = 6;
const AWAITING_PICKUP: i64 = 8;
const COMPLETED: i64 = 10;

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
    let carrier = dispatch.shipment.carrier.trim();
    let (goal, beyond): (i64, &[i64]) =
        if tracking.pickup_carriers.iter().any(|one| one.eq_ignore_ascii_case(carrier)) {
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

#[cfg(test)]
mod tests {
    use crossdock_domain::{OrderId, Shipment, ShipmentId};
    use jiff::Timestamp;

    use super::*;

    const AWAITING_FULFILLMENT: i64 = 11;

    fn moved(now: i64, carrier: &str, completes: bool, complete_status_id: i64) -> Option<i64> {
        let shipment = Shipment {
            shipment_id: ShipmentId::from("S1"),
            number: "BG1".into(),
            carrier: carrier.to_owned(),
            service: None,
            tracking_number: String::new(),
            tracking_url: None,
            dispatched_at: Timestamp::UNIX_EPOCH,
            lines: None,
        };
        let dispatch = Dispatch { order_id: OrderId::from("1"), shipment, lines: Vec::new(), completes };
        let pickup_carriers = vec!["Pickup In-Store".to_owned()];
        let tracking = TrackingSettings { number: true, url: true, complete_status_id, pickup_carriers };
        after(now, &dispatch, &tracking)
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
    fn a_status_is_named_as_settings_spell_it() {
        assert_eq!(name(11), "awaiting_fulfillment");
        assert_eq!(name(99), "status_99");
    }
}
