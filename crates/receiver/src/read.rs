//! Reading a request's body: so many bytes, within so much time, while there is room.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use tokio::time::timeout;

use crate::connection::{Pace, Peer};
use crate::limits::SMALL_BODY_BYTES_MAX;
use crate::refusal::Refusal;
use crate::room::Held;

/// How many times what has come a large body's buffer is, at most. Few steps, for what a buffer outgrew is free only after a while; yet
/// not all at once, so a sender who stops early takes no more than this times what was sent.
const GROWTH: usize = 4;

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
        request: Request,
        bytes_max: usize,
        time_max: Duration,
        held: &mut Held<'_>,
    ) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let announced = body.size_hint().lower();
        if usize::try_from(announced).unwrap_or(usize::MAX) > bytes_max {
            return Err(Refusal::TooLarge { bytes_max });
        }
        let pace = parts.extensions.get::<Peer>().map(|peer| &*peer.pace);
        let body = timeout(time_max, whole(body, bytes_max, held, pace)).await;
        if let Some(pace) = pace {
            pace.has_body();
        }
        Ok(Self { body: body.map_err(|_| Refusal::TooSlow)??, headers: parts.headers })
    }
}

async fn whole(
    mut body: Body,
    bytes_max: usize,
    held: &mut Held<'_>,
    pace: Option<&Pace>,
) -> Result<Bytes, Refusal> {
    let mut whole = BytesMut::new();
    let announced = body.size_hint().upper().and_then(|bytes| usize::try_from(bytes).ok());
    let most = announced.map_or(bytes_max, |bytes| bytes.min(bytes_max));
    loop {
        let part = tokio::select! {
            biased;
            () = held.gave_way() => return Err(Refusal::GaveWay),
            part = next(&mut body, pace) => part?,
        };
        let Some(part) = part else { break };
        if whole.len() + part.len() > bytes_max {
            return Err(Refusal::TooLarge { bytes_max });
        }
        if !held.grow(part.len()) {
            return Err(Refusal::NoRoom);
        }
        if whole.is_empty() && body.is_end_stream() {
            return if held.keep() { Ok(part) } else { Err(Refusal::GaveWay) };
        }
        // Copied, for a part keeps the whole buffer alive that it was read into: single bytes would hold thousands each.
        let needed = whole.len() + part.len();
        if needed > whole.capacity().max(SMALL_BODY_BYTES_MAX) {
            whole.reserve((needed * GROWTH).min(most).saturating_sub(whole.len()));
        }
        whole.extend_from_slice(&part);
    }
    if held.keep() { Ok(whole.freeze()) } else { Err(Refusal::GaveWay) }
}

/// The next bytes of a body; the pace is told if they have not come yet. Trailers say nothing here.
async fn next(body: &mut Body, pace: Option<&Pace>) -> Result<Option<Bytes>, Refusal> {
    let mut poll = |context: &mut Context<'_>| {
        let polled = Pin::new(&mut *body).poll_frame(context);
        if let (Poll::Pending, Some(pace)) = (&polled, pace) {
            pace.lacks_body();
        }
        polled
    };
    while let Some(frame) = poll_fn(&mut poll).await {
        if let Ok(part) = frame.map_err(|_| Refusal::BrokenOff)?.into_data() {
            return Ok(Some(part));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::stream;

    use super::*;
    use crate::room::Room;

    const SECOND: Duration = Duration::from_secs(1);

    async fn read(body: Body, bytes_max: usize, room: &Room) -> Result<Bytes, Refusal> {
        let read = Arrived::read(Request::new(body), bytes_max, SECOND, &mut room.hold()).await;
        read.map(|arrived| arrived.body)
    }

    fn in_parts(count: usize) -> Body {
        let parts = (0..count).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"x")));
        Body::from_stream(stream::iter(parts))
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit_and_not_beyond() {
        let room = Room::new(1_000);
        let one = |bytes: usize| Body::from(vec![b'x'; bytes]);
        assert_eq!(read(one(10), 10, &room).await.unwrap().len(), 10);
        assert_eq!(read(in_parts(10), 10, &room).await.unwrap().len(), 10);
        assert_eq!(read(one(0), 10, &room).await.unwrap().len(), 0);
        for body in [one(11), in_parts(11)] {
            assert!(matches!(read(body, 10, &room).await, Err(Refusal::TooLarge { bytes_max: 10 })));
        }
        assert_eq!(room.held(), 0, "what was refused holds nothing");
    }

    #[tokio::test]
    async fn a_body_without_room_is_refused_at_once() {
        let room = Room::new(100);
        let mut others = room.hold();
        assert!(others.grow(95));
        for body in [Body::from(vec![b'x'; 6]), in_parts(6)] {
            assert!(matches!(read(body, 10, &room).await, Err(Refusal::NoRoom)));
        }
        assert!(read(in_parts(5), 10, &room).await.is_ok());
    }
}
