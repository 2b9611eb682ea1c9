//! The port to the desktop, and what the desktop may ask for. Holds no behaviour.

use agent::Target;

use crate::{Notice, TrayView};

/// What the presenter needs of a desktop. Implemented by the shell, and by a recording desktop in tests.
///
/// Calls come from one task, one at a time, and must return quickly: whoever has to wait for a bus or a main
/// thread hands the value on.
pub trait Desktop: Send + 'static {
    /// Draws the tray. Called only when the view differs from the last one.
    fn set_tray(&mut self, view: &TrayView);
    /// Shows a notice; one with the key of an earlier notice replaces it.
    fn notify(&mut self, notice: &Notice);
    /// Opens the window, or raises it.
    fn open_window(&mut self);
    /// Opens the window where checks are made, and begins one.
    fn run_check(&mut self);
    /// Starts the end of the program.
    fn quit(&mut self);
}

/// What a person asked for in the tray, a notice or the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DesktopRequest {
    /// Show the window.
    OpenWindow,
    /// Show the window and check every connection.
    RunCheck,
    /// Drop the sessions and connect now.
    Reconnect(Target),
    /// Disconnect and stay away until resumed.
    Pause(Target),
    /// Take a pause back.
    Resume(Target),
    /// End the program.
    Quit,
}
