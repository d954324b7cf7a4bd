//! What every ledger promises, checked against SQLite and PostgreSQL alike.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail as loudly as the test")]

mod after_release;
mod answers;
mod at_once;
mod calls;
mod completing;
mod counts;
mod database;
mod dead_letters;
mod deliveries;
mod finding;
mod judging;
mod leases;
mod listings;
mod opening;
mod pauses;
mod promises;
mod proof;
mod refusals;
mod relabels;
mod releasing;
mod samples;
mod shipments;
mod stock_model;
mod sweeps;
mod timeline;
mod voids;
mod webhooks;
