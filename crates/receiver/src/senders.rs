//! Who may send: the configured shops and the warehouse, with what verifies them. Made anew when the settings change.

use std::collections::HashMap;
use std::sync::Arc;

use crossdock_domain::StoreId;
use crossdock_events::standard_webhooks::{Key, key_from_whsec};
use crossdock_settings::{Connection, Settings, TrustedProxies};
use secrecy::ExposeSecret as _;

use crate::meters::{Meters, Tally};
use crate::visit::Door;

/// A BigCommerce shop.
pub(crate) struct BigcommerceShop {
    pub(crate) id: StoreId,
    /// A callback of the shop names it as its producer.
    pub(crate) store_hash: String,
    pub(crate) verifier: crossdock_bigcommerce::WebhookVerifier,
    pub(crate) tally: Arc<Tally>,
}

/// An Ecwid shop.
pub(crate) struct EcwidShop {
    pub(crate) id: StoreId,
    /// A callback of the shop names it.
    pub(crate) store_id: u64,
    pub(crate) verifier: crossdock_ecwid::WebhookVerifier,
    pub(crate) tally: Arc<Tally>,
}

/// Everybody who may send.
#[derive(Default)]
pub(crate) struct Senders {
    bigcommerce: Shops<String, BigcommerceShop>,
    ecwid: Shops<u64, EcwidShop>,
    /// The warehouse's keys; none: nobody is the warehouse.
    pub(crate) warehouse: Vec<Key>,
    /// Whose word is believed about where a request comes from.
    pub(crate) proxies: TrustedProxies,
}

/// The shops of one platform, by our id and by the platform's.
struct Shops<K, S> {
    by_id: HashMap<String, Arc<S>>,
    by_key: HashMap<K, Arc<S>>,
}

/// A secret of the settings that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("warehouse.signing_secrets[{index}] is no 'whsec_' followed by base64")]
pub struct InvalidSecret {
    /// Which one, from 0.
    pub index: usize,
}

impl Senders {
    /// Prepares the verifiers, and the counters of each shop.
    pub(crate) fn new(settings: &Settings, meters: &Meters) -> Result<Self, InvalidSecret> {
        let mut senders = Self { proxies: settings.receiver.trusted_proxies.clone(), ..Self::default() };
        for (index, secret) in settings.warehouse.signing_secrets.iter().enumerate() {
            senders.warehouse.push(key_from_whsec(secret.expose_secret()).ok_or(InvalidSecret { index })?);
        }
        for store in &settings.stores {
            let id = store.id.clone();
            match &store.connection {
                Connection::Bigcommerce(connection) => {
                    let verifier = crossdock_bigcommerce::WebhookVerifier::new(connection);
                    let store_hash = connection.store_hash.clone();
                    let tally = Arc::new(meters.tally(Door::Bigcommerce, id.as_str()));
                    let shop = BigcommerceShop { id, store_hash: store_hash.clone(), verifier, tally };
                    senders.bigcommerce.add(&store.id, store_hash, shop);
                }
                // It has no webhooks, so nobody may send in its name: its route is one of no shop.
                Connection::BigcommerceLegacy(_) => {}
                Connection::Ecwid(connection) => {
                    let verifier = crossdock_ecwid::WebhookVerifier::new(connection);
                    let store_id = connection.store_id;
                    let tally = Arc::new(meters.tally(Door::Ecwid, id.as_str()));
                    senders.ecwid.add(&store.id, store_id, EcwidShop { id, store_id, verifier, tally });
                }
            }
        }
        Ok(senders)
    }

    /// The BigCommerce shop of a route.
    pub(crate) fn bigcommerce(&self, id: &str) -> Option<Arc<BigcommerceShop>> {
        self.bigcommerce.by_id.get(id).cloned()
    }

    /// The BigCommerce shop that a producer names.
    pub(crate) fn bigcommerce_by_hash(&self, store_hash: &str) -> Option<Arc<BigcommerceShop>> {
        self.bigcommerce.by_key.get(store_hash).cloned()
    }

    /// The Ecwid shop of a route.
    pub(crate) fn ecwid(&self, id: &str) -> Option<Arc<EcwidShop>> {
        self.ecwid.by_id.get(id).cloned()
    }

    /// The Ecwid shop that a callback names.
    pub(crate) fn ecwid_by_store_id(&self, store_id: u64) -> Option<Arc<EcwidShop>> {
        self.ecwid.by_key.get(&store_id).cloned()
    }
}

impl<K: std::hash::Hash + Eq, S> Shops<K, S> {
    fn add(&mut self, id: &StoreId, key: K, shop: S) {
        let shop = Arc::new(shop);
        self.by_key.insert(key, Arc::clone(&shop));
        self.by_id.insert(id.to_string(), shop);
    }
}

impl<K, S> Default for Shops<K, S> {
    fn default() -> Self {
        Self { by_id: HashMap::new(), by_key: HashMap::new() }
    }
}
