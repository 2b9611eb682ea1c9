//! Whether there is a display, and noticing when it goes away.

#[cfg(target_os = "linux")]
pub(crate) use linux::{is_there, is_wayland, outlive_session_bus, watch_end};

/// Everywhere else a desktop program has one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_there() -> bool {
    true
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn watch_end(_lost: tokio_util::sync::CancellationToken) {}

#[cfg(target_os = "linux")]
mod linux {
    use std::sync::OnceLock;

    use tokio_util::sync::CancellationToken;

    /// The X error handler gets no data of ours. Set once, before the handler is installed.
    static LOST: OnceLock<CancellationToken> = OnceLock::new();

    /// Connects GTK to the display; false when there is none that answers.
    pub(crate) fn is_there() -> bool {
        gtk::init().is_ok()
    }

    /// Whether it speaks Wayland. Asked on the main thread.
    pub(crate) fn is_wayland() -> bool {
        use gtk::gdk::{Display, prelude::DisplayExtManual as _};
        Display::default().is_some_and(|display| display.backend().is_wayland())
    }

    /// GLib raises SIGTERM when the session bus goes that it is connected to, for whichever of its parts connected
    /// first. The agent needs no bus; the session's end shows in the display. Call when a bus may have come, from a
    /// thread that may wait a moment.
    pub(crate) fn outlive_session_bus() {
        use gtk::gio;
        // All of GLib shares this connection.
        if let Ok(bus) = gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE) {
            bus.set_exit_on_close(false);
        }
    }

    /// Cancels `lost` when the X server goes away, which is how an X session ends. GDK's own answer is `_exit(1)`
    /// on the spot. On Wayland GDK leaves no way in; there the session's end comes as SIGTERM.
    #[expect(unsafe_code, reason = "Xlib's error handler is a C function pointer")]
    pub(crate) fn watch_end(lost: CancellationToken) {
        if LOST.set(lost).is_ok() {
            // SAFETY: called once, after GTK set its handler and before its loop runs. The handler has the type
            // Xlib documents and touches nothing of Xlib's.
            unsafe { XSetIOErrorHandler(display_lost) };
        }
    }

    /// Runs on the thread that met the broken connection. It must not return: Xlib would exit. The rest of the
    /// program goes on and ends in good order.
    extern "C" fn display_lost(_display: *mut std::ffi::c_void) -> std::ffi::c_int {
        if let Some(lost) = LOST.get() {
            lost.cancel();
        }
        loop {
            std::thread::park();
        }
    }

    type Handler = extern "C" fn(*mut std::ffi::c_void) -> std::ffi::c_int;

    #[link(name = "X11")]
    #[expect(unsafe_code, reason = "the one function of Xlib that is needed")]
    unsafe extern "C" {
        fn XSetIOErrorHandler(handler: Handler) -> Option<Handler>;
    }
}
