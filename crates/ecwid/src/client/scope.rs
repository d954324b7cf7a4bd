//! What a token may do, in Ecwid's words.

/// An access scope. All of them are among the default scopes of a custom app.
///
/// Source: docs.ecwid.com, "App settings" (2025-11-05).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    ReadStoreProfile,
    ReadOrders,
    UpdateOrders,
    ReadCatalog,
    UpdateCatalog,
}

impl Scope {
    /// The name as the app's settings show it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ReadStoreProfile => "read_store_profile",
            Self::ReadOrders => "read_orders",
            Self::UpdateOrders => "update_orders",
            Self::ReadCatalog => "read_catalog",
            Self::UpdateCatalog => "update_catalog",
        }
    }
}
