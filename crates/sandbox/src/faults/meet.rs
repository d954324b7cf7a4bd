//! Lets a request meet its fault.

use std::future::Future;
use std::io;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{Html, IntoResponse, Response};
use futures_util::{StreamExt, stream};

use super::{Fault, Faults};
use crate::server::Cut;

/// The answer to a request under its fault. `refuse` gives the platform's error for a status, and for a 429 the wait.
pub(crate) async fn meet(
    faults: &Faults,
    fault: Option<Fault>,
    answering: impl Future<Output = Response> + Send + 'static,
    refuse: impl FnOnce(u16, Option<Duration>) -> Response,
) -> Response {
    match fault {
        None => answering.await,
        Some(Fault::Status(status)) => refuse(status, None),
        Some(Fault::Throttle(wait)) => refuse(429, Some(wait)),
        Some(Fault::Hang(wait)) => {
            faults.hang(wait).await;
            answering.await
        }
        Some(Fault::DoneLate(wait)) => {
            // In a task of its own, which does not end with the caller's connection.
            let late = tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                answering.await
            });
            late.await.unwrap_or_else(|_| cut())
        }
        Some(Fault::HalfBody) => half(answering.await).await,
        Some(Fault::DoneThenHang(wait)) => {
            let answer = answering.await;
            faults.hang(wait).await;
            answer
        }
        Some(Fault::DoneThenPage) => {
            answering.await;
            Html("<!doctype html><title>One moment, please</title>").into_response()
        }
        Some(Fault::DoneThenCut) => {
            answering.await;
            cut()
        }
    }
}

/// The request with all of its body: no more comes of a caller who has gone away.
pub(crate) async fn whole(request: Request) -> Request {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Request::from_parts(parts, Body::from(body))
}

/// Announces the whole body, sends half of it, and fails. An answer without a body is cut.
async fn half(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("the shops' bodies are in memory");
    if body.is_empty() {
        return cut();
    }
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    let first = body.slice(..body.len() / 2);
    // The server sends what it has when the rest is not there yet; an error at once would swallow the first half.
    let pieces = stream::iter([Ok(first)]).chain(stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    }));
    Response::from_parts(parts, Body::from_stream(pieces))
}

fn cut() -> Response {
    let mut answer = ().into_response();
    answer.extensions_mut().insert(Cut);
    answer
}
