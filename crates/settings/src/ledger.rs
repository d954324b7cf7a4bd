//! `[ledger]`: the database.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::section::Section;

/// A file in the folder in which Crossdock is started.
const URL_DEFAULT: &str = "sqlite://crossdock.db";

/// Where the ledger is kept.
#[derive(Debug, Clone)]
pub struct LedgerSettings {
    /// `sqlite://FILE` or `postgres://…`. Secret because of the password.
    pub url: SecretString,
}

impl LedgerSettings {
    pub(crate) fn read(mut section: Section<'_>) -> Option<Self> {
        let item = section.take("url");
        section.finish();
        let Some(item) = item else { return Some(Self { url: URL_DEFAULT.into() }) };
        let url = item.secret()?;
        if !is_ledger(url.expose_secret()) {
            item.refuse("must be sqlite://FILE or postgres://user:password@host/database");
            return None;
        }
        Some(Self { url })
    }
}

fn is_ledger(text: &str) -> bool {
    if let Some(file) = text.strip_prefix("sqlite://") {
        return !file.is_empty();
    }
    Url::parse(text).is_ok_and(|url| url.scheme() == "postgres" && url.has_host() && url.path().len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_databases_are_taken() {
        for good in [
            URL_DEFAULT,
            "sqlite:///var/lib/crossdock/a b.db",
            "postgres://u:p@db:5432/crossdock?sslmode=require",
        ] {
            assert!(is_ledger(good), "{good}");
        }
        for bad in [
            "",
            "crossdock.db",
            "sqlite://",
            "mysql://u:p@db/crossdock",
            "postgres://u:p@db",
            "postgres:crossdock",
        ] {
            assert!(!is_ledger(bad), "{bad}");
        }
    }
}
