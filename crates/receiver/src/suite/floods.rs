//! Floods over real sockets: forgers, and slow senders of heads and bodies.

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use super::served::*;
use super::*;
use crate::caller::Caller;
use crate::serve::Gate;

/// Time for a trickling sender's head or body in these tests.
const SHORT: Duration = Duration::from_millis(300);

pub(super) fn webhook(secret: &str, number: usize) -> String {
    let body = format!(
        r#"{{"scope":"store/order/created","store_id":"1","data":{{"type":"order","id":{}}},"hash":"h{number}","created_at":1561479335,"producer":"stores/abc123"}}"#,
        number + 1
    );
    let headers = signed(&secret.as_bytes().to_vec().into(), now_secs(), body.as_bytes());
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (headers, length) = (headers.concat(), body.len());
    format!(
        "POST /webhooks/bigcommerce HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn genuine_requests_are_all_taken_beside_a_flood_from_their_own_address() {
    let folder = tempfile::tempdir().unwrap();
    let served = serve(Rig::with_spool(folder.path(), 64 * 1024 * 1024)).await;
    let mut forgers = JoinSet::new();
    for number in 0..16 {
        let address = served.address;
        forgers.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            loop {
                write(&mut stream, &webhook("guessed", number)).await;
                let answer = read_until(&mut stream, "}").await;
                assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
            }
        });
    }
    served.wait_for_metric("receiver_connections 16\n").await;
    let mut genuine = served.connect().await;
    for number in 0..200 {
        write(&mut genuine, &webhook("au-secret", number)).await;
        let answer = read_until(&mut genuine, "}").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{number}: {answer}");
    }
    assert!(forgers.try_join_next().is_none(), "the forgers were answered to the end");
}

