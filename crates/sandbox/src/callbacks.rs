//! Webhooks on their way to Crossdock: sent, repeated until answered 200, doubled and reordered on request.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

/// Waits between tries, shortened for the sandbox: the platforms wait from a minute (BigCommerce) or 15 minutes (Ecwid) upward.
const RETRY_WAITS_MS: [u64; 8] = [500, 1000, 1500, 2500, 4000, 8000, 15_000, 30_000];

/// How long an answer may take before the try counts as failed. BigCommerce waits about 10 s, so do we.
const ANSWER_SECS_MAX: u64 = 10;

/// Most tries of a shop that are under way at once. The platforms do not say how many theirs are; a change of ten thousand products is
/// told by some workers, not over ten thousand connections.
const AT_ONCE_MAX: usize = 128;

/// One callback, ready to be signed anew for each try.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Names the message: the same over tries and copies, another for each event.
    pub id: String,
    /// Path and query at the receiver, for example `/webhooks/bigcommerce/acme-au`, or the whole address of another place.
    pub path: String,
    /// The body, as it is.
    pub body: Vec<u8>,
    /// Further headers, beside those of [`Signed`].
    pub headers: Vec<(String, String)>,
    /// Cancelled once nobody is to be told of it any more: tries still to come are given up.
    pub until: CancellationToken,
}

impl Delivery {
    /// A callback without further headers, tried until it is taken.
    pub fn new(id: String, path: String, body: &str) -> Self {
        Self {
            id,
            path,
            body: body.as_bytes().to_vec(),
            headers: Vec::new(),
            until: CancellationToken::new(),
        }
    }
}

/// Headers that a platform puts on one try.
pub trait Signed: Send + Sync {
    /// Name and value of each header, signature included, for a try made now. `content-type` is JSON if it is not among them.
    fn headers(&self, delivery: &Delivery) -> Vec<(String, String)>;
}

/// One shop's webhook sender.
#[derive(Clone)]
pub struct Callbacks {
    http: reqwest::Client,
    receiver: Arc<Mutex<Option<Url>>>,
    signed: Arc<dyn Signed>,
    mood: Arc<Mutex<Mood>>,
    answers: Arc<Mutex<Vec<u16>>>,
    told: Arc<Mutex<Option<Vec<Told>>>>,
    workers: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// One try of a callback, and what became of it.
#[derive(Debug, Clone)]
pub struct Told {
    /// The body.
    pub body: Vec<u8>,
    /// The answer's status; 0: none.
    pub status: u16,
}

/// How deliveries go wrong on request.
#[derive(Debug, Default, Clone)]
struct Mood {
    copies: usize,
    held: Option<Vec<Delivery>>,
}

impl Callbacks {
    /// A sender to this receiver; without one, nothing is sent.
    pub fn new(
        http: reqwest::Client,
        receiver: Option<Url>,
        signed: Arc<dyn Signed>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            http,
            receiver: Arc::new(Mutex::new(receiver)),
            signed,
            mood: Arc::default(),
            answers: Arc::default(),
            told: Arc::default(),
            workers: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            tasks: TaskTracker::new(),
            stop,
        }
    }

    /// Sends to this receiver from now on, tries that still wait included.
    pub fn set_receiver(&self, receiver: Url) {
        *self.receiver.lock().expect("nobody panics while holding the receiver") = Some(receiver);
    }

    /// From now on only those are told that have subscribed, where the platform has subscriptions.
    pub fn forget_receiver(&self) {
        *self.receiver.lock().expect("nobody panics while holding the receiver") = None;
    }

    /// Whether there is a receiver that gets everything.
    pub fn has_receiver(&self) -> bool {
        self.receiver.lock().expect("nobody panics while holding the receiver").is_some()
    }

    /// Sends so many further copies of each callback from now on.
    pub fn double(&self, copies: usize) {
        self.mood().copies = copies;
    }

    /// Keeps callbacks back until [`Self::release_reversed`].
    pub fn hold(&self) {
        self.mood().held.get_or_insert_default();
    }

