//! What a shop's webhook subscriptions are worth, and what would mend them.

mod place;

use crossdock_storefront::{Shop, StorefrontError, Webhook, Webhooks};
use url::Url;

use crate::patience::patiently;
use place::Place;

/// What is told where nothing can be mended, because it is not known where webhooks are to go.
const NO_ADDRESS: &str =
    "receiver.public_url is not set, so it is not known where webhooks are to go; set it";

/// What is told where nothing is mended, because a person wants it so.
const LEFT_ALONE: &str =
    "its webhooks were removed by hand less than an hour ago; `crossdock webhooks sync` makes them anew";

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
    /// The same, but others tell the receiver of all that is wanted of it.
    Spare,
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
    pub const ALL: [Self; 7] = [
        Self::Active,
        Self::SwitchedOff,
        Self::Spare,
        Self::WithoutHeader,
        Self::Missing,
        Self::Elsewhere,
        Self::Other,
    ];

    /// A word for programs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::SwitchedOff => "switched_off",
            Self::Spare => "spare",
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

    /// Whether it mends this subscription.
    fn is_of(&self, hook: &Webhook) -> bool {
        matches!(self, Self::Activate(mended) if mended.id == hook.id)
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
        let mut remedies: Vec<Remedy> = Vec::new();
        for scope in wanted {
            match Cover::of(scope, &findings) {
                Cover::Whole => {}
                Cover::Mendable(hook) => activate(&mut remedies, hook),
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
        for finding in &mut findings {
            match (finding.standing, &finding.webhook) {
                // Its callbacks are refused, whoever else tells of the same: too many of those, and the platform blocks the address.
                (Standing::WithoutHeader, Some(hook)) => activate(&mut remedies, hook),
                (Standing::SwitchedOff, Some(hook)) if !remedies.iter().any(|it| it.is_of(hook)) => {
                    finding.standing = Standing::Spare;
                }
                _ => {}
            }
        }
        Self { findings, objection: None, remedies }
    }

    /// Nothing is to be mended for now: a person wants it so.
    pub(super) fn leave_alone(&mut self) {
        self.remedies.clear();
        self.objection.get_or_insert_with(|| LEFT_ALONE.to_owned());
    }

    /// The subscriptions that lead to the receiver.
    pub(super) fn ours(&self) -> impl Iterator<Item = &Webhook> {
        let here = [Standing::Active, Standing::SwitchedOff, Standing::Spare, Standing::WithoutHeader];
        self.findings
            .iter()
            .filter(move |finding| here.contains(&finding.standing))
            .filter_map(|finding| finding.webhook.as_ref())
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

/// Once for all that it covers.
fn activate(remedies: &mut Vec<Remedy>, hook: &Webhook) {
    let remedy = Remedy::Activate(hook.clone());
    if !remedies.contains(&remedy) {
        remedies.push(remedy);
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

#[cfg(test)]
mod tests;
