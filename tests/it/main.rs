//! Journeys over real parts: RabbitMQ, both databases, the sandbox's shops and warehouse, and the `crossdock` binary.

mod commands;
mod dependencies;
mod forgery;
mod layers;
mod order_import;
mod outage;
mod queue;
mod shop_trouble;
mod stock;
mod tracking;
