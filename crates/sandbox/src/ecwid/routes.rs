//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use super::gate::gate;
use super::refusal::Refusal;
use super::state::State;
use super::{batches, orders, products, profile};

/// The whole API behind the gate.
pub(super) fn router(shop: &Arc<State>) -> Router {
    let routes = Router::new()
        .route("/profile", get(profile::profile))
        .route("/profile/order_statuses", get(profile::order_statuses))
        .route("/batch", get(batches::progress).post(batches::submit).delete(batches::cancel))
        .route("/orders", get(orders::search))
        .route("/orders/deleted", get(orders::deleted))
        .route("/orders/{id}", get(orders::one).put(orders::update))
        .route("/products", get(products::search))
        .route("/products/{id}", get(products::one).put(products::update))
        .route("/products/{id}/combinations", get(products::combinations))
        .route(
            "/products/{id}/combinations/{combination}",
            get(products::combination).put(products::update_combination),
        );
    Router::new()
        .nest(shop.base.trim_end_matches('/'), routes)
        .fallback(|| async { Refusal::of_status(422) })
        .method_not_allowed_fallback(|| async { Refusal::of_status(405) })
        .layer(from_fn_with_state(Arc::clone(shop), gate))
        .with_state(Arc::clone(shop))
}
