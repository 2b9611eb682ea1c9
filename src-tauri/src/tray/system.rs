//! The tray of Windows and macOS, drawn by Tauri. The icon and its menu live on the main thread.

use std::sync::Arc;

use presenter::{DesktopRequest, MenuEntry, TrayView, icons};
use tauri::{
    AppHandle,
    image::Image,
    menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};
use tokio_util::sync::CancellationToken;

use super::{TrayHost, Wiring};

/// The only tray icon's id.
const ID: &str = "linekeeper";
/// What these platforms ask for, in pixels; they scale it themselves.
const EDGE: u32 = 32;

/// Shows the views until `stop`.
pub(crate) async fn run(wiring: Wiring, stop: CancellationToken) {
    let mut views = wiring.views.clone();
    let mut last: Option<Arc<TrayView>> = None;
    loop {
        let view = views.borrow_and_update().clone();
        if let Some(view) = view {
            let (wiring, before) = (wiring.clone(), last.replace(Arc::clone(&view)));
            let app = wiring.window.app.clone();
            let drawn = app.run_on_main_thread(move || draw(&wiring, before.as_deref(), &view));
            if drawn.is_err() {
                return;
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            changed = views.changed() => if changed.is_err() { return },
        }
    }
}

fn draw(wiring: &Wiring, before: Option<&TrayView>, view: &TrayView) {
    let host = match try_draw(wiring, before, view) {
        Ok(()) => TrayHost::Present,
        Err(error) => {
            tracing::warn!(%error, "the tray icon cannot be shown");
            TrayHost::Absent
        }
    };
    wiring.host.send_if_modified(|known| std::mem::replace(known, host) != host);
}

fn try_draw(wiring: &Wiring, before: Option<&TrayView>, view: &TrayView) -> tauri::Result<()> {
    let app = &wiring.window.app;
    let picture = || icons::rgba(view.icon, EDGE).map(|pixmap| Image::new_owned(pixmap.rgba, EDGE, EDGE));
    let Some(tray) = app.tray_by_id(ID) else {
        let clicks = wiring.clone();
        let mut tray = TrayIconBuilder::with_id(ID)
            .tooltip(&view.tooltip)
            .menu(&menu(app, view)?)
            .show_menu_on_left_click(cfg!(target_os = "macos"))
            .on_menu_event({
                let wiring = wiring.clone();
                move |_, event| chosen(&wiring, &event)
            })
            .on_tray_icon_event(move |_, event| {
                if !cfg!(target_os = "macos") && is_left_up(&event) {
                    clicks.ask(DesktopRequest::OpenWindow);
                }
            });
        if let Some(picture) = picture() {
            tray = tray.icon(picture);
        }
        tray.build(app)?;
        return Ok(());
    };
    if before.is_none_or(|before| before.icon != view.icon) {
        tray.set_icon(picture())?;
    }
    if before.is_none_or(|before| before.tooltip != view.tooltip) {
        tray.set_tooltip(Some(&view.tooltip))?;
    }
    if before.is_none_or(|before| before.menu != view.menu) {
        tray.set_menu(Some(menu(app, view)?))?;
    }
    Ok(())
}

fn is_left_up(event: &TrayIconEvent) -> bool {
    matches!(
        event,
        TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. }
    )
}

/// Menu events carry only the row's id; the newest view knows what it means.
fn chosen(wiring: &Wiring, event: &MenuEvent) {
    let view = wiring.views.borrow().clone();
    if let Some(command) = view.as_deref().and_then(|view| command(&view.menu, &event.id().0)) {
        wiring.ask(command);
    }
}

fn command(menu: &[MenuEntry], wanted: &str) -> Option<DesktopRequest> {
    menu.iter().find_map(|entry| match entry {
        MenuEntry::Separator | MenuEntry::Label { .. } => None,
        MenuEntry::Item { id, command, .. } => (id == wanted).then(|| command.clone()),
        MenuEntry::Submenu { entries, .. } => self::command(entries, wanted),
    })
}

fn menu(app: &AppHandle, view: &TrayView) -> tauri::Result<Menu<tauri::Wry>> {
    let menu = Menu::new(app)?;
    for entry in &view.menu {
        match entry {
            MenuEntry::Separator => menu.append(&PredefinedMenuItem::separator(app)?)?,
            MenuEntry::Label { text } => {
                menu.append(&MenuItem::new(app, label(text), false, None::<&str>)?)?
            }
            MenuEntry::Item { id, text, enabled, .. } => {
                menu.append(&MenuItem::with_id(app, id, label(text), *enabled, None::<&str>)?)?;
            }
            MenuEntry::Submenu { text, entries } => menu.append(&submenu(app, text, entries)?)?,
        }
    }
    Ok(menu)
}

fn submenu(app: &AppHandle, text: &str, entries: &[MenuEntry]) -> tauri::Result<Submenu<tauri::Wry>> {
    let menu = Submenu::new(app, label(text), true)?;
    for entry in entries {
        match entry {
            MenuEntry::Separator => menu.append(&PredefinedMenuItem::separator(app)?)?,
            MenuEntry::Label { text } => {
                menu.append(&MenuItem::new(app, label(text), false, None::<&str>)?)?
            }
            MenuEntry::Item { id, text, enabled, .. } => {
                menu.append(&MenuItem::with_id(app, id, label(text), *enabled, None::<&str>)?)?;
            }
            // The presenter never nests deeper.
            MenuEntry::Submenu { .. } => {}
        }
    }
    Ok(menu)
}

/// One ampersand marks an access key, two are an ampersand.
fn label(text: &str) -> String {
    text.replace('&', "&&")
}
