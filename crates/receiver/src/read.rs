//! Reading a request: so many bytes, within so much time.

use std::time::Duration;

use axum::body::HttpBody as _;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use bytes::Bytes;
use http::HeaderMap;

use crate::refusal::Refusal;

/// A request as it came: anybody may have sent it, so nothing of it may be published.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// As sent, also doubled ones.
    pub(crate) headers: HeaderMap,
    /// As sent.
    pub(crate) body: Bytes,
}

impl Arrived {
    /// Reads it. A body that announces more bytes than may be is refused before it is read.
    pub(crate) async fn read(
        mut request: Request,
        bytes_max: usize,
        time_max: Duration,
    ) -> Result<Self, Refusal> {
        let announced = request.body().size_hint().lower();
        if usize::try_from(announced).unwrap_or(usize::MAX) > bytes_max {
            return Err(Refusal::TooLarge { bytes_max });
        }
        let headers = std::mem::take(request.headers_mut());
        DefaultBodyLimit::max(bytes_max).apply(&mut request);
        match tokio::time::timeout(time_max, Bytes::from_request(request, &())).await {
            Ok(Ok(body)) => Ok(Self { headers, body }),
            Ok(Err(BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)))) => {
                Err(Refusal::TooLarge { bytes_max })
            }
            Ok(Err(_)) => Err(Refusal::BrokenOff),
            Err(_) => Err(Refusal::TooSlow),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit_and_not_beyond() {
        let request = |bytes: usize| Request::new(Body::from(vec![b'x'; bytes]));
        assert_eq!(Arrived::read(request(10), 10, SECOND).await.unwrap().body.len(), 10);
        assert!(matches!(
            Arrived::read(request(11), 10, SECOND).await,
            Err(Refusal::TooLarge { bytes_max: 10 })
        ));
    }
}
