//! What waits for what, where messages about one order keep their order.

use std::collections::{HashMap, HashSet};

use crossdock_ledger::DeadLetterId;
use jiff::Timestamp;

use super::foresight::{Forecast, ForecastVerdict};

/// A forecast, as if nothing were before it, and what is.
#[derive(Debug)]
pub(super) struct Foreseen {
    pub(super) forecast: Forecast,
    pub(super) message_id: String,
    /// Whether its role keeps the order of what is about one subject.
    pub(super) ordered: bool,
    pub(super) first_failed_at: Timestamp,
    /// The message id of what fell before it and still lies.
    pub(super) behind: Option<String>,
}

/// The forecasts if all of these were replayed together: what is behind one that would fail, or that is not among them, waits.
pub(super) fn in_turn(foreseen: Vec<Foreseen>) -> Vec<Forecast> {
    let among: HashSet<(String, String)> =
        foreseen.iter().map(|one| (one.forecast.role.clone(), one.message_id.clone())).collect();
    let mut by_subject: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (at, one) in foreseen.iter().enumerate() {
        if let Some(subject) = one.forecast.subject.as_deref().filter(|_| one.ordered) {
            by_subject.entry((&one.forecast.role, subject)).or_default().push(at);
        }
    }
    let mut waits = HashMap::new();
    for mut places in by_subject.into_values() {
        places.sort_by_key(|at| (foreseen[*at].first_failed_at, foreseen[*at].forecast.id.0));
        let mut stuck: Option<DeadLetterId> = None;
        for at in places {
            let Foreseen { forecast, behind, .. } = &foreseen[at];
            let absent =
                behind.as_ref().filter(|id| !among.contains(&(forecast.role.clone(), (*id).clone())));
            if let Some(id) = absent {
                waits.insert(at, format!("behind message {id} of the same order, which is not among these"));
            } else if let Some(before) = stuck {
                waits.insert(at, format!("behind dead letter {before} of the same order"));
            }
            if waits.contains_key(&at) || sticks(forecast.verdict) {
                stuck.get_or_insert(forecast.id);
            }
        }
    }
    let mut forecasts: Vec<Forecast> = foreseen.into_iter().map(|one| one.forecast).collect();
    for (at, says) in waits {
        (forecasts[at].verdict, forecasts[at].says) = (ForecastVerdict::Waits, says);
    }
    forecasts
}

/// Whether what comes behind it would have to wait for a person.
fn sticks(verdict: ForecastVerdict) -> bool {
    use ForecastVerdict as Is;
    match verdict {
        Is::FailsAgain | Is::CredentialsRefused | Is::Waits => true,
        Is::GoesThrough
        | Is::AlreadyDone
        | Is::CancelledSince
        | Is::Superseded
        | Is::BuyerMailedAgain
        | Is::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    /// Of order BG1: it failed that many seconds after the first, with this message before it.
    fn one(id: i64, secs: i64, verdict: ForecastVerdict, behind: Option<&str>) -> Foreseen {
        Foreseen {
            forecast: Forecast {
                id: DeadLetterId(id),
                role: "tracking-writer".into(),
                store: "acme-au".into(),
                subject: Some("BG1".into()),
                kind: "warehouse.shipment.dispatched".into(),
                verdict,
                says: String::new(),
            },
            message_id: format!("m{id}"),
            ordered: true,
            first_failed_at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs),
            behind: behind.map(str::to_owned),
        }
    }

    fn verdicts(foreseen: Vec<Foreseen>) -> Vec<&'static str> {
        in_turn(foreseen).iter().map(|forecast| forecast.verdict.as_str()).collect()
    }

    #[test]
    fn what_follows_one_that_goes_through_goes_through() {
        use ForecastVerdict::{AlreadyDone, GoesThrough};
        let all = vec![one(2, 9, GoesThrough, Some("m1")), one(1, 1, AlreadyDone, None)];
        assert_eq!(verdicts(all), ["goes_through", "already_done"]);
    }

    #[test]
    fn what_follows_one_that_fails_again_waits_and_so_does_the_rest() {
        use ForecastVerdict::{FailsAgain, GoesThrough};
        let all = vec![
            one(3, 9, GoesThrough, Some("m1")),
            one(2, 5, GoesThrough, Some("m1")),
            one(1, 1, FailsAgain, None),
            one(4, 0, GoesThrough, None),
        ];
        let forecasts = in_turn(all);
        let of: Vec<_> = forecasts.iter().map(|it| (it.id.0, it.verdict.as_str())).collect();
        assert_eq!(of, [(3, "waits"), (2, "waits"), (1, "fails_again"), (4, "goes_through")]);
        assert_eq!(forecasts[0].says, "behind dead letter 1 of the same order");
    }

    #[test]
    fn what_is_behind_one_that_is_not_replayed_waits() {
        let forecasts = in_turn(vec![one(2, 5, ForecastVerdict::GoesThrough, Some("m1"))]);
        assert!(forecasts[0].verdict == ForecastVerdict::Waits && forecasts[0].says.contains("m1"));
    }

    #[test]
    fn other_roles_keep_no_order() {
        let all = vec![
            Foreseen { ordered: false, ..one(1, 1, ForecastVerdict::FailsAgain, None) },
            Foreseen { ordered: false, ..one(2, 2, ForecastVerdict::GoesThrough, None) },
        ];
        assert_eq!(verdicts(all), ["fails_again", "goes_through"]);
    }
}
