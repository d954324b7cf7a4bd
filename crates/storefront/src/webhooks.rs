//! Webhook subscriptions of a shop whose platform has an API for them.

use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use crate::StorefrontError;

/// A subscription, as the shop has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The platform's own id.
    pub id: String,
    /// What it tells of, in the platform's words, for example `store/order/created` or `store/order/*`.
    pub scope: String,
    /// Where callbacks go. Another app's may be anything.
    pub destination: String,
    /// False once the platform has switched it off.
    pub active: bool,
    /// Whether its callbacks carry the header that the receiver demands of this shop; true if it demands none.
    pub carries_header: bool,
}

impl Webhook {
    /// Whether it tells of this scope: by its name, or as one of all that a `/*` stands for.
    pub fn covers(&self, scope: &str) -> bool {
        let under = |family: &str| scope.strip_prefix(family).is_some_and(|rest| rest.starts_with('/'));
        self.scope == scope || self.scope.strip_suffix("/*").is_some_and(under)
    }
}

/// What can be done about a shop's webhook subscriptions.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// The scopes that Crossdock wants to be told of.
    fn scopes(&self) -> &'static [&'static str];

    /// How long the platform repeats a callback in vain before it switches the subscription off. What it tried to tell in that time is
    /// lost with it.
    fn repeats_for(&self) -> Duration;

    /// How long a new subscription may take until it tells of everything.
    fn settles_in(&self) -> Duration;

    /// Why the platform would never call this address, and what to do; none if it would.
    fn objection(&self, destination: &Url) -> Option<String>;

    /// Every subscription that the shop's credentials may see, also those to other destinations.
    async fn list(&self) -> Result<Vec<Webhook>, StorefrontError>;

    /// Subscribes an address to a scope.
    async fn subscribe(&self, scope: &str, destination: &Url) -> Result<(), StorefrontError>;

    /// Switches a subscription on again, and gives it the header that the receiver demands if it lacks that.
    async fn activate(&self, webhook: &Webhook) -> Result<(), StorefrontError>;

    /// Removes a subscription. [`StorefrontError::NotFound`] if it is gone already.
    async fn remove(&self, webhook: &Webhook) -> Result<(), StorefrontError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_of_scopes_covers_its_members_and_no_namesake() {
        let hook = |scope: &str| Webhook {
            id: "1".to_owned(),
            scope: scope.to_owned(),
            destination: "https://hooks.example.com".to_owned(),
            active: true,
            carries_header: true,
        };
        assert!(hook("store/order/created").covers("store/order/created"));
        assert!(hook("store/order/*").covers("store/order/refund/created"));
        for (scope, wanted) in [
            ("store/order/created", "store/order/updated"),
            ("store/order/*", "store/orderly/created"),
            ("store/order/*", "store/order"),
            ("store/order", "store/order/created"),
            ("*", "store/order/created"),
        ] {
            assert!(!hook(scope).covers(wanted), "{scope} {wanted}");
        }
    }
}
