//! A dead letter that is looked at, with what it tells.

use crossdock_ledger::{DeadLetter, WholeDeadLetter};

use super::foresight::{ForecastVerdict, Foresight};
use super::told::{ROLES, Told, Unreadable};

/// Kinds of failure that tell nothing of what would mend them: a replay has to show it.
const UNSURE: [&str; 10] = [
    BROKEN[0],
    BROKEN[1],
    BROKEN[2],
    BROKEN[3],
    BROKEN[4],
    "shipment-void-refused",
    "shop-malformed",
    "shop-not-found",
    "shop-refused",
    "warehouse-refused",
];

/// Of them, those that are nobody's answer: what the shop says by now tells nothing about them either.
const BROKEN: [&str; 5] =
    ["delivery-limit", "handler-broken", "handler-panicked", "handler-timed-out", "never-came"];

/// One of those that would be replayed.
pub(super) struct Letter {
    pub(super) entry: DeadLetter,
    pub(super) message_id: String,
    told: Result<Told, Unreadable>,
}

impl Letter {
    /// As it would be replayed: as it was edited, if it was.
    pub(super) fn read(whole: WholeDeadLetter) -> Self {
        let told = Told::read(whole.edited_body.as_deref().unwrap_or(&whole.body));
        Self { entry: whole.letter, message_id: whole.message_id, told }
    }

    /// What it tells its role.
    pub(super) fn told(&self) -> Result<&Told, Foresight> {
        let role = self.entry.role.as_str();
        match &self.told {
            _ if self.entry.failures == 0 => {
                Err(Foresight::fails_again("nothing of it has come to the desk; discard it if nothing will"))
            }
            _ if !ROLES.contains(&role) => {
                Err(Foresight::fails_again(format!("no role '{role}' takes messages")))
            }
            Ok(told) if !told.is_for(role) => {
                Err(Foresight::fails_again(format!("messages of its type are not for the {role}")))
            }
            Ok(told) => Ok(told),
            Err(unreadable) => Err(Foresight::fails_again(unreadable.0.clone())),
        }
    }

    /// The same, whoever is to take it.
    pub(super) fn read_told(&self) -> Option<&Told> {
        self.told.as_ref().ok()
    }

    /// Whether it failed like this, and nobody has edited it since.
    pub(super) fn failed_as(&self, class: &str) -> bool {
        self.entry.class == class && !self.entry.edited
    }

    /// This, unless it failed in a way of which nobody can say whether it would again.
    pub(super) fn unless_unsure(&self, foresight: Foresight) -> Foresight {
        self.unless_failed_as(&UNSURE, foresight)
    }

    /// The same of what was foreseen by the very reading that had failed: if it goes through, it must not have broken off.
    pub(super) fn unless_broken(&self, foresight: Foresight) -> Foresight {
        if foresight.verdict == ForecastVerdict::GoesThrough {
            return self.unless_failed_as(&BROKEN, foresight);
        }
        foresight
    }

    fn unless_failed_as(&self, classes: &[&str], foresight: Foresight) -> Foresight {
        let class = self.entry.class.as_str();
        if self.entry.edited || !classes.contains(&class) {
            return foresight;
        }
        Foresight::unknown(format!("it failed as '{class}'; whether it would again, only a replay tells"))
    }
}
