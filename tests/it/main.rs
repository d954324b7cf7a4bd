//! Journeys over real parts: RabbitMQ, both databases, the sandbox's shops and warehouse, and the `crossdock` binary.

#![allow(clippy::unwrap_used, reason = "clippy allows it in test functions only, and all here serves tests")]

mod after_release;
mod burst;
mod commands;
mod composites;
mod dead_letters;
mod delivery;
mod dependencies;
mod described;
mod effects;
mod forgery;
mod forwarded;
mod full_house;
mod health;
mod health_of_roles;
mod killed;
mod layers;
mod legacy;
mod long_outage;
mod manual;
mod model;
mod order_import;
mod outage;
mod proof;
mod queue;
mod quiet;
mod receiver_flood;
mod refusals;
mod reload;
mod sandbox_script;
mod several_processes;
mod shaping;
mod shop_trouble;
mod spool;
mod spool_trouble;
mod stock;
mod stock_daily;
mod stock_listings;
mod stop;
mod sweeps;
mod trace;
mod tracking;
mod webhooks;
