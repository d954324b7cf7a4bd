//! Answering connections for which there is no place.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::limits::{TURN_AWAY_MS_MAX, TURNED_AWAY_MAX};
use crate::refusal::{PROBLEM_JSON, Refusal};

/// Answers connections for which there is no place, a few at once, with the same words each time.
pub(crate) struct TurnAway {
    places: Arc<Semaphore>,
    words: Arc<str>,
}

impl TurnAway {
    pub(crate) fn with(refusal: &Refusal) -> Self {
        Self { places: Arc::new(Semaphore::new(TURNED_AWAY_MAX)), words: written(refusal).into() }
    }

    /// Answers, or closes at once if too many are being answered.
    pub(crate) fn turn_away(&self, stream: TcpStream, tasks: &TaskTracker) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return };
        let words = Arc::clone(&self.words);
        tasks.spawn(async move {
            // Whoever does not listen is not told.
            let _ = timeout(Duration::from_millis(TURN_AWAY_MS_MAX), tell(stream, &words)).await;
            drop(place);
        });
    }
}

/// The request's first bytes are awaited, and what follows is taken: closed before, the connection would be reset, and the
/// answer lost.
async fn tell(mut stream: TcpStream, words: &str) -> io::Result<()> {
    let mut unread = [0; 1024];
    if stream.read(&mut unread).await? > 0 {
        stream.write_all(words.as_bytes()).await?;
        stream.shutdown().await?;
        while stream.read(&mut unread).await? > 0 {}
    }
    Ok(())
}

fn written(refusal: &Refusal) -> String {
    let problem =
        serde_json::to_string(&refusal.problem()).expect("a problem's fields can be written as JSON");
    let retry = refusal.retry_after().map(|wait| format!("retry-after: {}\r\n", wait.as_secs()));
    format!(
        "HTTP/1.1 {}\r\ncontent-type: {PROBLEM_JSON}\r\n{}content-length: {}\r\nconnection: close\r\n\r\n{problem}",
        refusal.status(),
        retry.unwrap_or_default(),
        problem.len(),
    )
}
