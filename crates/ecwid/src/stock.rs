//! Setting what the shop may sell.

mod standing;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crossdock_domain::Listing;
use crossdock_storefront::{Admitted, Priority, Quantity, StorefrontError, Taken};
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;
use tokio::time::Instant;

use crate::Ecwid;
use crate::batch::{Outcome, REQUESTS_MAX, Request};
use crate::client::{COMBINATIONS, Call, Scope};
use crate::shape;
use crate::storefront::CALLS_AT_ONCE_MAX;
use crate::tracking::Updated;

/// Fewest quantities that are set by a batch. Fewer go directly, which is sooner and costs no more calls.
const BATCH_FROM: usize = 5;

/// Time between two batches if the budget had no room for all that was due, in seconds: longer than it counts a request. So each batch
/// has as much room as the one before it, and not just for the few requests that are forgotten first: a batch costs the same calls
/// whatever is in it.
const NEXT_BATCH_SECS: u64 = 70;

/// Longest wait until it is looked again whether the next batch is due, in seconds.
const LOOK_SECS: u64 = 5;

/// What a batch's requests are counted as.
const COUNTED_AS: Call<'static> =
    Call { path: &[], query: &[], scope: Scope::UpdateCatalog, what: "catalogue", priority: Priority::Stock };

/// When the shop is given its next batch, if one had to leave something over.
#[derive(Debug, Default)]
pub(crate) struct NextBatch(Mutex<Option<Instant>>);

impl NextBatch {
    /// # Errors
    /// [`StorefrontError::Throttled`] if it is not due yet.
    fn due(&self) -> Result<(), StorefrontError> {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = at.map(|at| at.saturating_duration_since(Instant::now())).unwrap_or_default();
        let wait = wait.min(Duration::from_secs(LOOK_SECS));
        if wait.is_zero() { Ok(()) } else { Err(StorefrontError::Throttled { wait }) }
    }

    /// One has just left something over.
    fn put_off(&self) {
        let at = Instant::now() + Duration::from_secs(NEXT_BATCH_SECS);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }
}

/// An absolute quantity. Ecwid's relative endpoint is not used: a delta that is repeated after a doubt counts twice.
#[derive(Debug, Serialize)]
struct StockUpdate {
    quantity: i64,
    /// Without it a quantity does not take effect on an item that the shop does not count.
    unlimited: bool,
}

/// A write that was not carried out.
#[derive(Debug, thiserror::Error)]
#[error("the shop did not come to it")]
struct NotDone;

/// A write that may have been carried out, or may be yet.
#[derive(Debug, thiserror::Error)]
#[error("the shop was perhaps at work on it when it stopped telling")]
struct Untold;

/// What the shop made of a quantity that it took.
enum Written {
    Changed,
    /// It does not say.
    Untold,
    /// It says that it updated nothing.
    Nothing,
}

/// Where a quantity goes.
struct Target<'a> {
    listing: &'a Listing,
    path: Vec<&'a str>,
    /// For a 404.
    what: String,
    update: StockUpdate,
}

impl<'a> Target<'a> {
    fn of(quantity: &'a Quantity) -> Self {
        let listing = &quantity.listing;
        let mut path = vec!["products", listing.product_id.as_str()];
        let mut what = format!("product {}", listing.product_id);
        if let Some(variant_id) = &listing.variant_id {
            path.extend([COMBINATIONS, variant_id]);
            what = format!("variation {variant_id} of {what}");
        }
        Self { listing, path, what, update: StockUpdate { quantity: quantity.units, unlimited: false } }
    }

    /// For this quantity alone: as long as a large push uses up what stock may have, a sale is told all the same.
    fn call(&self) -> Call<'_> {
        Call { path: &self.path, what: &self.what, priority: Priority::Amendment, ..COUNTED_AS }
    }
}

impl Ecwid {
    /// Sets quantities: few of them one by one, more by batches.
    ///
    /// Whether a batch's requests count against the shop's 600 a minute is not documented (docs.ecwid.com, 2026-01-14), and a token that
    /// oversteps them is barred for orders too: so each is counted in, and what the budget does not take now waits for the next batch.
    pub(crate) async fn set_quantities(
        &self,
        quantities: &[Quantity],
    ) -> Vec<Result<Taken, StorefrontError>> {
        let targets: Vec<Target<'_>> = quantities.iter().map(Target::of).collect();
        if targets.len() < BATCH_FROM {
            let writes: Vec<_> = targets.iter().map(|target| self.set_one(target)).collect();
            return stream::iter(writes).buffered(CALLS_AT_ONCE_MAX).collect().await;
        }
        let mut results = Vec::with_capacity(targets.len());
        while results.len() < targets.len() {
            if let Err(error) = self.set_next(&targets, &mut results).await {
                let error = error.of_whole_call();
                results.resize_with(targets.len(), || Err(error.of_what_was_kept_back()));
            }
        }
        results
    }

