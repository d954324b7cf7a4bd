//! The client against a fake shop over HTTP.

#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

mod budget;
mod catalogue;
mod check;
mod dispatch;
mod fake_order;
mod hooks;
mod legacy;
mod listings;
mod many_orders;
mod order_lists;
mod orders;
mod relabel;
mod sandbox;
mod shop;
mod statuses;
mod stock;
mod take_back;
