//! What is foreseen of one replay, in a word and in a sentence.

use std::fmt;

use crossdock_ledger::{DeadLetter, DeadLetterId, LedgerError};
use serde::Serialize;

/// What a replay would come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastVerdict {
    /// Its effect would come about.
    GoesThrough,
    /// Its effect stands already: the order is at the warehouse, the tracking number at the shop, the quantity was told.
    AlreadyDone,
    /// The order was cancelled since.
    CancelledSince,
    /// Something newer has taken its place.
    Superseded,
    /// It would go through, and the shop may write to the buyer once more.
    BuyerMailedAgain,
    /// It would wait until the shop takes our credentials, or has given our token a scope.
    CredentialsRefused,
    /// It would be a dead letter again.
    FailsAgain,
    /// It would wait behind another one.
    Waits,
    /// Only a replay can tell.
    Unknown,
}

impl ForecastVerdict {
    /// All of them, in the order in which a person wants to read them.
    pub const ALL: [Self; 9] = [
        Self::GoesThrough,
        Self::AlreadyDone,
        Self::CancelledSince,
        Self::Superseded,
        Self::BuyerMailedAgain,
        Self::CredentialsRefused,
        Self::FailsAgain,
        Self::Waits,
        Self::Unknown,
    ];

    /// The word in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GoesThrough => "goes_through",
            Self::AlreadyDone => "already_done",
            Self::CancelledSince => "cancelled_since",
            Self::Superseded => "superseded",
            Self::BuyerMailedAgain => "buyer_mailed_again",
            Self::CredentialsRefused => "credentials_refused",
            Self::FailsAgain => "fails_again",
            Self::Waits => "waits",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ForecastVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a replay of one dead letter would come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// Which.
    pub id: DeadLetterId,
    /// Whose message it is.
    pub role: String,
    /// The shop or lane in which it failed.
    pub store: String,
    /// The order or SKU that it is about.
    pub subject: Option<String>,
    /// Its type.
    pub kind: String,
    /// In a word.
    pub verdict: ForecastVerdict,
    /// In a sentence without a full stop, for people.
    pub says: String,
}

/// The same, before it is known of which one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Foresight {
    pub(super) verdict: ForecastVerdict,
    pub(super) says: String,
}

impl Foresight {
    pub(super) fn new(verdict: ForecastVerdict, says: impl Into<String>) -> Self {
        Self { verdict, says: says.into() }
    }

    pub(super) fn goes_through(says: impl Into<String>) -> Self {
        Self::new(ForecastVerdict::GoesThrough, says)
    }

    pub(super) fn already_done(says: impl Into<String>) -> Self {
        Self::new(ForecastVerdict::AlreadyDone, says)
    }

    pub(super) fn cancelled_since(says: impl Into<String>) -> Self {
        Self::new(ForecastVerdict::CancelledSince, says)
    }

    pub(super) fn superseded(says: impl Into<String>) -> Self {
        Self::new(ForecastVerdict::Superseded, says)
    }

    pub(super) fn fails_again(says: impl Into<String>) -> Self {
        Self::new(ForecastVerdict::FailsAgain, says)
    }

    pub(super) fn unknown(says: impl Into<String>) -> Self {
        Self::new(ForecastVerdict::Unknown, says)
    }

    pub(super) fn of(self, letter: DeadLetter) -> Forecast {
        let DeadLetter { id, role, store, subject, kind, .. } = letter;
        Forecast { id, role, store, subject, kind, verdict: self.verdict, says: self.says }
    }
}

/// Why no further question is asked.
#[derive(Debug)]
pub(super) enum Halt {
    /// It is foreseen.
    Foreseen(Foresight),
    /// The ledger does not answer.
    Ledger(LedgerError),
}

impl From<Foresight> for Halt {
    fn from(foresight: Foresight) -> Self {
        Self::Foreseen(foresight)
    }
}

impl From<LedgerError> for Halt {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}
