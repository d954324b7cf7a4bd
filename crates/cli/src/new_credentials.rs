//! Tries the credentials that a reload brought, at once: nobody need wait for the next order to know.

use crossdock_storefront::{Account, Shop, Shops};

/// The shops that are reached with other credentials than before.
pub(crate) fn changed(before: &Shops, now: &[Shop]) -> Vec<Shop> {
    let is_changed = |shop: &&Shop| {
        let former = before.get(&shop.settings.id);
        former.is_ok_and(|former| Account::of(&former.settings) != Account::of(&shop.settings))
    };
    now.iter().filter(is_changed).cloned().collect()
}

/// Asks each shop whether it takes them, and logs what it says.
pub(crate) fn try_all(shops: Vec<Shop>) {
    for shop in shops {
        tokio::spawn(async move {
            let store = &shop.settings.id;
            match shop.storefront.check().await {
                Ok(_) => tracing::info!(store.id = %store, "the shop takes its new credentials"),
                Err(error) => {
                    let error = crossdock_telemetry::chain(&error);
                    tracing::warn!(store.id = %store, error, "the new credentials of the shop do not work yet");
                }
            }
        });
    }
}
