//! Orders as the importer puts them down, for the ledger's and the broker's own limits.

use crossdock_domain::{
    Address, LineId, Money, OrderId, OrderLine, OrderNumber, Platform, ReleasedOrder, Sku, StockPush, StoreId,
};
use crossdock_ledger::{Happening, Judged, Verdict};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

/// The shop of this number.
pub(super) fn store(shop: u32) -> StoreId {
    format!("shop-{shop}").parse().expect("this is a store's id")
}

/// The number at the warehouse of a shop's order.
pub(super) fn number(shop: u32, order: u32) -> OrderNumber {
    OrderNumber::new(format!("S{shop}-{order}"))
}

/// An order to be released, placed so many seconds ago.
pub(super) fn judged(shop: u32, order: u32, secs_ago: u32) -> Judged {
    let at = Timestamp::now();
    let placed_at = at - SignedDuration::from_secs(secs_ago.into());
    let shape = Box::new(released(shop, order, placed_at));
    Judged {
        store: store(shop),
        platform: Platform::Bigcommerce,
        order_id: shape.order_id.clone(),
        number: shape.number.clone(),
        placed_at,
        modified_at: placed_at,
        read_at: at,
        again: false,
        shop_status: "awaiting_fulfillment".to_owned(),
        happening: happening(&format!("to be released to the warehouse as {}", shape.number), at),
        notices: vec![happening("the shop told of a change", at)],
        verdict: Verdict::Release(shape.clone()),
        shape: Ok(shape),
        kept: Vec::new(),
        given_back: Vec::new(),
        stock_push: StockPush::Available,
    }
}

/// How the timeline tells something.
fn happening(what: &str, at: Timestamp) -> Happening {
    let (key, cause) = (format!("{at}/{what}"), "store/order/created".to_owned());
    Happening { key, at, role: "order-importer", what: what.to_owned(), cause }
}

/// An order of two lines.
pub(super) fn released(shop: u32, order: u32, placed_at: Timestamp) -> ReleasedOrder {
    let price = Money::from(Decimal::new(1995, 2));
    let line = |(line, sku, quantity): (u32, &str, u32)| OrderLine {
        line_id: LineId::new(line.to_string()),
        sku: Sku::from(sku),
        name: format!("Item {sku}"),
        quantity,
        unit_price: price,
        options: std::collections::BTreeMap::new(),
    };
    ReleasedOrder {
        number: number(shop, order),
        store: store(shop),
        platform: Platform::Bigcommerce,
        order_id: OrderId::new(order.to_string()),
        test: false,
        placed_at,
        currency: "AUD".to_owned(),
        ship_to: Address {
            name: "Jane Doe".to_owned(),
            address1: "455 Collins Street".to_owned(),
            city: "Melbourne".to_owned(),
            state: "Victoria".to_owned(),
            state_code: "VIC".to_owned(),
            postcode: "3000".to_owned(),
            country_code: "AU".to_owned(),
            email: "jane.doe@example.com".to_owned(),
            ..Address::default()
        },
        shipping_method: "Free Shipping".to_owned(),
        pickup: false,
        customer_note: String::new(),
        lines: [(1, "TEE-M", 2), (2, "MUG", 1)].map(line).into(),
        total: price,
    }
}
