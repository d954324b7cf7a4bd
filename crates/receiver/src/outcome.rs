//! What became of a request, as metrics name it: a fixed set.

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Published,
    Spooled,
    /// An event that was stored when it came before.
    Repeated,
    Ignored,
    Unverified,
    /// Unverified, as its time is outside of the window: sent again by somebody, or a clock is wrong.
    Stale,
    /// Signed, but as another event than was seen with this signature.
    Altered,
    NoSuchShop,
    NoSuchRoute,
    Method,
    TooLarge,
    TooSlow,
    BrokenOff,
    MediaType,
    Callback,
    Event,
    /// From an address with too many failures.
    Refused,
    NoRoom,
    /// A body that arrived too slowly to be given room any longer.
    GaveWay,
    Overloaded,
    Unpublished,
    Unspooled,
    /// A panic. Stays the last: it is counted by.
    Internal,
}

impl Outcome {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Internal as usize + 1;

    /// A stable word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Spooled => "spooled",
            Self::Repeated => "repeated",
            Self::Ignored => "ignored",
            Self::Unverified => "unverified",
            Self::Stale => "stale",
            Self::Altered => "altered",
            Self::NoSuchShop => "no-such-shop",
            Self::NoSuchRoute => "no-such-route",
            Self::Method => "method-not-allowed",
            Self::TooLarge => "too-large",
            Self::TooSlow => "too-slow",
            Self::BrokenOff => "broken-off",
            Self::MediaType => "media-type",
            Self::Callback => "callback-malformed",
            Self::Event => "event-malformed",
            Self::Refused => "too-many-failures",
            Self::NoRoom => "no-room",
            Self::GaveWay => "gave-way",
            Self::Overloaded => "overloaded",
            Self::Unpublished => "unpublished",
            Self::Unspooled => "unspooled",
            Self::Internal => "internal",
        }
    }
}
