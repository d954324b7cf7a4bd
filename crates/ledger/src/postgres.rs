//! PostgreSQL: a pool of connections that is replaced when it dies silently.

use std::io;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sqlx::migrate::{Migrate as _, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::database::{Transaction, are_up_to_date};
use crate::{LedgerError, Opening};

/// The tables.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// Longest that the server works on one statement, in seconds.
const STATEMENT_SECS_MAX: u64 = 10;

/// Longest that a statement waits for a row that another transaction holds, in seconds.
const LOCK_SECS_MAX: u64 = 5;

/// Longest that the server keeps a transaction of a process that went silent, and the rows it holds, in seconds.
const IDLE_IN_TRANSACTION_SECS_MAX: u64 = 30;

/// Longest that bringing the tables up to date may take, in seconds: another process may be at it.
const MIGRATION_SECS_MAX: u64 = 600;

/// So many times in a row that no connection could be had, the pool is replaced.
const ACQUIRE_TIMEOUTS_MAX: u32 = 3;

/// Bounds of one process's pool.
#[derive(Debug, Clone, Copy)]
struct PoolLimits {
    /// Connections. PostgreSQL allows 100 by default, for all processes together.
    connections_max: u32,
    /// Longest wait for one of them.
    acquire_timeout: Duration,
    /// Longest wait for an answer: a little more than the server's own limit, so that only a dead connection meets it. Longer than
    /// `acquire_timeout`, or a pool without connections is not told from one that is slow.
    answer_timeout: Duration,
}

const POOL_LIMITS: PoolLimits = PoolLimits {
    connections_max: 10,
    acquire_timeout: Duration::from_secs(5),
    answer_timeout: Duration::from_secs(STATEMENT_SECS_MAX + 5),
};

/// The pool that is in use, and how to make another.
///
/// A connection whose other end vanished without a word (a firewall forgot it, a host lost its power) never comes back to sqlx's
/// pool: its place is lost, and in the end no connection can be had at all (transact-rs/sqlx issue 4349, open on 2026-11-21).
/// So a pool that gives nothing several times in a row is left behind, with all that hangs in it.
pub(crate) struct PostgresPool {
    options: PgConnectOptions,
    limits: PoolLimits,
    current: RwLock<Arc<CountedPool>>,
}

struct CountedPool {
    pool: PgPool,
    /// Acquire timeouts since a connection was last had.
    timeouts: AtomicU32,
}

impl PostgresPool {
    /// Connects; the tables are up to date.
    pub(crate) async fn open(url: &str, opening: Opening) -> Result<Self, LedgerError> {
        let mut options = PgConnectOptions::from_str(url).map_err(|_| LedgerError::Url)?;
        if options.get_application_name().is_none() {
            options = options.application_name("crossdock");
        }
        let opened = match opening {
            Opening::ToRun => bring_up_to_date(&options, POOL_LIMITS).await,
            Opening::AsItStands => look_at_tables(&options, POOL_LIMITS).await,
        };
        opened.map_err(|error| naming_the_server(&options, error))?;
        Ok(Self::over(options, POOL_LIMITS))
    }

    fn over(options: PgConnectOptions, limits: PoolLimits) -> Self {
        let options = options.options([
            // Compiling the one large statement takes a second; running it takes a fifth of that.
            ("jit", "off".to_owned()),
            ("statement_timeout", format!("{STATEMENT_SECS_MAX}s")),
            ("lock_timeout", format!("{LOCK_SECS_MAX}s")),
            ("idle_in_transaction_session_timeout", format!("{IDLE_IN_TRANSACTION_SECS_MAX}s")),
        ]);
        let current = RwLock::new(new_pool(&options, limits));
        Self { options, limits, current }
    }

    pub(crate) async fn begin(&self) -> Result<Transaction, LedgerError> {
        let counted = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        match within(self.limits.answer_timeout, counted.pool.begin()).await {
            Ok(transaction) => {
                counted.timeouts.store(0, Ordering::Relaxed);
                Ok(Transaction::Postgres { transaction, answer_timeout: self.limits.answer_timeout })
            }
            Err(error) => {
                if matches!(error, sqlx::Error::PoolTimedOut)
                    && counted.timeouts.fetch_add(1, Ordering::Relaxed) + 1 >= ACQUIRE_TIMEOUTS_MAX
                {
                    self.replace(&counted);
                }
                Err(naming_the_server(&self.options, error.into()))
            }
        }
    }

    /// Puts a new pool in the place of this one, unless somebody did already.
    fn replace(&self, dead: &Arc<CountedPool>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, dead) {
            tracing::warn!(
                timeouts = ACQUIRE_TIMEOUTS_MAX,
                "the ledger's database gives no connection; replacing the pool"
            );
            // Marks it as closed. What hangs in it is not waited for.
            drop(dead.pool.close());
            *current = new_pool(&self.options, self.limits);
        }
    }
}

