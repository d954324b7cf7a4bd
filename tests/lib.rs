//! What the journeys stand on: a real RabbitMQ, real databases, and the real `crossdock` binary.

pub mod broker;
pub mod node;
mod wait;

pub use wait::eventually;
