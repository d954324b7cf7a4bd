//! `crossdock stock`: what is on hand, what is promised, and what the shops were told.

mod push;
mod show;

pub(crate) use push::push;
pub(crate) use show::show;