fn new_pool(options: &PgConnectOptions, limits: PoolLimits) -> Arc<CountedPool> {
    let pool = PgPoolOptions::new()
        .max_connections(limits.connections_max)
        .acquire_timeout(limits.acquire_timeout)
        .connect_lazy_with(options.clone());
    Arc::new(CountedPool { pool, timeouts: AtomicU32::new(0) })
}

/// On a connection of its own, without the limits of daily work: it may wait for another process that does the same (the migrator
/// takes an advisory lock), and changing a large table may take its time.
async fn bring_up_to_date(options: &PgConnectOptions, limits: PoolLimits) -> Result<(), LedgerError> {
    let mut connection = within(limits.acquire_timeout, PgConnection::connect_with(options)).await?;
    // `run` does not compile where the future moves between threads; sqlx offers this one for that.
    let migrated = MIGRATIONS.run_direct(None, &mut connection, false);
    tokio::time::timeout(Duration::from_secs(MIGRATION_SECS_MAX), migrated)
        .await
        .map_err(|_| no_answer())??;
    within(limits.answer_timeout, connection.close()).await?;
    Ok(())
}

async fn look_at_tables(options: &PgConnectOptions, limits: PoolLimits) -> Result<(), LedgerError> {
    let mut connection = within(limits.acquire_timeout, PgConnection::connect_with(options)).await?;
    let look = async {
        let table = &*MIGRATIONS.table_name;
        let made = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(table);
        if !made.fetch_one(&mut connection).await? {
            return Err(LedgerError::Outdated);
        }
        are_up_to_date(&MIGRATIONS, &connection.list_applied_migrations(table).await?)
    };
    tokio::time::timeout(limits.answer_timeout, look).await.map_err(|_| no_answer())??;
    within(limits.answer_timeout, connection.close()).await?;
    Ok(())
}

/// Says which server is not available: the URL, which tells it, is a secret.
fn naming_the_server(options: &PgConnectOptions, error: LedgerError) -> LedgerError {
    match error {
        LedgerError::Unavailable(cause) => LedgerError::Unreachable { server: server(options), cause },
        other => other,
    }
}

/// Host and port, or the socket.
fn server(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// Waits for an answer, but not forever: a connection that died silently never fails by itself.
pub(crate) async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| Err(no_answer()))
}

fn no_answer() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "no answer from PostgreSQL"))
}

#[cfg(test)]
mod tests {
    use tokio::io::copy_bidirectional;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::watch;

    use super::*;

    /// As apart from each other as in daily use: of two that end at once, either may be the one that is told.
    const LIMITS: PoolLimits = PoolLimits {
        connections_max: 2,
        acquire_timeout: Duration::from_secs(1),
        answer_timeout: Duration::from_secs(3),
    };

    /// Passes everything on to PostgreSQL. Once silenced, the connections that it has stay open and say nothing any more.
    async fn proxy(server: PgConnectOptions, silenced: watch::Receiver<bool>) -> PgConnectOptions {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = (server.get_host().to_owned(), server.get_port());
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut server = TcpStream::connect(&address).await.unwrap();
                let mut silenced = silenced.clone();
                silenced.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = silenced.changed() => std::future::pending::<()>().await,
                    }
                });
            }
        });
        server.host("127.0.0.1").port(port)
    }

    #[tokio::test]
    async fn connections_that_died_silently_are_left_behind() {
        let url = std::env::var("CROSSDOCK_TEST_POSTGRES_URL")
            .expect("run make test, or set CROSSDOCK_TEST_POSTGRES_URL");
        let (silence, silenced) = watch::channel(false);
        let pool = PostgresPool::over(proxy(url.parse().unwrap(), silenced).await, LIMITS);

        let mut both = [begun(&pool).await, begun(&pool).await];
        for transaction in &mut both {
            transaction.query("SELECT 1").execute().await.unwrap();
        }
        silence.send(true).unwrap();
        for mut transaction in both {
            let outcome = transaction.query("SELECT 1").execute().await;
            assert!(matches!(outcome, Err(LedgerError::Unavailable(sqlx::Error::Io(_)))), "{outcome:?}");
        }

        begun(&pool).await.query("SELECT 1").execute().await.unwrap();
    }

    /// A slow machine may take several tries; of a pool that is dead for good, no number is enough.
    async fn begun(pool: &PostgresPool) -> Transaction {
        for _ in 0..20 {
            if let Ok(transaction) = pool.begin().await {
                return transaction;
            }
        }
        panic!("the pool is dead for good");
    }
}
