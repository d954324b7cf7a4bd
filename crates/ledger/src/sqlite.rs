//! SQLite: one file, one writer, readers beside it.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::SqlitePool;
use sqlx::error::DatabaseError;
use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::database::{Transaction, are_up_to_date};
use crate::{LedgerError, Opening};

/// The tables.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Connections that read at the same time. Reads are short; more would only wait for the disk.
const READERS_MAX: u32 = 4;

/// Longest wait for the connection that writes, in seconds: the queue of this process.
const ACQUIRE_SECS_MAX: u64 = 10;

/// Longest wait for another process that writes the same file, in seconds.
const BUSY_SECS_MAX: u64 = 5;

/// Wait before a new file, that another process is just making, is opened again, in milliseconds.
const REOPEN_MILLIS: u64 = 20;

/// An opened file.
pub(crate) struct SqlitePools {
    /// A single connection: SQLite has one writer at a time, and waiting in line here is fair, in SQLite it is not.
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqlitePools {
    /// Opens the file, its tables up to date.
    pub(crate) async fn open(url: &str, opening: Opening) -> Result<Self, LedgerError> {
        let mut options = options(url)?;
        if opening == Opening::ToRun {
            // The file keeps the mode.
            options = options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        }
        let file = absolute(options.get_filename());
        if opening == Opening::AsItStands && could_be_made(&file) {
            return Err(LedgerError::FileMissing { file });
        }
        let writer = open_writer(&options, file).await?;
        match opening {
            Opening::ToRun => bring_up_to_date(&writer).await?,
            Opening::AsItStands => look_at_tables(&writer).await?,
        }
        let readers = pool(READERS_MAX).connect_lazy_with(options.create_if_missing(false).read_only(true));
        Ok(Self { writer, readers })
    }

    pub(crate) async fn read(&self) -> Result<Transaction, LedgerError> {
        Ok(Transaction::Sqlite(self.readers.begin().await?))
    }

    /// Takes the lock to write at once: a transaction that begins as a reader cannot become a writer while another one writes.
    pub(crate) async fn write(&self) -> Result<Transaction, LedgerError> {
        Ok(Transaction::Sqlite(self.writer.begin_with("BEGIN IMMEDIATE").await?))
    }
}

fn options(url: &str) -> Result<SqliteConnectOptions, LedgerError> {
    let file = url.strip_prefix("sqlite://").ok_or(LedgerError::Url)?;
    let file = file.strip_suffix("?mode=rwc").unwrap_or(file);
    if file.is_empty() || file == ":memory:" || file.contains('?') {
        return Err(LedgerError::Url);
    }
    let options = SqliteConnectOptions::from_str(file).map_err(|_| LedgerError::Url)?;
    Ok(options
        .create_if_missing(false)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(BUSY_SECS_MAX)))
}

fn pool(connections_max: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(Duration::from_secs(ACQUIRE_SECS_MAX))
        .idle_timeout(None)
        .max_lifetime(None)
}

/// The file as every process finds it, wherever it was started.
fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

/// Whether nothing but an opening to run is missing.
fn could_be_made(file: &Path) -> bool {
    matches!(file.try_exists(), Ok(false)) && file.parent().is_some_and(Path::is_dir)
}

/// A new file becomes a WAL file on its first opening. SQLite does not wait there for another process that does the same.
async fn open_writer(options: &SqliteConnectOptions, file: PathBuf) -> Result<SqlitePool, LedgerError> {
    let give_up_at = Instant::now() + Duration::from_secs(BUSY_SECS_MAX);
    loop {
        match pool(1).connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && Instant::now() < give_up_at => {
                tokio::time::sleep(Duration::from_millis(REOPEN_MILLIS)).await;
            }
            Err(error) if is_no_database(&error) => return Err(LedgerError::FileForeign { file }),
            Err(error) if is_unusable(&error) => return Err(LedgerError::File { file, cause: error }),
            outcome => return Ok(outcome?),
        }
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: i32 = 5;
    primary_code(error) == Some(SQLITE_BUSY)
}

fn is_no_database(error: &sqlx::Error) -> bool {
    const SQLITE_NOTADB: i32 = 26;
    primary_code(error) == Some(SQLITE_NOTADB)
}

/// Whether no waiting makes the file one that can be opened.
fn is_unusable(error: &sqlx::Error) -> bool {
    const SQLITE_READONLY: i32 = 8;
    const SQLITE_CANTOPEN: i32 = 14;
    matches!(primary_code(error), Some(SQLITE_READONLY | SQLITE_CANTOPEN))
}

/// SQLite's result code, without what its extended codes add.
///
/// Source: <https://www.sqlite.org/rescode.html>, 2026-11.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code = error.as_database_error().and_then(DatabaseError::code)?;
    Some(code.parse::<i32>().ok()? & 0xff)
}

/// In a transaction that takes the lock first: processes that start at once bring the tables up to date one after the other,
/// and all but the first find nothing to do. (The migrator itself locks nothing in SQLite.)
async fn bring_up_to_date(writer: &SqlitePool) -> Result<(), LedgerError> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    // `run` does not compile where the future moves between threads; sqlx offers this one for that.
    MIGRATIONS.run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await?;
    Ok(())
}

async fn look_at_tables(pool: &SqlitePool) -> Result<(), LedgerError> {
    let mut connection = pool.acquire().await?;
    let made: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = $1)")
        .bind(&*MIGRATIONS.table_name)
        .fetch_one(&mut *connection)
        .await?;
    if !made {
        return Err(LedgerError::Outdated);
    }
    are_up_to_date(&MIGRATIONS, &connection.list_applied_migrations(&MIGRATIONS.table_name).await?)
}
