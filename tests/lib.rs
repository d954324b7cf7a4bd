//! What the journeys stand on: a real RabbitMQ, real databases, and the real `crossdock` binary.

pub mod arrived;
mod at_rest;
pub mod broker;
pub mod configuration;
pub mod database;
pub mod dice;
pub mod flood;
mod free_address;
mod haste;
mod http;
mod kept_folder;
pub mod load;
mod local_script;
pub mod log;
pub mod metadata;
mod midnight;
pub mod node;
mod observed;
pub mod packed;
pub mod postgres;
pub mod process;
pub mod shop_calls;
pub mod shop_sender;
pub mod slow_sender;
pub mod surroundings;
pub mod terminal;
mod wait;
pub mod way;
pub mod webhook;
pub mod world;

pub use http::http;
pub use midnight::clear_of_midnight;
pub use wait::eventually;
