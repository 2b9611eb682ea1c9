//! The one window: created when somebody wants it, destroyed when it is closed, shown when its page is alive.
//!
//! Holds no state of the product; the page reads everything anew each time it is created.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tauri::{AppHandle, Manager as _, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tokio::sync::watch;

use crate::{renderer::PageMark, tray::TrayHost};

/// The only window's label; `capabilities/window.json` names it too.
pub(crate) const LABEL: &str = "main";
/// A page that has not come alive by then is shown as it is: a blank window says more than none.
const PAGE_DEADLINE: Duration = Duration::from_secs(4);

/// Time the page of a closed window has to end.
#[cfg(target_os = "linux")]
const PAGE_ENDS: Duration = Duration::from_secs(1);

/// The desktop's permission to raise a window, kept from the click until the window uses it. Wayland raises
/// nothing without one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activation(Arc<Mutex<Option<String>>>);

impl Activation {
    /// Keeps a token for the next time the window opens.
    pub(crate) fn keep(&self, token: Option<String>) {
        if token.is_some() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = token;
        }
    }

    pub(crate) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// How the window comes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Appearance {
    /// In front, with the keyboard.
    Raised,
    /// In the task bar only: nobody asked for it, but it has to be reachable.
    Minimized,
}

/// Where in the page the window opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where it was, or its first page.
    AsItWas,
    /// Where checks are made, and a new one begins.
    NewCheck,
}

impl Place {
    /// What stands behind the page's address.
    fn fragment(self) -> Option<&'static str> {
        match self {
            Self::AsItWas => None,
            Self::NewCheck => Some("/check-now"),
        }
    }
}

/// Opens the window, from any thread.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) app: AppHandle,
    pub(crate) activation: Activation,
    pub(crate) mark: PageMark,
    pub(crate) host: watch::Receiver<TrayHost>,
    /// Where the page's own settings, such as its language, are kept.
    pub(crate) storage: PathBuf,
}

impl Window {
    /// Opens the window; one that is open is raised.
    pub(crate) fn open(&self, appearance: Appearance) {
        self.open_as(appearance, Place::AsItWas);
    }

    /// Opens the window, or raises it, at a place of its page.
    pub(crate) fn open_at(&self, place: Place) {
        self.open_as(Appearance::Raised, place);
    }

    fn open_as(&self, appearance: Appearance, place: Place) {
        let this = self.clone();
        let opened = self.app.run_on_main_thread(move || {
            if let Err(error) = this.open_here(appearance, place) {
                tracing::error!(%error, "the window could not be opened");
            }
        });
        if let Err(error) = opened {
            tracing::warn!(%error, "the window could not be opened: the program is ending");
        }
    }

    /// Keeps the desktop's permission to raise the window, see [`Activation`].
    pub(crate) fn keep_activation(&self, token: Option<String>) {
        self.activation.keep(token);
    }

    /// Whether there is a window, in front or not.
    pub(crate) fn exists(&self) -> bool {
        self.app.get_webview_window(LABEL).is_some()
    }

    fn open_here(&self, appearance: Appearance, place: Place) -> tauri::Result<()> {
        let window = match self.app.get_webview_window(LABEL) {
            Some(window) if appearance == Appearance::Raised => {
                go(&window, place)?;
                return raise(&window, self.activation.take());
            }
            Some(_) => return Ok(()),
            None => self.create(place)?,
        };
        self.mark.set();
        if appearance == Appearance::Minimized {
            window.minimize()?;
        }
        if let Some(token) = self.activation.take() {
            use_token(&window, &token)?;
        }
        // The page shows the window itself, by subscribing; see `page_is_alive`.
        let app = self.app.clone();
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(PAGE_DEADLINE).await;
            // Asked there and not here: a thread of the runtime must not wait for the window system.
            let _ = app.run_on_main_thread(move || {
                if matches!(window.is_visible(), Ok(false)) {
                    tracing::error!("the window's page did not come alive in {} s", PAGE_DEADLINE.as_secs());
                    let _ = window.show();
                }
            });
        });
        Ok(())
    }

    fn create(&self, place: Place) -> tauri::Result<WebviewWindow> {
        #[cfg(target_os = "linux")]
        crate::display::outlive_session_bus();
        let window = WebviewWindowBuilder::new(&self.app, LABEL, page(place))
            .title("Linekeeper")
            .inner_size(980.0, 640.0)
            .min_inner_size(360.0, 480.0)
            .data_directory(self.storage.clone())
            // Hidden until the page can draw: no white flash before a dark page.
            .visible(false)
            .build()?;
        #[cfg(target_os = "linux")]
        crate::webkit::revive_page(&window, self.mark.clone())?;
        let host = self.host.clone();
        let closing = window.clone();
        window.on_window_event(move |event| {
            if let WindowEvent::CloseRequested { api, .. } = event
                && *host.borrow() != TrayHost::Present
            {
                // Nothing else on this desktop leads back to the window.
                api.prevent_close();
                let _ = closing.minimize();
            }
        });
        Ok(window)
    }

    /// The page works: show the window.
    pub(crate) fn page_is_alive(&self) {
        self.mark.clear();
        if let Some(window) = self.app.get_webview_window(LABEL)
            && let Err(error) = window.show()
        {
            tracing::warn!(%error, "the window could not be shown");
        }
    }
}

/// Ends what the window system keeps of a window that was closed, unless there is a new one by then.
#[cfg(target_os = "linux")]
pub(crate) fn clean_up_after(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PAGE_ENDS).await;
        let last = app.clone();
        // On the main thread no window comes up in between.
        let _ = app.run_on_main_thread(move || {
            if last.get_webview_window(LABEL).is_none() {
                crate::webkit::end_network_process();
            }
        });
    });
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn clean_up_after(_app: AppHandle) {}

fn page(place: Place) -> WebviewUrl {
    match place.fragment() {
        Some(fragment) => WebviewUrl::App(format!("index.html#{fragment}").into()),
        None => WebviewUrl::default(),
    }
}

/// Leads an open page to a place. The page follows its own address.
fn go(window: &WebviewWindow, place: Place) -> tauri::Result<()> {
    match place.fragment() {
        Some(fragment) => window.eval(format!("location.hash = {fragment:?}")),
        None => Ok(()),
    }
}

fn raise(window: &WebviewWindow, token: Option<String>) -> tauri::Result<()> {
    if token.is_none() && stays_away(window)? {
        // It comes up as a new one would.
        window.hide()?;
    }
    window.unminimize()?;
    window.show()?;
    if let Some(token) = token {
        use_token(window, &token)?;
    }
    window.set_focus()
}

/// Wayland has no word for bringing a minimized window back: only the desktop may, and only with its own permission.
#[cfg(target_os = "linux")]
fn stays_away(window: &WebviewWindow) -> tauri::Result<bool> {
    Ok(crate::display::is_wayland() && !window.is_focused()?)
}

#[cfg(not(target_os = "linux"))]
fn stays_away(_window: &WebviewWindow) -> tauri::Result<bool> {
    Ok(false)
}

#[cfg(target_os = "linux")]
fn use_token(window: &WebviewWindow, token: &str) -> tauri::Result<()> {
    use gtk::prelude::GtkWindowExt as _;
    window.gtk_window()?.set_startup_id(token);
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn use_token(_window: &WebviewWindow, _token: &str) -> tauri::Result<()> {
    Ok(())
}
