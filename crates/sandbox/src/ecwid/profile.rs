//! `/profile`: what the store tells of itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State as Shop};
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
