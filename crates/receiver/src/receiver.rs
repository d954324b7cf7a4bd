//! The receiver as the command line holds it.

use std::io;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use crossdock_queue::Publisher;
use crossdock_settings::Settings;
use crossdock_telemetry::metrics::Metrics;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::limits::Limits;
use crate::meters::Meters;
use crate::senders::{InvalidSecret, Senders};
use crate::{routes, serve};

/// The HTTP edge. Cheap to clone; all clones are one receiver.
#[derive(Clone)]
pub struct Receiver {
    app: Arc<App>,
}

impl Receiver {
    /// Prepares the verifiers and registers the metrics. `publisher` must outlive the stop of [`Receiver::serve`].
    ///
    /// # Errors
    /// A secret of the settings cannot be used.
    pub fn new(settings: &Settings, publisher: Publisher, metrics: Metrics) -> Result<Self, InvalidSecret> {
        Self::with_limits(settings, publisher, metrics, Limits::default())
    }

    /// The same, under other limits.
    ///
    /// # Errors
    /// A secret of the settings cannot be used.
    pub fn with_limits(
        settings: &Settings,
        publisher: Publisher,
        metrics: Metrics,
        limits: Limits,
    ) -> Result<Self, InvalidSecret> {
        let app = App {
            senders: ArcSwap::from_pointee(Senders::new(settings)?),
            publisher,
            meters: Meters::new(&metrics),
            metrics,
            limits,
            places: Semaphore::new(limits.requests),
            stopping: CancellationToken::new(),
        };
        Ok(Self { app: Arc::new(app) })
    }

    /// Takes over the shops and secrets of new settings; requests under way end with the old ones.
    ///
    /// # Errors
    /// A secret of the settings cannot be used; nothing has changed.
    pub fn reload(&self, settings: &Settings) -> Result<(), InvalidSecret> {
        self.app.senders.store(Arc::new(Senders::new(settings)?));
        Ok(())
    }

    /// Serves until `stop`. Then `/readyz` turns red, the listener closes, and what is in flight finishes or is cut.
    ///
    /// The publisher must work until this returns: give it a token that is cancelled afterwards.
    ///
    /// # Errors
    /// The listener is not listening.
    pub async fn serve(&self, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
        serve::serve(Arc::clone(&self.app), self.router(), listener, stop).await
    }

    pub(crate) fn router(&self) -> Router {
        routes::router(Arc::clone(&self.app))
    }
}
