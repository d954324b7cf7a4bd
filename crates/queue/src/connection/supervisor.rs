//! Keeps a connection in use: opens it, has it worked, and after any error begins again, for ever.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use crossdock_telemetry::chain;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Broker, Line, LinkError};

/// First wait after a failure, in milliseconds; waits double from here.
const WAIT_MS_MIN: u64 = 250;

/// Longest wait before jitter, in milliseconds. Jitter adds up to as much again, so that many processes do not come back at once.
const WAIT_MS_MAX: u64 = 8_000;

/// A connection that lasted this long was a good one: after it, waits begin small again. In seconds.
const STEADY_SECS_MIN: u64 = 10;

/// What is done over a connection.
#[async_trait]
pub(crate) trait Session: Send {
    /// Works until the connection is lost, which is an error, or until there is nothing to be done any more.
    async fn serve(&mut self, line: &mut Line) -> Result<(), LinkError>;

    /// Told of each connection that was lost or not made, and why.
    fn down(&mut self, why: String);
}

/// Serves the session over one connection after the other, until it ends by itself or is stopped between two of them.
pub(crate) async fn supervise(
    broker: &Broker,
    name: &str,
    stop: &CancellationToken,
    session: &mut dyn Session,
) {
    let mut waits = waits();
    loop {
        let opened = tokio::select! {
            () = stop.cancelled() => return,
            opened = Line::open(broker, name) => opened,
        };
        let error = match opened {
            Err(error) => error,
            Ok(mut line) => {
                info!(connection = name, "connected to RabbitMQ");
                let since = Instant::now();
                let Err(error) = session.serve(&mut line).await else { return line.close().await };
                if since.elapsed() > Duration::from_secs(STEADY_SECS_MIN) {
                    waits = self::waits();
                }
                tokio::spawn(line.close());
                error
            }
        };
        let wait = waits.next().unwrap_or(Duration::from_millis(WAIT_MS_MAX));
        let why = chain(&error);
        warn!(connection = name, error = why, retry_after_ms = wait.as_millis(), "no connection to RabbitMQ");
        session.down(why);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn waits() -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(WAIT_MS_MIN))
        .with_max_delay(Duration::from_millis(WAIT_MS_MAX))
        .without_max_times()
        .with_jitter()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_within_bounds_and_never_run_out() {
        let all: Vec<Duration> = waits().take(1_000).collect();
        assert_eq!(all.len(), 1_000);
        assert!(
            all[0] >= Duration::from_millis(WAIT_MS_MIN) && all[0] <= Duration::from_millis(2 * WAIT_MS_MIN)
        );
        assert!(all.iter().all(|wait| *wait <= Duration::from_millis(2 * WAIT_MS_MAX)));
        assert!(all[100..].iter().all(|wait| *wait >= Duration::from_millis(WAIT_MS_MAX)));
    }
}
