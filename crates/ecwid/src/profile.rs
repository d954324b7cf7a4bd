//! The store's profile: its name, and its currency, which an Ecwid order does not carry.

use std::time::Duration;

use crossdock_storefront::{Priority, StorefrontError};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Ecwid;
use crate::client::{Call, Scope};

/// How long a currency that was read is believed, in seconds. A shop changes it once in years, if ever.
const CURRENCY_SECS_MAX: u64 = 60 * 60;

/// `GET /profile`, as far as it matters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    pub(crate) settings: Settings,
    formats_and_units: FormatsAndUnits,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Settings {
    #[serde(default)]
    pub(crate) store_name: String,
}

#[derive(Debug, Deserialize)]
struct FormatsAndUnits {
    currency: String,
}

/// The currency when it was last read, and when that was.
#[derive(Debug, Default)]
pub(crate) struct Currency(Mutex<Option<(Instant, String)>>);

impl Ecwid {
    pub(crate) async fn profile(&self) -> Result<Profile, StorefrontError> {
        let call = Call {
            path: &["profile"],
            query: &[("responseFields", "settings(storeName),formatsAndUnits(currency)")],
            scope: Scope::ReadStoreProfile,
            what: "store profile",
            priority: Priority::Urgent,
        };
        self.client.get(call).await
    }

    /// ISO 4217. Those who ask while it is being read wait for that one reading.
    pub(crate) async fn currency(&self) -> Result<String, StorefrontError> {
        let mut known = self.currency.0.lock().await;
        if let Some((read_at, currency)) = &*known
            && read_at.elapsed() < Duration::from_secs(CURRENCY_SECS_MAX)
        {
            return Ok(currency.clone());
        }
        let currency = self.profile().await?.formats_and_units.currency;
        *known = Some((Instant::now(), currency.clone()));
        Ok(currency)
    }
}
