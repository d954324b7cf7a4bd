//! What only the holder of a secret can have sent. Nothing else can be published.

use bytes::Bytes;
use crossdock_events::standard_webhooks::{
    self, ID_HEADER, Key, SIGNATURE_HEADER, SignatureError, SignedHeaders, TIMESTAMP_HEADER,
};
use crossdock_queue::Message;
use crossdock_telemetry::TraceParent;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

use crate::read::Arrived;
use crate::senders::{BigcommerceShop, EcwidShop};
use crate::warehouse::Form;

/// A part of a verified request, or what was made of it.
///
/// It comes only from the functions in this file; what is read from it stays verified, and only such can be published.
#[derive(Debug)]
pub(crate) struct Verified<T>(T);

/// Why nobody is shown to have sent a request. Told to the log only: the sender hears no more than 'no'.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    /// Nothing in it says whose secret could have signed it.
    #[error("the body names no shop whose secret could have signed it")]
    Nameless,
    /// Ecwid signs a part of the body, and that is not there.
    #[error("the body lacks what Ecwid signs")]
    Unsignable(#[source] crossdock_ecwid::InvalidCallback),
    /// One of the three headers is missing, doubled, or not text.
    #[error("the header '{0}' is missing, doubled, or not text")]
    Header(&'static str),
    /// The warehouse has no secret here.
    #[error("no signing secret of the warehouse is configured")]
    NoSecret,
    /// The warehouse's signature does not hold.
    #[error("the request is not shown to be the warehouse's")]
    Warehouse(#[source] SignatureError),
    /// BigCommerce's signature or shared header does not hold.
    #[error("the callback is not shown to be the shop's")]
    Bigcommerce(#[source] crossdock_bigcommerce::WebhookRefusal),
    /// Ecwid's signature does not hold.
    #[error("the callback is not shown to be the shop's")]
    Ecwid(#[source] crossdock_ecwid::WebhookRefusal),
}

impl VerifyError {
    /// Whether its time alone speaks against it, as far as was looked: a clock that is wrong, here or there, has this effect on all
    /// that is genuine.
    pub(crate) fn is_stale(&self) -> bool {
        use crossdock_bigcommerce::WebhookRefusal::Signature;
        matches!(
            self,
            Self::Warehouse(SignatureError::Window)
                | Self::Bigcommerce(Signature(SignatureError::Window))
                | Self::Ecwid(crossdock_ecwid::WebhookRefusal::Window)
        )
    }
}

/// Verifies a callback of a BigCommerce shop.
pub(crate) fn bigcommerce(
    shop: &BigcommerceShop,
    sent: Arrived,
    now: Timestamp,
) -> Result<Verified<Bytes>, VerifyError> {
    shop.verifier.verify(&sent.headers, &sent.body, now).map_err(VerifyError::Bigcommerce)?;
    Ok(Verified(sent.body))
}

/// Verifies a callback of an Ecwid shop. Ecwid signs the time and the id of the event, nothing else of the body.
pub(crate) fn ecwid(
    shop: &EcwidShop,
    sent: Arrived,
    parts: &crossdock_ecwid::Unverified,
    now: Timestamp,
) -> Result<Verified<Bytes>, VerifyError> {
    shop.verifier.verify(&sent.headers, parts, now).map_err(VerifyError::Ecwid)?;
    Ok(Verified(sent.body))
}

/// Verifies a request of the warehouse.
pub(crate) fn warehouse(
    keys: &[Key],
    sent: Arrived,
    now: Timestamp,
) -> Result<Verified<Arrived>, VerifyError> {
    if keys.is_empty() {
        return Err(VerifyError::NoSecret);
    }
    let headers = SignedHeaders {
        id: only(&sent.headers, ID_HEADER)?,
        timestamp: only(&sent.headers, TIMESTAMP_HEADER)?,
        signature: only(&sent.headers, SIGNATURE_HEADER)?,
    };
    standard_webhooks::verify(headers, &sent.body, keys, now).map_err(VerifyError::Warehouse)?;
    Ok(Verified(sent))
}

/// What the receiver would publish for a body of the warehouse, if it were verified; none if it would refuse it.
///
/// Publishes nothing: only for the fuzz target `warehouse_events`, which cannot reach the reading otherwise.
pub fn warehouse_messages(content_type: &'static str, body: &[u8]) -> Option<Vec<Message>> {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    let runs = crate::warehouse::read(Form::of(&headers)?, body, TraceParent::start()).ok()?;
    Some(runs.into_iter().flatten().collect())
}

/// The one value of a header: of two, one could be signed and the other believed.
fn only<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, VerifyError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| VerifyError::Header(name)),
        _ => Err(VerifyError::Header(name)),
    }
}

impl<T> Verified<T> {
    /// What was verified.
    pub(crate) fn get(&self) -> &T {
        &self.0
    }

    /// What was verified, for its last user.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }

    /// What is made of it.
    pub(crate) fn map<U>(self, make: impl FnOnce(T) -> U) -> Verified<U> {
        Verified(make(self.0))
    }

    /// What is read from it.
    pub(crate) fn try_map<U, E>(self, read: impl FnOnce(T) -> Result<U, E>) -> Result<Verified<U>, E> {
        read(self.0).map(Verified)
    }
}

#[cfg(test)]
mod tests {
    use crossdock_events::standard_webhooks::{key_from_whsec, sign};

    use super::*;

    fn sent(signatures: &[&str]) -> Arrived {
        let mut headers = HeaderMap::new();
        headers.insert("Webhook-Id", "msg_1".parse().unwrap());
        headers.insert("WEBHOOK-TIMESTAMP", "1760000000".parse().unwrap());
        for signature in signatures {
            headers.append("webhook-signature", signature.parse().unwrap());
        }
        Arrived { headers, body: Bytes::from_static(b"{}") }
    }

    #[test]
    fn a_doubled_or_missing_header_verifies_nothing() {
        let key = key_from_whsec("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let now = Timestamp::from_second(1_760_000_000).unwrap();
        let signed = sign(&key, "msg_1", 1_760_000_000, b"{}");
        let keys = [key];
        assert!(warehouse(&keys, sent(&[&signed]), now).is_ok());
        for signatures in [&[signed.as_str(), signed.as_str()][..], &["v1,AAAA", &signed], &[]] {
            let refused = warehouse(&keys, sent(signatures), now);
            assert!(matches!(refused, Err(VerifyError::Header(SIGNATURE_HEADER))), "{signatures:?}");
        }
        assert!(matches!(warehouse(&[], sent(&[&signed]), now), Err(VerifyError::NoSecret)));
    }
}
