//! From a TCP connection to channels in confirm mode.

use std::io;

use amq_protocol::auth::Credentials;
use amq_protocol::frame::{AMQPFrame, ProtocolVersion};
use amq_protocol::protocol::{AMQPClass, channel, confirm, connection};
use bytes::BytesMut;
use futures_util::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use lapin::types::{AMQPValue, FieldTable};
use lapin::uri::AMQPUri;

use super::WireError;
use super::frames;
use crate::trail::short;

/// Largest frame that we send, in bytes, if RabbitMQ names no limit; it names 128 KiB.
const FRAME_BYTES_MAX: u32 = 128 * 1024;

/// What every peer must take, in bytes. Source: AMQP 0-9-1 specification, frame-min-size.
const FRAME_BYTES_MIN: usize = 4096;

/// What both sides agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Agreed {
    /// Largest frame, in bytes.
    pub frame_bytes_max: usize,
    /// Each side says something at least so often, in seconds; 0: nobody has to.
    pub heartbeat_secs: u16,
}

/// The conversation before there is a channel: one asks, the other answers.
struct Talk<S> {
    stream: S,
    arrived: BytesMut,
}

/// Opens a connection with this name, and on it so many channels in confirm mode, from 1.
pub(super) async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    uri: &AMQPUri,
    name: &str,
    channels: u16,
) -> Result<(S, Agreed), WireError> {
    let mut talk = Talk { stream, arrived: BytesMut::new() };
    talk.say(&AMQPFrame::ProtocolHeader(ProtocolVersion::amqp_0_9_1())).await?;
    let AMQPClass::Connection(connection::AMQPMethod::Start(_)) = talk.hear().await? else {
        return Err(WireError::Malformed);
    };
    let start = connection::AMQPMethod::StartOk(start_ok(uri, name));
    let AMQPClass::Connection(connection::AMQPMethod::Tune(tune)) =
        talk.ask(0, AMQPClass::Connection(start)).await?
    else {
        return Err(WireError::Malformed);
    };
    let agreed = agree(&tune, uri).ok_or(WireError::Malformed)?;
    let tuned = connection::TuneOk {
        channel_max: tune.channel_max,
        frame_max: u32::try_from(agreed.frame_bytes_max).expect("it was agreed as such"),
        heartbeat: agreed.heartbeat_secs,
    };
    talk.say(&AMQPFrame::Method(0, AMQPClass::Connection(connection::AMQPMethod::TuneOk(tuned)))).await?;
    let host = short(&uri.vhost);
    let open = connection::AMQPMethod::Open(connection::Open { virtual_host: host });
    talk.ask(0, AMQPClass::Connection(open)).await?;
    for channel in 1..=channels {
        talk.ask(channel, AMQPClass::Channel(channel::AMQPMethod::Open(channel::Open {}))).await?;
        let select = confirm::AMQPMethod::Select(confirm::Select { nowait: false });
        talk.ask(channel, AMQPClass::Confirm(select)).await?;
    }
    Ok((talk.stream, agreed))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    async fn say(&mut self, frame: &AMQPFrame) -> io::Result<()> {
        let mut bytes = Vec::new();
        frames::write(frame, &mut bytes);
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await
    }

    async fn ask(&mut self, channel: u16, method: AMQPClass) -> Result<AMQPClass, WireError> {
        self.say(&AMQPFrame::Method(channel, method)).await?;
        self.hear().await
    }

    /// The next method. RabbitMQ says no by closing.
    async fn hear(&mut self) -> Result<AMQPClass, WireError> {
        loop {
            while let Some(frame) = frames::take(&mut self.arrived)? {
                match frame {
                    AMQPFrame::Method(_, AMQPClass::Connection(connection::AMQPMethod::Close(close))) => {
                        return Err(WireError::closed(close.reply_code, &close.reply_text));
                    }
                    AMQPFrame::Method(_, AMQPClass::Channel(channel::AMQPMethod::Close(close))) => {
                        return Err(WireError::closed(close.reply_code, &close.reply_text));
                    }
                    AMQPFrame::Method(_, method) => return Ok(method),
                    AMQPFrame::Heartbeat => {}
                    _ => return Err(WireError::Malformed),
                }
            }
            let mut chunk = [0; 4096];
            let count = self.stream.read(&mut chunk).await?;
            if count == 0 {
                return Err(frames::broken_off());
            }
            self.arrived.extend_from_slice(&chunk[..count]);
        }
    }
}

fn start_ok(uri: &AMQPUri, name: &str) -> connection::StartOk {
    let mut capabilities = FieldTable::default();
    for capability in
        ["publisher_confirms", "basic.nack", "connection.blocked", "authentication_failure_close"]
    {
        capabilities.insert(capability.into(), AMQPValue::Boolean(true));
    }
    let mut properties = FieldTable::default();
    properties.insert("connection_name".into(), AMQPValue::LongString(name.into()));
    properties.insert("product".into(), AMQPValue::LongString("crossdock".into()));
    properties.insert("capabilities".into(), AMQPValue::FieldTable(capabilities));
    let mechanism = uri.query.auth_mechanism.unwrap_or_default();
    connection::StartOk {
        client_properties: properties,
        mechanism: mechanism.name().into(),
        response: Credentials::from(uri.authority.userinfo.clone()).sasl_auth_string(mechanism),
        locale: "en_US".into(),
    }
}

/// 0 means 'no limit' to either side. Source: AMQP 0-9-1 specification, connection.tune.
fn agree(tune: &connection::Tune, uri: &AMQPUri) -> Option<Agreed> {
    let ours = uri.query.frame_max.filter(|bytes| *bytes > 0).unwrap_or(FRAME_BYTES_MAX);
    let frame_bytes_max = if tune.frame_max == 0 { ours } else { ours.min(tune.frame_max) };
    let heartbeat_secs = match (uri.query.heartbeat.unwrap_or(tune.heartbeat), tune.heartbeat) {
        (ours, 0) => ours,
        (ours, theirs) => ours.min(theirs),
    };
    let frame_bytes_max = usize::try_from(frame_bytes_max).ok().filter(|bytes| *bytes >= FRAME_BYTES_MIN)?;
    Some(Agreed { frame_bytes_max, heartbeat_secs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_limits_are_kept_and_zero_is_none() {
        let agreed = |uri: &str, frame_max, heartbeat| {
            let tune = connection::Tune { channel_max: 0, frame_max, heartbeat };
            agree(&tune, &uri.parse().unwrap()).map(|it| (it.frame_bytes_max, it.heartbeat_secs))
        };
        let plain = "amqp://localhost";
        assert_eq!(agreed(plain, 131_072, 60), Some((131_072, 60)));
        assert_eq!(agreed(plain, 0, 0), Some((131_072, 0)));
        assert_eq!(agreed("amqp://localhost/%2f?heartbeat=15&frame_max=8192", 131_072, 60), Some((8192, 15)));
        assert_eq!(agreed("amqp://localhost/%2f?heartbeat=15", 4096, 0), Some((4096, 15)));
        assert_eq!(agreed(plain, 8, 60), None, "no frame has room for anything");
    }
}