    async fn set_one(&self, target: &Target<'_>) -> Result<Taken, StorefrontError> {
        let updated = self.client.put::<Updated>(target.call(), &target.update).await;
        self.taken_alone(target, updated).await
    }

    async fn taken_alone(
        &self,
        target: &Target<'_>,
        updated: Result<Updated, StorefrontError>,
    ) -> Result<Taken, StorefrontError> {
        let updated = updated.map_err(StorefrontError::of_a_write)?;
        if updated.happened() { Ok(Taken::Changed) } else { self.stands(target).await }
    }

    /// Sets as many of those that have no result yet as go into a batch and the budget. An error befalls all that have none after it.
    async fn set_next(
        &self,
        targets: &[Target<'_>],
        results: &mut Vec<Result<Taken, StorefrontError>>,
    ) -> Result<(), StorefrontError> {
        self.next_batch.due()?;
        let left = &targets[results.len()..];
        let (counted, rest) = self.client.count_in(left.len().min(REQUESTS_MAX), COUNTED_AS).await;
        let now = &left[..counted.len()];
        if let Err(StorefrontError::CredentialsRefused { .. } | StorefrontError::MissingScope { .. }) = rest {
            // One was let through to find out whether the shop still refuses us; the batch's own call would not be.
            for (target, counted) in now.iter().zip(counted) {
                let updated = self.client.put_counted(counted, target.call(), &target.update).await;
                results.push(self.taken_alone(target, updated).await);
            }
        } else if !now.is_empty() {
            if matches!(rest, Err(StorefrontError::Throttled { .. })) {
                self.next_batch.put_off();
            }
            let requests = now.iter().enumerate();
            let requests = requests.map(|(place, target)| Request::put(place, &target.path, &target.update));
            let outcomes = match self.work_off(&requests.collect::<Vec<_>>()).await {
                Ok(outcomes) => outcomes,
                Err(error) => {
                    let error = error.of_whole_call();
                    results.extend(now.iter().map(|_| Err(error.repeated())));
                    return Err(error);
                }
            };
            let mut written = Vec::with_capacity(now.len());
            for ((target, outcome), admitted) in now.iter().zip(outcomes).zip(counted) {
                written.push(self.settle(target, outcome, admitted).await);
            }
            results.extend(self.taken(now, written).await);
        }
        rest
    }

    /// What became of a request of a batch. The shop's budget hears of it.
    async fn settle(
        &self,
        target: &Target<'_>,
        outcome: Outcome,
        admitted: Admitted<'_>,
    ) -> Result<Written, StorefrontError> {
        let result = match outcome {
            Outcome::Done(body) => {
                let updated = body.and_then(|body| shape::read::<Updated>(body.as_bytes()).ok());
                Ok(updated.map_or(Written::Untold, |updated| {
                    if updated.happened() { Written::Changed } else { Written::Nothing }
                }))
            }
            Outcome::Refused(status, body) => {
                Err(self.client.refused_inside(status, &body, target.call()).of_a_write())
            }
            Outcome::NotDone => Err(StorefrontError::Unavailable { cause: NotDone.into() }),
            Outcome::Open => Err(StorefrontError::InDoubt { cause: Untold.into() }),
        };
        admitted.heard(&result).await;
        result
    }

    /// What was taken of what was written. What the shop says it did not update is looked at together.
    async fn taken(
        &self,
        targets: &[Target<'_>],
        written: Vec<Result<Written, StorefrontError>>,
    ) -> Vec<Result<Taken, StorefrontError>> {
        let nothing = targets.iter().zip(&written).filter(|(_, one)| matches!(one, Ok(Written::Nothing)));
        let nothing: Vec<&Target<'_>> = nothing.map(|(target, _)| target).collect();
        let mut standing = self.all_stand(&nothing).await.into_iter();
        let taken = |one: Result<Written, StorefrontError>| match one? {
            Written::Changed => Ok(Taken::Changed),
            Written::Untold => Ok(Taken::Stands),
            Written::Nothing => standing.next().expect("each of them was looked at"),
        };
        written.into_iter().map(taken).collect()
    }
}
