//! Connections: taken up to a limit, each with a deadline for heads and an age, closed in two stages.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::limits::HEAD_BYTES_MAX;

/// Pause after the system refused to accept (no file descriptors left), in milliseconds: it would refuse again at once.
const ACCEPT_PAUSE_MS: u64 = 200;

/// Serves until `stop`; then `/readyz` turns red, the listener closes, and what is in flight finishes or is cut, and the spool is closed.
pub(crate) async fn serve(
    app: Arc<App>,
    router: Router,
    listener: TcpListener,
    stop: CancellationToken,
) -> io::Result<()> {
    tracing::info!(listen.address = %listener.local_addr()?, "the receiver listens");
    tokio::join!(take(&app, &router, listener, &stop), app.outlet.drain(&app.stopping));
    app.outlet.close().await;
    Ok(())
}

/// Takes connections until `stop`, and waits for the last of them.
async fn take(app: &Arc<App>, router: &Router, listener: TcpListener, stop: &CancellationToken) {
    let (closed, connections) = (CancellationToken::new(), TaskTracker::new());
    tokio::select! {
        () = accept(app, router, &listener, &closed, &connections) => {}
        () = turn_red(app, stop) => {}
    }
    drop(listener);
    closed.cancel();
    connections.close();
    tracing::info!(connections.open = connections.len(), "the receiver takes no more connections");
    connections.wait().await;
}

async fn turn_red(app: &App, stop: &CancellationToken) {
    stop.cancelled().await;
    app.stopping.cancel();
    sleep(app.limits.unready).await;
}

async fn accept(
    app: &Arc<App>,
    router: &Router,
    listener: &TcpListener,
    closed: &CancellationToken,
    connections: &TaskTracker,
) {
    let places = Arc::new(Semaphore::new(app.limits.connections));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("this semaphore is never closed");
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                continue;
            }
        };
        let (app, router, closed) = (Arc::clone(app), router.clone(), closed.clone());
        connections.spawn(async move {
            let open = app.meters.connections.clone();
            open.inc();
            keep(&app, router, stream, closed).await;
            open.dec();
            drop(place);
        });
    }
}

/// The peer's own trouble, which says nothing about the next connection.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn keep(app: &App, router: Router, stream: TcpStream, closed: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection was gone before its first request");
        return;
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.limits.head)
        .max_buf_size(HEAD_BYTES_MAX)
        .keep_alive(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return told(ended),
        () = closed.cancelled() => {}
        () = sleep(app.limits.connection_age) => {}
    }
    connection.as_mut().graceful_shutdown();
    let Ok(ended) = timeout(app.limits.finish, connection).await else {
        tracing::warn!("a connection was cut: its request did not finish in time");
        return;
    };
    told(ended);
}

/// Broken connections are the peer's daily business: shown to who looks for them only.
fn told(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
