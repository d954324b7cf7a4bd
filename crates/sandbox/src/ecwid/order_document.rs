//! A new order as the API will give it, made from what the buyer chose. What an order does not have is absent, not null.

use std::time::Instant;

use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use super::order::{Order, date};
use super::product_document::components;
use super::state::Book;
use crate::{Catalog, Draft, Item};

/// Tax in the prices, in percent, so that amounts with and without tax differ.
const TAX_PERCENT: i64 = 10;

/// Characters of an order's id, as in the documented `K8XTQ`.
const ID_CHARS: usize = 5;

/// Letters and digits of orders' ids.
const ID_ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ123456789";

/// Writes a new order into the book and answers it.
pub(super) fn enter<'a>(
    book: &'a mut Book,
    catalog: &Catalog,
    draft: &Draft,
    sold: &[(Item, u32)],
) -> &'a Order {
    let internal_id = book.next_internal_id;
    book.next_internal_id += 1;
    let id = free_id(book);
    let mut items = Vec::new();
    for (bought, quantity) in sold {
        let mut item = item(book.next_item_id, bought, *quantity);
        let components = components(catalog, &bought.sku);
        if !components.is_empty() {
            item["compositeComponents"] = json!(components);
        }
        items.push(item);
        book.next_item_id += 1;
    }
    let total: Decimal = sold.iter().map(|(item, quantity)| item.price * Decimal::from(*quantity)).sum();
    let parts = [header(&id, internal_id, draft), amounts(total), delivery(draft), settings()];
    let mut fields: Map<String, Value> = parts.into_iter().filter_map(object).flatten().collect();
    fields.insert("items".into(), items.into());
    let order = Order { internal_id, fields, mails: 0, updates: Vec::new(), changed_at: Instant::now() };
    book.orders.entry(internal_id).insert_entry(order).into_mut()
}

