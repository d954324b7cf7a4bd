//! Not knocking with a token that was just refused.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crossdock_storefront::StorefrontError;
use tokio::time::Instant;

/// How long nothing is asked after the shop refused the token, in seconds.
///
/// Ecwid blocks a dead token after 20 requests a minute, and after 600 the whole IP address, other shops included
/// (docs.ecwid.com, API reference, 2026-01-14). A new token comes with new settings, and with them a new client.
const PAUSE_SECS: u64 = 15;

/// The shop's last refusal of the token.
#[derive(Debug, Default)]
pub(crate) struct Refusal(Mutex<Option<(Instant, String)>>);

impl Refusal {
    /// Fails like the refused call while the pause lasts.
    pub(crate) fn admit(&self) -> Result<(), StorefrontError> {
        match &*self.lock() {
            Some((until, answer)) if *until > Instant::now() => {
                Err(StorefrontError::CredentialsRefused { answer: answer.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Begins a pause.
    pub(crate) fn note(&self, answer: &str) {
        *self.lock() = Some((Instant::now() + Duration::from_secs(PAUSE_SECS), answer.to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Instant, String)>> {
        self.0.lock().expect("nobody panics while holding a refusal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_rests_and_is_tried_again() {
        let refusal = Refusal::default();
        refusal.admit().unwrap();
        refusal.note("403 INVALID_API_TOKEN");
        let error = refusal.admit().unwrap_err();
        assert!(
            matches!(error, StorefrontError::CredentialsRefused { answer } if answer == "403 INVALID_API_TOKEN")
        );
        tokio::time::advance(Duration::from_secs(PAUSE_SECS)).await;
        refusal.admit().unwrap();
    }
}
