//! Failed verifications, counted by address; and what metrics show of a flood. Failures are forgiven as time goes by: where one more
//! must be refused, time stands still.

use std::io;

use futures_util::stream;

use super::*;

const FORGER: &str = "203.0.113.7";
const OTHER: &str = "203.0.113.8";
const ROUTE: &str = "/webhooks/bigcommerce/acme-au";

/// Signed by its shop; nobody needs it, so it is a 200 without RabbitMQ.
const GENUINE: &str = r#"{"scope":"store/app/uninstalled","store_id":"1","data":{"type":"app","id":1},"hash":"h","created_at":1561479335,"producer":"stores/abc123"}"#;

const TOO_MANY: (u16, &str) = (429, "too-many-failures");

fn rig() -> Rig {
    Rig::with_limits(Limits { failures: 5, ..Limits::default() })
}

fn behind_proxies() -> Rig {
    let text = SETTINGS.replace("[receiver]", "[receiver]\ntrusted_proxies = ['10.0.0.0/8', '198.51.100.1']");
    Rig::over(&settings(&text), Limits { failures: 5, ..Limits::default() })
}

impl Rig {
    async fn genuine_from(&self, peer: &str, forwarded: Option<&str>) -> Answer {
        let mut headers = signed(&b"au-secret".to_vec().into(), now_secs(), GENUINE.as_bytes());
        headers.extend(forwarded.map(|list| ("x-forwarded-for", list.to_owned())));
        self.post_from(peer, ROUTE, &borrowed(&headers), GENUINE).await
    }

    async fn forged_from(&self, peer: &str, forwarded: Option<&str>) -> Answer {
        let headers: Vec<_> = forwarded.map(|list| ("x-forwarded-for", list)).into_iter().collect();
        self.post_from(peer, ROUTE, &headers, GENUINE).await
    }

    async fn flood(&self, peer: &str, forwarded: Option<&str>) {
        for _ in 0..50 {
            self.forged_from(peer, forwarded).await;
        }
    }
}

/// A body that nobody may read.
fn unread() -> Body {
    Body::from_stream(stream::poll_fn(|_| -> std::task::Poll<Option<io::Result<Bytes>>> {
        panic!("it was read")
    }))
}

