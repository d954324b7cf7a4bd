//! `/v2/store` and `/v2/order_statuses`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shop};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::state::State;
use super::{CURRENCY, STORE_ID, statuses};

pub(super) async fn information(Shop(shop): Shop<Arc<State>>) -> Json<Value> {
    let date_format =
        json!({ "display": "M jS Y", "export": "M jS Y", "extended_display": "M jS Y @ g:i A" });
    Json(json!({
        "id": shop.store_hash,
        "domain": "sandbox.example.com",
        "secure_url": "https://sandbox.example.com",
        "status": "live",
        "name": "Sandbox",
        "first_name": "Jane",
        "last_name": "Doe",
        "address": "",
        "country": "Australia",
        "country_code": "AU",
        "phone": "",
        "admin_email": "admin@example.com",
        "order_email": "orders@example.com",
        "timezone": {
            "name": "Australia/Melbourne",
            "raw_offset": 36_000,
            "dst_offset": 39_600,
            "dst_correction": true,
            "date_format": date_format,
        },
        "language": "en",
        "currency": CURRENCY,
        "currency_symbol": "$",
        "decimal_separator": ".",
        "thousands_separator": ",",
        "decimal_places": 2,
        "currency_symbol_location": "left",
        "weight_units": "KGS",
        "dimension_units": "Centimeters",
        "plan_name": "Standard",
        "plan_level": "Standard",
        "plan_is_trial": false,
        "logo": [],
        "is_price_entered_with_tax": true,
        "store_id": STORE_ID,
        "default_channel_id": 1,
    }))
}

pub(super) async fn order_statuses() -> Json<Vec<Value>> {
    Json(statuses::all())
}

pub(super) async fn order_status(Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    statuses::all()
        .into_iter()
        .find(|status| status["id"].as_i64() == id.parse().ok())
        .map(Json)
        .ok_or_else(Refusal::not_found)
}
