//! RabbitMQ: topology, confirmed publishing, lanes, retry, dead-lettering. Knows no event type.

mod connection;
mod consumer;
mod desk;
mod failure;
pub mod headers;
mod message;
mod metrics;
mod oldest;
mod publisher;
mod retry;
mod sender;
mod stalls;
mod topology;
mod trail;
mod turn;

pub use connection::{Broker, Link, Probe};
pub use consumer::{Consumer, Handler, Outcome, Route};
pub use desk::{DeadLetter, DeadLetterConsumer, Desk, Fate};
pub use failure::Failure;
pub use message::{Delivery, Message};
pub use publisher::{PublishError, Publisher};
pub use topology::{DEAD_LETTERS, EVENTS_EXCHANGE, Topology, WorkQueue};
pub use turn::{RestFollows, Turn};
