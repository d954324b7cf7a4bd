//! A keep-alive connection of the load generator, and just as much of HTTP/1.1 as it needs.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Largest answer that is understood, in bytes, its head included.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// Ends a head.
const BLANK_LINE: &[u8] = b"\r\n\r\n";

/// One connection.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Box<[u8]>,
}

/// What came of a request.
pub(super) enum Answer {
    /// An answer; `last`: the connection is closed behind it.
    Status { status: u16, last: bool },
    /// The connection was closed before an answer.
    Cut,
}

/// Where an answer ends, once its head is there.
struct Head {
    status: u16,
    last: bool,
    whole_bytes: usize,
}

impl Connection {
    /// Opens one from this address, at any port.
    pub(super) async fn open(from: IpAddr, to: SocketAddr) -> io::Result<Self> {
        let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.bind((from, 0).into())?;
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; ANSWER_BYTES_MAX].into() })
    }

    /// Sends a request and reads its answer.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        if is_cut(self.stream.write_all(request).await)?.is_none() {
            return Ok(Answer::Cut);
        }
        let (mut filled, mut head) = (0, None::<Head>);
        loop {
            let Some(read) =
                is_cut(self.stream.read(&mut self.buffer[filled..]).await)?.filter(|read| *read > 0)
            else {
                return Ok(Answer::Cut);
            };
            filled += read;
            if head.is_none() {
                head = Head::parse(&self.buffer[..filled])?;
            }
            match &head {
                Some(head) if filled == head.whole_bytes => {
                    return Ok(Answer::Status { status: head.status, last: head.last });
                }
                Some(head) => anyhow::ensure!(
                    filled < head.whole_bytes && head.whole_bytes <= ANSWER_BYTES_MAX,
                    "an answer is longer than it says, or than {ANSWER_BYTES_MAX} bytes"
                ),
                None => anyhow::ensure!(filled < ANSWER_BYTES_MAX, "an answer's head is too long"),
            }
        }
    }
}

impl Head {
    /// Reads it; none if it has not come to its end.
    fn parse(bytes: &[u8]) -> anyhow::Result<Option<Self>> {
        let Some(end) = bytes.windows(BLANK_LINE.len()).position(|window| window == BLANK_LINE) else {
            return Ok(None);
        };
        let mut lines = std::str::from_utf8(&bytes[..end])?.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let mut head = Self {
            status: status.ok_or_else(|| anyhow::anyhow!("an answer has no status"))?,
            last: false,
            whole_bytes: end + BLANK_LINE.len(),
        };
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            if name.eq_ignore_ascii_case("content-length") {
                head.whole_bytes += value.parse::<usize>()?;
            } else if name.eq_ignore_ascii_case("connection") {
                head.last = value.eq_ignore_ascii_case("close");
            }
        }
        Ok(Some(head))
    }
}

/// None if the other side has closed the connection.
fn is_cut<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{BrokenPipe, ConnectionReset};
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), BrokenPipe | ConnectionReset) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(u16, bool, usize)> {
        let head = Head::parse(text.as_bytes()).unwrap()?;
        Some((head.status, head.last, head.whole_bytes))
    }

    #[test]
    fn an_answer_ends_where_its_head_says() {
        let head = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 7\r\nconnection: close\r\n\r\n";
        assert_eq!(parsed(head), Some((401, true, head.len() + 7)));
        assert_eq!(parsed("HTTP/1.1 200 OK\r\n\r\n"), Some((200, false, 19)));
        assert_eq!(parsed("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n"), None);
        assert!(Head::parse(b"nonsense\r\n\r\n").is_err());
    }
}
