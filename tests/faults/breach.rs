//! What must not be, and what was found of it.

use std::fmt;

/// Names the breaches, and lists them.
macro_rules! breaches {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// A promise that was broken, or something that was left behind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Breach {
            $($(#[$doc])* $name,)+
        }

        impl Breach {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),+];
        }
    };
}

breaches! {
    /// An event was answered 200, and is nowhere.
    EventLost,
    /// An event that nobody told.
    EventFromNowhere,
    /// An order that never came to the warehouse, or did not leave it.
    OrderMissing,
    /// An order that left the warehouse more than once.
    OrderTwice,
    /// An order that nobody placed.
    OrderFromNowhere,
    /// An order that was told the warehouse as another one, or as something else.
    ReleasedTwice,
    /// The ledger tells something else of an order.
    State,
    /// The shop does not show just the parcel that left.
    Parcels,
    /// The order's status was not set just once.
    Status,
    /// The buyer did not get just one mail.
    Mails,
    /// A shop sells another quantity than there is.
    Stock,
    /// A dead letter that is not there, or does not stand as it should.
    DeadLetter,
    /// A dead letter of something that did not fail.
    DeadLetterFromNowhere,
    /// A replay that does not end, or tells of something else than what became of it.
    Replay,
    /// A queue holds messages, or somebody holds some of its.
    Left,
    /// A process held too much memory.
    Memory,
}

/// One breach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wrong {
    pub(crate) what: Breach,
    /// The order, event, SKU, queue or role that it is about.
    pub(crate) of: String,
    /// How it was seen.
    pub(crate) says: String,
}

impl Wrong {
    pub(crate) fn new(what: Breach, of: impl Into<String>, says: impl Into<String>) -> Self {
        Self { what, of: of.into(), says: says.into() }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, of, says } = self;
        write!(formatter, "{what:?} of {of}: {says}")
    }
}
