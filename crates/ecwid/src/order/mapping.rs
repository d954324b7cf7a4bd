//! From Ecwid's order to `domain`'s.

use crossdock_domain::{OrderId, ShopLine, ShopOrder, ShopStatus};

use super::dates;
use super::person::address;
use super::wire::{FetchedOrder, ShippingOption};
use crate::shape::ShapeError;

/// The order in our words, with these lines.
///
/// Where the buyer collects and no shipping address is given, the billing person stands in: the warehouse needs a name and
/// a telephone number to hand it over to.
pub(crate) fn shop_order(
    order: FetchedOrder,
    currency: String,
    lines: Vec<ShopLine>,
) -> Result<ShopOrder, ShapeError> {
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
        lines,
        total: order.total.0,
    })
}

fn is_pickup(option: &ShippingOption) -> bool {
    option.is_pickup == Some(true) || option.fulfillment_type.0.eq_ignore_ascii_case("pickup")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::lines::lines;
    use super::*;
    use crate::shape;

    fn fixture(case: &str) -> Value {
        let path = format!("{}/fixtures/order/{case}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn try_mapped(order: &str) -> Result<ShopOrder, ShapeError> {
        let mut order: FetchedOrder = shape::read(order.as_bytes()).unwrap();
        let items = std::mem::take(&mut order.items);
        let lines = items.into_iter().flat_map(|item| lines(item, Vec::new())).collect();
        shop_order(order, "EUR".to_owned(), lines)
    }

    fn mapped(order: &Value) -> ShopOrder {
        try_mapped(&order.to_string()).unwrap()
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
    fn an_order_without_a_time_or_an_id_is_named_as_malformed() {
        for (field, name) in [("createTimestamp", "createDate"), ("id", "vendorOrderNumber")] {
            let mut order = fixture("paid_download");
            for gone in [field, name, "orderNumber", "internalId"] {
                order.as_object_mut().unwrap().remove(gone);
            }
            assert!(try_mapped(&order.to_string()).unwrap_err().to_string().contains(field));
        }
    }

    proptest! {
        #[test]
        fn no_amount_changes_on_its_way(price in "[1-9][0-9]{0,11}\\.[0-9]{2,6}", total in "[1-9][0-9]{0,15}\\.[0-9]{2}") {
            let json = format!(
                r#"{{"id":"A","createTimestamp":1,"total":{total},"items":[{{"id":1,"quantity":2,"price":{price}}}]}}"#
            );
            let order = try_mapped(&json).unwrap();
            prop_assert_eq!(order.total, total.parse().unwrap());
            prop_assert_eq!(order.lines[0].unit_price, price.parse().unwrap());
            prop_assert_eq!(order.total.to_string(), total);
        }
    }
}
