//! The warehouse's events on their way to Crossdock: one after the other, each repeated until it is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use crossdock_events::standard_webhooks::{self, Key};
use crossdock_events::{CONTENT_TYPE, Event, EventData};
use crossdock_queue::{Message, Publisher};
use crossdock_telemetry::chain;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

/// First wait after an event was not taken, in milliseconds; it doubles from try to try.
const RETRY_MS_MIN: u64 = 200;

/// Longest wait between two tries, in milliseconds.
const RETRY_MS_MAX: u64 = 5000;

/// How long an answer may take before the try counts as failed.
const ANSWER_SECS_MAX: u64 = 10;

/// How the warehouse tells its events.
#[derive(Clone)]
pub enum Tell {
    /// POSTs them, signed by Standard Webhooks.
    Post {
        /// The receiver's `/warehouse/events`.
        url: Url,
        /// The key in one of the warehouse's `whsec_…` secrets ([`standard_webhooks::key_from_whsec`]).
        signing_key: Key,
    },
    /// Publishes them straight to `crossdock.events`.
    Publish(Publisher),
}

/// An event, ready to be told as often as it takes.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) body: Bytes,
}

/// Where events wait until they are taken. It is no larger than the orders that the warehouse remembers anyway.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    letters: mpsc::UnboundedSender<Letter>,
    waiting: Arc<AtomicUsize>,
}

impl Outbox {
    /// An outbox that somebody else empties.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<Letter>) {
        let (letters, incoming) = mpsc::unbounded_channel();
        (Self { letters, waiting: Arc::default() }, incoming)
    }

    /// An outbox that is emptied in the background, until stopped.
    pub(super) fn start(tell: Tell, stop: CancellationToken) -> Self {
        let (outbox, incoming) = Self::new();
        let teller = Teller { tell, http: reqwest::Client::new(), waiting: outbox.waiting.clone() };
        tokio::spawn(async move { stop.run_until_cancelled(teller.run(incoming)).await });
        outbox
    }

    /// Adds an event behind those that wait already.
    pub(super) fn put<T: EventData>(&self, event: &Event<T>) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let letter = Letter { kind: T::TYPE, id: event.id.clone(), body: event.to_json().into() };
        // After the stop nobody reads any more, and nobody waits for it either.
        let _stopped = self.letters.send(letter);
    }

    /// Events that were not taken yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }
}

struct Teller {
    tell: Tell,
    http: reqwest::Client,
    waiting: Arc<AtomicUsize>,
}

impl Teller {
    async fn run(self, mut incoming: mpsc::UnboundedReceiver<Letter>) {
        while let Some(letter) = incoming.recv().await {
            self.until_taken(&letter).await;
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
    }

    async fn until_taken(&self, letter: &Letter) {
        let mut wait_ms = RETRY_MS_MIN;
        while let Err(why) = self.attempt(letter).await {
            tracing::warn!(
                event.kind = letter.kind,
                event.id = letter.id,
                why,
                "the warehouse's event was not taken, it tries again"
            );
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            wait_ms = (wait_ms * 2).min(RETRY_MS_MAX);
        }
    }

    async fn attempt(&self, letter: &Letter) -> Result<(), String> {
        match &self.tell {
            Tell::Post { url, signing_key } => self.post(url, signing_key, letter).await,
            Tell::Publish(publisher) => {
                let message = Message {
                    routing_key: letter.kind.to_owned(),
                    id: letter.id.clone(),
                    content_type: CONTENT_TYPE.into(),
                    body: letter.body.clone(),
                };
                publisher.publish(message).await.map_err(|error| chain(&error))
            }
        }
    }

    async fn post(&self, url: &Url, key: &Key, letter: &Letter) -> Result<(), String> {
        let sent = Timestamp::now().as_second();
        let request = self
            .http
            .post(url.clone())
            .timeout(Duration::from_secs(ANSWER_SECS_MAX))
            .header("content-type", CONTENT_TYPE)
            .header(standard_webhooks::ID_HEADER, &letter.id)
            .header(standard_webhooks::TIMESTAMP_HEADER, sent)
            .header(
                standard_webhooks::SIGNATURE_HEADER,
                standard_webhooks::sign(key, &letter.id, sent, &letter.body),
            )
            .body(letter.body.clone());
        match request.send().await {
            Ok(answer) if answer.status() == http::StatusCode::OK => Ok(()),
            Ok(answer) => Err(format!("the receiver answered {}", answer.status())),
            Err(error) => Err(chain(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use axum::Router;
    use axum::extract::State;
    use axum::routing::post;
    use crossdock_events::standard_webhooks::{SignedHeaders, key_from_whsec, verify};
    use crossdock_events::{RawEvent, Source, WarehouseOrderAccepted};
    use http::{HeaderMap, StatusCode};

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// The ids that came, in order; the first two tries are turned away.
    type Came = Arc<Mutex<Vec<String>>>;

    async fn receive(State(came): State<Came>, headers: HeaderMap, body: Bytes) -> StatusCode {
        let header = |name: &str| headers[name].to_str().unwrap();
        let (id, timestamp) =
            (header(standard_webhooks::ID_HEADER), header(standard_webhooks::TIMESTAMP_HEADER));
        let signed = SignedHeaders { id, timestamp, signature: header(standard_webhooks::SIGNATURE_HEADER) };
        let event = RawEvent::parse(&body).unwrap();
        let holds = verify(signed, &body, &[key_from_whsec(SECRET).unwrap()], Timestamp::now()).is_ok();
        if !holds || event.id != id || header("content-type") != CONTENT_TYPE {
            return StatusCode::BAD_REQUEST;
        }
        let mut came = came.lock().unwrap();
        came.push(id.to_owned());
        if came.len() <= 2 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    }

    #[tokio::test]
    async fn an_event_is_posted_under_the_same_id_until_it_is_taken_and_the_next_waits() {
        let came = Came::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/warehouse/events", listener.local_addr().unwrap()).parse().unwrap();
        let routes = Router::new().route("/warehouse/events", post(receive)).with_state(came.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let stop = CancellationToken::new();
        let _stopped_at_the_end = stop.clone().drop_guard();
        let outbox = Outbox::start(Tell::Post { url, signing_key: key_from_whsec(SECRET).unwrap() }, stop);
        for id in ["first", "second"] {
            let data = WarehouseOrderAccepted { number: "BG1001".into() };
            outbox.put(&Event::new(&Source::Warehouse, id, Timestamp::now(), data));
        }
        assert_eq!(outbox.waiting(), 2);
        let all_taken = async {
            while outbox.waiting() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), all_taken).await.unwrap();
        assert_eq!(*came.lock().unwrap(), ["first", "first", "first", "second"]);
    }
}
