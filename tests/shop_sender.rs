//! A shop that sends signed webhooks by itself, as many at once as a journey asks, and what arrives of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crossdock_events::standard_webhooks::{ID_HEADER, Key, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};
use futures_util::stream::{self, StreamExt as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::broker::{Taken, Vhost};

/// Longest wait for an answer, in seconds: longer than the receiver lets any request take.
const ANSWER_SECS_MAX: u64 = 30;

/// What a shop hears after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// An answer of this status.
    Status(u16),
    /// Nobody listens.
    Unreachable,
    /// The connection ended without an answer, or there was none within half a minute.
    Cut,
}

/// Answers by the order that was told of.
pub type Answers = BTreeMap<u32, Answer>;

/// One signed request.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The path, without its first slash.
    pub path: &'static str,
    /// The signature's headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, as signed.
    pub body: String,
}

/// A shop that sends. Under a secret that the receiver does not know, it is a forger.
#[derive(Clone)]
pub struct ShopSender {
    http: reqwest::Client,
    receiver: Url,
    signer: Signer,
    traceparent: Option<String>,
}

#[derive(Clone)]
enum Signer {
    Bigcommerce { store_hash: String, key: Key },
    Ecwid { store_id: u64, secret: String },
}

impl ShopSender {
    /// A BigCommerce shop.
    pub fn bigcommerce(receiver: &Url, store_hash: &str, secret: &str) -> Self {
        let key = secret.as_bytes().to_vec().into();
        Self::new(receiver, Signer::Bigcommerce { store_hash: store_hash.to_owned(), key })
    }

    /// An Ecwid shop.
    pub fn ecwid(receiver: &Url, store_id: u64, secret: &str) -> Self {
        Self::new(receiver, Signer::Ecwid { store_id, secret: secret.to_owned() })
    }

    fn new(receiver: &Url, signer: Signer) -> Self {
        Self { http: client(), receiver: receiver.clone(), signer, traceparent: None }
    }

    /// The same, naming this trace with each webhook.
    #[must_use]
    pub fn traced(self, traceparent: &str) -> Self {
        Self { traceparent: Some(traceparent.to_owned()), ..self }
    }

    /// A webhook about this order, signed now.
    pub fn webhook(&self, order: u32) -> Webhook {
        let now = Timestamp::now().as_second();
        let mut webhook = match &self.signer {
            Signer::Bigcommerce { store_hash, key } => bigcommerce(store_hash, key, order, now),
            Signer::Ecwid { store_id, secret } => ecwid(*store_id, secret, order, now),
        };
        webhook.headers.extend(self.traceparent.clone().map(|trace| ("traceparent", trace)));
        webhook
    }

    /// Sends one webhook.
    ///
    /// # Panics
    /// If a 503 does not say when to come again.
    pub async fn send(&self, order: u32) -> Answer {
        let Webhook { path, headers, body } = self.webhook(order);
        let url = self.receiver.join(path).expect("a route fits behind the address");
        let request =
            headers.into_iter().fold(self.http.post(url), |it, (name, value)| it.header(name, value));
        match request.body(body).send().await {
            Ok(answer) => {
                let wait =
                    answer.headers().get("retry-after").and_then(|it| it.to_str().ok()?.parse::<u32>().ok());
                assert!(answer.status() != 503 || wait > Some(0), "a 503 without Retry-After");
                let status = answer.status().as_u16();
                // Read to its end, so that the connection is used again.
                if answer.bytes().await.is_ok() { Answer::Status(status) } else { Answer::Cut }
            }
            Err(error) if error.is_connect() => Answer::Unreachable,
            Err(_) => Answer::Cut,
        }
    }

