//! A sender of signed webhooks, as many at once as a journey asks.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use url::Url;

use crate::webhook::{Signer, Webhook};
use crate::world::{BIGCOMMERCE_SECRET, World};

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

impl Answer {
    /// The event is durable.
    pub const OK: Self = Self::Status(200);
}

/// Answers by the order that was told of.
pub type Answers = BTreeMap<u32, Answer>;

/// A shop that sends. Under a secret that the receiver does not know, it is a forger.
#[derive(Clone)]
pub struct ShopSender {
    http: reqwest::Client,
    receiver: Url,
    signer: Signer,
    header: Option<(&'static str, String)>,
}

impl World {
    /// The shop `acme-au`, as a sender.
    pub fn shop(&self) -> ShopSender {
        ShopSender::bigcommerce(&self.receiver, "journey1", BIGCOMMERCE_SECRET)
    }

    /// Somebody who has not the secret of the shop `acme-au`.
    pub fn forger(&self) -> ShopSender {
        ShopSender::bigcommerce(&self.receiver, "journey1", "a guess")
    }
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

    /// The warehouse, which tells of shipments of so many orders in turn: webhook 7 of 5 is of order `BG2`.
    pub fn warehouse(receiver: &Url, orders: u32) -> Self {
        Self::new(receiver, Signer::Warehouse { orders })
    }

    fn new(receiver: &Url, signer: Signer) -> Self {
        let http = client().build().expect("a client needs nothing more");
        Self { http, receiver: receiver.clone(), signer, header: None }
    }

    /// The same, with this header in each webhook.
    #[must_use]
    pub fn with(self, name: &'static str, value: &str) -> Self {
        Self { header: Some((name, value.to_owned())), ..self }
    }

    /// A webhook about this order, signed now.
    pub fn webhook(&self, order: u32) -> Webhook {
        let mut webhook = self.signer.webhook(order);
        webhook.headers.extend(self.header.clone());
        webhook
    }

    /// Sends one webhook.
    ///
    /// # Panics
    /// If a 429 or a 503 does not say when to come again.
    pub async fn send(&self, order: u32) -> Answer {
        let Webhook { path, headers, body } = self.webhook(order);
        let url = self.receiver.join(path).expect("a route fits behind the address");
        let request =
            headers.into_iter().fold(self.http.post(url), |it, (name, value)| it.header(name, value));
        match request.body(body).send().await {
            Ok(answer) => {
                let wait =
                    answer.headers().get("retry-after").and_then(|it| it.to_str().ok()?.parse::<u32>().ok());
                let status = answer.status().as_u16();
                assert!(!matches!(status, 429 | 503) || wait > Some(0), "a {status} without Retry-After");
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

    /// The same, each over a connection of its own that is not kept.
    pub async fn send_each_anew(&self, orders: impl IntoIterator<Item = u32>, at_once: usize) -> Answers {
        self.anew().send_all(orders, at_once, |_, _| {}).await
    }

    /// The same shop, over a connection of its own for each webhook.
    #[must_use]
    pub fn anew(&self) -> Self {
        let http = client().pool_max_idle_per_host(0).build().expect("a client needs nothing more");
        Self { http, ..self.clone() }
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

fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().timeout(Duration::from_secs(ANSWER_SECS_MAX))
}
