//! Shops and a warehouse that speak the real protocols on loopback: for `crossdock sandbox`, demonstrations and tests.
//!
//! Written from the platforms' documentation, not from what our clients send: this crate uses neither of theirs.

mod bigcommerce;
mod callbacks;
mod catalog;
mod draft;
mod ecwid;
mod faults;
#[cfg(test)]
mod inbox;
mod journal;
mod quota;
mod run;
mod server;
mod signing;
mod warehouse;

pub use bigcommerce::{BigcommerceOptions, BigcommerceScope, BigcommerceShop, LegacyAccount};
pub use callbacks::{Callbacks, Delivery, Signed, Told};
pub use catalog::{Catalog, Item, Whole};
pub use draft::{Draft, DraftLine};
pub use ecwid::{EcwidOptions, EcwidScope, EcwidShop};
pub use faults::{Fault, Faults};
pub use journal::Request;
pub use quota::Quota;
pub use run::{Fate, OrderRow, Report, SandboxError, SandboxRun, StockRow, run};
pub use warehouse::{Door, NotOpen, OrderState, Post, Tell, Warehouse, WarehouseOptions};
