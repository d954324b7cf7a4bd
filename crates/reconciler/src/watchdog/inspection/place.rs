//! Where a shop's subscription leads.

use url::Url;

/// Where a subscription leads, seen from the receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// To the receiver.
    Here,
    /// To a route like the receiver's, somewhere else.
    Elsewhere,
    /// To something else.
    Nowhere,
}

impl Place {
    /// Without an address of the receiver, its route alone has to tell.
    pub(super) fn of(hook: &str, receiver: Option<&Url>, route: &str) -> Self {
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
