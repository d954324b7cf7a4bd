//! All attacks, by name.

use std::fmt;

use crossdock_tests::database::Engine;
use crossdock_tests::way::Cut;
use fastrand::Rng;

use crate::crew::ROLES;
use crate::report::Report;
use crate::shops::Trouble;
use crate::{bodies, cuts, disk, forgers, judges, kills, outages, shops};

/// One way to attack.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attack {
    /// A role is killed again and again.
    Kill(&'static str, Engine),
    /// RabbitMQ is stopped for 30 seconds.
    BrokerStopped,
    /// RabbitMQ is killed again and again.
    BrokerKilled,
    /// PostgreSQL is stopped, and killed.
    DatabaseStopped,
    /// SQLite's file is another's for a while.
    DatabaseLocked,
    /// Connections to RabbitMQ break off in the middle of this.
    Cut(Cut),
    /// Both shops answer badly.
    Shop(Trouble),
    /// The disk takes no more of the spool, with RabbitMQ away.
    DiskFull,
    /// 10,000 forged webhooks, each answered, amid 1,000 genuine ones.
    Forgers,
    /// The largest bodies that are taken, and larger ones, many at once.
    LargeBodies,
    /// None: each promise is broken on purpose, to see that it would be noticed.
    Judges,
}

impl Attack {
    /// The longest first.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::BrokerStopped, Self::BrokerKilled, Self::DiskFull, Self::DatabaseStopped];
        all.extend(Trouble::ALL.map(Self::Shop));
        let kills =
            ROLES.into_iter().flat_map(|role| [Engine::Sqlite, Engine::Postgres].map(|it| (role, it)));
        all.extend(kills.map(|(role, engine)| Self::Kill(role, engine)));
        all.extend([Cut::Publish, Cut::Confirm, Cut::Acknowledgement].map(Self::Cut));
        all.extend([Self::DatabaseLocked, Self::Forgers, Self::LargeBodies, Self::Judges]);
        all
    }

    /// Makes it, and judges what came of it.
    ///
    /// # Panics
    /// If a promise was broken.
    pub(crate) async fn make(self, seed: u64, dice: Rng) -> Report {
        let attack = (self.to_string(), seed);
        match self {
            Self::Kill("dead-letters", engine) => kills::kills_of_the_desk(attack, engine, dice).await,
            Self::Kill(role, engine) => kills::kills(attack, role, engine, dice).await,
            Self::BrokerStopped => outages::broker_stopped(attack, dice).await,
            Self::BrokerKilled => outages::broker_killed(attack, dice).await,
            Self::DatabaseStopped => outages::database_stopped(attack, dice).await,
            Self::DatabaseLocked => outages::database_locked(attack, dice).await,
            Self::Cut(cut) => cuts::cuts(attack, cut, dice).await,
            Self::Shop(trouble) => shops::trouble(attack, trouble, dice).await,
            Self::DiskFull => disk::full(attack, dice).await,
            Self::Forgers => forgers::forgers(attack, dice).await,
            Self::LargeBodies => bodies::large_bodies(attack, dice).await,
            Self::Judges => judges::judges(attack, dice).await,
        }
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Kill(role, engine) => {
                return write!(formatter, "kill-{role}-over-{}", engine_name(*engine));
            }
            Self::BrokerStopped => "stop-broker",
            Self::BrokerKilled => "kill-broker",
            Self::DatabaseStopped => "stop-and-kill-database",
            Self::DatabaseLocked => "lock-database",
            Self::Cut(Cut::Publish) => "cut-publish",
            Self::Cut(Cut::Confirm) => "cut-confirm",
            Self::Cut(Cut::Acknowledgement) => "cut-acknowledgement",
            Self::Shop(Trouble::Hangs) => "shop-hangs",
            Self::Shop(Trouble::AnswersHalf) => "shop-answers-half",
            Self::Shop(Trouble::Answers500) => "shop-answers-500",
            Self::Shop(Trouble::Answers429) => "shop-answers-429",
            Self::Shop(Trouble::Answers401) => "shop-answers-401",
            Self::DiskFull => "fill-disk",
            Self::Forgers => "forge",
            Self::LargeBodies => "send-large-bodies",
            Self::Judges => "provoke-judges",
        };
        formatter.write_str(name)
    }
}

fn engine_name(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}
