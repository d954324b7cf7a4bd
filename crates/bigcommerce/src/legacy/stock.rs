//! Writes quantities to products and their SKUs, absolutely, one a call: the old catalogue takes no more.

use std::time::{Duration, Instant};

use crossdock_domain::Listing;
use crossdock_storefront::{Halving, Quantity, StorefrontError, Taken};
use http::Method;
use serde::{Deserialize, Serialize};

use super::product::path_of;
use crate::answer::malformed;
use crate::client::{About, Client};
use crate::loose;

/// Most quantities written in one go, so that what is set is noted within minutes. The quota lets no more than some three a second go
/// to stock (a third of the smallest plan's 150 in 30 seconds is left to what is more urgent); the rest waits its turn.
const QUANTITIES_MAX: usize = 500;

/// Longest time for them, if the shop is slow: far less than a message may be worked on.
const PUSH_MAX: Duration = Duration::from_mins(2);

/// Until its turn.
const TURN_WAIT: Duration = Duration::from_secs(1);

const ABOUT: About<'static> = About { scope: "modify products", ..super::ABOUT };

#[derive(Serialize)]
struct Level {
    inventory_level: i64,
}

/// The product or SKU as it was written.
#[derive(Deserialize)]
struct Written {
    #[serde(deserialize_with = "loose::id")]
    id: u64,
    #[serde(deserialize_with = "loose::text")]
    inventory_level: String,
}

/// The answer is about something else than what was written.
#[derive(Debug, thiserror::Error)]
#[error("the shop's answer is not the product or SKU that was written, with its new level")]
struct NotWritten;

/// Sets them, one after the other. One that the shop refuses, or fails for, fails alone; what would befall all is not tried again for the
/// rest. What has no turn any more is sent in a moment; later, if the shop has failed for any: else nobody would count how often it does.
pub(crate) async fn set_stock(
    client: &Client,
    quantities: &[Quantity],
) -> Vec<Result<Taken, StorefrontError>> {
    let (began, mut halving) = (Instant::now(), Halving::default());
    let mut results = Vec::with_capacity(quantities.len());
    // What befalls all that are left; and what the shop has failed with last.
    let (mut end, mut silence) = (None, None);
    for (place, quantity) in quantities.iter().enumerate() {
        if end.is_none() && is_enough(place, began.elapsed()) {
            end = Some(silence.take().unwrap_or(StorefrontError::Throttled { wait: TURN_WAIT }));
        }
        if let Some(error) = &end {
            results.push(Err(StorefrontError::of_what_was_kept_back(error)));
            continue;
        }
        let Some(path) = path_of(&quantity.listing) else {
            results.push(Err(of_another_account(&quantity.listing)));
            continue;
        };
        let result = set(client, &path, quantity).await;
        match &result {
            Err(error) if befalls_all(error) => end = Some(error.repeated()),
            Err(error @ (StorefrontError::Unavailable { .. } | StorefrontError::InDoubt { .. })) => {
                halving.failed_alone();
                if halving.is_hopeless() {
                    end = Some(error.repeated());
                }
                silence = Some(error.repeated());
            }
            Ok(_) | Err(_) => halving.answered(),
        }
        results.push(result);
    }
    results
}

/// Whether the rest waits for its turn. At least one is written each time.
fn is_enough(written: usize, took: Duration) -> bool {
    written >= QUANTITIES_MAX || written > 0 && took >= PUSH_MAX
}

fn befalls_all(error: &StorefrontError) -> bool {
    use StorefrontError::{CredentialsRefused, MissingScope, Throttled};
    matches!(error, CredentialsRefused { .. } | MissingScope { .. } | Throttled { .. })
}

/// Gone, as far as this kind of account can tell, and to be looked up anew.
fn of_another_account(listing: &Listing) -> StorefrontError {
    StorefrontError::NotFound { what: subject(listing) }
}

fn subject(listing: &Listing) -> String {
    format!("listing of SKU '{}'", listing.sku)
}

async fn set(client: &Client, path: &str, quantity: &Quantity) -> Result<Taken, StorefrontError> {
    let subject = subject(&quantity.listing);
    let level = Level { inventory_level: quantity.units };
    let about = About { subject: &subject, ..ABOUT };
    let answer = client.write(Method::PUT, path, &level, about).await;
    let written: Written = answer.map_err(StorefrontError::of_a_write)?.read()?;
    let is_it = path.rsplit('/').next() == Some(written.id.to_string().as_str())
        && written.inventory_level == quantity.units.to_string();
    if is_it { Ok(Taken::Stands) } else { Err(malformed(NotWritten.into())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_shop_is_sent_the_rest_when_what_is_set_is_noted() {
        assert!(!is_enough(0, PUSH_MAX) && !is_enough(499, Duration::from_secs(119)));
        assert!(is_enough(1, PUSH_MAX) && is_enough(500, Duration::ZERO));
    }
}
