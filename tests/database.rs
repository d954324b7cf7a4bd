//! A database of its own for each test.

use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// Which engine a journey runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A database on the server that `make test` starts.
    Postgres,
}

impl Engine {
    /// Makes an empty database, and returns what goes into `ledger.url`.
    ///
    /// # Panics
    /// If the server's address is not in the environment, or it does not answer.
    pub async fn create(self, folder: &std::path::Path) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{}", folder.join("crossdock.db").display()),
            Self::Postgres => create_postgres().await,
        }
    }
}

/// Left behind after the test: `make stop-services` throws the whole server away.
async fn create_postgres() -> String {
    let server = std::env::var("CROSSDOCK_TEST_POSTGRES_URL")
        .expect("CROSSDOCK_TEST_POSTGRES_URL is not set: run `make test`, or source target/local/test.env");
    create_database(&server).await
}

/// Makes an empty database on this server, and returns its address.
pub(crate) async fn create_database(server: &str) -> String {
    let name = format!("journey_{}", Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(server).await.expect("the test's PostgreSQL answers");
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&mut connection).await.expect("the test's user may create databases");
    let mut url: url::Url = server.parse().expect("an address in the environment is a URL");
    url.set_path(&name);
    url.into()
}
