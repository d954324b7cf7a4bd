//! `[broker]`: RabbitMQ.

use secrecy::SecretString;

/// Where RabbitMQ is.
#[derive(Debug, Clone)]
pub struct BrokerSettings {
    /// `amqp://` or `amqps://`, with user, password and virtual host. Secret because of the password.
    pub url: SecretString,
}
