//! Buyers: who they are, what they choose, and what goes wrong with some of their orders.

use crossdock_settings::StoreSettings;
use fastrand::Rng;
use jiff::Timestamp;

use crate::{Draft, DraftLine, Item};

/// One in so many orders is for test items.
const TEST_ONE_IN: usize = 15;

/// One in so many orders is one that the shop's settings keep out: unpaid, or to another country.
const KEPT_OUT_ONE_IN: usize = 10;

/// One in so many buyers writes a note.
const NOTE_ONE_IN: usize = 4;

/// Most lines of an order.
const LINES_MAX: usize = 3;

/// Most units in a line.
const UNITS_MAX: u32 = 3;

struct Buyer {
    first_name: &'static str,
    last_name: &'static str,
    street: &'static str,
    city: &'static str,
    state: &'static str,
    state_code: &'static str,
    postcode: &'static str,
    country_code: &'static str,
    country: &'static str,
}

#[rustfmt::skip]
const BUYERS: [Buyer; 10] = [
    Buyer { first_name: "Olivia", last_name: "Nguyen", street: "120 Swanston Street", city: "Melbourne", state: "Victoria", state_code: "VIC", postcode: "3000", country_code: "AU", country: "Australia" },
    Buyer { first_name: "Jack", last_name: "O'Brien", street: "7 Hunter Street", city: "Sydney", state: "New South Wales", state_code: "NSW", postcode: "2000", country_code: "AU", country: "Australia" },
    Buyer { first_name: "Priya", last_name: "Sharma", street: "22 Adelaide Street", city: "Brisbane", state: "Queensland", state_code: "QLD", postcode: "4000", country_code: "AU", country: "Australia" },
    Buyer { first_name: "Aroha", last_name: "Williams", street: "88 Queen Street", city: "Auckland", state: "Auckland", state_code: "AUK", postcode: "1010", country_code: "NZ", country: "New Zealand" },
    Buyer { first_name: "Emily", last_name: "Carter", street: "501 Pine Street", city: "Seattle", state: "Washington", state_code: "WA", postcode: "98101", country_code: "US", country: "United States" },
    Buyer { first_name: "Carlos", last_name: "Muñoz", street: "1200 Congress Avenue", city: "Austin", state: "Texas", state_code: "TX", postcode: "78701", country_code: "US", country: "United States" },
    Buyer { first_name: "Hannah", last_name: "Price", street: "14 Deansgate", city: "Manchester", state: "England", state_code: "ENG", postcode: "M3 1AZ", country_code: "GB", country: "United Kingdom" },
    Buyer { first_name: "Jürgen", last_name: "Groß", street: "Kastanienallee 9", city: "Berlin", state: "Berlin", state_code: "BE", postcode: "10435", country_code: "DE", country: "Germany" },
    Buyer { first_name: "Chloé", last_name: "Lefèvre", street: "3 rue de la République", city: "Lyon", state: "Auvergne-Rhône-Alpes", state_code: "ARA", postcode: "69001", country_code: "FR", country: "France" },
    Buyer { first_name: "Wei Ling", last_name: "Tan", street: "50 Orchard Road", city: "Singapore", state: "Singapore", state_code: "", postcode: "238863", country_code: "SG", country: "Singapore" },
];

const NOTES: [&str; 5] = [
    "Please leave it at the front door.",
    "It is a gift: no invoice in the parcel, please.",
    "Bitte beim Nachbarn abgeben, danke!",
    "Ring twice 🔔\nThe dog is friendly.",
    "Not before Thursday \"if possible\"; unit 4/12.",
];

/// The sandbox's buyers. The same seed brings the same ones.
pub(super) struct Buyers {
    dice: Rng,
}

impl Buyers {
    pub(super) fn new(seed: u64) -> Self {
        Self { dice: Rng::with_seed(seed) }
    }

    /// The next order at this shop.
    pub(super) fn draft(&mut self, store: &StoreSettings, items: &[Item], now: Timestamp) -> Draft {
        let is_test = |item: &&Item| store.orders.test_skus.iter().any(|test| test.as_str() == item.sku);
        let (tests, goods): (Vec<&Item>, Vec<&Item>) = items.iter().partition(is_test);
        if !tests.is_empty() && self.one_in(TEST_ONE_IN) {
            return Draft { lines: self.choose(&tests), ..self.wanted(store, now) };
        }
        let lines = self.choose(&goods);
        if !self.one_in(KEPT_OUT_ONE_IN) {
            return Draft { lines, ..self.wanted(store, now) };
        }
        let abroad: Vec<&Buyer> =
            BUYERS.iter().filter(|buyer| !ships_to(store, buyer.country_code)).collect();
        if abroad.is_empty() || self.dice.bool() {
            return Draft { lines, paid: false, ..self.wanted(store, now) };
        }
        let at = self.dice.usize(..abroad.len());
        Draft { lines, ..self.draft_of(abroad[at], now) }
    }

    /// A paid order, without lines yet, to a country that the shop ships to.
    fn wanted(&mut self, store: &StoreSettings, now: Timestamp) -> Draft {
        let near: Vec<&Buyer> = BUYERS.iter().filter(|buyer| ships_to(store, buyer.country_code)).collect();
        if near.is_empty() {
            let code = store.orders.countries.first().map_or("", String::as_str);
            return self.draft_of(&BUYERS[0], now).to_country(code, code);
        }
        let at = self.dice.usize(..near.len());
        self.draft_of(near[at], now)
    }

