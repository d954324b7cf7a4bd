//! A transaction on either engine. Dropped without a commit, nothing of it was done.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, Sqlite};

use super::Query;
use crate::LedgerError;
use crate::postgres::within;

/// What runs statements.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres {
        transaction: sqlx::Transaction<'static, Postgres>,
        /// How long an answer is waited for.
        answer_timeout: Duration,
    },
}

impl Transaction {
    /// A statement whose parameters are written `$1`, `$2`, …, as both engines read them.
    pub(crate) fn query(&mut self, sql: impl SqlSafeStr) -> Query<'_> {
        match self {
            Self::Sqlite(transaction) => Query::Sqlite { connection: transaction, query: sqlx::query(sql) },
            Self::Postgres { transaction, answer_timeout } => Query::Postgres {
                connection: transaction,
                query: sqlx::query(sql),
                answer_timeout: *answer_timeout,
            },
        }
    }

    /// A SELECT that keeps its rows from others until the end of the transaction. SQLite has one writer anyway.
    pub(crate) fn query_and_lock(&mut self, select: String) -> Query<'_> {
        match self {
            Self::Sqlite(_) => self.query(AssertSqlSafe(select)),
            Self::Postgres { .. } => self.query(AssertSqlSafe(select + " FOR UPDATE")),
        }
    }

    /// Makes it so.
    pub(crate) async fn commit(self) -> Result<(), LedgerError> {
        let committed = match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres { transaction, answer_timeout } => {
                within(answer_timeout, transaction.commit()).await
            }
        };
        Ok(committed?)
    }
}
