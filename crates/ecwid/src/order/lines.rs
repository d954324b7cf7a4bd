//! From Ecwid's lines to `domain`'s: a line for each, and for a composite product one more for each of its parts.

use std::collections::BTreeMap;

use crossdock_domain::{LineId, Money, ShopLine, Sku};

use super::parts::Part;
use super::wire::{Item, SelectedOption};

/// The line, and behind it its parts.
///
/// A line keeps what was ordered: Ecwid's refunds are amounts of money and name no line. A composite's own line carries the
/// price and is not packed; what the buyer chose on it holds for its parts too, where those have no such option themselves.
pub(crate) fn lines(item: Item, parts: Vec<Part>) -> Vec<ShopLine> {
    let whole = ShopLine {
        line_id: LineId::new(item.id.0.as_str()),
        part_of: None,
        shippable: item.components().is_empty() && is_shippable(&item),
        sku: Sku::new(item.sku.0),
        name: item.name.0,
        quantity: item.quantity,
        shipped: 0,
        unit_price: item.price.0,
        options: item.selected_options.into_iter().filter_map(chosen).collect(),
    };
    let parts: Vec<_> = parts.into_iter().map(|part| part_line(&whole, part)).collect();
    std::iter::once(whole).chain(parts).collect()
}

/// Its id is made of what it is, and not of its place: that the shop lists components in the same order each time is not said.
fn part_line(whole: &ShopLine, part: Part) -> ShopLine {
    let mut options: BTreeMap<String, String> = whole.options.clone();
    options.extend(part.goods.options);
    ShopLine {
        line_id: LineId::new(format!("{}/{}", whole.line_id, part.id)),
        part_of: Some(whole.line_id.clone()),
        sku: part.goods.sku,
        name: part.goods.name,
        quantity: whole.quantity.saturating_mul(part.units),
        shipped: 0,
        unit_price: Money::default(),
        options,
        shippable: part.goods.shippable,
    }
}

/// A thing with a manual to download is `digital` and still shipped, so that flag decides only where nothing else does.
fn is_shippable(item: &Item) -> bool {
    let certificate = item.gift_card == Some(true);
    let download = item.digital == Some(true);
    !certificate && item.is_shipping_required.unwrap_or(!download)
}

fn chosen(option: SelectedOption) -> Option<(String, String)> {
    let many = if option.values_array.is_empty() {
        option.files.into_iter().map(|file| file.name.0).collect()
    } else {
        option.values_array.into_iter().map(|value| value.0).collect::<Vec<_>>()
    };
    let value = if many.is_empty() { option.value.0 } else { many.join(", ") };
    let name = option.name.filled()?.to_owned();
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::components::Goods;
    use crate::shape;

    fn read(fields: &Value) -> Item {
        let mut item = json!({"id": 1, "price": 1, "quantity": 1});
        item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        shape::read(item.to_string().as_bytes()).unwrap()
    }

    fn item(fields: &Value) -> ShopLine {
        lines(read(fields), Vec::new()).remove(0)
    }

    fn part(id: &str, units: u32, options: &[(&str, &str)]) -> Part {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let goods =
            Goods { sku: Sku::from(id), name: id.to_owned(), options: options.collect(), shippable: true };
        Part { id: id.to_owned(), units, goods }
    }

    #[test]
    fn a_composite_line_is_recorded_and_its_parts_are_packed() {
        let composite = read(&json!({
            "id": 77, "sku": "PACK", "quantity": 3, "price": 30.5, "name": "Gift Pack", "isShippingRequired": true,
            "selectedOptions": [{"name": "Engraving", "value": "For Ann"}, {"name": "Size", "value": "any"}],
            "compositeComponents": [{"productId": 1111, "combinationId": null, "quantity": 2}],
        }));
        let lines = lines(composite, vec![part("1111", 2, &[]), part("2222-5555", 1, &[("Size", "M")])]);
        assert_eq!(lines.len(), 3);
        assert_eq!((lines[0].shippable, lines[0].sku.as_str(), lines[0].quantity), (false, "PACK", 3));
        assert_eq!(lines[0].unit_price.to_string(), "30.50");
        for (line, id, quantity) in [(&lines[1], "77/1111", 6), (&lines[2], "77/2222-5555", 3)] {
            assert_eq!((line.line_id.as_str(), line.quantity, line.shippable), (id, quantity, true));
            assert_eq!(line.part_of, Some(LineId::from("77")));
            assert_eq!(line.unit_price, Money::default(), "the price stands on the composite's own line");
            assert_eq!(line.options["Engraving"], "For Ann");
        }
        assert_eq!((lines[1].options["Size"].as_str(), lines[2].options["Size"].as_str()), ("any", "M"));
    }

    #[test]
    fn what_is_shipped_is_told_from_what_is_downloaded() {
        assert!(item(&json!({})).shippable);
        assert!(item(&json!({"compositeComponents": []})).shippable);
        assert!(item(&json!({"compositeComponents": null})).shippable);
        assert!(item(&json!({"isShippingRequired": true, "digital": true})).shippable);
        assert!(!item(&json!({"isShippingRequired": false, "digital": false})).shippable);
        assert!(!item(&json!({"digital": true})).shippable);
        assert!(!item(&json!({"isShippingRequired": true, "giftCard": true})).shippable);
    }

    #[test]
    fn options_of_every_type_are_read() {
        let line = item(&json!({"selectedOptions": [
            {"name": "Size ", "type": "CHOICE", "value": "M", "valuesArray": ["M"]},
            {"name": "Toppings", "type": "CHOICES", "value": "Ham,Olives", "valuesArray": ["Ham", "Olives"]},
            {"name": "Engraving", "type": "TEXT", "value": "For Ann"},
            {"name": "Wanted on", "type": "DATE", "value": "2026-12-24"},
            {"name": "Photo", "type": "FILES", "files": [{"name": "a.png"}, {"name": "b.png"}]},
            {"name": " ", "type": "TEXT", "value": "nameless"},
        ]}));
        let options: Vec<_> =
            line.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let read = [
            ("Engraving", "For Ann"),
            ("Photo", "a.png, b.png"),
            ("Size", "M"),
            ("Toppings", "Ham, Olives"),
            ("Wanted on", "2026-12-24"),
        ];
        assert_eq!(options, read);
    }
}
