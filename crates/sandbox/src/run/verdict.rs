//! Holds what became of one order against what was expected of it.

use crossdock_domain::{OrderNumber, Shipment};
use crossdock_settings::StoreSettings;

use super::expectation::{self, Fate};
use super::shop::Sight;

/// What was expected when the order was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) number: OrderNumber,
    pub(super) fate: Fate,
    /// Its statuses at first.
    pub(super) statuses: Vec<String>,
}

/// What is seen of it now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) received: usize,
    /// Whether the warehouse took it over.
    pub(super) accepted: bool,
    pub(super) shipments: Vec<Shipment>,
    pub(super) shop: Sight,
}

/// Something that is not as expected, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// It may still come.
    Awaited(String),
    /// No waiting mends it.
    Wrong(String),
}

impl Finding {
    pub(super) fn sentence(self) -> String {
        match self {
            Self::Awaited(sentence) | Self::Wrong(sentence) => sentence,
        }
    }
}

/// Everything about an order that is not as expected.
pub(super) fn findings(expected: &Expected, store: &StoreSettings, seen: &Seen) -> Vec<Finding> {
    let mut findings = at_warehouse(expected, seen);
    match expected.fate {
        Fate::Released => findings.extend(at_shop(expected, store, seen)),
        Fate::Filtered | Fate::Test => findings.extend(left_alone(expected, seen)),
    }
    let name = &store.name;
    let placed = |sentence: String| format!("{name}: {} {sentence}", expected.number);
    let place = |finding| match finding {
        Finding::Awaited(sentence) => Finding::Awaited(placed(sentence)),
        Finding::Wrong(sentence) => Finding::Wrong(placed(sentence)),
    };
    findings.into_iter().map(place).collect()
}

fn at_warehouse(expected: &Expected, seen: &Seen) -> Vec<Finding> {
    let mut findings = Vec::new();
    match (expected.fate, seen.received) {
        (Fate::Filtered, 0) => return findings,
        (Fate::Filtered, _) => {
            findings.push(Finding::Wrong("should have stayed out but is at the warehouse".into()));
            return findings;
        }
        (_, 0) => findings.push(Finding::Awaited("has not reached the warehouse".into())),
        (_, 1) => {}
        (_, times) => findings.push(Finding::Wrong(format!("reached the warehouse {times} times"))),
    }
    if seen.received > 0 && !seen.accepted {
        findings.push(Finding::Wrong("was not accepted by the warehouse".into()));
    }
    match (expected.fate, seen.shipments.len()) {
        (Fate::Released, 0) => findings.push(Finding::Awaited("has not been shipped".into())),
        (Fate::Released, 1) | (_, 0) => {}
        (Fate::Released, parcels) => findings.push(Finding::Wrong(format!("left in {parcels} parcels"))),
        (Fate::Filtered | Fate::Test, _) => {
            findings.push(Finding::Wrong("was shipped though it must not be".into()));
        }
    }
    findings
}

/// What a shipped order looks like at its shop.
fn at_shop(expected: &Expected, store: &StoreSettings, seen: &Seen) -> Vec<Finding> {
    let Some(shipment) = seen.shipments.first() else { return Vec::new() };
    let mut findings = Vec::new();
    let number = &shipment.tracking_number;
    match seen.shop.tracking_numbers.as_slice() {
        [shown] if shown == number => {}
        [] if !store.tracking.number => {}
        [] => findings.push(Finding::Awaited(format!("does not show tracking number {number}"))),
        [shown] => findings.push(Finding::Wrong(format!("shows tracking number {shown}, not {number}"))),
        several => findings.push(Finding::Wrong(format!("shows tracking numbers {}", several.join(", ")))),
    }
    let wanted = expectation::final_statuses(store, &shipment.carrier, &expected.statuses);
    if seen.shop.statuses != wanted {
        let (shown, wanted) = (seen.shop.statuses.join("/"), wanted.join("/"));
        findings.push(Finding::Awaited(format!("is {shown}, not {wanted}")));
    }
    if seen.shop.mails > 1 {
        findings.push(Finding::Wrong(format!("sent its buyer {} mails about one parcel", seen.shop.mails)));
    }
    findings
}

