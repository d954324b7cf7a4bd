//! The consumer over a real ledger, to a shop that answers as it is told.

#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

mod pauses;
mod shop;
