//! The command line of the desktop program.

use std::path::PathBuf;

/// Linekeeper in the tray: keeps real-time connections up and says what is wrong with the line.
#[derive(Clone, Debug, clap::Parser)]
#[command(
    name = "linekeeper-desktop",
    version,
    after_help = "Example: linekeeper-desktop --demo\n\nWithout a display it runs in the foreground, as `linekeeper run` does."
)]
pub(crate) struct Args {
    /// Connect to demo endpoints, and serve them when nobody does
    #[arg(long)]
    pub(crate) demo: bool,

    /// Configuration file, in place of the usual one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Open no window at start; the tray icon is enough
    #[arg(long)]
    pub(crate) hidden: bool,
}
