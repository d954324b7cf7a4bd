//! `[warehouse]`: who packs.

use secrecy::SecretString;

/// How the warehouse's events are known to be the warehouse's.
#[derive(Debug, Clone)]
pub struct WarehouseSettings {
    /// One or two live `whsec_…` secrets (Standard Webhooks). None: `POST /warehouse/events` answers 401 to everyone, and the
    /// warehouse publishes to RabbitMQ instead.
    pub signing_secrets: Vec<SecretString>,
}
