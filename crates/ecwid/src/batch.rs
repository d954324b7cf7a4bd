//! Batches: many requests in one call, which the shop works off by itself, one after the other.
//!
//! Source: docs.ecwid.com, "Batch requests" (2026-01-14), and the official Java client (2026-07-14). What cancels a batch, or tells of it,
//! wants its ticket, and only the answer to its submission names that: of a batch whose submission is not answered, everything stays in
//! doubt.

mod answer;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossdock_storefront::{Priority, StorefrontError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use crate::Ecwid;
use crate::client::{Call, Scope};
use answer::{Answer, Progress};

pub(crate) use answer::Outcome;

/// Most requests in a batch (docs.ecwid.com, 2026-01-14).
pub(crate) const REQUESTS_MAX: usize = 500;

/// Shortest pause before a ticket is asked after, in milliseconds, as the official client's tests have it.
const PAUSE_MS_MIN: u64 = 500;

/// Time that the shop is given for each request of a batch before it is asked after, in milliseconds, until it has shown that it takes
/// longer: a look too early is a call for nothing.
const REQUEST_MS_MIN: u64 = 25;

/// Longest pause before a look at a ticket, in seconds: the shop's other quantities wait as long.
const PAUSE_SECS_MAX: u64 = 20;

/// A batch that was done when it was asked after tells that the shop needs no longer than was thought, but not how much less. So with each
/// it is given a little less time, by one in so many: what is tried once too early costs a look, and must not cost one with every few
/// batches where a shop is as slow as ever.
const EASED_BY: u32 = 200;

/// Fewest requests of a batch that tells how fast the shop works: of a smaller one, most of the time is spent on other things.
const TELLING_REQUESTS: usize = 50;

/// Longest wait for a batch, in seconds: what is not done by then is taken back. It bounds how long a shop's stock is held up, and leaves
/// room in the ten minutes that the queue lets work run.
const WAIT_SECS_MAX: u64 = 240;

/// Most looks at a ticket in a row that may fail before it counts as lost.
const LOOKS_FAILED_MAX: u32 = 3;

/// Handing a batch over, and asking after it. What is in it was counted and is under way: hearing of it goes before everything that is
/// not, and costs a few calls.
const CALL: Call<'static> = Call {
    path: &["batch"],
    query: &[],
    scope: Scope::UpdateCatalog,
    what: "batch",
    priority: Priority::Urgent,
};

/// How long the shop took for a request of a batch when it was last seen at work at one.
#[derive(Debug)]
pub(crate) struct BatchPace(Mutex<Duration>);

impl Default for BatchPace {
    fn default() -> Self {
        Self(Mutex::new(Duration::from_millis(REQUEST_MS_MIN)))
    }
}

impl BatchPace {
    /// Time in which so many requests are done, with a tenth to spare.
    fn time(&self, requests: usize) -> Duration {
        let time = self.lock().saturating_mul(count(requests));
        time.saturating_add(time / 10)
    }

    /// A shop that was slow for once is not waited for as long for ever.
    fn ease(&self) {
        let mut pace = self.lock();
        *pace = pace.saturating_sub(*pace / EASED_BY).max(Duration::from_millis(REQUEST_MS_MIN));
    }

