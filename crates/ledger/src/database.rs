//! One door to both engines: where they differ ends here, so that every statement is written once.

mod query;
mod tables;
mod transaction;

pub(crate) use query::{Query, STATEMENT_ROWS_MAX, value_rows};
pub(crate) use tables::are_up_to_date;
pub(crate) use transaction::Transaction;

use crate::postgres::PostgresPool;
use crate::sqlite::SqlitePools;
use crate::{LedgerError, Opening};

/// An opened database, its tables up to date.
pub(crate) enum Database {
    Sqlite(SqlitePools),
    Postgres(Box<PostgresPool>),
}

impl Database {
    /// Opens the database that the URL names.
    pub(crate) async fn open(url: &str, opening: Opening) -> Result<Self, LedgerError> {
        if url.starts_with("sqlite://") {
            Ok(Self::Sqlite(SqlitePools::open(url, opening).await?))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self::Postgres(Box::new(PostgresPool::open(url, opening).await?)))
        } else {
            Err(LedgerError::Url)
        }
    }

    /// Begins a transaction that only reads.
    pub(crate) async fn read(&self) -> Result<Transaction, LedgerError> {
        match self {
            Self::Sqlite(pools) => pools.read().await,
            Self::Postgres(pool) => pool.begin().await,
        }
    }

    /// Begins a transaction that writes. SQLite has one of these at a time; PostgreSQL many, which lock the rows they change.
    pub(crate) async fn write(&self) -> Result<Transaction, LedgerError> {
        match self {
            Self::Sqlite(pools) => pools.write().await,
            Self::Postgres(pool) => pool.begin().await,
        }
    }
}
