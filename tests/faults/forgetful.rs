//! Somebody who answers every request 200, and forgets it.

use std::net::Ipv4Addr;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

/// Answers until it is dropped.
pub(crate) struct Forgetful {
    url: Url,
    _answering: AbortOnDropHandle<()>,
}

impl Forgetful {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let answering = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream));
            }
        });
        let url = format!("http://{address}").parse().expect("an address makes a URL");
        Self { url, _answering: AbortOnDropHandle::new(answering) }
    }

    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }
}

/// Reads one request to its end, and answers it.
async fn answer(stream: TcpStream) -> std::io::Result<()> {
    let (mut stream, mut length) = (BufReader::new(stream), 0);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap_or_default();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await
}
