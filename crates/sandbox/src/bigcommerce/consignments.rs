//! How the lines of an order reach the buyer: in a parcel, at a counter, or by e-mail.

use serde_json::{Map, Value, json};

use super::book::{Destination, Order};
use super::state::State;

/// The consignments in the object structure. Costs are numbers here, unlike in the shipping address.
pub(super) fn consignments(shop: &State, order: &Order, line_items: bool) -> Value {
    let lines = |wanted: &dyn Fn(&Map<String, Value>) -> bool| -> Vec<Value> {
        let line = |product: &Map<String, Value>| {
            if line_items {
                Value::Object(product.clone())
            } else {
                shop.link(&format!("/orders/{}/products/{}", order.id, product["id"]))
            }
        };
        order.products.iter().filter(|product| wanted(product)).map(line).collect()
    };
    json!({
        "pickups": pickups(order, &lines(&is_collected)),
        "shipping": order.destinations.iter().filter_map(|to| shipping(shop, order, to, lines(&is_sent_to(to)))).collect::<Vec<_>>(),
        "downloads": emailed(order, &lines(&|product| product["type"] == "digital")),
        "email": { "gift_certificates": emailed(order, &lines(&|product| product["type"] == "giftcertificate")) },
    })
}

fn is_physical(product: &Map<String, Value>) -> bool {
    product["type"] == "physical"
}

fn is_collected(product: &Map<String, Value>) -> bool {
    is_physical(product) && product["order_pickup_method_id"] != 0
}

fn is_sent_to(to: &Destination) -> impl Fn(&Map<String, Value>) -> bool {
    let address_id = to.address_id();
    move |product| is_physical(product) && !is_collected(product) && product["order_address_id"] == address_id
}

/// At most one. Place and method are those of the documented example.
fn pickups(order: &Order, line_items: &[Value]) -> Vec<Value> {
    if line_items.is_empty() {
        return Vec::new();
    }
    vec![json!({
        "id": order.destinations.first().map(|to| to.consignment_id),
        "pickup_method_id": 1,
        "pickup_method_display_name": "Pick Up",
        "collection_instructions": "Bring your ID",
        "collection_time_description": "9am - 6pm",
        "location": {
            "id": 1,
            "name": "Location 1",
            "code": "LOCATION-1",
            "address_line_1": "123 Main Street",
            "address_line_2": "Suite 101",
            "city": "Austin",
            "state": "Texas",
            "postal_code": "78726",
            "country_alpha2": "US",
            "email": "location1@example.com",
            "phone": "+1 111-111-1111",
        },
        "line_items": line_items,
    })]
}

/// None where nothing goes.
fn shipping(shop: &State, order: &Order, to: &Destination, line_items: Vec<Value>) -> Option<Value> {
    if line_items.is_empty() {
        return None;
    }
    let mut shipping: Map<String, Value> = to.address.clone();
    shipping.remove("order_id");
    for (name, value) in &mut shipping {
        if let (true, Some(amount)) = (name.contains("cost"), value.as_str()) {
            *value = json!(amount.parse::<f64>().unwrap_or_default());
        }
    }
    let id = to.consignment_id;
    shipping.insert("id".into(), json!(id));
    shipping.insert("line_items".into(), line_items.into());
    let quotes = format!("/orders/{}/consignments/shipping/{id}/shipping_quotes", order.id);
    shipping.insert("shipping_quotes".into(), shop.link(&quotes));
    Some(Value::Object(shipping))
}

fn emailed(order: &Order, line_items: &[Value]) -> Vec<Value> {
    if line_items.is_empty() {
        return Vec::new();
    }
    let email = &order.fields["billing_address"]["email"];
    vec![json!({ "recipient_email": email, "line_items": line_items })]
}
