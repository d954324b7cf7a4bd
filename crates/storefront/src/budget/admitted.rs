//! A request that is under way, and what its answer means for those to come.

use crossdock_ledger::PauseCause;
use tokio::time::Instant;

use super::told_quota::ToldQuota;
use super::{Budget, Told};
use crate::StorefrontError;

/// A request that the budget lets through, until it is answered.
#[derive(Debug)]
#[must_use = "it counts as under way until it is dropped"]
pub struct Admitted<'a> {
    pub(super) budget: &'a Budget,
    pub(super) told: Option<&'a ToldQuota>,
    pub(super) scope: &'static str,
    pub(super) sent_at: Instant,
}

impl Admitted<'_> {
    /// The shop has begun to answer. Takes note of what that tells of its quota, if it tells any.
    pub fn told(&mut self, told: Option<Told>) {
        if let Some(quota) = self.told.take() {
            if let Some(told) = told {
                quota.note(told, self.sent_at, Instant::now());
            }
            quota.ended();
        }
    }

    /// Takes note of what became of the request: whether the shop is to be left alone for a while, or has taken the credentials.
    pub async fn heard<T>(mut self, result: &Result<T, StorefrontError>) {
        self.told(None);
        let (pauses, scope) = (&self.budget.pauses, self.scope);
        match result {
            Err(StorefrontError::Throttled { wait }) => pauses.throttled(*wait).await,
            Err(StorefrontError::CredentialsRefused { answer }) => {
                pauses.refused(PauseCause::Credentials, answer).await;
            }
            Err(StorefrontError::MissingScope { answer, .. }) => {
                // Whoever lacks a scope was known.
                pauses.credentials_taken(self.sent_at).await;
                pauses.refused(PauseCause::Scope(scope.to_owned()), answer).await;
            }
            Err(
                StorefrontError::Unavailable { .. }
                | StorefrontError::InDoubt { .. }
                | StorefrontError::OutOfTime,
            ) => {}
            Ok(_)
            | Err(
                StorefrontError::NotFound { .. }
                | StorefrontError::Refused { .. }
                | StorefrontError::StepRefused { .. }
                | StorefrontError::Malformed { .. }
                | StorefrontError::Misfit { .. },
            ) => pauses.taken(scope, self.sent_at).await,
        }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.told(None);
    }
}
