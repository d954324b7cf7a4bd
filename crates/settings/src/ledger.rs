//! `[ledger]`: the database.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::section::Section;

/// A file in the folder in which Crossdock is started.
const URL_DEFAULT: &str = "sqlite://crossdock.db";

const NEITHER: &str = "must be sqlite://FILE or postgres://user:password@host/database";

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
        if let Err(what) = check(url.expose_secret()) {
            item.refuse(what);
            return None;
        }
        Some(Self { url })
    }
}

fn check(text: &str) -> Result<(), &'static str> {
    if let Some(file) = text.strip_prefix("sqlite://") {
        return check_file(file);
    }
    let is_server = |url: Url| url.scheme() == "postgres" && url.has_host() && url.path().len() > "/".len();
    if Url::parse(text).is_ok_and(is_server) { Ok(()) } else { Err(NEITHER) }
}

fn check_file(file: &str) -> Result<(), &'static str> {
    match file.strip_suffix("?mode=rwc").unwrap_or(file) {
        "" => Err(NEITHER),
        ":memory:" => {
            Err("is in memory, and would forget all orders with each stop; name a file: sqlite://FILE")
        }
        file if file.contains('?') => {
            Err("has options after its '?'; give the file alone, and write %3f for a '?' in its name")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_databases_are_taken() {
        for good in [
            URL_DEFAULT,
            "sqlite:///var/lib/crossdock/a b.db",
            "sqlite:///var/lib/crossdock/crossdock.db?mode=rwc",
            "postgres://u:p@db:5432/crossdock?sslmode=require",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "crossdock.db",
            "sqlite://",
            "mysql://u:p@db/crossdock",
            "postgres://u:p@db",
            "postgres:crossdock",
        ] {
            assert_eq!(check(bad), Err(NEITHER), "{bad}");
        }
    }

    #[test]
    fn a_ledger_that_would_not_last_is_refused_before_it_is_opened() {
        for forgetful in ["sqlite://:memory:", "sqlite://:memory:?mode=rwc"] {
            assert!(check(forgetful).unwrap_err().starts_with("is in memory"), "{forgetful}");
        }
        assert!(check("sqlite://crossdock.db?mode=memory").unwrap_err().starts_with("has options"));
    }
}
