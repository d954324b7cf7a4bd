//! A shop that is reached by a legacy account: Basic authentication, V2 under `/api/v2/`, and neither V3 nor webhooks.
//!
//! Source: BigCommerce's guide to API accounts (public repository bigcommerce/docs at 24f580ca, 2026-04-01).

pub(super) mod products;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::AUTHORIZATION;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::state::State;

/// A legacy account. Its token is the shop's access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyAccount {
    /// The user's name.
    pub username: String,
    /// Whether orders come with their consignments where a request asks for it; else they have none, as in the API of before.
    pub includes_consignments: bool,
}

/// The header that every request must carry, and its value.
pub(super) fn credentials(shop: &State) -> (HeaderName, String) {
    let token = shop.access_token();
    match &shop.legacy {
        None => (HeaderName::from_static("x-auth-token"), token.clone()),
        Some(account) => {
            let pair = STANDARD.encode(format!("{}:{}", account.username, *token));
            (AUTHORIZATION, format!("Basic {pair}"))
        }
    }
}

/// The old catalogue. Other shops have it too; here, only those that have no newer one.
pub(super) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/v2/products", get(products::list))
        .route("/v2/products/{id}", get(products::one).put(products::update))
        .route("/v2/products/skus", get(products::all_skus))
        .route("/v2/products/{id}/skus", get(products::skus))
        .route("/v2/products/{id}/skus/{sku}", get(products::sku).put(products::update_sku))
}