/// An order that is not shipped stays as it was.
fn left_alone(expected: &Expected, seen: &Seen) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !seen.shop.tracking_numbers.is_empty() {
        let shown = seen.shop.tracking_numbers.join(", ");
        findings.push(Finding::Wrong(format!("shows tracking number {shown} though it must not be shipped")));
    }
    if seen.shop.statuses != expected.statuses {
        let (shown, first) = (seen.shop.statuses.join("/"), expected.statuses.join("/"));
        findings.push(Finding::Wrong(format!("is {shown}, but nobody should have moved it from {first}")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use crossdock_domain::{Platform, ShipmentId};
    use jiff::Timestamp;

    use super::super::example::store;
    use super::*;

    fn expected(fate: Fate) -> Expected {
        Expected { number: "BG1001".into(), fate, statuses: vec!["awaiting_fulfillment".into()] }
    }

    fn shipment(tracking_number: &str) -> Shipment {
        Shipment {
            shipment_id: ShipmentId::from("SHP-1"),
            number: "BG1001".into(),
            carrier: "UPS".into(),
            service: None,
            tracking_number: tracking_number.into(),
            tracking_url: None,
            dispatched_at: Timestamp::UNIX_EPOCH,
            lines: None,
        }
    }

    /// An order that went all the way.
    fn delivered() -> Seen {
        let tracking_numbers = vec!["1Z9".to_owned()];
        let shop = Sight { statuses: vec!["completed".into()], channel: Some(1), tracking_numbers, mails: 1 };
        Seen { received: 1, accepted: true, shipments: vec![shipment("1Z9")], shop }
    }

    /// An order that nobody touched.
    fn untouched(received: usize) -> Seen {
        let shop = Sight { statuses: vec!["awaiting_fulfillment".into()], ..Sight::default() };
        Seen { received, accepted: received > 0, shipments: Vec::new(), shop }
    }

    fn found(fate: Fate, seen: &Seen) -> Vec<Finding> {
        findings(&expected(fate), &store(Platform::Bigcommerce), seen)
    }

    #[test]
    fn nothing_is_found_where_all_went_as_expected() {
        assert_eq!(found(Fate::Released, &delivered()), []);
        assert_eq!(found(Fate::Filtered, &untouched(0)), []);
        assert_eq!(found(Fate::Test, &untouched(1)), []);
    }

    #[test]
    fn each_missing_step_is_awaited() {
        let mut steps = vec![untouched(0), untouched(1)];
        steps.push(Seen { shipments: vec![shipment("1Z9")], ..untouched(1) });
        let mut seen = delivered();
        seen.shop.tracking_numbers.clear();
        steps.push(seen);
        let mut seen = delivered();
        seen.shop.statuses = vec!["awaiting_fulfillment".into()];
        steps.push(seen);
        for seen in steps {
            let found = found(Fate::Released, &seen);
            assert!(!found.is_empty(), "{seen:?}");
            assert!(found.iter().all(|finding| matches!(finding, Finding::Awaited(_))), "{found:?}");
        }
        assert!(matches!(found(Fate::Test, &untouched(0))[..], [Finding::Awaited(_)]));
    }

    #[test]
    fn whatever_happens_twice_is_wrong() {
        let mut tracked_twice = delivered();
        tracked_twice.shop.tracking_numbers.push("1Z8".into());
        let mut mailed_twice = delivered();
        mailed_twice.shop.mails = 2;
        for seen in [
            Seen { received: 2, ..delivered() },
            Seen { shipments: vec![shipment("1Z9"), shipment("1Z8")], ..delivered() },
            tracked_twice,
            mailed_twice,
        ] {
            assert!(matches!(found(Fate::Released, &seen)[..], [Finding::Wrong(_)]), "{seen:?}");
        }
    }

    #[test]
    fn orders_that_must_not_leave_are_wrong_when_touched() {
        assert!(matches!(found(Fate::Filtered, &untouched(1))[..], [Finding::Wrong(_)]));
        assert!(matches!(
            found(Fate::Filtered, &Seen { received: 0, ..delivered() })[..],
            [Finding::Wrong(_), ..]
        ));
        assert!(matches!(found(Fate::Test, &delivered())[..], [Finding::Wrong(_), ..]));
        assert!(matches!(
            found(Fate::Test, &Seen { accepted: false, ..untouched(1) })[..],
            [Finding::Wrong(_)]
        ));
    }

    #[test]
    fn a_shop_that_wants_no_tracking_numbers_is_not_asked_for_them() {
        let mut quiet = store(Platform::Bigcommerce);
        quiet.tracking.number = false;
        let mut seen = delivered();
        seen.shop.tracking_numbers.clear();
        assert_eq!(findings(&expected(Fate::Released), &quiet, &seen), []);
    }

    #[test]
    fn a_finding_names_shop_and_order() {
        let [Finding::Awaited(sentence)] = &found(Fate::Test, &untouched(0))[..] else {
            panic!("one is awaited")
        };
        assert_eq!(sentence, "Shop acme-au: BG1001 has not reached the warehouse");
    }
}
