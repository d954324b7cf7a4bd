//! A database of its own for each test, thrown away afterwards.

use std::str::FromStr;
use std::sync::Arc;

use crossdock_ledger::Ledger;
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tempfile::TempDir;

/// What the suite runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// An empty database.
pub(crate) enum TestDatabase {
    Sqlite { folder: TempDir },
    Postgres { server: Box<PgConnectOptions>, name: String },
}

impl TestDatabase {
    pub(crate) async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite { folder: tempfile::tempdir().unwrap() },
            Engine::Postgres => {
                let url = std::env::var("CROSSDOCK_TEST_POSTGRES_URL")
                    .expect("run make test, or set CROSSDOCK_TEST_POSTGRES_URL");
                let server = Box::new(PgConnectOptions::from_str(&url).unwrap());
                let name = format!("crossdock_test_{}", uuid::Uuid::new_v4().simple());
                execute(&*server, format!("CREATE DATABASE {name}")).await;
                Self::Postgres { server, name }
            }
        }
    }

    pub(crate) fn url(&self) -> SecretString {
        match self {
            Self::Sqlite { folder } => format!("sqlite://{}/ledger.db", folder.path().display()).into(),
            Self::Postgres { server, name } => {
                server.clone().database(name).to_url_lossy().to_string().into()
            }
        }
    }

    pub(crate) async fn open(&self) -> Arc<dyn Ledger> {
        crossdock_ledger::open(&self.url()).await.unwrap()
    }

    /// Changes the tables behind the ledger's back.
    pub(crate) async fn meddle(&self, sql: &str) {
        match self {
            Self::Sqlite { folder } => {
                let options = SqliteConnectOptions::new().filename(folder.path().join("ledger.db"));
                execute(&options, sql.to_owned()).await;
            }
            Self::Postgres { server, name } => execute(&server.clone().database(name), sql.to_owned()).await,
        }
    }
}

/// A fresh ledger, and the database that it lives in: dropped after it.
pub(crate) async fn fresh(engine: Engine) -> (Arc<dyn Ledger>, TestDatabase) {
    let database = TestDatabase::new(engine).await;
    (database.open().await, database)
}

async fn execute<C: Connection>(options: &impl ConnectOptions<Connection = C>, sql: String)
where
    for<'c> &'c mut C: Executor<'c>,
{
    let mut connection = options.connect().await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Self::Postgres { server, name } = self {
            let (server, sql) = (server.clone(), format!("DROP DATABASE {name} WITH (FORCE)"));
            // On a thread of its own: the test's runtime cannot be waited for in here.
            let dropped = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(execute(&*server, sql));
            });
            // A database that stays behind spoils no other test, and a second panic would hide the first.
            let _ = dropped.join();
        }
    }
}
