//! The receiver as the command line holds it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use axum::Router;
use crossdock_queue::Publisher;
use crossdock_settings::Settings;
use crossdock_telemetry::metrics::Metrics;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::failures::Failures;
use crate::limits::{Limits, REFUSAL_LINES};
use crate::meters::Meters;
use crate::outlet::Outlet;
use crate::rate::Lines;
use crate::room::Room;
use crate::seen_events::SeenEvents;
use crate::senders::{InvalidSecret, Senders};
use crate::spool::{Spool, StoreError};
use crate::{routes, serve};

/// The HTTP edge. Cheap to clone; all clones are one receiver.
#[derive(Clone)]
pub struct Receiver {
    pub(crate) app: Arc<App>,
    routes: Routes,
}

/// What it answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Routes {
    All,
    /// No event can come in.
    Health,
}

/// Why there is no receiver.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A secret of the settings cannot be used.
    #[error(transparent)]
    Secret(#[from] InvalidSecret),
    /// The spool cannot be opened.
    #[error(transparent)]
    Spool(#[from] StoreError),
}

impl Receiver {
    /// Prepares the verifiers, opens the spool, and registers the metrics. `publisher` must outlive the stop of
    /// [`Receiver::serve`].
    ///
    /// # Errors
    /// A secret of the settings, or the spool, cannot be used.
    pub fn new(settings: &Settings, publisher: Publisher, metrics: Metrics) -> Result<Self, StartError> {
        Self::with_limits(settings, publisher, metrics, Limits::default())
    }

    /// The same, under other limits.
    ///
    /// # Errors
    /// A secret of the settings, or the spool, cannot be used.
    pub fn with_limits(
        settings: &Settings,
        publisher: Publisher,
        metrics: Metrics,
        limits: Limits,
    ) -> Result<Self, StartError> {
        let spool = settings.receiver.spool.as_ref();
        let spool = spool.map(|spool| Spool::open(&spool.dir, spool.bytes_max)).transpose()?;
        let app = app(settings, publisher, metrics, limits, spool)?;
        Ok(Self { app: Arc::new(app), routes: Routes::All })
    }

    /// One that takes no events: it only answers `/livez`, `/readyz` and `/metrics`, for a process of other roles. `/readyz` is red
    /// until [`Receiver::roles_started`].
    ///
    /// # Errors
    /// A secret of the settings cannot be used.
    pub fn of_health(
        settings: &Settings,
        publisher: Publisher,
        metrics: Metrics,
    ) -> Result<Self, StartError> {
        let mut app = app(settings, publisher, metrics, Limits::default(), None)?;
        app.roles_wait = AtomicBool::new(true);
        Ok(Self { app: Arc::new(app), routes: Routes::Health })
    }

    /// The other roles of this process have the ledger and work.
    pub fn roles_started(&self) {
        self.app.roles_wait.store(false, Ordering::Relaxed);
    }

    /// Takes over the shops and secrets of new settings; requests under way end with the old ones.
    ///
    /// # Errors
    /// A secret of the settings cannot be used; nothing has changed.
    pub fn reload(&self, settings: &Settings) -> Result<(), InvalidSecret> {
        self.app.senders.store(Arc::new(Senders::new(settings, &self.app.meters)?));
        Ok(())
    }

    /// Serves, and drains the spool, until `stop`. Then `/readyz` turns red, the listener closes, what is in flight finishes or
    /// is cut, and the spool is closed: a receiver serves once.
    ///
    /// The publisher must work until this returns: give it a token that is cancelled afterwards.
    ///
    /// # Errors
    /// The listener is not listening.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
        serve::serve(Arc::clone(&self.app), self.router(), listener, stop).await
    }

    pub(crate) fn router(&self) -> Router {
        let app = Arc::clone(&self.app);
        match self.routes {
            Routes::All => routes::router(app),
            Routes::Health => routes::health_router(app),
        }
    }
}

fn app(
    settings: &Settings,
    publisher: Publisher,
    metrics: Metrics,
    limits: Limits,
    spool: Option<Spool>,
) -> Result<App, InvalidSecret> {
    let (meters, now) = (Meters::new(&metrics), Instant::now());
    Ok(App {
        senders: ArcSwap::from_pointee(Senders::new(settings, &meters)?),
        outlet: Outlet::new(publisher, spool, limits.patience, meters.spool.clone()),
        meters,
        metrics,
        failures: Failures::new(limits.failures, now),
        refusal_lines: Mutex::new(Lines::new(REFUSAL_LINES, now)),
        seen: SeenEvents::new(now),
        room: Room::new(limits.bodies_bytes),
        limits,
        stopping: CancellationToken::new(),
        roles_wait: AtomicBool::new(false),
    })
}