    /// Sends webhooks of all these orders, so many at once, and returns how each was answered.
    pub async fn send_all(
        &self,
        orders: impl IntoIterator<Item = u32>,
        at_once: usize,
        after_each: impl Fn(u32, Answer),
    ) -> Answers {
        let after_each = &after_each;
        let sending = stream::iter(orders).map(|order| async move {
            let answer = self.send(order).await;
            after_each(order, answer);
            (order, answer)
        });
        sending.buffer_unordered(at_once).collect().await
    }

    /// Sends webhooks of one order after the other, so many at once, until stopped; ends what it began.
    pub async fn send_until(
        &self,
        stop: &CancellationToken,
        first: u32,
        at_once: usize,
        after_each: impl Fn(u32, Answer),
    ) -> Answers {
        self.send_all((first..).take_while(|_| !stop.is_cancelled()), at_once, after_each).await
    }

    /// Begins a webhook each time that `pause` has passed, whether or not those before it are answered.
    pub async fn send_paced(&self, orders: impl IntoIterator<Item = u32>, pause: Duration) -> Answers {
        let mut ticks = tokio::time::interval(pause);
        let mut sending = tokio::task::JoinSet::new();
        for order in orders {
            ticks.tick().await;
            let sender = self.clone();
            sending.spawn(async move { (order, sender.send(order).await) });
        }
        sending.join_all().await.into_iter().collect()
    }
}

/// Of which orders the webhooks were answered like this.
pub fn answered(answers: &Answers, wanted: Answer) -> BTreeSet<u32> {
    answers.iter().filter(|(_, answer)| **answer == wanted).map(|(order, _)| *order).collect()
}

/// Takes the queue's events out of it: how often each order's is there, each with the id that it always has.
///
/// # Panics
/// If two orders share an event's id, or one order's event came with two.
pub async fn arrived(vhost: &Vhost, queue: &str) -> BTreeMap<u32, usize> {
    let mut ids = BTreeMap::<u32, (String, usize)>::new();
    for Taken { id, body, .. } in vhost.take(queue).await {
        let event: Value = serde_json::from_slice(&body).expect("events are JSON");
        assert_eq!(event["id"], id.as_str());
        let order = event["data"]["order_id"].as_str().and_then(|id| id.parse().ok());
        let order = order.expect("the sender numbers its orders");
        let seen = ids.entry(order).or_insert((id.clone(), 0));
        assert_eq!(seen.0, id, "the same event keeps its id");
        seen.1 += 1;
    }
    let distinct: BTreeSet<&String> = ids.values().map(|(id, _)| id).collect();
    assert_eq!(distinct.len(), ids.len(), "each event has an id of its own");
    ids.into_iter().map(|(order, (_, count))| (order, count)).collect()
}

fn client() -> reqwest::Client {
    let limit = Duration::from_secs(ANSWER_SECS_MAX);
    reqwest::Client::builder().timeout(limit).build().expect("a client needs nothing more")
}

fn bigcommerce(store_hash: &str, key: &Key, order: u32, now: i64) -> Webhook {
    let body = format!(
        r#"{{"scope":"store/order/created","store_id":"1","data":{{"type":"order","id":{order}}},"hash":"h{order}","created_at":1760000000,"producer":"stores/{store_hash}"}}"#
    );
    let id = format!("msg_{order}");
    let signature = sign(key, &id, now, body.as_bytes());
    let headers = vec![(ID_HEADER, id), (TIMESTAMP_HEADER, now.to_string()), (SIGNATURE_HEADER, signature)];
    Webhook { path: "webhooks/bigcommerce", headers, body }
}

fn ecwid(store_id: u64, secret: &str, order: u32, now: i64) -> Webhook {
    let body = format!(
        r#"{{"eventId":"e-{order}","eventCreated":{now},"storeId":{store_id},"entityId":{order},"eventType":"order.created","data":{{"orderId":"{order}"}}}}"#
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{now}.e-{order}").as_bytes());
    let signature = BASE64.encode(mac.finalize().into_bytes());
    Webhook { path: "webhooks/ecwid", headers: vec![("x-ecwid-webhook-signature", signature)], body }
}
