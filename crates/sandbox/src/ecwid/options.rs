//! What an Ecwid shop is started with.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use url::Url;

use crate::{Item, Quota};

/// What an app's token may do. These are the default scopes of a custom app that matter here.
///
/// Source: docs.ecwid.com, app settings (2025-11-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EcwidScope {
    /// `read_store_profile`
    ReadStoreProfile,
    /// `read_orders`
    ReadOrders,
    /// `update_orders`
    UpdateOrders,
    /// `read_catalog`
    ReadCatalog,
    /// `update_catalog`
    UpdateCatalog,
}

impl EcwidScope {
    /// All that Crossdock wants.
    pub const ALL: [Self; 5] = [
        Self::ReadStoreProfile,
        Self::ReadOrders,
        Self::UpdateOrders,
        Self::ReadCatalog,
        Self::UpdateCatalog,
    ];
}

/// A shop to be. [`Self::default`] is an empty one on any port, with all scopes and no receiver.
#[derive(Clone)]
pub struct EcwidOptions {
    /// Where to listen; port 0: any.
    pub listen: SocketAddr,
    /// The store's id, in paths and in webhooks.
    pub store_id: u64,
    /// Answers to other tokens are 403.
    pub access_token: String,
    /// Its bytes are the key of webhook signatures.
    pub client_secret: String,
    /// What the token may do.
    pub scopes: BTreeSet<EcwidScope>,
    /// What is sold.
    pub catalog: Vec<Item>,
    /// Where webhooks go; none: nowhere, until [`crate::Callbacks::set_receiver`].
    pub receiver: Option<Url>,
    /// The receiver's route, for example `/webhooks/ecwid/acme-widgets`.
    pub callback_path: String,
    /// ISO 4217, of the store's profile.
    pub currency: String,
    /// How long the search of orders finds neither the old nor the new shape of an order that was placed or changed. How long it
    /// lags is not documented; the official client's tests wait for it up to a minute.
    pub search_lag: Duration,
    /// How long the shop takes for each request of a batch. Not documented.
    pub batch_pace: Duration,
    /// Whether a quantity that stands already is answered `updateCount: 0`. Not documented.
    pub only_changes_count: bool,
    /// Requests that are answered, those in batches among them: whether they count is not documented.
    pub quota: Quota,
    /// What orders' and events' random ids come from: the same seed gives the same ids, so a shop that outlives its process
    /// needs another each time.
    pub seed: u64,
}

impl Default for EcwidOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            store_id: 1003,
            access_token: "secret_sandbox".into(),
            client_secret: "sandbox-client-secret".into(),
            scopes: EcwidScope::ALL.into(),
            catalog: Vec::new(),
            receiver: None,
            callback_path: "/webhooks/ecwid".into(),
            currency: "USD".into(),
            search_lag: Duration::ZERO,
            batch_pace: Duration::ZERO,
            only_changes_count: false,
            quota: Quota::ECWID,
            seed: 1,
        }
    }
}
