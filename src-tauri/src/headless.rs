//! Running where there is no display: the agent alone, as `linekeeper run` does, until a signal.

use std::io::{self, Write as _};

use agent::{gateway::GatewayFile, paths::Paths};
use tokio_util::sync::CancellationToken;

use crate::engine::Engine;

/// Says what is missing and where the page of the window is, then waits for the end.
pub(crate) async fn run(engine: Engine, paths: &Paths, end: CancellationToken) -> io::Result<()> {
    writeln!(io::stderr(), "linekeeper-desktop: there is no display; running without tray icon and window")?;
    // The gateway listens, or has said why not, when the agent has started.
    match GatewayFile::read(&paths.runtime).ok().flatten() {
        Some(file) => writeln!(io::stdout(), "Linekeeper is running. Its page: {}", file.ui_link())?,
        None => writeln!(io::stdout(), "Linekeeper is running. Its gateway is off, so there is no page.")?,
    }
    end.cancelled().await;
    drop(engine.shutdown().await);
    Ok(())
}
