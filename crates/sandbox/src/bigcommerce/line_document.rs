//! One product of a new order as the API will give it.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::money::{money, split};
use super::order_document::merged;
use crate::Item;

/// One line of a new order.
pub(super) fn line(
    id: u64,
    order_id: u64,
    address_id: u64,
    item: &Item,
    quantity: u32,
) -> Map<String, Value> {
    merged([
        json!({
            "id": id,
            "order_id": order_id,
            "product_id": item.product_id,
            "variant_id": item.variant_id,
            "order_pickup_method_id": 0,
            "order_address_id": address_id,
            "name": item.name,
            "name_customer": item.name,
            "name_merchant": item.name,
            "sku": item.sku,
            "upc": "",
            "type": "physical",
            "quantity": quantity,
            "quantity_shipped": 0,
            "quantity_refunded": 0,
            "is_refunded": false,
            "parent_order_product_id": null,
            "is_bundled_product": false,
            "product_options": options(id, item),
        }),
        amounts(item.price, quantity),
        defaults(),
    ])
}

fn amounts(price: Decimal, quantity: u32) -> Value {
    let total = price * Decimal::from(quantity);
    let ((price_ex_tax, price_tax), (total_ex_tax, total_tax)) = (split(price), split(total));
    json!({
        "base_price": money(price),
        "price_ex_tax": money(price_ex_tax),
        "price_inc_tax": money(price),
        "price_tax": money(price_tax),
        "base_total": money(total),
        "total_ex_tax": money(total_ex_tax),
        "total_inc_tax": money(total),
        "total_tax": money(total_tax),
        "discounted_total_inc_tax": money(total),
    })
}

fn defaults() -> Value {
    let mut defaults = json!({
        "return_id": 0,
        "wrapping_id": 0,
        "wrapping_name": null,
        "wrapping_message": null,
        "event_name": null,
        "event_date": null,
        "ebay_item_id": "",
        "ebay_transaction_id": "",
        "option_set_id": null,
        "bin_picking_number": "",
        "external_id": null,
        "brand": "",
        "applied_discounts": [],
        "configurable_fields": [],
        "gift_certificate_id": null,
    });
    let nothing = [
        "base_cost_price",
        "cost_price_inc_tax",
        "cost_price_ex_tax",
        "cost_price_tax",
        "refund_amount",
        "base_wrapping_cost",
        "wrapping_cost_ex_tax",
        "wrapping_cost_inc_tax",
        "wrapping_cost_tax",
        "fixed_shipping_cost",
        "weight",
        "width",
        "height",
        "depth",
    ];
    for name in nothing {
        defaults[name] = json!(money(Decimal::ZERO));
    }
    defaults
}

fn options(order_product_id: u64, item: &Item) -> Vec<Value> {
    let option = |(place, (name, value)): (usize, (&String, &String))| {
        json!({
            "id": order_product_id * 10 + place as u64,
            "option_id": place + 1,
            "order_product_id": order_product_id,
            "product_option_id": item.product_id * 10 + place as u64,
            "display_name": name,
            "display_name_customer": name,
            "display_name_merchant": name,
            "display_value": value,
            "display_value_customer": value,
            "display_value_merchant": value,
            "value": (place + 1).to_string(),
            "type": "Multiple choice",
            "name": name,
            "display_style": "Rectangle",
        })
    };
    item.options.iter().enumerate().map(option).collect()
}
