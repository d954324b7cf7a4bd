//! What should happen by a shop's settings, worked out anew: the importer's own rules are never asked.

use std::fmt;

use crossdock_domain::{BIGCOMMERCE_STATUSES, ImportRules, Platform, StockPush};
use crossdock_settings::{StockSettings, StoreSettings};
use jiff::Timestamp;
use serde::Serialize;

/// BigCommerce's id of `awaiting_pickup`.
const BIGCOMMERCE_AWAITING_PICKUP: i64 = 8;

/// What should become of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The warehouse gets it and ships it.
    Released,
    /// It stays out.
    Filtered,
    /// The warehouse gets it and never ships it.
    Test,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Released => "released",
            Self::Filtered => "filtered",
            Self::Test => "test",
        })
    }
}

/// What the settings' filters look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) placed_at: Timestamp,
    /// BigCommerce: the status. Ecwid: payment and fulfilment.
    pub(super) statuses: Vec<String>,
    pub(super) channel: Option<i64>,
    pub(super) country_code: String,
    pub(super) skus: Vec<String>,
}

pub(super) fn fate(rules: &ImportRules, order: &Facts) -> Fate {
    let wanted_statuses = match rules.platform {
        Platform::Bigcommerce => vec![&rules.statuses],
        Platform::Ecwid => vec![&rules.payment_statuses, &rules.fulfillment_statuses],
    };
    let goes_in =
        wanted_statuses.into_iter().zip(&order.statuses).all(|(wanted, status)| allows(wanted, status))
            && may_go_in(rules, order);
    let is_test_sku = |sku: &String| rules.test_skus.iter().any(|test| test.as_str() == sku);
    match (goes_in, order.skus.iter().all(is_test_sku)) {
        (false, _) => Fate::Filtered,
        (true, true) => Fate::Test,
        (true, false) => Fate::Released,
    }
}

fn may_go_in(rules: &ImportRules, order: &Facts) -> bool {
    rules.placed_from.is_none_or(|from| from <= order.placed_at)
        && order.channel.is_none_or(|channel| rules.channels.is_empty() || rules.channels.contains(&channel))
        && allows(&rules.countries, &order.country_code)
}

/// Whether an order that is kept out goes in once it is paid: its units are to be offered to nobody else.
pub(super) fn waits_for_payment(rules: &ImportRules, order: &Facts) -> bool {
    let is_unpaid =
        order.statuses.first().is_some_and(|first| first.eq_ignore_ascii_case("awaiting_payment"));
    is_unpaid && may_go_in(rules, order)
}

/// The status that an order comes to once all of it has left by this carrier.
pub(super) fn final_statuses(store: &StoreSettings, carrier: &str, at_first: &[String]) -> Vec<String> {
    let collected = store.tracking.pickup_carriers.iter().any(|pickup| pickup.eq_ignore_ascii_case(carrier));
    match (store.platform(), collected) {
        (Platform::Bigcommerce, true) => vec![bigcommerce_status(BIGCOMMERCE_AWAITING_PICKUP)],
        (Platform::Bigcommerce, false) => vec![bigcommerce_status(store.tracking.complete_status_id)],
        (Platform::Ecwid, collected) => {
            let fulfillment = if collected { "READY_FOR_PICKUP" } else { "SHIPPED" };
            at_first.iter().take(1).cloned().chain([fulfillment.to_owned()]).collect()
        }
    }
}

/// Units that a shop should show of a SKU, when all that was sold has left but what is unpaid; none if it is told nothing.
pub(super) fn stock(settings: &StockSettings, on_hand: i64, unpaid: i64) -> Option<i64> {
    match settings.push {
        StockPush::Off => None,
        StockPush::OnHand => Some(0.max(on_hand - settings.buffer)),
        StockPush::Available => Some(0.max(on_hand - unpaid - settings.buffer)),
    }
}

/// The settings' name of a BigCommerce status.
pub(super) fn bigcommerce_status(id: i64) -> String {
    let known = BIGCOMMERCE_STATUSES.iter().find(|(of, _)| *of == id);
    known.map_or_else(|| format!("status_{id}"), |(_, name)| (*name).to_owned())
}

