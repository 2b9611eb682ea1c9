//! What ends the program: a person's Quit, a signal, the end of the session. The first one ends it in good order,
//! a second signal at once.

use std::io;

#[cfg(unix)]
use agent::detached::outlives_its_terminal;
use tokio_util::sync::CancellationToken;

use crate::shutdown::exit_at_once;

/// Cancels `end` at the first signal; at the second the process exits with `128 + signal`, as if it had not been
/// caught.
pub(crate) fn watch_signals(end: CancellationToken) -> io::Result<()> {
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        let first = signals.next().await;
        tracing::info!(signal = first, "ending");
        end.cancel();
        let second = signals.next().await;
        tracing::warn!(signal = second, "ending at once");
        exit_at_once(128 + second);
    });
    Ok(())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// `None` where `nohup` has it ignored.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if outlives_its_terminal() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup,
        })
    }

    /// The next signal's number.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            Some(()) = hung_up(&mut self.hangup) => 1,
        }
    }
}

#[cfg(unix)]
async fn hung_up(hangup: &mut Option<tokio::signal::unix::Signal>) -> Option<()> {
    hangup.as_mut()?.recv().await
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Ctrl-C, in a console.
    async fn next(&mut self) -> i32 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        2
    }
}
