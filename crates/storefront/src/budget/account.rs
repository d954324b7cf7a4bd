//! Whose budget it is: a shop, as it is reached with certain credentials.

use crossdock_domain::StoreId;
use crossdock_settings::{Connection, StoreSettings};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};

/// Bytes of the fingerprint that are kept: enough to tell one shop's few tokens apart, too few to try guesses against.
const FINGERPRINT_BYTES: usize = 8;

/// A shop and a fingerprint of the credentials with which it is called. What is known of others does not hold for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The configured shop.
    pub store: StoreId,
    /// Hexadecimal; no secret.
    pub fingerprint: String,
}

impl Account {
    /// The account of these settings.
    pub fn of(settings: &StoreSettings) -> Self {
        let store = settings.id.clone();
        match &settings.connection {
            Connection::Bigcommerce(it) => {
                Self::new(store, &[it.api_url.as_str(), &it.store_hash, it.access_token.expose_secret()])
            }
            Connection::BigcommerceLegacy(it) => {
                Self::new(store, &[it.api_path.as_str(), &it.username, it.token.expose_secret()])
            }
            Connection::Ecwid(it) => {
                let number = it.store_id.to_string();
                Self::new(store, &[it.api_url.as_str(), &number, it.access_token.expose_secret()])
            }
        }
    }

    /// The account of a shop that is reached with these.
    pub fn new(store: StoreId, credentials: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in credentials {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        let head = digest.first_chunk::<FINGERPRINT_BYTES>().expect("a SHA-256 digest has 32 bytes");
        let fingerprint = format!("{:016x}", u64::from_be_bytes(*head));
        Self { store, fingerprint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_credentials_counts_and_none_is_shown() {
        let of = |credentials: &[&str]| Account::new("acme-au".parse().unwrap(), credentials);
        let account = of(&["https://api.example.com", "abc", "token"]);
        assert_eq!(account, of(&["https://api.example.com", "abc", "token"]));
        assert_ne!(account, of(&["https://api.example.com", "abc", "Token"]));
        assert_ne!(account, of(&["https://api.example.com", "abct", "oken"]));
        assert_eq!(account.fingerprint.len(), 2 * FINGERPRINT_BYTES);
        assert!(!format!("{account:?}").contains("token"));
    }
}
