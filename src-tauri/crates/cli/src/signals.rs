//! Requests to end, and news of a changed window, from the operating system.

use std::{io, time::Duration};

#[cfg(unix)]
use agent::detached::outlives_its_terminal;
use tokio::time::timeout;

/// Time for interrupted work to leave the terminal as it was.
const FAREWELL: Duration = Duration::from_millis(200);

/// Ctrl-C, SIGTERM, and SIGHUP unless `nohup` has it ignored; on Windows Ctrl-C, Ctrl-Break, closing the window, logging
/// off.
#[derive(Debug)]
pub(crate) struct Interrupts {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    signals: (
        tokio::signal::windows::CtrlC,
        tokio::signal::windows::CtrlBreak,
        tokio::signal::windows::CtrlClose,
        tokio::signal::windows::CtrlLogoff,
    ),
}

#[cfg(unix)]
impl Interrupts {
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if outlives_its_terminal() { None } else { Some(signal(SignalKind::hangup())?) };
        let signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
        Ok(Self { signals, hangup })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            Some(()) = hung_up(&mut self.hangup) => {}
        }
    }
}

#[cfg(unix)]
async fn hung_up(hangup: &mut Option<tokio::signal::unix::Signal>) -> Option<()> {
    hangup.as_mut()?.recv().await
}

#[cfg(windows)]
impl Interrupts {
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff};
        Ok(Self { signals: (ctrl_c()?, ctrl_break()?, ctrl_close()?, ctrl_logoff()?) })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        let (c, brk, close, logoff) = &mut self.signals;
        tokio::select! {
            _ = c.recv() => {}
            _ = brk.recv() => {}
            _ = close.recv() => {}
            _ = logoff.recv() => {}
        }
    }
}

/// Does the work until it is done (`Some`) or somebody interrupts (`None`). The work has its own task, because it
/// may be stuck writing to a pipe that nobody reads, and that must not keep the program from ending.
pub(crate) async fn unless_interrupted<T: Send + 'static>(
    interrupts: &mut Interrupts,
    work: impl Future<Output = anyhow::Result<T>> + Send + 'static,
) -> anyhow::Result<Option<T>> {
    let mut task = tokio::spawn(work);
    tokio::select! {
        done = &mut task => match done {
            Ok(result) => result.map(Some),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        },
        () = interrupts.next() => {
            task.abort();
            let _ = timeout(FAREWELL, task).await;
            Ok(None)
        }
    }
}

/// Changes of the terminal's size.
#[derive(Debug)]
pub(crate) struct Resizes {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Resizes {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::window_change())?,
        })
    }

    /// Waits for the next one. Where the system does not tell, the next regular frame notices.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        self.signal.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