#[tokio::test(start_paused = true)]
async fn a_forger_over_its_limit_is_refused_unread_and_nobody_else() {
    let rig = rig();
    for _ in 0..5 {
        assert_eq!(rig.forged_from(FORGER, None).await.problem(), (401, "unverified"));
    }
    let refused = rig.post_from(FORGER, ROUTE, &[], unread()).await;
    assert_eq!(refused.problem(), TOO_MANY);
    assert_eq!(
        (&refused.headers["retry-after"], &refused.headers["connection"]),
        (&"10".parse().unwrap(), &"close".parse().unwrap())
    );
    rig.genuine_from(OTHER, None).await.assert_taken_and_dropped();
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_verified_counts_whatever_the_reason_and_door() {
    for (path, body) in [
        ("/webhooks/bigcommerce", "{}"),
        ("/webhooks/bigcommerce/nobody", GENUINE),
        ("/webhooks/ecwid", r#"{"eventId":"e","eventCreated":1,"storeId":1003}"#),
        ("/webhooks/ecwid/nobody", "{}"),
        ("/warehouse/events", "{}"),
    ] {
        let rig = rig();
        for _ in 0..5 {
            assert!([401, 404].contains(&rig.post_from(FORGER, path, &[], body).await.status), "{path}");
        }
        assert_eq!(rig.post_from(FORGER, path, &[], body).await.problem(), TOO_MANY, "{path}");
    }
}

#[tokio::test]
async fn a_genuine_sender_is_taken_though_a_forger_has_its_address() {
    let rig = rig();
    rig.genuine_from(FORGER, None).await.assert_taken_and_dropped();
    for peer in [FORGER, "127.0.0.1", "10.1.2.3", "::1"] {
        rig.flood(peer, None).await;
        rig.genuine_from(peer, None).await.assert_taken_and_dropped();
        assert_eq!(rig.forged_from(peer, None).await.problem(), (401, "unverified"), "{peer}");
    }
}

#[tokio::test]
async fn who_holds_a_secret_does_not_fail_by_naming_another_shop() {
    let rig = rig();
    for _ in 0..20 {
        let headers = signed(&b"au-secret-old".to_vec().into(), now_secs(), GENUINE.as_bytes());
        let path = "/webhooks/bigcommerce/acme-nz";
        let answer = rig.post_from(FORGER, path, &borrowed(&headers), GENUINE).await;
        assert_eq!(answer.problem(), (404, "no-such-shop"));
    }
    assert!(rig.metrics().await.contains("failing_addresses 0"));
}

#[tokio::test(start_paused = true)]
async fn behind_a_trusted_proxy_each_caller_has_a_limit_of_its_own() {
    let rig = behind_proxies();
    for proxy in ["10.0.0.1", "198.51.100.1"] {
        rig.flood(proxy, Some("192.0.2.66, 203.0.113.7, 10.9.9.9")).await;
        let refused = rig.forged_from(proxy, Some("203.0.113.7")).await;
        assert_eq!(refused.problem(), TOO_MANY);
        assert!(
            !refused.headers.contains_key("connection"),
            "the proxy's connection carries others' requests"
        );
        rig.genuine_from(proxy, Some("192.0.2.66")).await.assert_taken_and_dropped();
        rig.genuine_from(proxy, None).await.assert_taken_and_dropped();
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_can_name_another_address_for_himself() {
    let rig = behind_proxies();
    for number in 0..50 {
        rig.forged_from(FORGER, Some(&format!("192.0.2.{number}"))).await;
    }
    assert_eq!(rig.forged_from(FORGER, Some("192.0.2.200")).await.problem(), TOO_MANY);
    rig.genuine_from(OTHER, Some(FORGER)).await.assert_taken_and_dropped();
}

#[tokio::test(start_paused = true)]
async fn a_reload_takes_over_the_proxies() {
    let rig = rig();
    rig.flood(FORGER, None).await;
    assert_eq!(rig.genuine_from(FORGER, Some("192.0.2.1")).await.problem(), TOO_MANY);
    let text = SETTINGS.replace("[receiver]", &format!("[receiver]\ntrusted_proxies = ['{FORGER}']"));
    rig.receiver.reload(&settings(&text)).unwrap();
    rig.genuine_from(FORGER, Some("192.0.2.1")).await.assert_taken_and_dropped();
}

#[tokio::test]
async fn metrics_do_not_grow_with_what_strangers_send() {
    let rig = rig();
    let strange = |number: usize| {
        let peer = format!("203.0.113.{number}");
        let paths = [
            format!("/webhooks/bigcommerce/stranger-{number}"),
            format!("/stranger-{number}"),
            ROUTE.to_owned(),
        ];
        (peer, paths)
    };
    let flood = async |numbers: std::ops::Range<usize>| {
        for (peer, paths) in numbers.map(strange) {
            for path in paths {
                rig.post_from(&peer, &path, &[("x-forwarded-for", "stranger")], "stranger").await;
            }
        }
        rig.metrics().await
    };
    let (few, many) = (flood(0..3).await, flood(3..200).await);
    assert_eq!(few.lines().count(), many.lines().count());
    assert!(!many.contains("stranger") && !many.contains("203.0.113"), "{many}");
    for line in [
        r#"crossdock_receiver_requests_total{route="-",store="-",outcome="no-such-route"} 200"#,
        r#"crossdock_receiver_requests_total{route="bigcommerce",store="-",outcome="no-such-shop"} 200"#,
        r#"crossdock_receiver_requests_total{route="bigcommerce",store="acme-au",outcome="unverified"} 200"#,
        "crossdock_receiver_failing_addresses 200",
        "crossdock_receiver_bodies_bytes 0",
    ] {
        assert!(many.contains(line), "{line} is not in\n{many}");
    }
}