/// What an order's lines have, by SKU.
pub(super) fn units(fields: &Map<String, Value>) -> Vec<(String, i64)> {
    let line = |item: &Value| Some((item["sku"].as_str()?.to_owned(), item["quantity"].as_i64()?));
    fields["items"].as_array().into_iter().flatten().filter_map(line).collect()
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

/// An id that begins with a letter, so that it is no internal id, and that no order has.
fn free_id(book: &mut Book) -> String {
    loop {
        let mut id = String::from(book.dice.uppercase());
        while id.len() < ID_CHARS {
            id.push(char::from(ID_ALPHABET[book.dice.usize(..ID_ALPHABET.len())]));
        }
        if book.find(&id).is_none() {
            return id;
        }
    }
}

fn header(id: &str, internal_id: u64, draft: &Draft) -> Value {
    let now = Timestamp::now();
    let mut header = json!({
        "id": id,
        "internalId": internal_id,
        "orderNumber": internal_id,
        "vendorOrderNumber": id,
        "publicUid": id,
        "email": draft.email,
        "paymentMethod": "Credit or debit card",
        "paymentStatus": if draft.paid { "PAID" } else { "AWAITING_PAYMENT" },
        "fulfillmentStatus": "AWAITING_PROCESSING",
        "createDate": date(draft.placed_at),
        "updateDate": date(now),
        "createTimestamp": draft.placed_at.as_second(),
        "updateTimestamp": now.as_second(),
        "ipAddress": "203.0.113.10",
        "hidden": false,
    });
    if !draft.note.is_empty() {
        header["orderComments"] = json!(draft.note);
    }
    header
}

fn amounts(total: Decimal) -> Value {
    let (without_tax, tax) = split(total);
    json!({
        "subtotal": number(total),
        "subtotalWithoutTax": without_tax,
        "total": number(total),
        "totalWithoutTax": without_tax,
        "totalBeforeGiftCardRedemption": number(total),
        "usdTotal": total.to_f64(),
        "tax": tax,
        "pricesIncludeTax": true,
        "refundedAmount": 0,
        "giftCardRedemption": 0,
        "couponDiscount": 0,
        "volumeDiscount": 0,
        "membershipBasedDiscount": 0,
        "totalAndMembershipBasedDiscount": 0,
        "discount": 0,
    })
}

/// Persons and method. Two lines of a street are one text with a line break; there is no e-mail in a person.
fn delivery(draft: &Draft) -> Value {
    let person = json!({
        "name": format!("{} {}", draft.first_name, draft.last_name),
        "firstName": draft.first_name,
        "lastName": draft.last_name,
        "street": draft.street,
        "city": draft.city,
        "countryCode": draft.country_code,
        "countryName": draft.country,
        "postalCode": draft.postcode,
        "stateOrProvinceCode": draft.state_code,
        "stateOrProvinceName": draft.state,
    });
    json!({
        "billingPerson": person,
        "shippingPerson": person,
        "shippingOption": {
            "shippingMethodId": "1234-1535453270391",
            "shippingMethodName": "Free shipping",
            "shippingRate": 0,
            "shippingRateWithoutTax": 0,
            "isPickup": false,
            "fulfillmentType": "SHIPPING",
            "isShippingLimit": false,
        },
    })
}

fn settings() -> Value {
    json!({
        "customerTaxExempt": false,
        "customerTaxIdValid": false,
        "b2b_b2c": "b2c",
        "reversedTaxApplied": false,
        "customerRequestedInvoice": false,
        "giftCardDoubleSpending": false,
        "customSurcharges": [],
        "refunds": [],
        "predictedPackage": [],
        "shippingLabelAvailableForShipment": false,
        "shipments": [],
        "additionalInfo": {},
        "paymentParams": {},
        "extraFields": {},
        "taxesOnShipping": [],
        "utmDataSets": [],
        "invoices": [],
        "disableAllCustomerNotifications": false,
        "externalFulfillment": false,
    })
}

fn item(id: u64, item: &Item, quantity: u32) -> Value {
    let (without_tax, _) = split(item.price);
    let (_, tax) = split(item.price * Decimal::from(quantity));
    let mut document = json!({
        "id": id,
        "productId": item.product_id,
        "categoryId": 0,
        "sku": item.sku,
        "name": item.name,
        "quantity": quantity,
        "price": number(item.price),
        "priceWithoutTax": without_tax,
        "productPrice": number(item.price),
        "tax": tax,
        "shipping": 0,
        "weight": 0,
        "isShippingRequired": true,
        "digital": false,
        "giftCard": false,
        "productAvailable": true,
        "trackQuantity": item.stock.is_some(),
        "fixedShippingRateOnly": false,
        "fixedShippingRate": 0,
        "couponApplied": false,
        "taxable": true,
        "isCustomerSetPrice": false,
        "attributes": [],
        "dimensions": { "length": 0, "width": 0, "height": 0 },
        // Units before the order was placed; what is sold has left the catalogue by now.
        "quantityInStock": item.stock.map_or(0, |left| left + i64::from(quantity)),
    });
    if !item.options.is_empty() {
        document["combinationId"] = json!(item.variant_id);
        document["selectedOptions"] = item.options.iter().map(|(name, value)| option(name, value)).collect();
    }
    document
}

fn option(name: &str, value: &str) -> Value {
    let selection =
        json!({ "selectionTitle": value, "selectionModifier": 0, "selectionModifierType": "ABSOLUTE" });
    json!({ "name": name, "type": "CHOICE", "value": value, "valuesArray": [value], "selections": [selection] })
}

/// An amount without its tax, and the tax in it, both to the cent.
fn split(with_tax: Decimal) -> (Value, Value) {
    let without_tax = (with_tax * Decimal::ONE_HUNDRED / Decimal::from(100 + TAX_PERCENT)).round_dp(2);
    (number(without_tax), number(with_tax - without_tax))
}

/// An amount as the API prints it: `10`, `9.09`.
pub(super) fn number(amount: Decimal) -> Value {
    let whole = amount.is_integer().then(|| amount.to_i64()).flatten();
    whole.map_or_else(|| json!(amount.to_f64()), Value::from)
}
