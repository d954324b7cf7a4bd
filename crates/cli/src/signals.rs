//! What the operating system asks of a running process.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by SIGTERM or Ctrl-C. A second one ends the process at once.
pub(crate) fn stop_token() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = stop.clone();
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        token.cancel();
        tracing::info!("stopping: finishing what is in flight; once more to stop at once");
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("stopped at once: what was in flight will be done again");
        std::process::exit(1);
    });
    Ok(stop)
}

/// SIGHUP, as often as it comes.
pub(crate) fn reload() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
