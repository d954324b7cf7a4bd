//! The straightforward receiver, of axum and the client library alone: checks the signature, publishes the same event on one channel,
//! waits for its confirm, and answers 200. What somebody would write in a day instead of taking ours.
//!
//! It knows one shop. It has no limits, no spool, no metrics and no second secret, and forgets each webhook at once.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use crossdock_domain::OrderId;
use crossdock_events::standard_webhooks::{
    ID_HEADER, Key, SIGNATURE_HEADER, SignedHeaders, TIMESTAMP_HEADER, verify,
};
use crossdock_tests::world::BIGCOMMERCE_SECRET;
use jiff::Timestamp;
use lapin::options::ConfirmSelectOptions;
use lapin::{Channel, Connection, ConnectionProperties};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::command_line::PlainOptions;
use crate::library::{BY_TOPIC, Letter};
use crate::load::PATH;

/// What a webhook tells. Source: BigCommerce, "Webhooks Overview", callback payload, as of 2026-11.
#[derive(Deserialize)]
struct Callback {
    scope: String,
    data: Subject,
    hash: String,
    created_at: i64,
}

#[derive(Deserialize)]
struct Subject {
    id: u64,
}

struct Plain {
    keys: [Key; 1],
    channel: Channel,
}

/// Serves until it is killed.
pub(crate) fn run(options: &PlainOptions) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options))
}

async fn serve(options: &PlainOptions) -> anyhow::Result<()> {
    let connection = Connection::connect(&options.url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions { nowait: false }).await?;
    let plain = Plain { keys: [Key::from(BIGCOMMERCE_SECRET.as_bytes().to_vec())], channel };
    let router = Router::new().route(PATH, post(take)).with_state(Arc::new(plain));
    Ok(axum::serve(TcpListener::bind(options.listen).await?, router).await?)
}

async fn take(State(plain): State<Arc<Plain>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = SignedHeaders {
        id: header(ID_HEADER),
        timestamp: header(TIMESTAMP_HEADER),
        signature: header(SIGNATURE_HEADER),
    };
    if verify(signed, &body, &plain.keys, Timestamp::now()).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let Ok(Callback { scope, data, hash, created_at }) = serde_json::from_slice(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let order = OrderId::from(data.id.to_string().as_str());
    let letter = Letter::new(&scope, &format!("{scope}/{created_at}/{hash}"), order, None);
    match letter.publish(&plain.channel, BY_TOPIC).await {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
