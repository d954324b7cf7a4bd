//! What the sandbox's shops sell, and what lies in its warehouse of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossdock_settings::StoreSettings;
use rust_decimal::Decimal;

use super::{Units, expectation};
use crate::Item;

/// The warehouse orders new goods when fewer units than this are free.
pub(super) const RESTOCK_BELOW_UNITS: i64 = 12;

/// How many come in then.
pub(super) const RESTOCK_UNITS: i64 = 60;

/// Units of a test item: they never leave.
const TEST_UNITS: i64 = 100;

/// First product id of the test items.
const TEST_PRODUCT_ID: u64 = 901;

/// Which of the sandbox's shops sell a product.
#[derive(Clone, Copy)]
enum SoldBy {
    All,
    /// The first, the third, and so on.
    First,
    /// The others.
    Second,
}

struct Product {
    id: u64,
    name: &'static str,
    cents: i64,
    tracked: bool,
    sold_by: SoldBy,
    variants: &'static [Variant],
}

struct Variant {
    sku: &'static str,
    /// In the warehouse at first.
    units: i64,
    /// Name and value.
    options: &'static [(&'static str, &'static str)],
}

const PRODUCTS: [Product; 6] = [
    Product {
        id: 101,
        name: "Organic Cotton Tee",
        cents: 2990,
        tracked: true,
        sold_by: SoldBy::All,
        variants: &[
            Variant { sku: "TEE-S", units: 36, options: &[("Size", "S"), ("Colour", "Navy")] },
            Variant { sku: "TEE-M", units: 48, options: &[("Size", "M"), ("Colour", "Navy")] },
            Variant { sku: "TEE-L", units: 40, options: &[("Size", "L"), ("Colour", "Navy")] },
        ],
    },
    Product {
        id: 102,
        name: "Merino Beanie",
        cents: 3450,
        tracked: true,
        sold_by: SoldBy::All,
        variants: &[Variant { sku: "BEANIE", units: 30, options: &[] }],
    },
    Product {
        id: 103,
        name: "Canvas Tote",
        cents: 1995,
        tracked: true,
        sold_by: SoldBy::First,
        variants: &[Variant { sku: "TOTE", units: 25, options: &[] }],
    },
    Product {
        id: 104,
        name: "Zip Hoodie",
        cents: 7900,
        tracked: true,
        sold_by: SoldBy::Second,
        variants: &[
            Variant { sku: "HOODIE-M", units: 24, options: &[("Size", "M")] },
            Variant { sku: "HOODIE-L", units: 28, options: &[("Size", "L")] },
        ],
    },
    Product {
        id: 105,
        name: "Enamel Mug",
        cents: 1650,
        tracked: true,
        sold_by: SoldBy::All,
        variants: &[Variant { sku: "MUG", units: 45, options: &[] }],
    },
    Product {
        id: 106,
        name: "Sticker Sheet",
        cents: 400,
        tracked: false,
        sold_by: SoldBy::All,
        variants: &[Variant { sku: "STICKERS", units: 200, options: &[] }],
    },
];

/// Units on the shelf at first, by SKU: of everything that is sold, enough for so many orders.
pub(super) fn shelf(stores: &[Arc<StoreSettings>], orders: Option<u32>) -> Units {
    let demand = i64::from(orders.unwrap_or_default());
    let goods = PRODUCTS.iter().flat_map(|product| product.variants);
    let mut shelf: Units = goods.map(|variant| (variant.sku.to_owned(), variant.units + demand)).collect();
    for sku in stores.iter().flat_map(|store| &store.orders.test_skus) {
        shelf.entry(sku.to_string()).or_insert(TEST_UNITS);
    }
    shelf
}

/// What a shop sells: what it is told of the shelf is in stock already. Test items are never counted.
pub(super) fn catalog(place: usize, store: &StoreSettings, shelf: &Units) -> Vec<Item> {
    let sold_here = |product: &&Product| match product.sold_by {
        SoldBy::All => true,
        SoldBy::First => place.is_multiple_of(2),
        SoldBy::Second => !place.is_multiple_of(2),
    };
    let goods = PRODUCTS.iter().filter(sold_here).flat_map(|product| items(product, store, shelf));
    let tests = store.orders.test_skus.iter().zip(TEST_PRODUCT_ID..).map(|(sku, id)| Item {
        product_id: id,
        variant_id: id * 10,
        sku: sku.to_string(),
        name: format!("Test item {sku}"),
        options: BTreeMap::new(),
        price: Decimal::new(100, 2),
        stock: None,
    });
    goods.chain(tests).collect()
}

fn items(product: &Product, store: &StoreSettings, shelf: &Units) -> impl Iterator<Item = Item> {
    product.variants.iter().zip(product.id * 10..).map(|(variant, variant_id)| {
        let on_hand = shelf.get(variant.sku).copied().unwrap_or_default();
        Item {
            product_id: product.id,
            variant_id,
            sku: variant.sku.to_owned(),
            name: product.name.to_owned(),
            options: variant
                .options
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            price: Decimal::new(product.cents, 2),
            stock: product.tracked.then(|| expectation::stock(&store.stock, on_hand, 0).unwrap_or(on_hand)),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crossdock_domain::Platform;

    use super::super::example::store;
    use super::*;

    #[test]
    fn shops_share_some_goods_and_have_some_of_their_own() {
        let (first, second) = (store(Platform::Bigcommerce), store(Platform::Ecwid));
        let stores = [Arc::new(first.clone()), Arc::new(second.clone())];
        let shelf = shelf(&stores, Some(10));
        let skus = |items: &[Item]| items.iter().map(|item| item.sku.clone()).collect::<HashSet<_>>();
        let (one, other) = (catalog(0, &first, &shelf), catalog(1, &second, &shelf));
        assert!(skus(&one).intersection(&skus(&other)).count() >= 5);
        assert_ne!(skus(&one), skus(&other));
        for items in [&one, &other] {
            assert!(
                items.iter().all(|item| shelf.contains_key(&item.sku)),
                "the warehouse keeps all that is sold"
            );
            assert!(items.iter().any(|item| item.stock.is_none() && !item.sku.starts_with("Test")));
            assert!(
                items.iter().filter(|item| item.sku.starts_with("Test")).all(|item| item.stock.is_none())
            );
            let variants: HashSet<u64> = items.iter().map(|item| item.variant_id).collect();
            assert_eq!(variants.len(), items.len(), "no variant id comes twice");
        }
    }

    #[test]
    fn a_shop_opens_with_what_it_would_be_told() {
        let mut store = store(Platform::Bigcommerce);
        store.stock.buffer = 3;
        let shelf = shelf(&[Arc::new(store.clone())], None);
        let items = catalog(0, &store, &shelf);
        let beanie = items.iter().find(|item| item.sku == "BEANIE").unwrap();
        assert_eq!(beanie.stock, Some(shelf["BEANIE"] - 3));
    }
}
