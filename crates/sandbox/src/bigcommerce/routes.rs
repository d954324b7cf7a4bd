//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, put};

use super::gate::gate;
use super::refusal::Refusal;
use super::state::State;
use super::{adjustments, catalog, hooks, inventory, legacy, orders, shipments, store};

/// The whole API behind the gate.
pub(super) fn router(shop: &Arc<State>) -> Router {
    let base = shop.base.trim_end_matches('/');
    let added = if shop.legacy.is_some() { legacy::routes() } else { v3() };
    Router::new()
        .nest(base, v2().merge(added))
        .fallback(|request: Request| async move { Refusal::of_path(request.uri().path(), 404) })
        .method_not_allowed_fallback(
            |request: Request| async move { Refusal::of_path(request.uri().path(), 405) },
        )
        .layer(from_fn_with_state(Arc::clone(shop), gate))
        .with_state(Arc::clone(shop))
}

/// Orders link to `shippingaddresses`, the reference names `shipping_addresses`: both lead there.
fn v2() -> Router<Arc<State>> {
    Router::new()
        .route("/v2/store", get(store::information))
        .route("/v2/order_statuses", get(store::order_statuses))
        .route("/v2/order_statuses/{id}", get(store::order_status))
        .route("/v2/orders", get(orders::list))
        .route("/v2/orders/{id}", get(orders::one).put(orders::update))
        .route("/v2/orders/{id}/products", get(orders::products))
        .route("/v2/orders/{id}/products/{product}", get(orders::product))
        .route("/v2/orders/{id}/shipping_addresses", get(orders::shipping_addresses))
        .route("/v2/orders/{id}/shippingaddresses", get(orders::shipping_addresses))
        .route("/v2/orders/{id}/consignments", get(orders::consignments))
        .route(
            "/v2/orders/{id}/shipments",
            get(shipments::list).post(shipments::create).delete(shipments::delete_all),
        )
        .route("/v2/orders/{id}/shipments/count", get(shipments::count))
        .route(
            "/v2/orders/{id}/shipments/{shipment}",
            get(shipments::one).put(shipments::update).delete(shipments::delete),
        )
}

fn v3() -> Router<Arc<State>> {
    Router::new()
        .route("/v3/hooks", get(hooks::list).post(hooks::create))
        .route("/v3/hooks/{id}", get(hooks::one).put(hooks::update).delete(hooks::delete))
        .route("/v3/catalog/variants", get(catalog::variants))
        .route("/v3/catalog/products", get(catalog::products))
        .route("/v3/inventory/items", get(inventory::items))
        .route("/v3/inventory/locations/{location}/items", get(inventory::location_items))
        .route("/v3/inventory/adjustments/absolute", put(adjustments::absolute))
}
