//! What the receiver tells of itself while a journey goes on.

use serde_json::Value;

use crate::eventually;
use crate::http;
use crate::world::World;

impl World {
    /// Status and body of `/readyz`; none if nobody answers.
    pub async fn readiness(&self) -> Option<(u16, Value)> {
        let answer = http().get(self.at("readyz")).send().await.ok()?;
        Some((answer.status().as_u16(), answer.json().await.ok()?))
    }

    /// Waits until RabbitMQ is back and the spool is empty.
    pub async fn drained(&self) {
        eventually("the spool is drained", || async {
            let (_, told) = self.readiness().await?;
            (told["broker"] == "up" && told["spool"]["events"] == 0).then_some(())
        })
        .await;
    }

    /// A metric that counts, as [`Self::metric`] tells it; 0 if nothing was counted yet.
    ///
    /// # Panics
    /// If the receiver does not answer.
    pub async fn count(&self, name: &str) -> u64 {
        let answer = http().get(self.at("metrics")).send().await.expect("the receiver answers");
        let text = answer.text().await.expect("metrics are text");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().expect("what is counted is a whole number"))
    }

    /// A metric; if it has labels, they are part of its name: `x_total{reason="idle"}`.
    ///
    /// # Panics
    /// If there is none of this name.
    pub async fn metric(&self, name: &str) -> u64 {
        let answer = http().get(self.at("metrics")).send().await.expect("the receiver answers");
        let text = answer.text().await.expect("metrics are text");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let value = line.unwrap_or_else(|| panic!("{name} is not in\n{text}"));
        value.parse().expect("what the journeys look at is a whole number")
    }
}
