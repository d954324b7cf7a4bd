//! `[ledger]`: the database.

use secrecy::SecretString;

/// Where the ledger is kept.
#[derive(Debug, Clone)]
pub struct LedgerSettings {
    /// `sqlite://FILE` or `postgres://…`. Secret because of the password.
    pub url: SecretString,
}
