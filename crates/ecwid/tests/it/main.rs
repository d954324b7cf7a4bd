//! The Ecwid client against a server that answers as Ecwid documents, and as it should not.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as tests do")]

mod answers;
mod batches;
mod budget;
mod catalogue;
mod check;
mod composites;
mod credentials;
mod many_orders;
mod order_lists;
mod orders;
mod sandbox;
mod shop;
mod stock;
mod tracking;
