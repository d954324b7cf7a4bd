//! One transaction at a time changes dead letters.

use crate::LedgerError;
use crate::database::{Database, Transaction};

/// Begins a transaction that changes dead letters, and keeps all others that do waiting until its end.
///
/// A replay may take up a hundred thousand of them while others fail and are handled: whatever order rows were locked in, two
/// that take many would sooner or later wait for each other.
pub(super) async fn take(database: &Database) -> Result<Transaction, LedgerError> {
    let mut tx = database.write().await?;
    tx.query_and_lock("SELECT id FROM dead_letter_desk".to_owned()).execute().await?;
    Ok(tx)
}
