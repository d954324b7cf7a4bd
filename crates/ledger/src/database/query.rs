//! One statement with its values, on either engine.

use std::fmt::Write;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Encode, FromRow, PgConnection, Postgres, Sqlite, SqliteConnection, Type};

use crate::LedgerError;
use crate::postgres::within;

/// A value that both engines take.
pub(crate) trait Value<'v>:
    Encode<'v, Sqlite> + Type<Sqlite> + Encode<'v, Postgres> + Type<Postgres>
{
}

impl<'v, T> Value<'v> for T where T: Encode<'v, Sqlite> + Type<Sqlite> + Encode<'v, Postgres> + Type<Postgres> {}

/// A row that both engines give.
pub(crate) trait Row:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// A statement and where it runs.
pub(crate) enum Query<'c> {
    Sqlite {
        connection: &'c mut SqliteConnection,
        query: sqlx::query::Query<'static, Sqlite, SqliteArguments>,
    },
    Postgres {
        connection: &'c mut PgConnection,
        query: sqlx::query::Query<'static, Postgres, PgArguments>,
        answer_timeout: Duration,
    },
}

impl Query<'_> {
    /// Gives the next parameter its value.
    pub(crate) fn bind<'v>(self, value: impl Value<'v>) -> Self {
        match self {
            Self::Sqlite { connection, query } => Self::Sqlite { connection, query: query.bind(value) },
            Self::Postgres { connection, query, answer_timeout } => {
                Self::Postgres { connection, query: query.bind(value), answer_timeout }
            }
        }
    }

    /// Runs it. Returns how many rows it changed.
    pub(crate) async fn execute(self) -> Result<u64, LedgerError> {
        Ok(match self {
            Self::Sqlite { connection, query } => query.execute(connection).await?.rows_affected(),
            Self::Postgres { connection, query, answer_timeout } => {
                within(answer_timeout, query.execute(connection)).await?.rows_affected()
            }
        })
    }

    /// All rows.
    pub(crate) async fn all<T: Row>(self) -> Result<Vec<T>, LedgerError> {
        Ok(match self {
            Self::Sqlite { connection, query } => {
                query.try_map(|row: SqliteRow| T::from_row(&row)).fetch_all(connection).await?
            }
            Self::Postgres { connection, query, answer_timeout } => {
                let rows = query.try_map(|row: PgRow| T::from_row(&row)).fetch_all(connection);
                within(answer_timeout, rows).await?
            }
        })
    }

    /// The row, if there is one.
    pub(crate) async fn optional<T: Row>(self) -> Result<Option<T>, LedgerError> {
        Ok(match self {
            Self::Sqlite { connection, query } => {
                query.try_map(|row: SqliteRow| T::from_row(&row)).fetch_optional(connection).await?
            }
            Self::Postgres { connection, query, answer_timeout } => {
                let row = query.try_map(|row: PgRow| T::from_row(&row)).fetch_optional(connection);
                within(answer_timeout, row).await?
            }
        })
    }
}

/// Rows written or asked for by one statement. PostgreSQL takes 65,535 parameters, SQLite 32,766.
pub(crate) const STATEMENT_ROWS_MAX: usize = 500;

/// The parameters of many rows, numbered on from `first`: `($2, $3), ($4, $5)`.
pub(crate) fn value_rows(first: usize, rows: usize, columns: usize) -> String {
    let mut text = String::new();
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { ", " };
            write!(text, "{comma}${}", first + row * columns + column)
                .expect("a String takes all that is written");
        }
        text.push(')');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::value_rows;

    #[test]
    fn parameters_are_numbered_through_all_rows() {
        assert_eq!(value_rows(1, 2, 3), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(value_rows(2, 3, 1), "($2), ($3), ($4)");
    }
}
