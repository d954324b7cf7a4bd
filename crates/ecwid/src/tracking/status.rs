//! How far an order's fulfilment has come, so that a dispatch only ever moves it forward, and what is taken back only undoes that.

use crossdock_domain::Shipment;
use crossdock_settings::TrackingSettings;
use crossdock_storefront::TakeBack;

/// Some lines have left, others have not. Ecwid has no status for 'partly shipped'.
const PROCESSING: &str = "PROCESSING";
/// Everything has left.
const SHIPPED: &str = "SHIPPED";
/// Everything waits for the buyer.
const READY_FOR_PICKUP: &str = "READY_FOR_PICKUP";

/// The status that this consignment leads to, unless the order has come as far or farther.
pub(super) fn advance(
    standing: &str,
    shipment: &Shipment,
    completes: bool,
    settings: &TrackingSettings,
) -> Option<&'static str> {
    let target = match (completes, settings.is_pickup(&shipment.carrier)) {
        (false, _) => PROCESSING,
        (true, true) => READY_FOR_PICKUP,
        (true, false) => SHIPPED,
    };
    (rank(target) > rank(standing)).then_some(target)
}

/// The status that an order goes back to when a consignment is taken back, if the one that stands is ours: what was set since by a
/// person or a carrier stays. With other consignments it is being processed, without any it is what it was before the first.
pub(super) fn go_back(standing: &str, taken: &TakeBack, settings: &TrackingSettings) -> Option<String> {
    let ours = standing == PROCESSING
        || taken.completed && standing == SHIPPED
        || taken.completed && settings.is_pickup(&taken.shipment.carrier) && standing == READY_FOR_PICKUP;
    // The payment's status comes first.
    let before = taken.status_before.as_deref().and_then(|both| both.split('/').nth(1)).unwrap_or(PROCESSING);
    let target = if taken.others.is_empty() { before } else { PROCESSING };
    (ours && rank(target) < rank(standing)).then(|| target.to_owned())
}

/// Order of progress. Statuses that the merchant named, and those that Ecwid may add, lie before shipping.
fn rank(status: &str) -> u8 {
    match status.trim().to_ascii_uppercase().as_str() {
        "" | "AWAITING_PROCESSING" => 0,
        READY_FOR_PICKUP => 2,
        SHIPPED => 3,
        "OUT_FOR_DELIVERY" => 4,
        "DELIVERED" => 5,
        "RETURNED" | "WILL_NOT_DELIVER" => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use crossdock_domain::{ECWID_FULFILLMENT_STATUSES, OrderNumber, ShipmentId};
    use jiff::Timestamp;

    use super::*;

    fn advance_by(standing: &str, carrier: &str, completes: bool) -> Option<&'static str> {
        let shipment = Shipment {
            shipment_id: ShipmentId::from("S1"),
            number: OrderNumber::from("BG1"),
            carrier: carrier.to_owned(),
            service: None,
            tracking_number: "T1".to_owned(),
            tracking_url: None,
            dispatched_at: Timestamp::UNIX_EPOCH,
            lines: None,
        };
        let pickup_carriers = vec!["Pickup In-Store".to_owned()];
        let settings = TrackingSettings { pickup_carriers, ..TrackingSettings::default() };
        advance(standing, &shipment, completes, &settings)
    }

    #[test]
    fn the_last_parcel_ships_whatever_is_not_yet_as_far() {
        let stay = ["SHIPPED", "OUT_FOR_DELIVERY", "DELIVERED", "RETURNED", "WILL_NOT_DELIVER"];
        for standing in ECWID_FULFILLMENT_STATUSES {
            let expected = (!stay.contains(&standing)).then_some("SHIPPED");
            assert_eq!(advance_by(standing, "Australia Post", true), expected, "{standing}");
        }
    }

    #[test]
    fn a_part_of_an_order_only_starts_it() {
        for standing in ECWID_FULFILLMENT_STATUSES {
            let expected = (standing == "AWAITING_PROCESSING").then_some("PROCESSING");
            assert_eq!(advance_by(standing, "Australia Post", false), expected, "{standing}");
        }
    }

    #[test]
    fn a_pickup_carrier_makes_it_ready_for_pickup() {
        assert_eq!(advance_by("PROCESSING", "pickup in-store", true), Some("READY_FOR_PICKUP"));
        assert_eq!(advance_by("PROCESSING", "pickup in-store", false), None);
        assert_eq!(advance_by("READY_FOR_PICKUP", "Pickup In-Store", true), None);
        assert_eq!(advance_by("SHIPPED", "Pickup In-Store", true), None);
    }
}