fn allows(wanted: &[String], value: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|one| one.to_lowercase() == value.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::super::example::store;
    use super::*;

    fn facts(platform: Platform) -> Facts {
        let statuses = match platform {
            Platform::Bigcommerce => vec!["awaiting_fulfillment".into()],
            Platform::Ecwid => vec!["PAID".into(), "AWAITING_PROCESSING".into()],
        };
        Facts {
            placed_at: "2026-01-31T00:00:00Z".parse().unwrap(),
            statuses,
            channel: (platform == Platform::Bigcommerce).then_some(1),
            country_code: "NZ".into(),
            skus: vec!["TEE-M".into(), "Test001".into()],
        }
    }

    #[test]
    fn each_filter_alone_keeps_an_order_out() {
        for platform in [Platform::Bigcommerce, Platform::Ecwid] {
            let rules = store(platform).orders;
            let wanted = facts(platform);
            assert_eq!(fate(&rules, &wanted), Fate::Released);
            let early = Facts { placed_at: "2026-01-30T23:59:59Z".parse().unwrap(), ..wanted.clone() };
            let abroad = Facts { country_code: "US".into(), ..wanted.clone() };
            let channel = Facts { channel: Some(2), ..wanted.clone() };
            let mut unpaid = wanted.clone();
            unpaid.statuses[0] = "AWAITING_PAYMENT".into();
            let unpaid_abroad = Facts { country_code: "US".into(), ..unpaid.clone() };
            for (kept_out, waits) in
                [(early, false), (abroad, false), (channel, false), (unpaid, true), (unpaid_abroad, false)]
            {
                assert_eq!(fate(&rules, &kept_out), Fate::Filtered, "{kept_out:?}");
                assert_eq!(waits_for_payment(&rules, &kept_out), waits, "{kept_out:?}");
            }
        }
    }

    #[test]
    fn both_ecwid_statuses_are_looked_at() {
        let mut facts = facts(Platform::Ecwid);
        facts.statuses[1] = "SHIPPED".into();
        assert_eq!(fate(&store(Platform::Ecwid).orders, &facts), Fate::Filtered);
    }

    #[test]
    fn empty_filters_let_everything_through() {
        let rules = ImportRules {
            placed_from: None,
            statuses: Vec::new(),
            countries: Vec::new(),
            channels: Vec::new(),
            test_skus: Vec::new(),
            ..store(Platform::Bigcommerce).orders
        };
        let odd = Facts {
            placed_at: Timestamp::UNIX_EPOCH,
            statuses: vec!["declined".into()],
            channel: Some(77),
            country_code: String::new(),
            skus: vec!["Test001".into()],
        };
        assert_eq!(fate(&rules, &odd), Fate::Released);
    }

    #[test]
    fn an_order_of_test_items_alone_is_a_test() {
        let rules = store(Platform::Bigcommerce).orders;
        let tests = Facts { skus: vec!["Test002".into(), "Test001".into()], ..facts(Platform::Bigcommerce) };
        assert_eq!(fate(&rules, &tests), Fate::Test);
        assert_eq!(fate(&rules, &Facts { country_code: "US".into(), ..tests }), Fate::Filtered);
    }

    #[test]
    fn what_is_shipped_and_what_is_collected_end_in_their_own_statuses() {
        let (mut bigcommerce, ecwid) = (store(Platform::Bigcommerce), store(Platform::Ecwid));
        let paid = ["PAID".to_owned(), "AWAITING_PROCESSING".to_owned()];
        assert_eq!(final_statuses(&bigcommerce, "UPS", &[]), ["completed"]);
        assert_eq!(final_statuses(&bigcommerce, "Pickup In-Store", &[]), ["awaiting_pickup"]);
        assert_eq!(final_statuses(&ecwid, "UPS", &paid), ["PAID", "SHIPPED"]);
        assert_eq!(final_statuses(&ecwid, "Pickup In-Store", &paid), ["PAID", "READY_FOR_PICKUP"]);
        bigcommerce.tracking.complete_status_id = 2;
        assert_eq!(final_statuses(&bigcommerce, "UPS", &[]), ["shipped"]);
    }

    #[test]
    fn the_shop_should_show_the_shelf_less_what_is_kept_back() {
        let told = |push, buffer, on_hand, unpaid| {
            stock(&StockSettings { push, daily_at: None, on_change: true, buffer }, on_hand, unpaid)
        };
        assert_eq!(told(StockPush::OnHand, 0, 12, 2), Some(12));
        assert_eq!(told(StockPush::Available, 5, 12, 0), Some(7));
        assert_eq!(told(StockPush::Available, 5, 12, 2), Some(5));
        assert_eq!(told(StockPush::Available, 5, 3, 0), Some(0));
        assert_eq!(told(StockPush::Off, 0, 12, 0), None);
    }
}
