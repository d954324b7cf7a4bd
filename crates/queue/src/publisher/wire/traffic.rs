//! The two directions of a wire: what was put into the outbox is written together, and answers are given to who waits.

use std::time::Duration;

use amq_protocol::frame::AMQPFrame;
use amq_protocol::protocol::{AMQPClass, basic, channel, connection};
use bytes::BytesMut;
use futures_util::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::{Shared, WireError, frames};

/// Bytes read at once: some hundred answers.
const READ_BYTES: usize = 16 * 1024;

/// Longest wait for a larger write, in milliseconds.
const GATHER_MS_MAX: u64 = 1;

/// Memory kept for the next write, in bytes; a rare larger one is given back.
const BATCH_BYTES_KEPT: usize = 1024 * 1024;

/// Silence for so many heartbeats means that the peer is gone. Source: AMQP 0-9-1 specification, 4.2.7.
const HEARTBEATS_MISSED_MAX: u32 = 2;

/// Writes what is in the outbox, and a heartbeat when there is nothing for half its time. Only an error ends it.
pub(super) async fn write(
    mut stream: impl AsyncWrite + Unpin,
    shared: &Shared,
    heartbeat_secs: u16,
) -> WireError {
    let pause = heartbeat(heartbeat_secs).map_or(Duration::MAX, |beat| beat / 2);
    let mut batch = Vec::new();
    loop {
        let filled = timeout(pause, shared.filled.notified()).await.is_ok();
        if filled {
            // An error here only means that nothing more came.
            let _ = timeout(Duration::from_millis(GATHER_MS_MAX), gather(shared)).await;
        }
        shared.take(&mut batch);
        if !filled {
            frames::write(&AMQPFrame::Heartbeat, &mut batch);
        }
        let written = async {
            stream.write_all(&batch).await?;
            stream.flush().await
        };
        if let Err(error) = written.await {
            return error.into();
        }
        batch.clear();
        batch.shrink_to(BATCH_BYTES_KEPT);
    }
}

/// Waits until a write is worth it. Nothing in flight: at once. Else as by Nagle's algorithm (RFC 896): while much is in flight,
/// little waits for more, or for answers; RabbitMQ takes one large write with less work than many small ones.
async fn gather(shared: &Shared) {
    // Whoever is ready to publish goes first.
    tokio::task::yield_now().await;
    while !shared.is_worth_a_write() {
        tokio::select! {
            () = shared.filled.notified() => {}
            () = shared.settled.notified() => {}
        }
    }
}

/// Reads what RabbitMQ answers. Only the end of the connection ends it.
pub(super) async fn read(
    mut stream: impl AsyncRead + Unpin,
    shared: &Shared,
    heartbeat_secs: u16,
) -> WireError {
    let silence = heartbeat(heartbeat_secs).map_or(Duration::MAX, |beat| beat * HEARTBEATS_MISSED_MAX);
    let mut arrived = BytesMut::new();
    let mut chunk = vec![0; READ_BYTES];
    loop {
        match timeout(silence, stream.read(&mut chunk)).await {
            Err(_) => return WireError::Silent,
            Ok(Err(error)) => return error.into(),
            Ok(Ok(0)) => return frames::broken_off(),
            Ok(Ok(count)) => arrived.extend_from_slice(&chunk[..count]),
        }
        loop {
            match frames::take(&mut arrived) {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    if let Err(error) = handle(frame, shared) {
                        return error;
                    }
                }
                Err(error) => return error,
            }
        }
    }
}

fn handle(frame: AMQPFrame, shared: &Shared) -> Result<(), WireError> {
    match frame {
        AMQPFrame::Method(channel, AMQPClass::Basic(basic::AMQPMethod::Ack(ack))) => {
            shared.settle(channel, ack.delivery_tag, ack.multiple, true)
        }
        AMQPFrame::Method(channel, AMQPClass::Basic(basic::AMQPMethod::Nack(nack))) => {
            shared.settle(channel, nack.delivery_tag, nack.multiple, false)
        }
        // The header that follows names the message; its body is not needed.
        AMQPFrame::Method(_, AMQPClass::Basic(basic::AMQPMethod::Return(_)))
        | AMQPFrame::Body(..)
        | AMQPFrame::Heartbeat => Ok(()),
        AMQPFrame::Header(channel, header) => {
            shared.returned(channel, header.properties.message_id().as_ref().map_or("", |id| id.as_str()))
        }
        AMQPFrame::Method(_, AMQPClass::Connection(connection::AMQPMethod::Blocked(blocked))) => {
            shared.block(format!("RabbitMQ takes no messages: {}", blocked.reason));
            Ok(())
        }
        AMQPFrame::Method(_, AMQPClass::Connection(connection::AMQPMethod::Unblocked(_))) => {
            shared.open_again();
            Ok(())
        }
        AMQPFrame::Method(_, AMQPClass::Connection(connection::AMQPMethod::CloseOk(_))) => {
            Err(WireError::Ended)
        }
        AMQPFrame::Method(_, AMQPClass::Connection(connection::AMQPMethod::Close(close))) => {
            Err(WireError::closed(close.reply_code, &close.reply_text))
        }
        AMQPFrame::Method(_, AMQPClass::Channel(channel::AMQPMethod::Close(close))) => {
            Err(WireError::closed(close.reply_code, &close.reply_text))
        }
        _ => Err(WireError::Malformed),
    }
}

fn heartbeat(secs: u16) -> Option<Duration> {
    (secs > 0).then(|| Duration::from_secs(secs.into()))
}
