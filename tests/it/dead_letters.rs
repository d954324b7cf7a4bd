//! The desk of dead letters, over the real binary: seen, understood, replayed, and nothing lost or doubled.

mod acceptance;
mod asking;
mod away;
mod cancelling;
mod credentials;
mod discarding;
mod editing;
mod exporting;
mod naming;
mod never_came;
mod paced;
mod replaying;
mod scene;
mod sending;
mod stranger;
mod tables;
mod two_sources;
mod under_way;
