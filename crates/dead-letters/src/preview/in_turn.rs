//! What waits for what, where messages about one order keep their order.

use std::collections::{HashMap, HashSet};

use crossdock_ledger::DeadLetterId;
use jiff::Timestamp;

use super::foresight::{Forecast, ForecastVerdict};

/// A forecast, as if nothing were before it.
#[derive(Debug)]
pub(super) struct Foreseen {
    pub(super) forecast: Forecast,
    pub(super) message_id: String,
    pub(super) first_failed_at: Timestamp,
}

/// The ids of the messages that fell and still lie, in the order in which they fell, by role and subject, where that order is kept.
pub(super) type Lying = HashMap<(String, String), Vec<String>>;

/// The forecasts if all of these were replayed together: what is behind one that would fail, or that is not among them, waits.
pub(super) fn in_turn(foreseen: Vec<Foreseen>, lying: &Lying) -> Vec<Forecast> {
    let mut by_subject: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (at, Foreseen { forecast, .. }) in foreseen.iter().enumerate() {
        if let Some(subject) = &forecast.subject {
            by_subject.entry((forecast.role.clone(), subject.clone())).or_default().push(at);
        }
    }
    let in_line = |(key, places): (_, Vec<usize>)| Some(waiting(&foreseen, places, lying.get(&key)?));
    let waits: Vec<(usize, String)> = by_subject.into_iter().filter_map(in_line).flatten().collect();
    let mut forecasts: Vec<Forecast> = foreseen.into_iter().map(|one| one.forecast).collect();
    for (at, says) in waits {
        (forecasts[at].verdict, forecasts[at].says) = (ForecastVerdict::Waits, says);
    }
    forecasts
}

/// Of those about one subject the ones that would wait, and for what. They are sent in the order in which they fell.
fn waiting(foreseen: &[Foreseen], mut places: Vec<usize>, lying: &[String]) -> Vec<(usize, String)> {
    // One that did not fall would fall last.
    let fell = |at: usize| lying.iter().position(|id| *id == foreseen[at].message_id).unwrap_or(lying.len());
    places.sort_by_key(|at| (fell(*at), foreseen[*at].first_failed_at, foreseen[*at].forecast.id.0));
    let these: HashSet<&str> = places.iter().map(|at| foreseen[*at].message_id.as_str()).collect();
    let absent = lying.iter().position(|id| !these.contains(id.as_str()));
    let (mut stuck, mut waits) = (None::<DeadLetterId>, Vec::new());
    for at in places {
        let forecast = &foreseen[at].forecast;
        let says = match (absent.filter(|absent| *absent < fell(at)), stuck) {
            (Some(absent), _) => {
                Some(format!("behind message {} of the same order, which is not among these", lying[absent]))
            }
            (None, Some(before)) => Some(format!("behind dead letter {before} of the same order")),
            (None, None) => None,
        };
        if says.is_some() || sticks(forecast.verdict) {
            stuck.get_or_insert(forecast.id);
        }
        waits.extend(says.map(|says| (at, says)));
    }
    waits
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

    use super::ForecastVerdict::{AlreadyDone, FailsAgain, GoesThrough, Waits};
    use super::*;

    /// Of order BG1: it failed that many seconds after the first.
    fn one(id: i64, secs: i64, verdict: ForecastVerdict) -> Foreseen {
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
            first_failed_at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs),
        }
    }

    /// The forecasts' numbers and verdicts, where these have fallen in this order.
    fn told(foreseen: Vec<Foreseen>, fell: &[&str]) -> Vec<(i64, &'static str)> {
        let fell = fell.iter().map(|id| (*id).to_owned()).collect();
        let lying = Lying::from([(("tracking-writer".into(), "BG1".into()), fell)]);
        in_turn(foreseen, &lying).iter().map(|it| (it.id.0, it.verdict.as_str())).collect()
    }

    #[test]
    fn what_follows_one_that_goes_through_goes_through() {
        let all = vec![one(2, 9, AlreadyDone), one(1, 1, GoesThrough)];
        assert_eq!(told(all, &["m1", "m2"]), [(2, "already_done"), (1, "goes_through")]);
    }

    #[test]
    fn what_follows_one_that_fails_again_waits_and_so_does_the_rest() {
        let all = || {
            vec![
                one(3, 9, GoesThrough),
                one(2, 5, GoesThrough),
                one(1, 1, FailsAgain),
                one(4, 0, GoesThrough),
            ]
        };
        let fell = ["m4", "m1", "m2", "m3"];
        assert_eq!(told(all(), &fell), [(3, "waits"), (2, "waits"), (1, "fails_again"), (4, "goes_through")]);
        let lying =
            Lying::from([(("tracking-writer".into(), "BG1".into()), fell.map(str::to_owned).to_vec())]);
        assert_eq!(in_turn(all(), &lying)[0].says, "behind dead letter 1 of the same order");
    }

    #[test]
    fn what_counts_is_the_order_in_which_they_fell_and_not_when_they_first_failed() {
        // The second failed first, and was tried until after the first had fallen.
        let all = || vec![one(1, 9, FailsAgain), one(2, 1, GoesThrough)];
        assert_eq!(told(all(), &["m1", "m2"]), [(1, "fails_again"), (2, "waits")]);
        assert_eq!(told(all(), &["m2", "m1"]), [(1, "fails_again"), (2, "goes_through")]);
        assert_eq!(told(all(), &["m1"]), [(1, "fails_again"), (2, "waits")], "it would fall last");
    }

    #[test]
    fn what_is_behind_any_that_is_not_replayed_waits() {
        let lying = Lying::from([(
            ("tracking-writer".into(), "BG1".into()),
            ["m2", "m1", "m3", "m4"].map(str::to_owned).to_vec(),
        )]);
        let forecasts =
            in_turn(vec![one(2, 5, GoesThrough), one(3, 6, GoesThrough), one(4, 7, GoesThrough)], &lying);
        assert_eq!(forecasts[0].verdict, GoesThrough);
        for forecast in &forecasts[1..] {
            assert!(forecast.verdict == Waits && forecast.says.contains("m1"), "{forecast:?}");
        }
    }

    #[test]
    fn other_roles_keep_no_order() {
        let all = vec![one(1, 1, FailsAgain), one(2, 2, GoesThrough)];
        let verdicts: Vec<_> = in_turn(all, &Lying::new()).iter().map(|it| it.verdict).collect();
        assert_eq!(verdicts, [FailsAgain, GoesThrough]);
    }
}
