//! Carriers, and the numbers that they put on parcels.

use crossdock_domain::{OrderNumber, PackedLine, Shipment, ShipmentId};
use fastrand::Rng;
use jiff::Timestamp;
use uuid::Uuid;

/// A carrier that calls at the warehouse.
struct Carrier {
    name: &'static str,
    service: &'static str,
    /// What its tracking numbers begin with.
    prefix: &'static str,
    /// Digits behind the prefix.
    digits: usize,
    /// The page where a buyer follows the parcel, up to the number.
    page: &'static str,
}

const CARRIERS: [Carrier; 3] = [
    Carrier {
        name: "Australia Post",
        service: "Express Post",
        prefix: "AP",
        digits: 10,
        page: "https://auspost.com.au/mypost/track/details/",
    },
    Carrier {
        name: "DHL Express",
        service: "Express Worldwide",
        prefix: "",
        digits: 10,
        page: "https://www.dhl.com/en/express/tracking.html?AWB=",
    },
    Carrier {
        name: "UPS",
        service: "Worldwide Saver",
        prefix: "1Z",
        digits: 16,
        page: "https://www.ups.com/track?tracknum=",
    },
];

/// Labels parcels: the carriers take turns.
#[derive(Debug)]
pub(super) struct Labels {
    dice: Rng,
    printed: usize,
}

impl Labels {
    pub(super) fn new(dice: Rng) -> Self {
        Self { dice, printed: 0 }
    }

    pub(super) fn print(&mut self, number: &OrderNumber, lines: Vec<PackedLine>, at: Timestamp) -> Shipment {
        let carrier = &CARRIERS[self.printed % CARRIERS.len()];
        self.printed += 1;
        let digits = std::iter::repeat_with(|| self.dice.digit(10)).take(carrier.digits);
        let tracking_number: String = carrier.prefix.chars().chain(digits).collect();
        Shipment {
            shipment_id: ShipmentId::new(format!("SHP-{}", Uuid::new_v4().simple())),
            number: number.clone(),
            carrier: carrier.name.to_owned(),
            service: Some(carrier.service.to_owned()),
            tracking_url: Some(format!("{}{tracking_number}", carrier.page)),
            tracking_number,
            dispatched_at: at,
            lines: Some(lines),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn carriers_take_turns_and_no_number_comes_twice() {
        let mut labels = Labels::new(Rng::with_seed(7));
        let number = OrderNumber::from("BG1001");
        let printed: Vec<Shipment> =
            (0..60).map(|_| labels.print(&number, Vec::new(), Timestamp::UNIX_EPOCH)).collect();
        let carriers: HashSet<&str> = printed.iter().map(|shipment| shipment.carrier.as_str()).collect();
        assert_eq!(carriers, HashSet::from(["Australia Post", "DHL Express", "UPS"]));
        assert_eq!(
            printed.iter().map(|shipment| &shipment.tracking_number).collect::<HashSet<_>>().len(),
            60
        );
        assert_eq!(printed.iter().map(|shipment| &shipment.shipment_id).collect::<HashSet<_>>().len(), 60);
        assert!(printed.iter().all(|s| s.tracking_url.as_ref().unwrap().ends_with(&s.tracking_number)));
    }
}
