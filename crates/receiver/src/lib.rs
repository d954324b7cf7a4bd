//! The HTTP edge: verify, wrap, publish, answer.
//!
//! A request is read within limits, its sender is looked up and verified, its body is wrapped as an event and published, and
//! only an event that RabbitMQ has confirmed, or that is synced to the spool, is answered with 200. No shop and no database is called in a request.

mod app;
mod caller;
mod connection;
mod failures;
mod health;
mod limits;
mod meters;
mod outcome;
mod outlet;
mod publish;
mod rate;
mod read;
mod receiver;
mod recent;
mod refusal;
mod room;
mod routes;
mod seen_events;
mod senders;
mod serve;
mod spool;
#[cfg(test)]
mod suite;
mod verified;
mod visit;
mod warehouse;
mod webhooks;

pub use limits::{Limits, WAREHOUSE_BODY_BYTES_MAX, WEBHOOK_BODY_BYTES_MAX};
pub use receiver::{Receiver, StartError};
pub use senders::InvalidSecret;
pub use spool::StoreError;
pub use verified::warehouse_messages;
