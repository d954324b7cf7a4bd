//! What the journeys stand on: a real RabbitMQ, real databases, and the real `crossdock` binary.

pub mod broker;
pub mod database;
pub mod metadata;
pub mod node;
pub mod process;
mod wait;
pub mod world;

pub use wait::eventually;
