//! Connections over real sockets: slow, many, and while stopping.

use tokio::net::TcpStream;

use super::served::*;
use super::*;

#[tokio::test]
async fn a_sender_of_slow_headers_is_cut() {
    let served = served(Limits { head: Duration::from_millis(50), ..quick() }).await;
    let mut stream = served.connect().await;
    write(&mut stream, "POST /webhooks/ecwid HTTP/1.1\r\nhost: x\r\n").await;
    assert!(!read_to_end(&mut stream).await.contains("200 OK"));
    let mut silent = served.connect().await;
    read_to_end(&mut silent).await;
}

#[tokio::test]
async fn a_sender_of_a_slow_body_is_told_408() {
    let served = served(Limits { body: Duration::from_millis(50), ..quick() }).await;
    let mut stream = served.connect().await;
    write(&mut stream, "POST /webhooks/ecwid HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").await;
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"too-slow\""), "{answer}");
}

#[tokio::test]
async fn a_chunked_body_over_the_limit_is_told_413() {
    let served = served(quick()).await;
    let mut stream = served.connect().await;
    write(&mut stream, "POST /webhooks/ecwid HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    for _ in 0..5 {
        write(&mut stream, &format!("10000\r\n{}\r\n", "x".repeat(0x10000))).await;
    }
    let answer = read_until(&mut stream, "too-large").await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn headers_are_read_in_any_case_and_a_connection_is_kept() {
    let served = served(quick()).await;
    let mut stream = served.connect().await;
    let body = r#"{"scope":"store/app/uninstalled","store_id":"1","data":{"type":"app","id":1},"hash":"h","created_at":1561479335,"producer":"stores/abc123"}"#;
    for _ in 0..2 {
        let headers = signed(&b"au-secret".to_vec().into(), now_secs(), body.as_bytes());
        let headers: Vec<String> =
            headers.iter().map(|(name, value)| format!("{}: {value}\r\n", name.to_uppercase())).collect();
        let (headers, length) = (headers.concat(), body.len());
        let head = format!(
            "POST /webhooks/bigcommerce HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        write(&mut stream, &(head + body)).await;
        let answer = read_until(&mut stream, r#"{"published":0}"#).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
}

#[tokio::test]
async fn an_aged_connection_is_closed_while_it_is_idle() {
    let served = served(Limits { connection_age: Duration::from_millis(50), ..quick() }).await;
    let mut stream = served.connect().await;
    write(&mut stream, LIVEZ).await;
    assert!(read_to_end(&mut stream).await.ends_with("alive\n"));
}

#[tokio::test]
async fn the_last_answer_of_an_aged_connection_says_that_it_is_closed() {
    let served = served(Limits { connection_age: Duration::from_millis(100), ..quick() }).await;
    let mut stream = served.connect().await;
    loop {
        write(&mut stream, LIVEZ).await;
        match read_answer(&mut stream).await {
            Some(answer) if answer.contains("\r\nconnection: close\r\n") => break,
            Some(_) => {}
            // It was idle as it came of age.
            None => stream = served.connect().await,
        }
    }
    assert_eq!(read_to_end(&mut stream).await, "");
}

#[tokio::test]
async fn a_stop_turns_readiness_red_before_the_listener_closes() {
    let served = served(Limits { unready: PATIENCE, ..Limits::default() }).await;
    served.stop.cancel();
    loop {
        let mut stream = served.connect().await;
        write(&mut stream, "GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        let answer = read_to_end(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        if answer.contains("the receiver is stopping") {
            break;
        }
    }
    served.serving.abort();
}

#[tokio::test]
async fn a_stop_finishes_a_request_in_flight() {
    let served = served(quick()).await;
    let mut stream = in_flight(&served).await;
    served.stop.cancel();
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    write(&mut stream, "{}").await;
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("connection: close"), "{answer}");
    served.ended().await;
}

#[tokio::test]
async fn a_stop_cuts_what_does_not_finish_in_time() {
    let served = served(Limits { finish: Duration::from_millis(50), ..quick() }).await;
    let mut stream = in_flight(&served).await;
    served.stop.cancel();
    assert_eq!(read_to_end(&mut stream).await, "");
    served.ended().await;
}
