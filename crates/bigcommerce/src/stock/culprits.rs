//! Which items of a refused adjustment the shop names.
//!
//! Documented are a title that names one by its id (`[Item with variant_id 106 is tracked by product, …]`, OpenAPI file of the inventory)
//! and, of another endpoint, details by a path that counts from 0 (`setting.0.settings`). Whatever else it says, the item is searched for.

use std::collections::BTreeMap;

use super::Identity;

/// How the details name an item: `items.7.sku`.
const PATH: &str = "items.";

/// The items that are named, by their place, each with what the shop says of it. Of a single item, all is said.
pub(super) fn culprits(message: &str, items: &[Identity<'_>]) -> BTreeMap<usize, String> {
    if items.len() == 1 {
        return BTreeMap::from([(0, message.to_owned())]);
    }
    let mut named = by_path(message);
    named.retain(|place, _| *place < items.len());
    for (place, item) in items.iter().enumerate() {
        let id = match item {
            Identity::VariantId(id) => ("variant_id ", *id),
            Identity::ProductId(id) => ("product_id ", *id),
            Identity::Sku(_) => continue,
        };
        if ids(message, id.0).any(|named| named == id.1) {
            named.insert(place, message.to_owned());
        }
    }
    named
}

/// `Title (items.1.sku: no such item; items.7.quantity: too many)`, as a refusal's details are told.
fn by_path(message: &str) -> BTreeMap<usize, String> {
    let Some((title, details)) = message.split_once(" (") else { return BTreeMap::new() };
    let details = details.strip_suffix(')').unwrap_or(details);
    let named = details.split("; ").filter_map(|detail| {
        let (place, words) = detail.strip_prefix(PATH)?.split_once('.')?;
        Some((place.parse().ok()?, format!("{title} ({words})")))
    });
    named.collect()
}

/// The numbers that follow this word. One that the message's shortening may have cut is none.
fn ids<'a>(message: &'a str, word: &'a str) -> impl Iterator<Item = u64> + 'a {
    message.match_indices(word).filter_map(move |(at, _)| {
        let rest = &message[at + word.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        (!rest[end..].starts_with('…')).then(|| rest[..end].parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEMS: [Identity<'static>; 3] =
        [Identity::VariantId(106), Identity::ProductId(7), Identity::Sku("items.1.")];

    fn places(message: &str) -> Vec<usize> {
        culprits(message, &ITEMS).into_keys().collect()
    }

    #[test]
    fn an_item_is_named_by_its_place_or_by_its_id() {
        let message =
            "Payload contains invalid fields (items.0.sku: no such item; items.2.quantity: too (many))";
        let expected = [
            (0, "Payload contains invalid fields (sku: no such item)".to_owned()),
            (2, "Payload contains invalid fields (quantity: too (many))".to_owned()),
        ];
        assert_eq!(culprits(message, &ITEMS), BTreeMap::from(expected));
        assert_eq!(
            places("[Item with variant_id 106 is tracked by product, please update stock by product id]"),
            [0]
        );
        assert_eq!(places("Items with identity: [product_id 7, variant_id 9] are odd"), [1]);
    }

    #[test]
    fn nothing_is_guessed() {
        for message in [
            "variant_id 1060 is odd",
            "variant_id 10…",
            "variant_id 106…",
            "Bad (items.9.sku: of a longer list; items.1",
            "Bad (items.x.sku: what; itemsx)",
            "product_id",
            "",
        ] {
            assert_eq!(places(message), Vec::<usize>::new(), "{message}");
        }
    }

    #[test]
    fn a_single_item_is_the_culprit_whatever_is_said() {
        assert_eq!(culprits("no", &ITEMS[..1]), BTreeMap::from([(0, "no".to_owned())]));
    }
}
