//! A new order as the API will give it, made from what the buyer chose.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::book::{Book, Destination, Ids, Order, rfc_2822, take};
use super::line_document::line;
use super::money::{money, split};
use super::statuses;
use crate::{Draft, DraftLine, Item};

/// The storefront's channel, the platform's default.
const CHANNEL_ID: i64 = 1;

/// Writes a new order into the book and answers it.
pub(super) fn enter<'a>(
    book: &'a mut Book,
    draft: &Draft,
    sold: &[(Item, u32)],
    currency: &str,
) -> &'a mut Order {
    let id = take(&mut book.next.order);
    let streets = streets(draft);
    let destinations: Vec<Destination> =
        streets.iter().map(|street| destination(&mut book.next, id, draft, *street)).collect();
    let address_id = |wanted: &DraftLine| {
        let at = streets.iter().position(|street| *street == wanted.street.as_deref());
        at.map_or(0, |at| destinations[at].address_id())
    };
    let products: Vec<_> = draft
        .lines
        .iter()
        .zip(sold)
        .map(|(wanted, (item, quantity))| {
            line(take(&mut book.next.order_product), id, address_id(wanted), item, *quantity)
        })
        .collect();
    let units: u32 = sold.iter().map(|(_, quantity)| quantity).sum();
    let total: Decimal = sold.iter().map(|(item, quantity)| item.price * Decimal::from(*quantity)).sum();
    let order = Order {
        id,
        fields: merged([
            header(id, draft, units),
            json!({ "shipping_address_count": destinations.len() }),
            amounts(total),
            settings(currency),
            contact(draft),
        ]),
        destinations,
        products,
        shipments: Vec::new(),
        created: draft.placed_at,
        modified: Timestamp::now(),
        mails: 0,
        status_changes: Vec::new(),
    };
    book.orders.entry(id).insert_entry(order).into_mut()
}

/// Of each address of the order, the street where it is another than the buyer's own.
fn streets(draft: &Draft) -> Vec<Option<&str>> {
    let mut streets = Vec::new();
    for line in &draft.lines {
        if !streets.contains(&line.street.as_deref()) {
            streets.push(line.street.as_deref());
        }
    }
    streets
}

fn destination(next: &mut Ids, order_id: u64, draft: &Draft, street: Option<&str>) -> Destination {
    let address_id = take(&mut next.order_address);
    let lines = draft.lines.iter().filter(|line| line.street.as_deref() == street);
    let units = lines.map(|line| line.quantity).sum();
    let mut address =
        merged([json!({ "id": address_id, "order_id": order_id }), person(draft), delivery(draft, units)]);
    if let Some(street) = street {
        address.insert("street_1".into(), json!(street));
    }
    Destination { address, consignment_id: take(&mut next.consignment) }
}

fn header(id: u64, draft: &Draft, units: u32) -> Value {
    let status_id = if draft.paid { statuses::AWAITING_FULFILLMENT } else { statuses::AWAITING_PAYMENT };
    let status = statuses::name(status_id);
    json!({
        "id": id,
        "customer_id": 0,
        "date_created": rfc_2822(draft.placed_at),
        "date_modified": rfc_2822(Timestamp::now()),
        "date_shipped": "",
        "status_id": status_id,
        "status": status,
        "custom_status": status,
        "items_total": units,
        "items_shipped": 0,
        "payment_method": "Manual",
        "payment_provider_id": "",
        "payment_status": if draft.paid { "captured" } else { "" },
        "order_is_digital": false,
        "customer_message": draft.note,
        "staff_notes": "",
        "channel_id": CHANNEL_ID,
        "order_source": "www",
        "cart_id": format!("00000000-0000-4000-8000-{id:012}"),
        "is_deleted": false,
        "external_id": null,
        "external_merchant_id": null,
        "external_source": null,
        "external_order_id": "",
        "ebay_order_id": "0",
    })
}

fn amounts(total: Decimal) -> Value {
    let (without_tax, tax) = split(total);
    let nothing = money(Decimal::ZERO);
    let mut amounts = json!({
        "subtotal_ex_tax": money(without_tax), "subtotal_inc_tax": money(total), "subtotal_tax": money(tax),
        "total_ex_tax": money(without_tax), "total_inc_tax": money(total), "total_tax": money(tax),
    });
    for cost in ["shipping", "handling", "wrapping"] {
        amounts[format!("base_{cost}_cost")] = json!(nothing);
        amounts[format!("{cost}_cost_ex_tax")] = json!(nothing);
        amounts[format!("{cost}_cost_inc_tax")] = json!(nothing);
        amounts[format!("{cost}_cost_tax")] = json!(nothing);
        amounts[format!("{cost}_cost_tax_class_id")] = json!(0);
    }
    for amount in ["refunded", "store_credit", "gift_certificate", "discount"] {
        amounts[format!("{amount}_amount")] = json!(nothing);
    }
    amounts["coupon_discount"] = json!(nothing);
    amounts
}

fn settings(currency: &str) -> Value {
    json!({
        "is_tax_inclusive_pricing": true,
        "currency_id": 1,
        "currency_code": currency,
        "currency_exchange_rate": "1.0000000000",
        "default_currency_id": 1,
        "default_currency_code": currency,
        "store_default_currency_code": currency,
        "store_default_to_transactional_exchange_rate": "1.0000000000",
        "tax_provider_id": "BasicTaxProvider",
        "customer_locale": "en",
        "credit_card_type": null,
    })
}

fn contact(draft: &Draft) -> Value {
    let mut billing = person(draft);
    billing["form_fields"] = json!([]);
    json!({
        "billing_address": billing,
        "is_email_opt_in": false,
        "ip_address": "203.0.113.10",
        "ip_address_v6": "",
        "geoip_country": draft.country,
        "geoip_country_iso2": draft.country_code,
    })
}

/// Name and address. V2 knows a state by its name only.
fn person(draft: &Draft) -> Value {
    let (street_1, street_2) = draft.street.split_once('\n').unwrap_or((&draft.street, ""));
    json!({
        "first_name": draft.first_name,
        "last_name": draft.last_name,
        "company": "",
        "street_1": street_1,
        "street_2": street_2,
        "city": draft.city,
        "state": draft.state,
        "zip": draft.postcode,
        "country": draft.country,
        "country_iso2": draft.country_code,
        "phone": "",
        "email": draft.email,
    })
}

fn delivery(draft: &Draft, units: u32) -> Value {
    let nothing = money(Decimal::ZERO);
    json!({
        "items_total": units,
        "items_shipped": 0,
        "shipping_method": "Free Shipping",
        "base_cost": nothing,
        "cost_ex_tax": nothing,
        "cost_inc_tax": nothing,
        "cost_tax": nothing,
        "cost_tax_class_id": 0,
        "base_handling_cost": nothing,
        "handling_cost_ex_tax": nothing,
        "handling_cost_inc_tax": nothing,
        "handling_cost_tax": nothing,
        "handling_cost_tax_class_id": 0,
        "shipping_zone_id": 1,
        "shipping_zone_name": draft.country,
        "form_fields": [],
    })
}

/// The fields of all parts together.
pub(super) fn merged<const N: usize>(parts: [Value; N]) -> Map<String, Value> {
    parts
        .into_iter()
        .flat_map(|part| match part {
            Value::Object(fields) => fields,
            _ => Map::new(),
        })
        .collect()
}
