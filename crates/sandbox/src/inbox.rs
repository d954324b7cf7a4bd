//! A receiver of webhooks for this crate's tests.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

/// How long a test waits for webhooks before it fails.
const WAIT_SECS_MAX: u64 = 20;

/// One webhook that came in.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) path_and_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) raw: Bytes,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn body(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap()
    }
}

/// Takes every POST; answers 200 unless told otherwise.
pub(crate) struct Inbox {
    pub(crate) url: Url,
    received: watch::Receiver<Vec<Received>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Inbox {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let (sender, received) = watch::channel(Vec::new());
        let answers: Arc<Mutex<VecDeque<u16>>> = Arc::default();
        let coming = Arc::clone(&answers);
        let take = move |uri: Uri, headers: HeaderMap, raw: Bytes| async move {
            let path_and_query = uri.path_and_query().unwrap().to_string();
            sender.send_modify(|all| all.push(Received { path_and_query, headers, raw }));
            let status = coming.lock().unwrap().pop_front().unwrap_or(200);
            StatusCode::from_u16(status).unwrap()
        };
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(take)).await });
        Self { url, received, answers }
    }

    /// Answers so to the next webhook that has no answer yet.
    pub(crate) fn answer(&self, status: u16) {
        self.answers.lock().unwrap().push_back(status);
    }

    /// What came in, as soon as there is this much.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut received = self.received.clone();
        let enough = received.wait_for(|all| all.len() >= count);
        tokio::time::timeout(Duration::from_secs(WAIT_SECS_MAX), enough)
            .await
            .expect("the webhooks come in time")
            .unwrap()
            .clone()
    }
}
