//! `/profile`: what the store tells of itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State as Shop};
use crossdock_domain::{ECWID_FULFILLMENT_STATUSES, ECWID_PAYMENT_STATUSES};
use serde_json::{Value, json};

use super::params::Params;
use super::state::State;

/// Field names as in the official Java client's `FetchedStoreProfile` (Ecwid/ecwid-java-api-client).
pub(super) async fn profile(Shop(shop): Shop<Arc<State>>, Query(params): Query<Params>) -> Json<Value> {
    let store_id = shop.store_id;
    let store_url = format!("https://store{store_id}.company.site");
    Json(params.projected(json!({
        "generalInfo": { "storeId": store_id, "storeUrl": store_url },
        "account": { "accountName": "Sandbox", "accountEmail": "owner@example.com" },
        "settings": { "closed": false, "storeName": "Sandbox" },
        "company": {
            "companyName": "Sandbox",
            "email": "company@example.com",
            "street": "144 West D Street",
            "city": "Encinitas",
            "countryCode": "US",
            "postalCode": "92024",
            "stateOrProvinceCode": "CA",
        },
        "formatsAndUnits": {
            "currency": shop.currency,
            "currencyPrefix": "$",
            "currencySuffix": "",
            "currencyPrecision": 2,
            "currencyGroupSeparator": ",",
            "currencyDecimalSeparator": ".",
            "weightUnit": "KILOGRAM",
            "dimensionsUnit": "CM",
            "timezone": "UTC",
            "orderNumberPrefix": "",
            "orderNumberSuffix": "",
        },
        "languages": { "enabledLanguages": ["en"], "defaultLanguage": "en" },
    })))
}

/// The statuses that an order can have: three custom ones of each type are always there, and have a name once they are on.
///
/// Source: docs.ecwid.com, "Search order statuses" (2026-01-14).
pub(super) async fn order_statuses(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Json<Value> {
    let names = shop.status_names();
    let status = |id: &str, kind: &str| {
        let mut status =
            json!({ "statusId": id, "orderStatusType": kind, "sendNotificationWhenStatusIsAssigned": true });
        let name = names.get(id);
        let default = !id.starts_with("CUSTOM_");
        status["enabled"] = json!(default || name.is_some());
        if default {
            status["defaultStatus"] = json!(true);
        }
        if let Some(name) = name {
            status["name"] = json!(name);
        }
        status
    };
    let payment = ECWID_PAYMENT_STATUSES.iter().map(|id| status(id, "PAYMENT_STATUS"));
    let fulfillment = ECWID_FULFILLMENT_STATUSES.iter().map(|id| status(id, "FULFILLMENT_STATUS"));
    let items: Vec<Value> = payment.chain(fulfillment).collect();
    Json(params.projected(json!({ "items": items })))
}
