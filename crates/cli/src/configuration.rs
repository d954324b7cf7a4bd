//! The configuration file and the environment.

use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use crossdock_domain::StoreId;
use crossdock_settings::{Problems, Settings, StoreSettings};

/// Reads the file anew, with the environment as it is.
pub(crate) fn load(file: &Path) -> Result<Settings, Problems> {
    Settings::load(file, &|name| std::env::var(name).ok())
}

/// The shop of this id.
pub(crate) fn store<'a>(settings: &'a Settings, id: &StoreId) -> anyhow::Result<&'a Arc<StoreSettings>> {
    settings.stores.iter().find(|store| store.id == *id).ok_or_else(|| {
        let ids: Vec<&str> = settings.stores.iter().map(|store| store.id.as_str()).collect();
        anyhow!("no store '{id}' is configured; there are {}", ids.join(", "))
    })
}
