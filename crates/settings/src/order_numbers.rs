//! The numbers that a shop's orders get at the warehouse, and whether two shops could make the same one.

use crossdock_domain::Platform;

/// An id that an order may have on either platform.
const ORDER_EXAMPLE: &str = "1001";

/// All numbers of one shop: its prefix before any id that its platform gives to an order.
#[derive(Debug, Clone)]
pub(crate) struct OrderNumbers {
    /// The kind of shop.
    pub(crate) platform: Platform,
    /// As configured; may be empty.
    pub(crate) prefix: String,
}

/// A number that two shops could make.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SharedNumber {
    pub(crate) number: String,
    /// The id of one shop's order that gets it.
    pub(crate) order: String,
    /// The id of the other shop's.
    pub(crate) other_order: String,
}

impl OrderNumbers {
    /// A number that both shops could make, if there is one.
    ///
    /// A number begins with both prefixes, so the shorter prefix begins the longer one. The shop of the shorter prefix
    /// then has an order whose id is the rest of the longer prefix and an id of the other shop.
    pub(crate) fn shared_with(&self, other: &Self) -> Option<SharedNumber> {
        if self.prefix.len() > other.prefix.len() {
            let SharedNumber { number, order, other_order } = other.shared_with(self)?;
            return Some(SharedNumber { number, order: other_order, other_order: order });
        }
        let rest = other.prefix.strip_prefix(&self.prefix)?;
        self.has_ids_from(rest).then(|| SharedNumber {
            number: format!("{}{ORDER_EXAMPLE}", other.prefix),
            order: format!("{rest}{ORDER_EXAMPLE}"),
            other_order: ORDER_EXAMPLE.to_owned(),
        })
    }

    /// Whether ids of the shop's orders can begin so.
    ///
    /// BigCommerce counts orders up: digits without a leading zero. Ecwid's ids are random letters and digits (in old
    /// shops only digits), and a merchant may put a prefix and a suffix of their own around them, such as `EG4H2`,
    /// `SALE-G01ZG` (docs.ecwid.com, `get-order`, 2026-01-14; api-docs.ecwid.com, changelog `random-order-ids`).
    ///
    /// An Ecwid shop without a prefix could by that rule stand beside no other shop. Its random ids meet another shop's
    /// prefix only by accident, and then the ledger refuses the second order; so only digits, which are counted, collide.
    fn has_ids_from(&self, text: &str) -> bool {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match self.platform {
            Platform::Bigcommerce => digits && !text.starts_with('0'),
            Platform::Ecwid if self.prefix.is_empty() => digits,
            Platform::Ecwid => {
                text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn numbers(platform: Platform, prefix: &str) -> OrderNumbers {
        OrderNumbers { platform, prefix: prefix.to_owned() }
    }

    /// Every text of at most `chars_max` of these characters.
    fn texts(alphabet: &str, chars_max: usize) -> Vec<String> {
        let mut all = vec![String::new()];
        for _ in 0..chars_max {
            let longer = all.iter().flat_map(|text| alphabet.chars().map(move |c| format!("{text}{c}")));
            all = std::iter::once(String::new()).chain(longer.collect::<Vec<_>>()).collect();
        }
        all
    }

    /// The platforms' ids, said in another way than above.
    fn is_id(shop: &OrderNumbers, text: &str) -> bool {
        match (shop.platform, shop.prefix.as_str()) {
            (Platform::Bigcommerce, _) => {
                text.parse::<u64>().is_ok_and(|id| id > 0 && id.to_string() == text)
            }
            (Platform::Ecwid, "") => text.parse::<u64>().is_ok(),
            (Platform::Ecwid, _) => !text.is_empty() && !text.contains('.'),
        }
    }

    #[test]
    fn prefixes_are_refused_exactly_where_two_shops_can_make_one_number() {
        let prefixes = texts("01A.", 2);
        let platforms = [Platform::Bigcommerce, Platform::Ecwid];
        let shops: Vec<OrderNumbers> = platforms
            .into_iter()
            .flat_map(|p| prefixes.iter().map(move |prefix| numbers(p, prefix)))
            .collect();
        // An id one longer than the longest prefix is enough for two numbers to meet, if they ever do.
        let ids = texts("01A-", 3);
        let makes = |shop: &OrderNumbers| -> BTreeSet<String> {
            let own = ids.iter().filter(|id| is_id(shop, id));
            own.map(|id| format!("{}{id}", shop.prefix)).collect()
        };
        let made: Vec<_> = shops.iter().map(makes).collect();
        for (one, ones) in shops.iter().zip(&made) {
            for (other, others) in shops.iter().zip(&made) {
                assert_eq!(one.shared_with(other).is_some(), !ones.is_disjoint(others), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn the_example_is_a_number_of_both_shops() {
        let cases = [
            (Platform::Bigcommerce, "BG", Platform::Bigcommerce, "BG2", Some(("BG21001", "21001", "1001"))),
            (Platform::Bigcommerce, "BG2", Platform::Bigcommerce, "BG", Some(("BG21001", "1001", "21001"))),
            (Platform::Bigcommerce, "BG", Platform::Bigcommerce, "BG", Some(("BG1001", "1001", "1001"))),
            (Platform::Bigcommerce, "", Platform::Ecwid, "", Some(("1001", "1001", "1001"))),
            (Platform::Ecwid, "E", Platform::Ecwid, "EU-", Some(("EU-1001", "U-1001", "1001"))),
            (Platform::Bigcommerce, "BG", Platform::Bigcommerce, "AU", None),
            (Platform::Bigcommerce, "BG", Platform::Bigcommerce, "BG0", None),
            (Platform::Bigcommerce, "BG", Platform::Bigcommerce, "BG-", None),
            (Platform::Bigcommerce, "BG", Platform::Ecwid, "BGE", None),
            (Platform::Bigcommerce, "BG", Platform::Ecwid, "", None),
            (Platform::Bigcommerce, "2", Platform::Ecwid, "", Some(("21001", "1001", "21001"))),
            (Platform::Ecwid, "", Platform::Ecwid, "", Some(("1001", "1001", "1001"))),
            (Platform::Ecwid, "BG", Platform::Bigcommerce, "BGE", Some(("BGE1001", "E1001", "1001"))),
        ];
        for (platform, prefix, other_platform, other_prefix, expected) in cases {
            let shared = numbers(platform, prefix).shared_with(&numbers(other_platform, other_prefix));
            let shared =
                shared.as_ref().map(|s| (s.number.as_str(), s.order.as_str(), s.other_order.as_str()));
            assert_eq!(shared, expected, "{prefix} {other_prefix}");
        }
    }
}