    /// The shop needs so long for so many.
    fn takes(&self, time: Duration, requests: usize) {
        if requests >= TELLING_REQUESTS {
            *self.lock() = (time / count(requests)).max(Duration::from_millis(REQUEST_MS_MIN));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(requests: usize) -> u32 {
    u32::try_from(requests).unwrap_or(u32::MAX).max(1)
}

/// A request inside a batch.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'a, B> {
    /// Its place in the batch: answers name it.
    id: String,
    /// Behind `/api/v3/{storeId}`.
    path: String,
    method: &'static str,
    body: &'a B,
}

#[derive(Debug, Deserialize)]
struct Ticket {
    ticket: String,
}

/// The shop knows nothing of a batch that it took, or does not tell.
#[derive(Debug, thiserror::Error)]
#[error("what became of a batch of requests cannot be found out")]
struct Lost;

impl<'a, B> Request<'a, B> {
    pub(crate) fn put(place: usize, path: &[&str], body: &'a B) -> Self {
        Self { id: place.to_string(), path: format!("/{}", path.join("/")), method: "PUT", body }
    }
}

impl Ecwid {
    /// Has them worked off: one outcome for each, in the order given.
    ///
    /// # Errors
    /// The batch as a whole was refused. [`StorefrontError::InDoubt`] if nobody knows what became of any of it, or what will: repeat what
    /// may be repeated.
    pub(crate) async fn work_off<B: Serialize + Sync>(
        &self,
        requests: &[Request<'_, B>],
    ) -> Result<Vec<Outcome>, StorefrontError> {
        let key = Uuid::new_v4().to_string();
        // One that fails must not stop the others, as it would by default.
        let query = &[("stopOnFirstFailure", "false"), ("deduplicationKey", key.as_str())];
        let submit = || self.client.post::<Ticket>(Call { query, ..CALL }, &requests);
        let ticket = match submit().await {
            // It may have arrived: by the same key it is the same batch.
            Err(StorefrontError::Unavailable { .. }) => submit().await.map_err(in_doubt),
            answered => answered,
        }?;
        self.outcomes(&ticket.ticket, requests, Duration::from_secs(WAIT_SECS_MAX)).await
    }

    /// What becomes of a batch that was handed over.
    async fn outcomes<B: Sync>(
        &self,
        ticket: &str,
        requests: &[Request<'_, B>],
        limit: Duration,
    ) -> Result<Vec<Outcome>, StorefrontError> {
        let answers = match self.answers(ticket, requests.len(), limit).await {
            Ok(answers) => answers,
            Err(error) => return Err(self.lost(ticket, error).await),
        };
        let mut outcomes: HashMap<String, Outcome> = answers.into_iter().map(Answer::outcome).collect();
        Ok(requests.iter().map(|one| outcomes.remove(&one.id).unwrap_or(Outcome::Open)).collect())
    }

    /// What nobody waits for any more is taken back as well.
    async fn lost(&self, ticket: &str, error: StorefrontError) -> StorefrontError {
        self.cancel(ticket).await;
        match error {
            StorefrontError::NotFound { .. } | StorefrontError::Refused { .. } => in_doubt(Lost),
            malformed @ StorefrontError::Malformed { .. } => malformed,
            other => in_doubt(other),
        }
    }

    /// Waits for the batch; what is not done in time is taken back, so that it cannot come after something newer.
    async fn answers(
        &self,
        ticket: &str,
        requests: usize,
        limit: Duration,
    ) -> Result<Vec<Answer>, StorefrontError> {
        let begun = Instant::now();
        let expected = self.batch_pace.time(requests);
        let pauses = Duration::from_millis(PAUSE_MS_MIN)..=limit.min(Duration::from_secs(PAUSE_SECS_MAX));
        let bounded = |pause: Duration| pause.clamp(*pauses.start(), *pauses.end());
        let (mut pause, mut failed) = (bounded(expected), 0);
        self.batch_pace.ease();
        loop {
            tokio::time::sleep(pause).await;
            match self.progress(ticket).await {
                Ok(progress) if progress.is_over() => return Ok(progress.settled(false)),
                Ok(progress) => {
                    failed = 0;
                    let remaining = progress.remaining(begun.elapsed());
                    if let Some(remaining) = remaining {
                        self.batch_pace.takes(begun.elapsed() + remaining, requests);
                    }
                    pause = bounded(remaining.unwrap_or(pause * 2));
                }
                // The shop is at work all the same.
                Err(StorefrontError::Throttled { wait }) => pause = bounded(wait),
                Err(StorefrontError::Unavailable { .. }) if failed + 1 < LOOKS_FAILED_MAX => failed += 1,
                Err(error) => return Err(error),
            }
            if begun.elapsed() + pause > limit {
                tracing::warn!(
                    waited_s = limit.as_secs(),
                    "the shop works too slowly at a batch of requests; the rest is cancelled"
                );
                // Where that fails, what has no answer yet is in doubt, and nothing else.
                let cancelled = self.cancel(ticket).await;
                return Ok(self.progress(ticket).await?.settled(cancelled));
            }
        }
    }

    async fn progress(&self, ticket: &str) -> Result<Progress, StorefrontError> {
        let query = &[("ticket", ticket), ("escapedJson", "true")];
        self.client.get(Call { query, ..CALL }).await
    }

    /// Whether the shop has taken it that nothing more of the batch is to be begun.
    async fn cancel(&self, ticket: &str) -> bool {
        let query = &[("ticketId", ticket)];
        let cancelled = self.client.delete::<Value>(Call { query, ..CALL }).await;
        if let Err(error) = &cancelled {
            tracing::debug!(%error, "a batch of requests could not be cancelled; what is left of it may come late");
        }
        cancelled.is_ok()
    }
}

fn in_doubt(cause: impl std::error::Error + Send + Sync + 'static) -> StorefrontError {
    StorefrontError::InDoubt { cause: Box::new(cause) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crossdock_sandbox::{EcwidOptions, EcwidShop, Fault, Item};
    use crossdock_settings::{EcwidConnection, TrackingSettings};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shop_that_is_as_slow_as_ever_is_seldom_asked_after_too_early() {
        let (pace, takes) = (BatchPace::default(), Duration::from_millis(40) * 390);
        let mut early = 0;
        for _ in 0..100 {
            let expected = pace.time(390);
            pace.ease();
            if expected < takes {
                early += 1;
                pace.takes(takes, 390);
            }
        }
        // The first, as nothing was known of it.
        assert!((2..=6).contains(&early), "{early} of 100");
    }

    /// A shop that comes to the second request of a batch within a second, and its client.
    async fn slow_shop() -> (Arc<EcwidShop>, Ecwid) {
        let item = |id: u64| Item {
            product_id: id,
            variant_id: id,
            sku: format!("SKU-{id}"),
            name: String::new(),
            options: std::collections::BTreeMap::new(),
            price: 1.into(),
            stock: Some(1),
        };
        let (catalog, batch_pace) = ((1..=50).map(item).collect(), Duration::from_millis(700));
        let options = EcwidOptions { catalog, batch_pace, ..EcwidOptions::default() };
        let shop = EcwidShop::start(options).await.unwrap();
        let connection = EcwidConnection {
            store_id: 1003,
            client_secrets: Vec::new(),
            access_token: "secret_sandbox".into(),
            api_url: shop.url(),
        };
        let http = crate::http_client().unwrap();
        let ecwid = Ecwid::new(http, &connection, &TrackingSettings::default(), Arc::default()).unwrap();
        (shop, ecwid)
    }

    /// What became of fifty quantities within a second.
    async fn fifty_in_a_second(ecwid: &Ecwid) -> Result<Vec<Outcome>, StorefrontError> {
        let ids: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
        let level = json!({"quantity": 7, "unlimited": false});
        let request = |(place, id): (usize, &String)| Request::put(place, &["products", id.as_str()], &level);
        let requests: Vec<_> = ids.iter().enumerate().map(request).collect();
        let ticket: Ticket = ecwid.client.post(CALL, &requests).await.unwrap();
        ecwid.outcomes(&ticket.ticket, &requests, Duration::from_secs(1)).await
    }

    /// How many were done, which must be some and not all, and what became of the others.
    fn done(outcomes: &[Outcome]) -> (usize, &[Outcome]) {
        let done = outcomes.iter().take_while(|one| matches!(one, Outcome::Done(_))).count();
        assert!((1..50).contains(&done), "{done}");
        (done, &outcomes[done..])
    }

    #[tokio::test]
    async fn what_a_slow_shop_has_not_done_in_time_is_cancelled_and_in_doubt_if_it_was_under_way() {
        let (shop, ecwid) = slow_shop().await;
        let outcomes = fifty_in_a_second(&ecwid).await.unwrap();
        let (done, others) = done(&outcomes);
        assert_eq!(others[0], Outcome::Open, "it was under way");
        assert!(others[1..].iter().all(|one| *one == Outcome::NotDone));
        let set = || shop.catalog().items().iter().filter(|item| item.stock == Some(7)).count();
        assert!((done..=done + 1).contains(&set()));
    }

    #[tokio::test]
    async fn of_a_batch_that_cannot_be_cancelled_what_is_not_answered_is_in_doubt() {
        let (shop, ecwid) = slow_shop().await;
        shop.faults().next("DELETE", "/batch", Fault::Status(503));
        let outcomes = fifty_in_a_second(&ecwid).await.unwrap();
        assert!(done(&outcomes).1.iter().all(|one| *one == Outcome::Open));
    }

    #[tokio::test]
    async fn of_a_batch_that_the_shop_lets_nobody_ask_after_until_the_limit_everything_is_in_doubt() {
        let (shop, ecwid) = slow_shop().await;
        shop.faults().next("GET", "/batch", Fault::Throttle(Duration::from_mins(10)));
        let error = fifty_in_a_second(&ecwid).await.unwrap_err();
        assert!(matches!(error, StorefrontError::InDoubt { .. }), "{error}");
        assert_eq!(shop.requests().len(), 2, "a paused shop is left alone");
    }
}
