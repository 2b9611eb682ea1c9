//! Running where there is no display: the agent alone, as `linekeeper run` does, until a signal.

use std::io::{self, Write as _};

use tokio_util::sync::CancellationToken;

use crate::engine::Engine;

/// Says what is missing and where the page of the window is, then waits for the end.
pub(crate) async fn run(engine: Engine, end: CancellationToken) -> io::Result<()> {
    writeln!(
        io::stderr(),
        "linekeeper-desktop: there is no display; running without tray icon and window"
    )?;
    // The gateway listens, or has said why not, when the agent has started.
    let status = engine.handle().status();
    match &status.gateway.url {
        Some(url) => writeln!(io::stdout(), "Linekeeper is running. Its page: {url}/")?,
        None => writeln!(
            io::stdout(),
            "Linekeeper is running. The gateway is off, so there is no page."
        )?,
    }
    end.cancelled().await;
    drop(engine.shutdown().await);
    Ok(())
}
