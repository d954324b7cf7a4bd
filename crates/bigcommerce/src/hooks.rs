//! Webhook subscriptions (`/v3/hooks`).
//!
//! Source: the OpenAPI file of Webhooks V3 and the webhooks overview (public repository bigcommerce/docs at 24f580ca, 2026-04-01).

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use crossdock_settings::{BigcommerceConnection, WebhookHeader};
use crossdock_storefront::{Priority, StorefrontError, Webhook, Webhooks};
use http::Method;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::{Host, Url};

use crate::client::{About, Client};
use crate::{loose, pages};

/// What the receiver makes use of. Not the whole of `store/product/*` and `store/sku/*`: `*/inventory/*` among them tell of a quantity
/// alone, for each of our own stock writes too.
///
/// `store/product/updated` may do so besides: changes of "Inventory Stock" are among those that it tells of (the OpenAPI file; unsure
/// whether live shops do so for inventory adjustments). Nothing else tells of another SKU of a product, or that it begins to be counted,
/// so it is subscribed all the same: the stock writer knows the echoes of its own writes.
const SCOPES: [&str; 11] = [
    "store/order/created",
    "store/order/updated",
    "store/order/archived",
    "store/order/statusUpdated",
    "store/order/refund/created",
    "store/product/created",
    "store/product/updated",
    "store/product/deleted",
    "store/sku/created",
    "store/sku/updated",
    "store/sku/deleted",
];

/// Waits between the tries of a callback, in seconds; after the last of them the hook is switched off.
const REPEATED_AFTER_SECS: [u64; 11] = [60, 180, 300, 600, 900, 1800, 3600, 7200, 21_600, 50_400, 86_400];

/// How long a new hook may take: "up to a minute", by the overview; twice that, as clocks and pages take their time too.
const SETTLES_SECS: u64 = 120;

const PATH: &str = "/v3/hooks";

/// The subscriptions that the shop's access token may see: those of its own API account.
#[derive(Debug, Clone)]
pub(crate) struct Hooks {
    client: Client,
    header: Option<WebhookHeader>,
    /// Whether the API itself is on this machine, as a sandbox's is.
    local: bool,
}

/// A hook as the shop has it.
#[derive(Deserialize)]
struct Hook {
    #[serde(deserialize_with = "loose::text")]
    id: String,
    scope: String,
    destination: String,
    is_active: bool,
    /// By name; `null`, or an empty list, where there are none.
    #[serde(default)]
    headers: Value,
}

/// A hook to be.
#[derive(Serialize)]
struct NewHook<'a> {
    scope: &'a str,
    destination: &'a Url,
    #[serde(flatten)]
    change: Change<'a>,
}

/// What a hook of ours is to be.
#[derive(Serialize)]
struct Change<'a> {
    is_active: bool,
    /// All of them: others that the hook had are gone. None: they stay as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<&'a str, &'a str>>,
}

impl Hooks {
    pub(crate) fn new(client: Client, connection: &BigcommerceConnection) -> Self {
        Self { client, header: connection.webhook_header.clone(), local: is_loopback(&connection.api_url) }
    }

    fn headers(&self) -> Option<BTreeMap<&str, &str>> {
        let header = self.header.as_ref()?;
        Some(BTreeMap::from([(header.name.as_str(), header.value.expose_secret())]))
    }

    fn webhook(&self, hook: Hook) -> Webhook {
        let carried = |wanted: &WebhookHeader| {
            hook.headers.as_object().into_iter().flatten().any(|(name, value)| {
                name.eq_ignore_ascii_case(&wanted.name)
                    && value.as_str() == Some(wanted.value.expose_secret())
            })
        };
        Webhook {
            carries_header: self.header.as_ref().is_none_or(carried),
            id: hook.id,
            scope: hook.scope,
            destination: hook.destination,
            active: hook.is_active,
        }
    }
}

#[async_trait]
impl Webhooks for Hooks {
    fn scopes(&self) -> &'static [&'static str] {
        &SCOPES
    }

    fn repeats_for(&self) -> Duration {
        Duration::from_secs(REPEATED_AFTER_SECS.iter().sum())
    }

    fn settles_in(&self) -> Duration {
        Duration::from_secs(SETTLES_SECS)
    }

    fn objection(&self, destination: &Url) -> Option<String> {
        let reachable = if is_loopback(destination) {
            self.local
        } else {
            destination.scheme() == "https" && destination.port().is_none()
        };
        (!reachable).then(|| {
            format!(
                "BigCommerce calls https addresses on port 443 only, not {destination}; correct receiver.public_url"
            )
        })
    }

    async fn list(&self) -> Result<Vec<Webhook>, StorefrontError> {
        let about = About { subject: "list of webhooks", scope: "read webhooks", priority: Priority::Sweep };
        let hooks: Vec<Hook> = pages::v3_rows(&self.client, PATH, &[], about).await?;
        Ok(hooks.into_iter().map(|hook| self.webhook(hook)).collect())
    }

    async fn subscribe(&self, scope: &str, destination: &Url) -> Result<(), StorefrontError> {
        let change = Change { is_active: true, headers: self.headers() };
        let hook = NewHook { scope, destination, change };
        let about = About { subject: scope, scope: read_scope(scope), priority: Priority::Sweep };
        self.client.write(Method::POST, PATH, &hook, about).await.map(drop)
    }

    async fn activate(&self, webhook: &Webhook) -> Result<(), StorefrontError> {
        let headers = if webhook.carries_header { None } else { self.headers() };
        let change = Change { is_active: true, headers };
        let (subject, path) = (format!("webhook {}", webhook.id), format!("{PATH}/{}", webhook.id));
        let about = About { subject: &subject, scope: read_scope(&webhook.scope), priority: Priority::Sweep };
        self.client.write(Method::PUT, &path, &change, about).await.map(drop)
    }

    async fn remove(&self, webhook: &Webhook) -> Result<(), StorefrontError> {
        let (subject, path) = (format!("webhook {}", webhook.id), format!("{PATH}/{}", webhook.id));
        let about = About { subject: &subject, scope: read_scope(&webhook.scope), priority: Priority::Sweep };
        self.client.delete(&path, about).await.map(drop)
    }
}

/// What a token that may not subscribe to this lacks, in BigCommerce's words for its scopes.
fn read_scope(scope: &str) -> &'static str {
    if scope.starts_with("store/order/") { "read orders" } else { "read products" }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
