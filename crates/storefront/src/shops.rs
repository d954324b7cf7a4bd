//! The shops of this process, by id; replaced as a whole when the settings are read again.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use crossdock_domain::{Classify, Mend, StoreId};
use crossdock_settings::StoreSettings;

use crate::Storefront;

/// One configured shop and its API.
#[derive(Clone)]
pub struct Shop {
    /// As configured.
    pub settings: Arc<StoreSettings>,
    /// Its API.
    pub storefront: Arc<dyn Storefront>,
}

/// All shops. Cheap to clone; all clones see a replacement at once.
#[derive(Clone, Default)]
pub struct Shops(Arc<ArcSwap<HashMap<StoreId, Shop>>>);

/// An event names a shop that is not configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no store '{0}' is configured; add it and reload, or discard the message")]
pub struct UnknownStore(pub StoreId);

impl Classify for UnknownStore {
    fn mend(&self) -> Mend {
        Mend::Wait
    }

    fn class(&self) -> &'static str {
        "store-unknown"
    }
}

impl Shops {
    /// These shops.
    pub fn new(shops: impl IntoIterator<Item = Shop>) -> Self {
        let all = Self::default();
        all.replace(shops);
        all
    }

    /// Replaces all shops. Work that has begun with one keeps it to its end.
    pub fn replace(&self, shops: impl IntoIterator<Item = Shop>) {
        self.0.store(Arc::new(shops.into_iter().map(|shop| (shop.settings.id.clone(), shop)).collect()));
    }

    /// The shop of this id.
    pub fn get(&self, id: &StoreId) -> Result<Shop, UnknownStore> {
        self.0.load().get(id).cloned().ok_or_else(|| UnknownStore(id.clone()))
    }

    /// All shops, in no particular order.
    pub fn all(&self) -> Vec<Shop> {
        self.0.load().values().cloned().collect()
    }
}
