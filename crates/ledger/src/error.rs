//! What can go wrong in the ledger, by what a caller does about it.

use std::path::PathBuf;

use crossdock_domain::{Classify, Mend, OrderNumber, ShipmentId};
use sqlx::migrate::MigrateError;

/// The ledger could not do it. Nothing of it was done.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The URL names no database that we know, or an option that we do not.
    #[error("the ledger's url must be sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE")]
    Url,
    /// The SQLite file is not there, and only `crossdock run` makes it.
    #[error(
        "the ledger's file {} is not there yet: `crossdock run` makes it; or correct ledger.url",
        file.display()
    )]
    FileMissing {
        /// Its absolute path.
        file: PathBuf,
    },
    /// The file is something else, and is left alone.
    #[error(
        "the ledger's file {} is no SQLite database; correct ledger.url, or move the file away",
        file.display()
    )]
    FileForeign {
        /// Its absolute path.
        file: PathBuf,
    },
    /// The SQLite file cannot be made, or may not be read or written.
    #[error(
        "the ledger's file {} cannot be opened; run this as the user that runs Crossdock, make its folder and let that user write there, or correct ledger.url",
        file.display()
    )]
    File {
        /// Its absolute path.
        file: PathBuf,
        /// What SQLite says.
        #[source]
        cause: sqlx::Error,
    },
    /// The database's server gives no connection: it is away, full, or turns this user away.
    #[error("the ledger's database at {server} is not available; start it, or correct ledger.url")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What it says, or the network.
        #[source]
        cause: sqlx::Error,
    },
    /// The database is away, locked, full or out of connections.
    #[error("the ledger's database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The tables could not be brought up to date: the database was written by a newer version, or by hand, or does not let us.
    #[error(
        "the ledger's tables could not be brought up to date; keep the ledger: start the version of Crossdock that made it or a newer one, or mend what the database says (rights, room)"
    )]
    Migration(#[source] MigrateError),
    /// The tables are not made yet, or were made by an older version, and are to be left as they stand.
    #[error("the ledger's tables are not up to date; the next start of `crossdock run` brings them there")]
    Outdated,
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
    #[error(
        "the number {number} belongs to order {order_id} of store '{store}' already; give one of the shops another prefix"
    )]
    NumberTaken {
        /// The number.
        number: OrderNumber,
        /// Who has it.
        store: String,
        /// Which order has it.
        order_id: String,
    },
    /// Nobody released an order of this number.
    #[error(
        "no released order has the number {0}; import the order, or have the warehouse correct the number, then replay"
    )]
    NoSuchOrder(OrderNumber),
    /// Nobody put a consignment of this id down: [`crate::Ledger::intend_shipment`] comes first.
    #[error("no consignment has the id {0}")]
    NoSuchShipment(ShipmentId),
    /// Two consignments of different orders have one id. The warehouse has to tell the second one with an id of its own.
    #[error(
        "the consignment id {shipment_id} belongs to order {number} already; have the warehouse tell this consignment with an id of its own"
    )]
    ShipmentIdReused {
        /// The id.
        shipment_id: ShipmentId,
        /// The order whose consignment has it.
        number: OrderNumber,
    },
    /// A consignment was voided, and is told once more after that. The warehouse has to tell what leaves now with an id of its own.
    #[error(
        "the consignment {0} was voided; if it has left after all, have the warehouse tell it with a new id, else discard this message"
    )]
    ShipmentVoided(ShipmentId),
    /// A consignment is told with other contents than before. What was written to the shop cannot be exchanged.
    #[error(
        "the consignment {0} was told before with other lines; have the warehouse void it, and tell what has left with a new id"
    )]
    ShipmentLinesDiffer(ShipmentId),
}

impl LedgerError {
    /// Whether a row with the same unique value stands already.
    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Unavailable(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// Says what cannot be read: `.map_err(unreadable("time"))`.
pub(crate) fn unreadable<E>(what: &'static str) -> impl FnOnce(E) -> LedgerError
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    move |cause| LedgerError::Unreadable { what, cause: cause.into() }
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                unreadable("row")(error)
            }
            error => Self::Unavailable(error),
        }
    }
}

impl From<MigrateError> for LedgerError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) if !is_forbidden(&error) => Self::Unavailable(error),
            MigrateError::ExecuteMigration(error, _) if error.as_database_error().is_none() => {
                Self::Unavailable(error)
            }
            error => Self::Migration(error),
        }
    }
}

/// PostgreSQL 15 lets only a database's owner make tables in it, if nobody said otherwise. Source: postgresql.org, error codes (42501).
fn is_forbidden(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "42501")
}

impl Classify for LedgerError {
    fn mend(&self) -> Mend {
        match self {
            Self::Unreachable { .. } | Self::Unavailable(_) | Self::NoSuchOrder(_) => Mend::Wait,
            Self::FileMissing { .. }
            | Self::FileForeign { .. }
            | Self::File { .. }
            | Self::Url
            | Self::Migration(_)
            | Self::Outdated
            | Self::Unreadable { .. }
            | Self::NumberTaken { .. }
            | Self::NoSuchShipment(_)
            | Self::ShipmentIdReused { .. }
            | Self::ShipmentVoided(_)
            | Self::ShipmentLinesDiffer(_) => Mend::Never,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Url => "ledger-url",
            Self::FileMissing { .. } | Self::FileForeign { .. } | Self::File { .. } => "ledger-file",
            Self::Unreachable { .. } | Self::Unavailable(_) => "ledger-unavailable",
            Self::Migration(_) => "ledger-migration",
            Self::Outdated => "ledger-outdated",
            Self::Unreadable { .. } => "ledger-unreadable",
            Self::NumberTaken { .. } => "number-taken",
            Self::NoSuchOrder(_) => "number-unknown",
            Self::NoSuchShipment(_) => "shipment-unknown",
            Self::ShipmentIdReused { .. } => "shipment-id-reused",
            Self::ShipmentVoided(_) => "shipment-voided",
            Self::ShipmentLinesDiffer(_) => "shipment-lines-differ",
        }
    }
}
