//! One connection: kept at its pace, and ended where it oversteps a limit.

mod pace;
mod paced;
mod places;
mod turn_away;

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::app::App;
use crate::caller::Caller;
use crate::limits::HEAD_BYTES_MAX;
use crate::routes::guarded;
pub(crate) use pace::Pace;
use pace::Phase;
use paced::Paced;
pub(crate) use places::{Place, Places};
pub(crate) use turn_away::TurnAway;

/// Time for a request that is on its way to be read once the listener has closed.
const LAST_REQUEST: Duration = Duration::from_millis(250);

/// The other end of a connection, put into its requests.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// Of its connection.
    pub(crate) pace: Arc<Pace>,
}

/// Why the receiver refused or ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parting {
    /// All places are taken by connections at work.
    Full,
    /// Its address has too many failed verifications.
    Refused,
    /// It waited longest when another needed its place.
    GaveWay,
    /// A head did not arrive in time.
    SlowHead,
    /// No further request came.
    Idle,
    /// Its last request did not finish in time.
    Unfinished,
}

impl Parting {
    /// The word in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Refused => "too-many-failures",
            Self::GaveWay => "gave-way",
            Self::SlowHead => "slow-head",
            Self::Idle => "idle",
            Self::Unfinished => "unfinished",
        }
    }
}

/// Serves a connection until its peer, a limit or the receiver's stop ends it.
pub(crate) async fn keep(app: &App, router: Router, stream: TcpStream, peer: IpAddr, held: Place) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the connection was gone before its first request");
        return;
    }
    let (pace, router) = (&held.pace, TowerToHyperService::new(router));
    let service = service_fn(|request| answer(app, &router, pace, peer, request));
    // Without hyper's own clock: one deadline there is for heads and idling alike, and a timer for each request.
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Paced { stream, pace }), service);
    let mut connection = pin!(connection);
    let parting = tokio::select! {
        biased;
        ended = connection.as_mut() => return told(ended),
        parting = pace.over(&app.limits) => parting,
    };
    if let Some(parting) = parting {
        cut(app, peer, pace, parting);
        return;
    }
    // hyper closes a connection of which it has read nothing yet, whatever is on its way.
    if let Ok(ended) = timeout(LAST_REQUEST, connection.as_mut()).await {
        return told(ended);
    }
    connection.as_mut().graceful_shutdown();
    let Ok(ended) = timeout(app.limits.finish, connection).await else {
        app.meters.parted(Parting::Unfinished);
        tracing::warn!("a connection was cut: its request did not finish in time");
        return;
    };
    told(ended);
}

async fn answer(
    app: &App,
    router: &TowerToHyperService<Router>,
    pace: &Arc<Pace>,
    address: IpAddr,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    pace.enter(Phase::Answer);
    request.extensions_mut().insert(Peer { address, pace: Arc::clone(pace) });
    let mut response = guarded(app, router.call(request)).await;
    let age = pace.enter(Phase::Idle);
    // Told so, a sender opens its next connection elsewhere; one that is only closed may cut a request that is on its way.
    if age >= app.limits.connection_age || app.stopping.is_cancelled() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// A head or a body that did not come counts against its sender's address, as what could not be verified.
fn cut(app: &App, peer: IpAddr, pace: &Pace, parting: Parting) {
    app.meters.parted(parting);
    if matches!(pace.phase().0, Phase::Head | Phase::Body) {
        let caller = Caller::of_connection(peer, &app.senders.load().proxies);
        if let Some(line) = app.failures.failed(caller, Instant::now()) {
            let (address, reason) = (caller.to_string(), parting.name());
            tracing::warn!(client.address = address, reason, untold = line.untold, "a slow sender was cut");
        }
    }
}

/// Broken connections are the peer's daily business: shown to who looks for them only.
fn told(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
