//! Keeps the publishing connection, and tells publishers how it stands.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::IN_FLIGHT_MAX;
use super::wire::{State, Wire};
use crate::connection::{Line, LinkError, Session};
use crate::metrics::QueueMetrics;
use crate::{Broker, Link};

/// Time from a returned message to a new declaration of the topology, in seconds.
///
/// Not at once: a quorum queue that is deleted and made anew within milliseconds keeps its old consumers, which get nothing
/// (RabbitMQ 3.10.8). And not oftener, should somebody publish again and again what nobody wants.
const REDECLARE_SECS: u64 = 5;

/// Longest wait for messages in flight when stopping, in seconds.
const STOP_SECS_MAX: u64 = 5;

/// How the publishing connection stands.
#[derive(Clone)]
pub(super) enum Standing {
    Up(Arc<Wire>),
    Blocked(String),
    Down(String),
}

impl Standing {
    pub(super) fn link(&self) -> Link {
        match self {
            Self::Up(_) => Link::Up,
            Self::Blocked(reason) => Link::Blocked(reason.clone()),
            Self::Down(why) => Link::Down(why.clone()),
        }
    }

    /// Why a message cannot leave.
    pub(super) fn trouble(&self) -> String {
        match self {
            Self::Up(_) => format!("{IN_FLIGHT_MAX} messages are waiting for their confirms"),
            Self::Blocked(reason) | Self::Down(reason) => reason.clone(),
        }
    }
}

/// The session of the publishing connection.
pub(super) struct Keeper {
    pub broker: Broker,
    pub standing: watch::Sender<Standing>,
    pub room: Arc<Semaphore>,
    pub metrics: Arc<QueueMetrics>,
    pub stop: CancellationToken,
}

/// One connection declares the topology, now and again after a message was returned; the wire beside it takes the messages.
#[async_trait]
impl Session for Keeper {
    async fn serve(&mut self, line: &mut Line) -> Result<(), LinkError> {
        let wire = Arc::new(Wire::open(&self.broker.uri()?, "crossdock publisher").await?);
        let (mut state, mut redeclare_at) = (wire.state(), None);
        self.stand(Standing::Up(Arc::clone(&wire)));
        // It may have been lost before anybody looked.
        let first = state.borrow_and_update().clone();
        if !matches!(first, State::Open) {
            self.turn(first, &wire)?;
        }
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                changed = state.changed() => {
                    changed.expect("the wire is held here, and holds the sender");
                    let now = state.borrow_and_update().clone();
                    self.turn(now, &wire)?;
                }
                () = wire.returned(), if redeclare_at.is_none() => {
                    redeclare_at = Some(Instant::now() + Duration::from_secs(REDECLARE_SECS));
                }
                declared = declare_at(redeclare_at, line, &self.broker) => {
                    declared?;
                    redeclare_at = None;
                }
            }
        }
        self.stand(Standing::Down("the publisher is stopped".to_owned()));
        // A blocked one confirms nothing. What is in flight beyond the limit is unconfirmed, and its sender is told so.
        if matches!(*state.borrow(), State::Open) {
            let _ = timeout(Duration::from_secs(STOP_SECS_MAX), self.room.acquire_many(IN_FLIGHT_MAX)).await;
        }
        wire.close().await;
        Ok(())
    }

    fn down(&mut self, why: String) {
        self.stand(Standing::Down(why));
    }
}

/// Declares the topology when it is time, if it is to be; dropped, it is begun anew. Else waits for the end of the connection.
async fn declare_at(at: Option<Instant>, line: &mut Line, broker: &Broker) -> Result<(), LinkError> {
    let Some(at) = at else { return Err(line.lost().await) };
    tokio::select! {
        error = line.lost() => return Err(error),
        () = sleep_until(at) => {}
    }
    line.declare(broker).await
}

impl Keeper {
    fn turn(&self, state: State, wire: &Arc<Wire>) -> Result<(), LinkError> {
        match state {
            State::Open => {
                info!("RabbitMQ takes messages again");
                self.stand(Standing::Up(Arc::clone(wire)));
            }
            State::Blocked(reason) => {
                warn!(reason, "RabbitMQ takes no messages");
                self.stand(Standing::Blocked(reason));
            }
            State::Lost(error) => return Err(LinkError::Wire(error)),
        }
        Ok(())
    }

    fn stand(&self, standing: Standing) {
        self.metrics.connected("publisher", !matches!(standing, Standing::Down(_)));
        self.standing.send_replace(standing);
    }
}