#[tokio::test]
async fn an_address_over_its_limit_is_turned_away_at_the_door() {
    let rig = Rig::with_limits(Limits { failures: 5, ..quick() });
    let (app, router) = (Arc::clone(&rig.receiver.app), rig.router.clone());
    let gate = Gate::new(Arc::clone(&app), router);
    let (forger, other) = ("203.0.113.7".parse().unwrap(), "203.0.113.8".parse().unwrap());
    let caller = Caller::of_connection(forger, &app.senders.load().proxies);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for (peer, expected) in [(forger, "HTTP/1.1 429 Too Many Requests\r\n"), (other, "HTTP/1.1 200 OK\r\n")] {
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let accepted = listener.accept().await.unwrap().0;
        for _ in 0..50 {
            app.failures.failed(caller, Instant::now());
        }
        gate.admit(accepted, peer);
        write(&mut stream, &LIVEZ.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n")).await;
        let answer = read_to_end(&mut stream).await;
        assert!(answer.starts_with(expected), "{answer}");
        assert_eq!(answer.contains("\r\nretry-after: 10\r\n"), peer == forger, "{answer}");
    }
    assert!(rig.metrics().await.contains(r#"connections_ended_total{reason="too-many-failures"} 1"#));
}

/// Sends this byte by byte, and never the end, until the other side hangs up; then gives what it answered.
async fn trickle(mut stream: TcpStream, begin: &str) -> String {
    write(&mut stream, begin).await;
    let (mut reading, mut writing) = stream.into_split();
    let mut ticks = interval(SHORT / 20);
    let dripping = async {
        loop {
            ticks.tick().await;
            if writing.write_all(b"x").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut answer = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut reading, &mut answer);
    tokio::select! {
        () = dripping => {}
        ended = timeout(PATIENCE, reading) => drop(ended.expect("the trickling sender was not cut")),
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_trickling_head_is_cut_as_a_whole() {
    let served = served(Limits { head: SHORT, ..quick() }).await;
    let fresh = trickle(served.connect().await, "POST /webhooks/ecwid HTTP/1.1\r\nhost: ").await;
    assert_eq!(fresh, "");
    let mut kept = served.connect().await;
    write(&mut kept, LIVEZ).await;
    read_until(&mut kept, "alive\n").await;
    assert_eq!(trickle(kept, "POST /webhooks/ecwid HTTP/1.1\r\nhost: ").await, "", "a later head too");
    served.wait_for_metric(r#"connections_ended_total{reason="slow-head"} 2"#).await;
    served.wait_for_metric("failing_addresses 1").await;
}

#[tokio::test]
async fn a_trickling_body_is_cut_as_a_whole() {
    let served = served(Limits { body: SHORT, ..quick() }).await;
    let head = "POST /webhooks/ecwid HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n";
    let answer = trickle(served.connect().await, head).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    served.wait_for_metric(r#"outcome="too-slow"} 1"#).await;
}

#[tokio::test]
async fn an_idle_connection_is_kept_longer_than_a_slow_head() {
    let served = served(Limits { head: SHORT, ..quick() }).await;
    let mut idle = served.connect().await;
    write(&mut idle, LIVEZ).await;
    read_until(&mut idle, "alive\n").await;
    // Begun later, and cut already.
    read_to_end(&mut served.connect().await).await;
    read_to_end(&mut served.connect().await).await;
    write(&mut idle, LIVEZ).await;
    read_until(&mut idle, "alive\n").await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_the_end_and_so_is_one_that_takes_no_answers() {
    let served = served(Limits { idle: SHORT, head: SHORT, ..quick() }).await;
    let mut idle = served.connect().await;
    write(&mut idle, LIVEZ).await;
    assert!(read_to_end(&mut idle).await.ends_with("alive\n"));
    let mut deaf = served.connect().await;
    let many = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(4_000);
    let (_unread, mut writing) = deaf.split();
    let _ = timeout(SHORT, writing.write_all(many.as_bytes())).await;
    served.wait_for_metric(r#"connections_ended_total{reason="idle"} 2"#).await;
}

/// A batch of one event, as large as this.
fn batch(bytes: usize) -> String {
    let mut body = format!("[{}]", warehouse::accepted_number("w-1", "BG1001"));
    body.insert_str(1, &" ".repeat(bytes - body.len()));
    let headers = warehouse::signed_by_warehouse(body.as_bytes());
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (headers, content_type) = (headers.concat(), warehouse::BATCH);
    format!(
        "POST /warehouse/events HTTP/1.1\r\nhost: x\r\ncontent-type: {content_type}\r\ncontent-length: {bytes}\r\n{headers}\r\n{body}"
    )
}

#[tokio::test]
async fn slow_bodies_of_strangers_are_bounded_together_and_keep_out_neither_callbacks_nor_batches() {
    let folder = tempfile::tempdir().unwrap();
    let text = with_spool(SETTINGS, folder.path(), 64 * 1024 * 1024);
    let served = serve(Rig::over(&settings(&text), Limits { bodies_bytes: 256 * 1024, ..quick() })).await;
    let head = "POST /warehouse/events HTTP/1.1\r\nhost: x\r\ncontent-length: 100001\r\n\r\n";
    let slow = format!("{head}{}", "x".repeat(100_000));
    let mut older = served.connect().await;
    write(&mut older, &slow).await;
    served.wait_for_metric("bodies_bytes 100000\n").await;
    let mut newer = served.connect().await;
    write(&mut newer, &slow).await;
    let refused = read_until(&mut older, "}").await;
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains(r#""code":"gave-way""#), "{refused}");
    assert!(refused.contains("retry-after: 1\r\n"), "{refused}");
    served.wait_for_metric("bodies_bytes 100000\n").await;
    let mut genuine = served.connect().await;
    write(&mut genuine, &webhook("au-secret", 1)).await;
    assert!(read_until(&mut genuine, "}").await.starts_with("HTTP/1.1 200"));
    write(&mut genuine, &batch(190_000)).await;
    let answer = read_until(&mut genuine, "}").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(read_until(&mut newer, "}").await.starts_with("HTTP/1.1 503"));
    served.wait_for_metric("bodies_bytes 0\n").await;
    served.wait_for_metric(r#"outcome="gave-way"} 2"#).await;
}

#[tokio::test]
async fn a_panic_is_answered_with_a_problem_and_nothing_of_its_words() {
    let rig = Rig::new();
    let response = crate::routes::guarded(&rig.receiver.app, async { panic!("secret") }).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (500, &"application/problem+json".parse().unwrap())
    );
    let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
    assert!(!body.windows(6).any(|window| window == b"secret"));
    assert!(rig.metrics().await.contains("crossdock_receiver_panics_total 1"));
}
