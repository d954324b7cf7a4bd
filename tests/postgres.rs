//! A PostgreSQL server of one test alone, to be stopped, started and killed.

use crate::database::create_database;
use crate::local_script::LocalScript;

/// A private server; stopped and removed when dropped.
pub struct Postgres {
    script: LocalScript,
}

impl Postgres {
    /// Starts one. Takes some seconds.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn create() -> Self {
        let server = Self { script: LocalScript::new("postgres") };
        server.start().await;
        server
    }

    /// Starts it again, with the data that it had.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(&self) {
        self.script.run("start", &[]).await;
    }

    /// Stops it as an operator would.
    ///
    /// # Panics
    /// If that fails.
    pub async fn stop(&self) {
        self.script.run("stop", &[]).await;
    }

    /// Kills it as a power cut would.
    ///
    /// # Panics
    /// If that fails.
    pub async fn kill(&self) {
        self.script.run("kill", &[]).await;
    }

    /// Makes an empty database on it, and returns what goes into `ledger.url`.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn database(&self) -> String {
        create_database(self.script.address("POSTGRES_URL").as_str()).await
    }
}
