//! From Ecwid's order to `domain`'s.

use std::collections::BTreeMap;

use crossdock_domain::{LineId, OrderId, ShopLine, ShopOrder, ShopStatus, Sku};

use super::dates;
use super::person::address;
use super::wire::{FetchedOrder, Item, SelectedOption, ShippingOption};
use crate::shape::ShapeError;

/// The order in our words.
///
/// Where the buyer collects and no shipping address is given, the billing person stands in: the warehouse needs a name and
/// a telephone number to hand it over to.
pub(crate) fn shop_order(order: FetchedOrder, currency: String) -> Result<ShopOrder, ShapeError> {
    let order_id = order.order_id().map(OrderId::new).ok_or_else(|| ShapeError::new("id", "missing"))?;
    let placed_at = dates::first_of(&[&order.create_timestamp, &order.create_date])
        .ok_or_else(|| ShapeError::new("createTimestamp", "expected a time"))?;
    let modified_at = dates::first_of(&[&order.update_timestamp, &order.update_date]).unwrap_or(placed_at);
    let option = order.shipping_option.unwrap_or_default();
    let pickup = is_pickup(&option);
    let stand_in = || pickup.then(|| order.billing_person.unwrap_or_default());
    let person = order.shipping_person.or_else(stand_in);
    let ship_to = person.map(|person| address(person, order.email.0));
    Ok(ShopOrder {
        order_id,
        placed_at,
        modified_at,
        status: ShopStatus::PaymentAndFulfillment {
            payment: order.payment_status.0.to_ascii_uppercase(),
            fulfillment: order.fulfillment_status.0.to_ascii_uppercase(),
        },
        channel: None,
        currency,
        destinations: usize::from(ship_to.is_some()),
        ship_to,
        shipping_method: option.shipping_method_name.0,
        pickup,
        customer_note: order.order_comments.0,
        lines: order.items.into_iter().map(line).collect(),
        total: order.total.0,
    })
}

fn is_pickup(option: &ShippingOption) -> bool {
    option.is_pickup == Some(true) || option.fulfillment_type.0.eq_ignore_ascii_case("pickup")
}

/// A line keeps what was ordered: Ecwid's refunds are amounts of money and name no line.
fn line(item: Item) -> ShopLine {
    ShopLine {
        line_id: LineId::new(item.id.0.as_str()),
        part_of: None,
        shippable: is_shippable(&item),
        sku: Sku::new(item.sku.0),
        name: item.name.0,
        quantity: item.quantity,
        shipped: 0,
        unit_price: item.price.0,
        options: item.selected_options.into_iter().filter_map(chosen).collect::<BTreeMap<_, _>>(),
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
    (!option.name.0.is_empty()).then_some((option.name.0, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::shape;

    fn fixture(case: &str) -> Value {
        let path = format!("{}/fixtures/order/{case}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn mapped(order: &Value) -> ShopOrder {
        shop_order(shape::read(order.to_string().as_bytes()).unwrap(), "EUR".to_owned()).unwrap()
    }

    fn item(fields: &Value) -> ShopLine {
        let mut item = json!({"id": 1, "price": 1, "quantity": 1});
        item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        line(shape::read(item.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn a_download_has_nothing_to_ship() {
        insta::assert_debug_snapshot!("a_download", mapped(&fixture("paid_download")));
    }

    #[test]
    fn an_order_with_options_and_refund_maps_whole() {
        insta::assert_debug_snapshot!("options_and_refund_2019", mapped(&fixture("options_and_refund_2019")));
    }

    #[test]
    fn an_order_without_persons_maps_and_lacks_an_address() {
        insta::assert_debug_snapshot!("shipped_without_persons", mapped(&fixture("shipped_without_persons")));
    }

    #[test]
    fn an_unfinished_order_maps_with_its_status() {
        let mut order = fixture("paid_download");
        order["paymentStatus"] = json!("INCOMPLETE");
        order["fulfillmentStatus"] = json!("a_status_of_tomorrow");
        assert_eq!(mapped(&order).status.to_string(), "INCOMPLETE/A_STATUS_OF_TOMORROW");
    }

    #[test]
    fn pickup_is_known_however_it_is_written() {
        let mut order = fixture("paid_download");
        for (option, pickup) in [
            (json!({"isPickup": true}), true),
            (json!({"fulfillmentType": "PICKUP"}), true),
            (json!({"fulfillmentType": "pickup", "isPickup": false}), true),
            (json!({"fulfillmentType": "DELIVERY", "isPickup": false}), false),
            (json!({}), false),
        ] {
            order["shippingOption"] = option.clone();
            let order = mapped(&order);
            assert_eq!((order.pickup, order.ship_to.is_some()), (pickup, pickup), "{option}");
        }
    }

    #[test]
    fn what_is_shipped_is_told_from_what_is_downloaded() {
        assert!(item(&json!({})).shippable);
        assert!(item(&json!({"isShippingRequired": true, "digital": true})).shippable);
        assert!(!item(&json!({"isShippingRequired": false, "digital": false})).shippable);
        assert!(!item(&json!({"digital": true})).shippable);
        assert!(!item(&json!({"isShippingRequired": true, "giftCard": true})).shippable);
    }

    #[test]
    fn options_of_every_type_are_read() {
        let line = item(&json!({"selectedOptions": [
            {"name": "Toppings", "type": "CHOICES", "value": "Ham,Olives", "valuesArray": ["Ham", "Olives"]},
            {"name": "Engraving", "type": "TEXT", "value": "For Ann"},
            {"name": "Photo", "type": "FILES", "files": [{"name": "a.png"}, {"name": "b.png"}]},
        ]}));
        let options: Vec<_> =
            line.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            options,
            [("Engraving", "For Ann"), ("Photo", "a.png, b.png"), ("Toppings", "Ham, Olives")]
        );
    }

    #[test]
    fn an_order_without_a_time_or_an_id_is_named_as_malformed() {
        for (field, name) in [("createTimestamp", "createDate"), ("id", "vendorOrderNumber")] {
            let mut order = fixture("paid_download");
            for gone in [field, name, "orderNumber", "internalId"] {
                order.as_object_mut().unwrap().remove(gone);
            }
            let order = shape::read(order.to_string().as_bytes()).unwrap();
            assert!(shop_order(order, "EUR".to_owned()).unwrap_err().to_string().contains(field));
        }
    }

    proptest! {
        #[test]
        fn no_amount_changes_on_its_way(price in "[1-9][0-9]{0,11}\\.[0-9]{2,6}", total in "[1-9][0-9]{0,15}\\.[0-9]{2}") {
            let json = format!(
                r#"{{"id":"A","createTimestamp":1,"total":{total},"items":[{{"id":1,"quantity":2,"price":{price}}}]}}"#
            );
            let order = shop_order(shape::read(json.as_bytes()).unwrap(), "EUR".to_owned()).unwrap();
            prop_assert_eq!(order.total, total.parse().unwrap());
            prop_assert_eq!(order.lines[0].unit_price, price.parse().unwrap());
            prop_assert_eq!(order.total.to_string(), total);
        }
    }
}