    fn draft_of(&mut self, buyer: &Buyer, now: Timestamp) -> Draft {
        let plain =
            |name: &str| name.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
        let note = if self.one_in(NOTE_ONE_IN) { NOTES[self.dice.usize(..NOTES.len())] } else { "" };
        Draft {
            first_name: buyer.first_name.into(),
            last_name: buyer.last_name.into(),
            street: buyer.street.into(),
            city: buyer.city.into(),
            state: buyer.state.into(),
            state_code: buyer.state_code.into(),
            postcode: buyer.postcode.into(),
            country_code: buyer.country_code.into(),
            country: buyer.country.into(),
            email: format!("{}.{}@example.com", plain(buyer.first_name), plain(buyer.last_name)),
            lines: Vec::new(),
            paid: true,
            note: note.into(),
            placed_at: now,
        }
    }

    /// Some of what is in stock: each SKU once.
    fn choose(&mut self, offered: &[&Item]) -> Vec<DraftLine> {
        let mut offered: Vec<&Item> = offered.iter().copied().filter(|item| item.stock != Some(0)).collect();
        self.dice.shuffle(&mut offered);
        let lines = self.dice.usize(1..=LINES_MAX);
        let line = |item: &Item| {
            let in_stock = item.stock.and_then(|units| u32::try_from(units).ok()).unwrap_or(UNITS_MAX);
            DraftLine {
                sku: item.sku.clone(),
                quantity: self.dice.u32(1..=UNITS_MAX.min(in_stock)),
                street: None,
            }
        };
        offered.into_iter().take(lines).map(line).collect()
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.dice.usize(..many) == 0
    }
}

fn ships_to(store: &StoreSettings, country_code: &str) -> bool {
    let wanted = &store.orders.countries;
    wanted.is_empty() || wanted.iter().any(|code| code == country_code)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use crossdock_domain::Platform;

    use super::super::{example, goods};
    use super::*;

    const ORDERS: usize = 600;

    fn drafts(seed: u64) -> Vec<Draft> {
        let store = example::store(Platform::Bigcommerce);
        let items = goods::catalog(0, &store, &goods::shelf(&[Arc::new(store.clone())], None));
        let mut buyers = Buyers::new(seed);
        (0..ORDERS).map(|_| buyers.draft(&store, &items, Timestamp::UNIX_EPOCH)).collect()
    }

    #[test]
    fn the_same_seed_brings_the_same_buyers() {
        assert_eq!(drafts(7), drafts(7));
        assert_ne!(drafts(7), drafts(8));
    }

    #[test]
    fn most_orders_are_wanted_and_some_of_each_kind_are_not() {
        let drafts = drafts(7);
        let share = |which: &dyn Fn(&Draft) -> bool| drafts.iter().filter(|draft| which(draft)).count();
        let test = share(&|draft| draft.lines.iter().all(|line| line.sku.starts_with("Test")));
        let unpaid = share(&|draft| !draft.paid);
        let abroad = share(&|draft| !["AU", "NZ"].contains(&draft.country_code.as_str()));
        assert!((ORDERS / 25..ORDERS / 8).contains(&test), "{test}");
        assert!((ORDERS / 15..ORDERS / 6).contains(&(unpaid + abroad)), "{unpaid} unpaid, {abroad} abroad");
        assert!(unpaid > 0 && abroad > 0);
        assert!(share(&|draft| !draft.note.is_empty()) > 0);
        let mixed = share(&|draft| {
            let tests = draft.lines.iter().filter(|line| line.sku.starts_with("Test")).count();
            tests > 0 && tests < draft.lines.len()
        });
        assert_eq!(mixed, 0);
    }

    #[test]
    fn nobody_buys_what_is_sold_out_or_more_than_there_is() {
        let store = example::store(Platform::Bigcommerce);
        let mut items = goods::catalog(0, &store, &goods::shelf(&[], None));
        for item in items.iter_mut().filter(|item| item.stock.is_some()) {
            item.stock = Some(i64::from(item.sku == "BEANIE"));
        }
        let mut buyers = Buyers::new(7);
        let bought: Vec<DraftLine> =
            (0..ORDERS).flat_map(|_| buyers.draft(&store, &items, Timestamp::UNIX_EPOCH).lines).collect();
        let skus: HashSet<&str> = bought.iter().map(|line| line.sku.as_str()).collect();
        assert_eq!(skus, HashSet::from(["BEANIE", "STICKERS", "Test001", "Test002"]));
        assert!(bought.iter().all(|line| line.sku != "BEANIE" || line.quantity == 1));
    }

    #[test]
    fn a_shop_that_ships_only_where_nobody_lives_still_gets_orders_from_there() {
        let mut store = example::store(Platform::Ecwid);
        store.orders.countries = vec!["JP".into()];
        let items = goods::catalog(0, &store, &goods::shelf(&[], None));
        let mut buyers = Buyers::new(7);
        let drafts =
            std::iter::repeat_with(|| buyers.draft(&store, &items, Timestamp::UNIX_EPOCH)).take(ORDERS);
        assert!(drafts.filter(|draft| draft.country_code == "JP" && draft.paid).count() > ORDERS / 2);
    }
}
