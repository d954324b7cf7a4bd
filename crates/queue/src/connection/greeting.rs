//! Asks who listens at the broker's address, before lapin is let near it.
//!
//! lapin 4.12.3 waits without a limit for a peer that takes the connection and says nothing, and each attempt that is cut from
//! outside leaves a thread and a socket behind. So a peer must have spoken once before lapin connects. RabbitMQ logs each
//! greeting as a client that closed its connection unexpectedly.

use std::io;
use std::time::Duration;

use futures_util::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use lapin::tcp::AMQPUriTcpExt;
use lapin::uri::AMQPUri;
use tokio::time::timeout;

use super::LinkError;

/// Longest time for connecting, TLS, and the first answer, in seconds. RabbitMQ answers in milliseconds.
const GREETING_SECS_MAX: u64 = 5;

/// What a client says first. Source: AMQP 0-9-1 specification, 4.2.2.
const PROTOCOL_HEADER: &[u8] = b"AMQP\x00\x00\x09\x01";

/// First byte of a frame with a method in it. Source: AMQP 0-9-1 specification, 4.2.3.
const METHOD_FRAME: u8 = 1;

/// Largest first frame accepted, in bytes; RabbitMQ's has about 500.
const FRAME_BYTES_MAX: u32 = 64 * 1024;

/// Says hello, and returns product and version of who answers.
pub(super) async fn greet(uri: &AMQPUri) -> Result<String, LinkError> {
    let address = format!("{}:{}", uri.authority.host, uri.authority.port);
    let asked = async {
        let runtime = lapin::runtime::default_runtime().map_err(io::Error::other)?;
        ask(uri.connect_async(&runtime).await?).await
    };
    match timeout(Duration::from_secs(GREETING_SECS_MAX), asked).await {
        Err(_) => Err(LinkError::Silent { address }),
        Ok(Err(source)) => Err(LinkError::Unreachable { address, source }),
        Ok(Ok(None)) => Err(LinkError::Foreign { address }),
        Ok(Ok(Some(start))) => Ok(version(&start)),
    }
}

/// The body of the `connection.start` that answers the header; none if something else does.
async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<Option<Vec<u8>>> {
    stream.write_all(PROTOCOL_HEADER).await?;
    stream.flush().await?;
    let mut head = [0; 7];
    stream.read_exact(&mut head).await?;
    let [kind, _, _, size @ ..] = head;
    let size = u32::from_be_bytes(size);
    if kind != METHOD_FRAME || size > FRAME_BYTES_MAX {
        return Ok(None);
    }
    let mut start = Vec::new();
    stream.take(size.into()).read_to_end(&mut start).await?;
    Ok(Some(start))
}

fn version(start: &[u8]) -> String {
    let [product, version] = ["product", "version"].map(|name| property(start, name));
    format!("{} {}", product.unwrap_or("unknown product"), version.unwrap_or("of unknown version"))
}

/// A text among the server's properties: length and name, `S`, length and text. Source: AMQP 0-9-1 specification, 4.2.5.5.
fn property<'a>(start: &'a [u8], name: &str) -> Option<&'a str> {
    let key = [&[u8::try_from(name.len()).ok()?], name.as_bytes(), b"S"].concat();
    let at = start.windows(key.len()).position(|window| window == key)? + key.len();
    let (size, text) = start[at..].split_first_chunk()?;
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    std::str::from_utf8(text.get(..size)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_and_version_are_found_among_the_servers_properties() {
        let start = b"\x00\x0a\x00\x0a\x00\x09\x00\x00\x00\x2c\x07productS\x00\x00\x00\x08RabbitMQ\x07versionS\x00\x00\x00\x063.10.8";
        assert_eq!(version(start), "RabbitMQ 3.10.8");
        assert_eq!(version(&start[..start.len() - 1]), "RabbitMQ of unknown version");
        assert_eq!(version(b""), "unknown product of unknown version");
    }
}
