//! How long what cannot go yet waits, and what is not posted meanwhile.

mod answers;
mod posting;

use std::time::Duration;

use bytes::Bytes;
use crossdock_domain::{Classify as _, Mend};
use crossdock_queue::Delivery;
use jiff::{SignedDuration, Timestamp};

use super::behind;
use super::told::Told;
use super::trouble::Trouble;

/// A message that was first put off so long ago.
fn put_off(ago: Option<SignedDuration>, now: Timestamp) -> Delivery {
    Delivery {
        routing_key: "order.cancelled".to_owned(),
        id: "BG1001/2".to_owned(),
        body: Bytes::new(),
        attempt: 1,
        first_failed_at: ago.map(|ago| now - ago),
    }
}

#[test]
fn a_change_waits_ever_longer_behind_its_release_and_not_for_ever() {
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    for (ago, wait) in [(None, 5), (Some(2), 5), (Some(20), 20), (Some(80_000), 30)] {
        let trouble = behind(&put_off(ago.map(SignedDuration::from_secs), now), now);
        assert_eq!(trouble.mend(), Mend::WaitFor(Duration::from_secs(wait)), "after {ago:?} s");
    }
    let trouble = behind(&put_off(Some(SignedDuration::from_hours(25)), now), now);
    assert_eq!((trouble.mend(), trouble.class()), (Mend::Never, "release-missing"));
}

#[test]
fn only_what_concerns_the_whole_warehouse_keeps_others_back() {
    let of_all = |trouble: Trouble| trouble.of_all().map(|wait| wait.as_secs());
    assert_eq!(of_all(Trouble::NotNow { status: 500 }), None);
    assert_eq!(of_all(Trouble::NotNow { status: 503 }), Some(5));
    assert_eq!(of_all(Trouble::CredentialsRefused { status: 401 }), Some(5));
    assert_eq!(of_all(Trouble::Throttled { wait: Duration::from_secs(40) }), Some(40));
}

#[test]
fn an_event_says_which_round_of_its_order_it_is() {
    let event = |id: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"/crossdock/order-importer","type":"order.cancelled",
                "data":{{"number":"BG1001","store":"acme-au","order_id":"1001","reason":"refunded"}}}}"#
        )
    };
    let told = Told::read(event("BG1001/2").as_bytes()).unwrap();
    assert_eq!((told.round, told.number.as_str(), told.is_release()), (2, "BG1001", false));
    let foreign = Told::read(event("by hand").as_bytes()).unwrap_err();
    assert_eq!((foreign.mend(), foreign.class()), (Mend::Never, "event-foreign"));
}
