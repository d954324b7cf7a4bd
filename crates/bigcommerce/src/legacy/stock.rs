//! Writes quantities to products and their SKUs, absolutely, one a call: the old catalogue takes no more.

use std::time::{Duration, Instant};

use crossdock_storefront::{Quantity, StorefrontError, Taken};
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

/// Sets them, one after the other. One that the shop refuses fails alone; what would befall all is not tried again for the rest.
pub(crate) async fn set_stock(
    client: &Client,
    quantities: &[Quantity],
) -> Vec<Result<Taken, StorefrontError>> {
    let began = Instant::now();
    let mut results = Vec::with_capacity(quantities.len());
    let mut end = None;
    for (place, quantity) in quantities.iter().enumerate() {
        if is_enough(place, began.elapsed()) {
            end.get_or_insert(StorefrontError::Throttled { wait: TURN_WAIT });
        }
        let result = match &end {
            Some(error) => Err(StorefrontError::of_what_was_kept_back(error)),
            None => set(client, quantity).await,
        };
        if let Err(error) = &result
            && befalls_all(error)
        {
            end.get_or_insert_with(|| error.repeated());
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
    matches!(
        error,
        StorefrontError::CredentialsRefused { .. }
            | StorefrontError::MissingScope { .. }
            | StorefrontError::Throttled { .. }
            | StorefrontError::Unavailable { .. }
            | StorefrontError::InDoubt { .. }
    )
}

async fn set(client: &Client, quantity: &Quantity) -> Result<Taken, StorefrontError> {
    let listing = &quantity.listing;
    let subject = format!("listing of SKU '{}'", listing.sku);
    // Found by another kind of account: gone, as far as this one can tell, and to be looked up anew.
    let path = path_of(listing).ok_or_else(|| StorefrontError::NotFound { what: subject.clone() })?;
    let level = Level { inventory_level: quantity.units };
    let about = About { subject: &subject, ..ABOUT };
    let answer = client.write(Method::PUT, &path, &level, about).await;
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
