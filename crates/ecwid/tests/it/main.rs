//! The Ecwid client against a server that answers as Ecwid documents, and as it should not.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as tests do")]

mod answers;
mod check;
mod orders;
mod shop;
mod stock;
mod tracking;
