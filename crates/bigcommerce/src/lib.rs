//! BigCommerce's API: webhook signature and callback, typed client, mapping to `domain`. Its shapes stay inside.

mod answer;
mod callback;
mod carriers;
mod check;
mod client;
mod dispatch;
mod hooks;
mod line_items;
mod list_orders;
mod list_size;
mod listings;
mod loose;
mod map_address;
mod map_line;
mod map_order;
mod order;
mod order_status;
mod pages;
mod parcels;
mod read_order;
mod read_orders;
mod shipment;
mod signature;
mod state_code;
mod stock;
mod store_hash;
mod storefront;

pub use callback::{Callback, CallbackSubject, InvalidCallback, Kind};
pub use client::{HttpClient, InvalidAccessToken, http_client};
pub use signature::{WebhookRefusal, WebhookVerifier};
pub use store_hash::store_hash_hint;
pub use storefront::Bigcommerce;
