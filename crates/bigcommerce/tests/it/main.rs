//! The client against a fake shop over HTTP.

#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

mod check;
mod dispatch;
mod fake_order;
mod listings;
mod orders;
mod shop;
mod statuses;
mod stock;
