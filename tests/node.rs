//! A RabbitMQ node of one test alone, to be stopped, started and killed.

use crate::broker::Vhost;
use crate::local_script::LocalScript;

/// A private node; stopped and removed when dropped.
pub struct Node {
    script: LocalScript,
}

impl Node {
    /// Starts one. Takes some ten seconds.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn create() -> Self {
        let node = Self { script: LocalScript::new("rabbitmq") };
        node.start().await;
        node
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

    /// Freezes it: its connections stand, and it says nothing any more.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn pause(&self) {
        self.script.run("pause", &[]).await;
    }

    /// Lets it go on.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn resume(&self) {
        self.script.run("resume", &[]).await;
    }

    /// Raises its memory alarm: it blocks every connection that publishes.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn raise_alarm(&self) {
        self.script.run("ctl", &["set_vm_memory_high_watermark", "0.0001"]).await;
    }

    /// Ends the alarm.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn end_alarm(&self) {
        self.script.run("ctl", &["set_vm_memory_high_watermark", "0.6"]).await;
    }

    /// A fresh virtual host on it.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn vhost(&self) -> Vhost {
        Vhost::create_at(&self.script.address("AMQP_URL"), &self.script.address("RABBITMQ_API")).await
    }
}
