//! The configuration file and the environment.

use std::path::Path;

use crossdock_settings::{Problems, Settings};

/// Reads the file anew, with the environment as it is.
pub(crate) fn load(file: &Path) -> Result<Settings, Problems> {
    Settings::load(file, &|name| std::env::var(name).ok())
}
