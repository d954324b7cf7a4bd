//! From a line of BigCommerce's order to `domain`'s.

use std::collections::BTreeMap;

use crossdock_domain::{LineId, ShopLine, Sku};

use crate::line_items::OrderProduct;

/// The line, with what is still wanted of it.
pub(crate) fn map_line(product: &OrderProduct) -> ShopLine {
    ShopLine {
        line_id: LineId::new(product.id.to_string()),
        part_of: Some(product.parent_order_product_id)
            .filter(|id| *id > 0)
            .map(|id| LineId::new(id.to_string())),
        sku: Sku::new(&product.sku),
        name: product.name.clone(),
        quantity: product.units_wanted(),
        shipped: product.quantity_shipped,
        unit_price: product.price_inc_tax,
        options: options(product),
        shippable: product.is_physical(),
    }
}

/// By display name. Two options of one name (a merchant may have called both 'Color') keep both values.
fn options(product: &OrderProduct) -> BTreeMap<String, String> {
    let chosen = product.product_options.iter().map(|one| (&one.display_name, &one.display_value));
    let typed = product.configurable_fields.iter().map(|one| (&one.name, &one.value));
    let mut options: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in chosen.chain(typed) {
        options
            .entry(name.trim().to_owned())
            .and_modify(|values| *values = format!("{values}, {value}"))
            .or_insert_with(|| value.clone());
    }
    options
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A journal with a file to engrave.
    const LINE: &str = include_str!("../fixtures/products/file_upload.json");

    #[test]
    fn options_of_every_documented_type_are_read_as_the_buyer_saw_them() {
        let mut line: Value = serde_json::from_str(LINE).unwrap();
        let options = line["product_options"].as_array_mut().unwrap();
        for (kind, name, shown, raw) in [
            ("Checkbox", "Is this a gift?", "Yes", "104"),
            ("Date field", "Wanted on", "24th Dec 2026", "1798070400"),
            ("Multi-line text field", "Card", "Dear Ann,\nall the best", "Dear Ann,\nall the best"),
            ("Multiple choice", "Size ", "M", "70"),
            ("Product Pick List", "PickList", "Able Brewing System", "106"),
            ("Swatch", "Color", "Orange", "112"),
            ("Text field", "Add Letters", "ANN", "ANN"),
        ] {
            let option = json!({ "type": kind, "display_name": name, "display_value": shown, "value": raw });
            options.push(option);
        }
        line["configurable_fields"] = json!([{ "name": "Engraving", "value": "Rabin" }]);
        let product: OrderProduct = serde_json::from_value(line).unwrap();
        let read = map_line(&product).options;
        let read: Vec<(&str, &str)> =
            read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let shown = [
            ("Add Letters", "ANN"),
            ("Card", "Dear Ann,\nall the best"),
            ("Color", "Orange"),
            ("Custom Logo Engraving", "BigCommerceLogo.jpeg"),
            ("Engraving", "Rabin"),
            ("Is this a gift?", "Yes"),
            ("PickList", "Able Brewing System"),
            ("Size", "M"),
            ("Wanted on", "24th Dec 2026"),
        ];
        assert_eq!(read, shown);
    }

    #[test]
    fn two_options_of_one_name_keep_both_values() {
        let mut line: Value = serde_json::from_str(LINE).unwrap();
        line["product_options"] = json!([
            { "display_name": "Color", "display_value": "Red" },
            { "display_name": "Color", "display_value": "Blue" },
            { "display_name": "Size", "display_value": null },
        ]);
        let options = map_line(&serde_json::from_value(line).unwrap()).options;
        assert_eq!((options["Color"].as_str(), options["Size"].as_str()), ("Red, Blue", ""));
    }
}
