//! An order as one request wants it: with links, or with what they lead to.

use serde_json::{Value, json};

use super::book::{Destination, Order};
use super::consignments::consignments;
use super::params::Params;
use super::state::State;

/// What `include` asks for. Consignments come only together with `consignment_structure=object`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Include {
    pub(super) consignments: bool,
    pub(super) line_items: bool,
    pub(super) fees: bool,
}

impl Include {
    pub(super) fn of(params: &Params) -> Self {
        let wanted = |name: &str| params.list("include").is_some_and(|list| list.iter().any(|of| of == name));
        let object = params.get("consignment_structure") == Some("object");
        let line_items = object && wanted("consignments.line_items");
        Self {
            consignments: line_items || (object && wanted("consignments")),
            line_items,
            fees: wanted("fees"),
        }
    }
}

/// The whole order.
pub(super) fn order(shop: &State, order: &Order, include: Include) -> Value {
    let at = format!("/orders/{}", order.id);
    let mut fields = order.fields.clone();
    for (name, part) in
        [("products", "products"), ("shipping_addresses", "shippingaddresses"), ("coupons", "coupons")]
    {
        fields.insert(name.into(), shop.link(&format!("{at}/{part}")));
    }
    if shop.legacy.as_ref().is_none_or(|account| account.includes_consignments) {
        let held = if include.consignments {
            consignments(shop, order, include.line_items)
        } else {
            shop.link(&format!("{at}/consignments"))
        };
        fields.insert("consignments".into(), held);
    }
    let fees = if include.fees { json!([]) } else { shop.link(&format!("{at}/fees")) };
    fields.insert("fees".into(), fees);
    Value::Object(fields)
}

/// A shipping address as a resource of its own.
pub(super) fn shipping_address(shop: &State, order: &Order, to: &Destination) -> Value {
    let mut address = to.address.clone();
    let quotes = format!("/orders/{}/shippingaddresses/{}/shippingquotes", order.id, to.address_id());
    address.insert("shipping_quotes".into(), shop.link(&quotes));
    Value::Object(address)
}
