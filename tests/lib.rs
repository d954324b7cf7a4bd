//! What the journeys stand on: a real RabbitMQ, real databases, and the real `crossdock` binary.

pub mod arrived;
pub mod broker;
pub mod configuration;
pub mod database;
pub mod dice;
pub mod flood;
mod haste;
pub mod load;
pub mod log;
pub mod metadata;
pub mod node;
mod observed;
pub mod packed;
pub mod process;
pub mod shop_sender;
pub mod slow_sender;
mod wait;
pub mod webhook;
pub mod world;

pub use wait::eventually;
