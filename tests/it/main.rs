//! Journeys over real parts: RabbitMQ, both databases, the sandbox's shops and warehouse, and the `crossdock` binary.

#![allow(clippy::unwrap_used, reason = "clippy allows it in test functions only, and all here serves tests")]

mod commands;
mod dependencies;
mod forgery;
mod layers;
mod order_import;
mod outage;
mod queue;
mod several_processes;
mod shop_trouble;
mod spool;
mod stock;
mod tracking;
