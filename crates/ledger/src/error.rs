//! What can go wrong in the ledger, by what a caller does about it.

use crossdock_domain::{Classify, Mend, OrderNumber};

/// The ledger could not do it. Nothing of it was done.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The URL names no database that we know.
    #[error("the ledger's url must begin with sqlite:// or postgres://")]
    Url,
    /// The database is away, locked, full or out of connections.
    #[error("the ledger's database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The tables could not be brought up to date: the database was written by a newer version, or by hand.
    #[error("the ledger's tables could not be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// What stands in the database is not what we write there.
    #[error("the ledger holds a {what} that cannot be read")]
    Unreadable {
        /// For example `released order`.
        what: &'static str,
        /// Which part.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Two orders would have one number at the warehouse. Give one of the shops another prefix.
    #[error("the number {number} belongs to order {order_id} of store '{store}' already; give one of the shops another prefix")]
    NumberTaken {
        /// The number.
        number: OrderNumber,
        /// Who has it.
        store: String,
        /// Which order has it.
        order_id: String,
    },
    /// Nobody released an order of this number.
    #[error("no order has the number {0}")]
    NoSuchOrder(OrderNumber),
}

impl Classify for LedgerError {
    fn mend(&self) -> Mend {
        match self {
            Self::Unavailable(_) | Self::NoSuchOrder(_) => Mend::Wait,
            Self::Url | Self::Migration(_) | Self::Unreadable { .. } | Self::NumberTaken { .. } => Mend::Never,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Url => "ledger-url",
            Self::Unavailable(_) => "ledger-unavailable",
            Self::Migration(_) => "ledger-migration",
            Self::Unreadable { .. } => "ledger-unreadable",
            Self::NumberTaken { .. } => "number-taken",
            Self::NoSuchOrder(_) => "number-unknown",
        }
    }
}
