//! What a shop's webhook subscriptions are worth, and what would mend them.

use crossdock_storefront::{Shop, StorefrontError, Webhook, Webhooks};
use url::Url;

use crate::patience::patiently;

/// What is told where nothing can be mended, because it is not known where webhooks are to go.
const NO_ADDRESS: &str =
    "receiver.public_url is not set, so it is not known where webhooks are to go; set it";

/// A shop's subscriptions, held against what Crossdock wants to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// One for each subscription, and one for each wanted scope that has none.
    pub findings: Vec<Finding>,
    /// Why nothing can be mended, in a sentence, and what to do about it.
    pub objection: Option<String>,
    /// What mends it all; nothing if there is an objection.
    pub remedies: Vec<Remedy>,
}

/// A subscription, or the lack of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it tells of, or should, in the platform's words.
    pub scope: String,
    /// As the shop has it; none if it is missing.
    pub webhook: Option<Webhook>,
    /// What it is worth.
    pub standing: Standing,
}

/// What a subscription is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It tells the receiver.
    Active,
    /// It goes to the receiver, and the platform has switched it off.
    SwitchedOff,
    /// It goes to the receiver, which refuses its callbacks: the header of `webhook_header` is not among them.
    WithoutHeader,
    /// A wanted scope has none.
    Missing,
    /// It goes to the receiver's route at another address. It may be of another installation, so it is left alone.
    Elsewhere,
    /// It is another tool's.
    Other,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Active, Self::SwitchedOff, Self::WithoutHeader, Self::Missing, Self::Elsewhere, Self::Other];

    /// A word for programs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::SwitchedOff => "switched_off",
            Self::WithoutHeader => "without_header",
            Self::Missing => "missing",
            Self::Elsewhere => "elsewhere",
            Self::Other => "other",
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Subscribe the receiver to a scope.
    Subscribe {
        /// The scope.
        scope: String,
        /// The receiver's address.
        destination: Url,
    },
    /// Switch a subscription on again, with the header that the receiver demands.
    Activate(Webhook),
}

impl Remedy {
    /// Does it. A subscription whose answer is lost is not tried again before the list was read anew: it may have been made.
    pub(super) async fn apply(&self, webhooks: &dyn Webhooks) -> Result<(), StorefrontError> {
        match self {
            Self::Subscribe { scope, destination } => webhooks.subscribe(scope, destination).await,
            Self::Activate(webhook) => patiently(|| webhooks.activate(webhook)).await,
        }
    }

    /// The scope that it is about.
    pub fn scope(&self) -> &str {
        match self {
            Self::Subscribe { scope, .. } => scope,
            Self::Activate(webhook) => &webhook.scope,
        }
    }
}

impl Inspection {
    /// Reads the shop's subscriptions.
    pub(super) async fn read(shop: &Shop, webhooks: &dyn Webhooks) -> Result<Self, StorefrontError> {
        let hooks = patiently(|| webhooks.list()).await?;
        let (destination, route) = (shop.settings.webhook_url.as_ref(), shop.settings.webhook_route());
        let objection = match destination {
            Some(destination) => webhooks.objection(destination),
            None => Some(NO_ADDRESS.to_owned()),
        };
        let mut inspection = Self::of(webhooks.scopes(), destination, &route, hooks);
        if objection.is_some() {
            inspection.remedies.clear();
        }
        inspection.objection = objection;
        Ok(inspection)
    }

    fn of(wanted: &[&str], destination: Option<&Url>, route: &str, hooks: Vec<Webhook>) -> Self {
        let standing = |hook: &Webhook| match Place::of(&hook.destination, destination, route) {
            Place::Here => standing_here(hook),
            Place::Elsewhere => Standing::Elsewhere,
            Place::Nowhere => Standing::Other,
        };
        let mut findings: Vec<Finding> = hooks
            .into_iter()
            .map(|hook| Finding { scope: hook.scope.clone(), standing: standing(&hook), webhook: Some(hook) })
            .collect();
        let mut remedies = Vec::new();
        for scope in wanted {
            match Cover::of(scope, &findings) {
                Cover::Whole => {}
                Cover::Mendable(hook) => {
                    let remedy = Remedy::Activate(hook.clone());
                    if !remedies.contains(&remedy) {
                        remedies.push(remedy);
                    }
                }
                Cover::None => {
                    let scope = (*scope).to_owned();
                    findings.push(Finding {
                        scope: scope.clone(),
                        webhook: None,
                        standing: Standing::Missing,
                    });
                    remedies.extend(
                        destination.cloned().map(|destination| Remedy::Subscribe { scope, destination }),
                    );
                }
            }
        }
        Self { findings, objection: None, remedies }
    }

    /// How many findings are like this.
    pub fn count(&self, standing: Standing) -> usize {
        self.findings.iter().filter(|finding| finding.standing == standing).count()
    }
}

fn standing_here(hook: &Webhook) -> Standing {
    match (hook.active, hook.carries_header) {
        (true, true) => Standing::Active,
        (true, false) => Standing::WithoutHeader,
        (false, _) => Standing::SwitchedOff,
    }
}

/// What tells the receiver of a scope.
enum Cover<'a> {
    /// An active subscription does.
    Whole,
    /// This one would, if it were mended.
    Mendable(&'a Webhook),
    /// Nothing does.
    None,
}

impl<'a> Cover<'a> {
    fn of(scope: &str, findings: &'a [Finding]) -> Self {
        let covering = |wanted: &'static [Standing]| {
            let of_standing = findings.iter().filter(move |finding| wanted.contains(&finding.standing));
            of_standing.filter_map(|finding| finding.webhook.as_ref()).filter(|hook| hook.covers(scope))
        };
        if covering(&[Standing::Active]).next().is_some() {
            return Self::Whole;
        }
        let mut mendable = covering(&[Standing::SwitchedOff, Standing::WithoutHeader]);
        // Rather the very scope than a family: that brings no more than is wanted.
        let first = mendable.clone().next();
        mendable.find(|hook| hook.scope == scope).or(first).map_or(Self::None, Self::Mendable)
    }
}

/// Where a subscription leads, seen from the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// To the receiver.
    Here,
    /// To a route like the receiver's, somewhere else.
    Elsewhere,
    /// To something else.
    Nowhere,
}

impl Place {
    /// Without an address of the receiver, its route alone has to tell.
    fn of(hook: &str, receiver: Option<&Url>, route: &str) -> Self {
        let Ok(hook) = Url::parse(hook) else { return Self::Nowhere };
        // The receiver takes callbacks at the route of all shops, too.
        let of_all_shops = route.rsplit_once('/').map_or(route, |(path, _)| path);
        let path = hook.path().trim_end_matches('/');
        if path != route && path != of_all_shops {
            return Self::Nowhere;
        }
        match receiver {
            Some(receiver) if hook.origin() != receiver.origin() => Self::Elsewhere,
            _ => Self::Here,
        }
    }
}

#[cfg(test)]
mod tests;