    /// Sends what was kept back, the latest first, each when the one before it is done.
    pub fn release_reversed(&self) {
        let (mut held, copies) = {
            let mut mood = self.mood();
            (mood.held.take().unwrap_or_default(), 1 + mood.copies)
        };
        held.reverse();
        self.spawn(held.into_iter().flat_map(|delivery| vec![delivery; copies]).collect());
    }

    /// Sends the first of what was kept back and loses the others, and keeps nothing back from now on.
    pub fn release_first(&self) {
        let held = self.mood().held.take().unwrap_or_default();
        if let Some(first) = held.first() {
            self.send(first);
        }
    }

    /// Loses what was kept back, and keeps nothing back from now on.
    pub fn lose_held(&self) {
        self.mood().held = None;
    }

    /// Sends a callback in the background, and again until it is answered 200 or the tries are used up.
    pub fn send(&self, delivery: &Delivery) {
        if self.address(&delivery.path).is_none() {
            return;
        }
        let copies = {
            let mut mood = self.mood();
            if let Some(held) = &mut mood.held {
                held.push(delivery.clone());
                return;
            }
            1 + mood.copies
        };
        for _ in 0..copies {
            self.spawn(vec![delivery.clone()]);
        }
    }

    /// Delivers one after the other, in the background.
    fn spawn(&self, deliveries: Vec<Delivery>) {
        let (sender, stop) = (self.clone(), self.stop.clone());
        self.tasks.spawn(stop.run_until_cancelled_owned(async move {
            for delivery in &deliveries {
                delivery.until.run_until_cancelled(sender.deliver(delivery)).await;
            }
        }));
    }

    /// How many are on their way, waits between tries included.
    pub fn on_their_way(&self) -> usize {
        self.tasks.len()
    }

    /// Every answer so far, in order of arrival; 0 stands for none.
    pub fn answers(&self) -> Vec<u16> {
        self.answers.lock().expect("nobody panics while holding the answers").clone()
    }

    /// From now on keeps every try with its body, for [`Self::told`].
    pub fn keep_told(&self) {
        self.told.lock().expect("nobody panics while holding the tries").get_or_insert_default();
    }

    /// Every try that was kept, in order of their ends.
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().expect("nobody panics while holding the tries").clone().unwrap_or_default()
    }

    async fn deliver(&self, delivery: &Delivery) {
        for wait in RETRY_WAITS_MS {
            let status = self.attempt(delivery).await;
            self.answers.lock().expect("nobody panics while holding the answers").push(status);
            if let Some(told) = &mut *self.told.lock().expect("nobody panics while holding the tries") {
                told.push(Told { body: delivery.body.clone(), status });
            }
            if status == 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        tracing::warn!(path = delivery.path, "a webhook was given up after its last try");
    }

    async fn attempt(&self, delivery: &Delivery) -> u16 {
        let _worker = self.workers.acquire().await.expect("nobody closes it");
        let Some(url) = self.address(&delivery.path) else { return 0 };
        let request = self
            .http
            .post(url)
            .timeout(Duration::from_secs(ANSWER_SECS_MAX))
            .headers(self.headers(delivery))
            .body(delivery.body.clone());
        match request.send().await {
            Ok(answer) => answer.status().as_u16(),
            Err(_) => 0,
        }
    }

    fn address(&self, path: &str) -> Option<Url> {
        let receiver = self.receiver.lock().expect("nobody panics while holding the receiver");
        let elsewhere = Url::parse(path).ok();
        elsewhere.or_else(|| receiver.as_ref()?.join(path).ok())
    }

    fn headers(&self, delivery: &Delivery) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in self.signed.headers(delivery).into_iter().chain(delivery.headers.clone()) {
            let name: HeaderName = name.parse().expect("shops name their headers in ASCII");
            headers.insert(name, value.parse().expect("signatures and tokens are visible ASCII"));
        }
        headers
    }

    fn mood(&self) -> std::sync::MutexGuard<'_, Mood> {
        self.mood.lock().expect("nobody panics while holding the mood")
    }
}
