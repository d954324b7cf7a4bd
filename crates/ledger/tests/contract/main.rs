//! What every ledger promises, checked against SQLite and PostgreSQL alike.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as loudly as the test")]

mod answers;
mod at_once;
mod counts;
mod database;
mod finding;
mod judging;
mod leases;
mod listings;
mod opening;
mod promises;
mod releasing;
mod samples;
mod shipments;
mod timeline;
