//! Taking connections up to a limit, and closing them in two stages.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::caller::Caller;
use crate::connection::{Parting, Places, TurnAway, keep};
use crate::refusal::Refusal;

/// Pause after the system refused to accept (no file descriptors left), in milliseconds: it would refuse again at once.
const ACCEPT_PAUSE_MS: u64 = 200;

/// What takes connections.
pub(crate) struct Gate {
    app: Arc<App>,
    router: Router,
    places: Arc<Places>,
    full: TurnAway,
    refused: TurnAway,
    tasks: TaskTracker,
}

/// Serves until `stop`; then `/readyz` turns red, the listener closes, and what is in flight finishes or is cut, and the spool is closed.
pub(crate) async fn serve(
    app: Arc<App>,
    router: Router,
    listener: TcpListener,
    stop: CancellationToken,
) -> io::Result<()> {
    tracing::info!(listen.address = %listener.local_addr()?, "the receiver listens");
    let gate = Gate::new(app, router);
    tokio::join!(gate.take(listener, &stop), gate.app.outlet.drain(&gate.app.stopping));
    gate.app.outlet.close().await;
    Ok(())
}

impl Gate {
    pub(crate) fn new(app: Arc<App>, router: Router) -> Self {
        Self {
            places: Arc::new(Places::new(app.limits.connections)),
            full: TurnAway::with(&Refusal::Overloaded),
            refused: TurnAway::with(&Refusal::TooManyFailures { forwarded: false }),
            tasks: TaskTracker::new(),
            app,
            router,
        }
    }

    /// Takes connections until `stop`, and waits for the last of them.
    async fn take(&self, listener: TcpListener, stop: &CancellationToken) {
        tokio::select! {
            () = self.accept(&listener) => {}
            () = turn_red(&self.app, stop) => {}
        }
        self.admit_the_last(listener);
        self.places.finish();
        self.tasks.close();
        tracing::info!(connections.open = self.tasks.len(), "the receiver takes no more connections");
        self.tasks.wait().await;
    }

    /// Serves those who have connected already and were not accepted yet: closing the listener cuts who stands in its queue.
    ///
    /// The system itself is asked: tokio may not have heard of them.
    fn admit_the_last(&self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else { return };
        loop {
            match listener.accept() {
                Ok((stream, peer)) => {
                    let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
                    if let Ok(stream) = stream {
                        self.admit(stream, peer.ip());
                    }
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(_) => return,
            }
        }
    }

    async fn accept(&self, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.admit(stream, peer.ip()),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                }
            }
        }
    }

    /// Serves a connection of this peer, or turns it away.
    pub(crate) fn admit(&self, stream: TcpStream, peer: IpAddr) {
        let caller = Caller::of_connection(peer, &self.app.senders.load().proxies);
        if self.app.failures.refuse(caller, Instant::now()) {
            self.app.meters.parted(Parting::Refused);
            self.refused.turn_away(stream, &self.tasks);
        } else if let Some(place) = self.places.take() {
            let (app, router) = (Arc::clone(&self.app), self.router.clone());
            self.tasks.spawn(async move {
                let open = app.meters.connections.clone();
                open.inc();
                keep(&app, router, stream, peer, place).await;
                open.dec();
            });
        } else {
            self.app.meters.parted(Parting::Full);
            self.full.turn_away(stream, &self.tasks);
        }
    }
}

async fn turn_red(app: &App, stop: &CancellationToken) {
    stop.cancelled().await;
    app.stopping.cancel();
    sleep(app.limits.unready).await;
}

/// The peer's own trouble, which says nothing about the next connection.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
