//! Ecwid: its webhooks' signature and shape, its REST API v3, and their mapping to `domain`. No vendor shape leaves here.
//!
//! Source: docs.ecwid.com (API reference of 2026-01-14) and the official Java client (2026-07-14).

mod batch;
mod callback;
mod catalogue;
mod check;
mod client;
mod components;
mod custom_statuses;
mod deleted_orders;
mod list_orders;
mod listing;
mod offsets;
mod order;
mod product;
mod profile;
mod read_orders;
mod scalar;
mod shape;
mod signature;
mod stock;
mod storefront;
mod tracking;

pub use callback::{Callback, CallbackSubject, InvalidCallback, Unverified};
pub use client::{HttpClient, InvalidAccessToken, http_client};
pub use shape::ShapeError;
pub use signature::{SIGNATURE_HEADER, WebhookRefusal, WebhookVerifier};
pub use storefront::Ecwid;
