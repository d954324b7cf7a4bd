//! Whether a database's tables are those of this version.

use sqlx::migrate::{AppliedMigration, MigrateError, Migrator};

use crate::LedgerError;

/// Holds the migrations that a database has against those that this version needs.
///
/// # Errors
/// [`LedgerError::Outdated`] if it lacks any; [`LedgerError::Migration`] if it has one that this version does not know.
pub(crate) fn are_up_to_date(needed: &Migrator, applied: &[AppliedMigration]) -> Result<(), LedgerError> {
    if let Some(newer) = applied.iter().find(|it| !needed.version_exists(it.version)) {
        return Err(MigrateError::VersionMissing(newer.version).into());
    }
    for migration in needed.iter() {
        match applied.iter().find(|it| it.version == migration.version) {
            None => return Err(LedgerError::Outdated),
            Some(applied) if applied.checksum != migration.checksum => {
                return Err(MigrateError::VersionMismatch(migration.version).into());
            }
            Some(_) => {}
        }
    }
    Ok(())
}
