//! RabbitMQ: topology, confirmed publishing, lanes, retry, dead-lettering. Knows no event type.

mod connection;
mod consumer;
mod failure;
pub mod headers;
mod message;
mod metrics;
mod publisher;
mod put_aside;
mod retry;
mod topology;
mod trail;

pub use connection::{Broker, Link, Probe};
pub use consumer::{Consumer, Handler, Outcome, Route};
pub use failure::Failure;
pub use message::{Delivery, Message};
pub use publisher::{PublishError, Publisher};
pub use topology::{DEAD_LETTERS, EVENTS_EXCHANGE, Topology, WorkQueue};
