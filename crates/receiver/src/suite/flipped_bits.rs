//! Every single bit of a signed request, changed: none of what is signed can be, and what is not signed is named here.

use http::HeaderValue;

use super::sent::{ECWID_SIGNATURE, EVENT, Sent, WEBHOOK_HEADERS, spooling};
use super::served::{read_to_end, serve};
use super::*;

/// A bit of one byte, changed.
fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

impl Sent {
    /// This request with every single bit of the header changed.
    fn with_flips_of_header(&self, name: &str) -> Vec<Self> {
        let place = self.headers.iter().position(|(given, _)| *given == name).unwrap();
        let bits = 0..self.headers[place].1.len() * 8;
        let change = |bit| {
            let mut sent = self.clone();
            sent.headers[place].1 = flipped(&self.headers[place].1, bit);
            sent
        };
        bits.map(change).collect()
    }

    /// This request with every single bit of this part of the body changed, each with its place.
    fn with_flips_of_body(&self, part: &str) -> Vec<Self> {
        let start = self.body.windows(part.len()).position(|window| window == part.as_bytes()).unwrap();
        let bits = start * 8..(start + part.len()) * 8;
        bits.map(|bit| Self { body: flipped(&self.body, bit), ..self.clone() }).collect()
    }

    /// As it goes over the wire, on a connection of its own.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes =
            format!("POST {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n", self.path).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(format!("content-length: {}\r\n\r\n", self.body.len()).into_bytes());
        bytes.extend(&self.body);
        bytes
    }
}

/// Sends each over a real connection: 401, or 400 for a header that HTTP does not allow.
async fn assert_refused_over_the_wire(rig: Rig, requests: Vec<Sent>) -> Rig {
    use tokio::io::AsyncWriteExt as _;
    let served = serve(rig).await;
    for sent in requests {
        let legal = sent.headers.iter().all(|(_, value)| HeaderValue::from_bytes(value).is_ok());
        let mut stream = served.connect().await;
        let _ = stream.write_all(&sent.bytes()).await;
        let answer = read_to_end(&mut stream).await;
        let expected = if legal { "HTTP/1.1 401 " } else { "HTTP/1.1 400 " };
        assert!(answer.starts_with(expected), "{sent:?} {answer}");
    }
    served.rig
}

/// Sends this with every single bit of its body and of its headers of Standard Webhooks changed, and then as it is.
async fn assert_every_bit_is_signed(rig: Rig, genuine: &Sent) -> Rig {
    for changed in genuine.with_flips_of_body(std::str::from_utf8(&genuine.body).unwrap()) {
        assert_eq!(changed.outcome(&rig).await, (401, "unverified".to_owned()), "{changed:?}");
    }
    let headers = WEBHOOK_HEADERS.iter().flat_map(|name| genuine.with_flips_of_header(name)).collect();
    let rig = assert_refused_over_the_wire(rig, headers).await;
    assert_eq!(rig.stored().await, 0);
    assert_eq!(genuine.outcome(&rig).await.0, 200);
    assert_eq!(rig.stored().await, 1);
    rig
}

#[tokio::test]
async fn every_bit_of_a_bigcommerce_callback_is_signed() {
    let (rig, _folder) = spooling(SETTINGS);
    let genuine = Sent::bigcommerce("/webhooks/bigcommerce/acme-au", "250");
    let rig = assert_every_bit_is_signed(rig, &genuine).await;
    // Without the shop in the route, the producer picks whose secret it is: another one, or nobody's.
    let unaddressed = Sent { path: "/webhooks/bigcommerce", ..genuine };
    for changed in unaddressed.with_flips_of_body(std::str::from_utf8(&unaddressed.body).unwrap()) {
        let outcome = changed.outcome(&rig).await;
        let refused = matches!((outcome.0, outcome.1.as_str()), (401, "unverified") | (404, "no-such-shop"));
        assert!(refused, "{changed:?} {outcome:?}");
    }
    assert_eq!(rig.stored().await, 1);
}

#[tokio::test]
async fn every_bit_of_the_warehouses_request_is_signed() {
    let (rig, _folder) = spooling(SETTINGS);
    assert_every_bit_is_signed(rig, &Sent::warehouse(r#"{"number":"BG1001"}"#)).await;
}

#[tokio::test]
async fn ecwid_signs_its_time_and_its_id_and_nothing_else() {
    let (rig, _folder) = spooling(SETTINGS);
    let genuine = Sent::ecwid("/webhooks/ecwid/widgets", now_secs());
    let created = now_secs().to_string();
    let created = format!(r#""eventCreated":{}"#, &created[..created.len() - 2]);
    let mut of_signed = genuine.with_flips_of_body(EVENT);
    of_signed.extend(genuine.with_flips_of_body(&created));
    for changed in of_signed {
        assert_eq!(changed.outcome(&rig).await, (401, "unverified".to_owned()), "{changed:?}");
    }
    let signature = genuine.with_flips_of_header(ECWID_SIGNATURE);
    let rig = assert_refused_over_the_wire(rig, signature).await;
    // Not signed, but looked up: no other shop has this secret.
    for changed in genuine.with_flips_of_body(r#""storeId":1003"#) {
        let outcome = changed.outcome(&rig).await;
        assert!(matches!(outcome.0, 401 | 404), "{changed:?} {outcome:?}");
    }
    assert_eq!(rig.stored().await, 0);
    // Not signed: which order it is, and what happened to it. Whoever has one captured request has one order read anew.
    let other_order = genuine.with_flips_of_body("XJ12H").remove(0);
    assert_eq!(other_order.outcome(&rig).await.0, 200);
    assert_eq!(rig.stored().await, 1);
    for changed in genuine.with_flips_of_body("XJ12H").into_iter().skip(1).chain([genuine.clone()]) {
        let outcome = changed.outcome(&rig).await;
        assert!(matches!(outcome.0, 400 | 401), "an event is about one order: {changed:?} {outcome:?}");
    }
    assert_eq!(rig.stored().await, 1);
}
