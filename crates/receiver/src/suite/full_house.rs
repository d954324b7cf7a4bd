//! More connections over real sockets than there are places.

use super::floods::webhook;
use super::served::*;
use super::*;

#[tokio::test]
async fn a_connection_beside_a_full_house_at_work_is_answered_503() {
    let served = served(Limits { connections: 1, ..quick() }).await;
    // RabbitMQ is away, and is waited for a while.
    let (mut first, request) = (served.connect().await, webhook("au-secret", 1));
    write(&mut first, &request).await;
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    served.wait_for_metric(&format!("bodies_bytes {}\n", body.len())).await;
    let mut second = served.connect().await;
    write(&mut second, &webhook("au-secret", 2)).await;
    let answer = read_to_end(&mut second).await;
    assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nretry-after: 1\r\n") && answer.contains(r#""code":"overloaded""#),
        "{answer}"
    );
    served.wait_for_metric(r#"connections_ended_total{reason="full"} 1"#).await;
    let answer = read_until(&mut first, "}").await;
    assert!(answer.contains(r#""code":"unpublished""#), "who was at work is answered: {answer}");
}

#[tokio::test]
async fn a_house_full_of_half_bodies_gives_way_to_new_connections_who_waits_longest_first() {
    let served = served(Limits { connections: 3, ..quick() }).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(in_flight(&served).await);
    }
    let mut new = Vec::new();
    for mut gone in waiting {
        new.push(in_flight(&served).await);
        assert_eq!(read_to_end(&mut gone).await, "");
    }
    served.wait_for_metric(r#"connections_ended_total{reason="gave-way"} 3"#).await;
    served.wait_for_metric("failing_addresses 1").await;
    drop(new);
    served.wait_for_metric("bodies_bytes 0\n").await;
}

#[tokio::test]
async fn a_connection_that_waits_gives_way_to_a_new_one() {
    let served = served(Limits { connections: 2, ..quick() }).await;
    let mut slow = served.connect().await;
    write(&mut slow, "POST /webhooks/ecwid HTTP/1.1\r\nhost: x\r\n").await;
    served.wait_for_metric("receiver_connections 1\n").await;
    let mut idle = served.connect().await;
    write(&mut idle, LIVEZ).await;
    read_until(&mut idle, "alive\n").await;
    for waiting in [&mut idle, &mut slow] {
        let mut new = in_flight(&served).await;
        assert_eq!(read_to_end(waiting).await, "", "who is between requests gives way first");
        write(&mut new, "{}").await;
        tokio::spawn(async move { read_until(&mut new, "never").await });
    }
    served.wait_for_metric(r#"connections_ended_total{reason="gave-way"} 2"#).await;
}
