//! Settings for the tests of this folder.

use std::time::Duration;

use crossdock_domain::{ImportRules, Kits, Platform, StockPush, StoreId};
use crossdock_settings::{
    BigcommerceConnection, Connection, EcwidConnection, StockSettings, StoreSettings, TrackingSettings,
};
use jiff::tz::TimeZone;

/// A shop that ships awaiting, paid orders to Australia and New Zealand, and keeps one unit of everything back.
pub(super) fn store(platform: Platform) -> StoreSettings {
    let (id, connection) = match platform {
        Platform::Bigcommerce => ("acme-au", bigcommerce()),
        Platform::Ecwid => ("acme-widgets", ecwid()),
    };
    let id: StoreId = id.parse().unwrap();
    StoreSettings {
        name: format!("Shop {id}"),
        time_zone: TimeZone::UTC,
        connection,
        webhook_url: None,
        orders: ImportRules {
            store: id.clone(),
            platform,
            prefix: "BG".into(),
            placed_from: Some("2026-01-31T00:00:00Z".parse().unwrap()),
            statuses: vec!["awaiting_fulfillment".into()],
            payment_statuses: vec!["PAID".into()],
            fulfillment_statuses: vec!["AWAITING_PROCESSING".into()],
            countries: vec!["AU".into(), "NZ".into()],
            channels: vec![1],
            kits: Kits::default(),
            test_skus: vec!["Test001".into(), "Test002".into()],
            product_options: Vec::new(),
            hold_hours: 0,
        },
        sweep_every: Duration::from_mins(5),
        tracking: TrackingSettings {
            pickup_carriers: vec!["Pickup In-Store".into()],
            ..TrackingSettings::default()
        },
        stock: StockSettings { push: StockPush::Available, daily_at: None, on_change: true, buffer: 1 },
        id,
    }
}

fn bigcommerce() -> Connection {
    Connection::Bigcommerce(BigcommerceConnection {
        store_hash: "abc123".into(),
        client_id: "client".into(),
        client_secrets: vec!["secret".to_owned().into()],
        access_token: "token".to_owned().into(),
        api_url: "http://127.0.0.1:9001".parse().unwrap(),
        webhook_header: None,
    })
}

fn ecwid() -> Connection {
    Connection::Ecwid(EcwidConnection {
        store_id: 1003,
        client_secrets: vec!["secret".to_owned().into()],
        access_token: "token".to_owned().into(),
        api_url: "http://127.0.0.1:9002".parse().unwrap(),
    })
}
