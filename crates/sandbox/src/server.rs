//! An HTTP/1 server on a socket of ours that can also cut a connection in the place of an answer.

use std::io;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Put among an answer's extensions: the connection is closed and the answer is never sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut;

/// Serves in the background until it is told to stop; connections that are open then are cut.
pub(crate) fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    tokio::spawn(async move {
        while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(stop.clone().run_until_cancelled_owned(connection(stream, router.clone())));
                }
                Err(error) => tracing::warn!(%error, "a connection to a sandbox shop was not accepted"),
            }
        }
    });
}

async fn connection(stream: TcpStream, router: Router) {
    let answers = TowerToHyperService::new(router);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let answering = answers.call(request);
        async move {
            let Ok(answer) = answering.await;
            match answer.extensions().get::<Cut>() {
                Some(Cut) => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
                None => Ok(answer),
            }
        }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection to a sandbox shop ended early");
    }
}
