//! The desktop program put together: agent, presenter, tray, notices and window.
//!
//! Everything that lasts lives on the runtime's threads. The main thread belongs to the window system and may be
//! lost with it without the rest noticing.

use std::{process::ExitCode, time::Duration};

use agent::{diagnosis::Reports, paths::Paths};
use anyhow::Context as _;
use presenter::{DesktopRequest, Presenter, choose_language};
use tauri::{App, Manager as _, RunEvent, WindowEvent};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, watch},
};
use tokio_util::sync::CancellationToken;

use crate::{
    checks,
    commands::{self, Room},
    conditions::Conditions,
    desktop::NativeDesktop,
    display,
    engine::Engine,
    instance::Doorbell,
    notify::{self, Herald, Notifications},
    reachable,
    renderer::PageMark,
    shutdown::{self, Cause, Parts},
    subscription::Subscription,
    tray::{self, TrayHost},
    window::{self, Activation, Appearance, Window},
};

/// Clicks that may wait for the presenter.
const REQUESTS: usize = 16;
/// Time what is left on the runtime has to end after everything that matters has.
const RUNTIME_ENDS: Duration = Duration::from_secs(1);

/// What `main` has prepared.
pub(crate) struct Start {
    pub(crate) runtime: Runtime,
    pub(crate) engine: Engine,
    pub(crate) paths: Paths,
    pub(crate) doorbell: Option<Doorbell>,
    pub(crate) mark: PageMark,
    pub(crate) hidden: bool,
    pub(crate) end: CancellationToken,
}

/// Runs until somebody ends it; on the main thread, with a display.
pub(crate) fn run(start: Start) -> anyhow::Result<ExitCode> {
    tauri::async_runtime::set(start.runtime.handle().clone());
    let subscription = Subscription::default();
    let app = build(&subscription).context("the window system could not be started")?;
    let cause = Cause { end: start.end.clone(), display_lost: CancellationToken::new() };
    display::watch_end(cause.display_lost.clone());
    let hidden = start.hidden;
    let (window, runtime) = furnish(&app, start, subscription, cause);
    let code = app.run_return(move |_, event| {
        if matches!(event, RunEvent::Ready) && !hidden {
            window.open(Appearance::Raised);
        } else if let RunEvent::ExitRequested { code: None, api, .. } = event {
            // The last window is closed; the tray stays.
            api.prevent_exit();
        }
    });
    runtime.shutdown_timeout(RUNTIME_ENDS);
    Ok(if code == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn build(subscription: &Subscription) -> tauri::Result<App> {
    let subscription = subscription.clone();
    tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![
            commands::status,
            commands::messages,
            commands::control,
            commands::send,
            commands::waiting_messages,
            commands::waiting_head,
            commands::discard_waiting,
            commands::dead_letters,
            commands::retry_dead,
            commands::delete_dead,
            commands::export_dead,
            checks::check,
            checks::cancel_check,
            checks::last_check,
            checks::check_text,
            checks::save_check,
            checks::record,
            checks::end_recording,
            checks::bundle_files,
            checks::save_bundle,
            checks::copy,
            commands::subscribe,
            commands::desktop_info,
            commands::quit,
        ])
        .on_window_event(move |window, event| {
            if matches!(event, WindowEvent::Destroyed) {
                subscription.end();
                window::clean_up_after(window.app_handle().clone());
            }
        })
        .build(tauri::generate_context!())
}

/// Starts everything that runs beside the window system.
fn furnish(app: &App, start: Start, subscription: Subscription, cause: Cause) -> (Window, Runtime) {
    let Start { runtime, engine, paths, doorbell, mark, hidden: _, end } = start;
    let inside = runtime.enter();
    let activation = Activation::default();
    let (host, host_seen) = watch::channel(TrayHost::Unknown);
    let (health, notifications) = watch::channel(Notifications::Ok);
    let (requests, asked) = mpsc::channel::<DesktopRequest>(REQUESTS);
    let (views, views_seen) = watch::channel(None);
    let (stop, tray_stop) = (CancellationToken::new(), CancellationToken::new());
    let language = choose_language(std::env::var("LINEKEEPER_LANGUAGE").ok().as_deref());
    let window = Window {
        app: app.handle().clone(),
        activation: activation.clone(),
        mark: mark.clone(),
        host: host_seen.clone(),
        storage: paths.data.join("window"),
    };
    app.manage(Room {
        agent: engine.handle(),
        reports: Reports::of(&engine.handle()),
        conditions: Conditions::new(host_seen.clone(), notifications, language),
        window: window.clone(),
        subscription,
        quit: end.clone(),
    });

    let wiring = tray::Wiring {
        views: views_seen,
        language,
        host,
        requests: requests.clone(),
        window: window.clone(),
    };
    let tray = tokio::spawn(tray::run(wiring, tray_stop.clone()));
    let (notifier, herald) = Herald::new(notify::icon(&paths.runtime), health, requests);
    tokio::spawn(herald.run());
    let desktop = NativeDesktop { tray: views.clone(), notifier, window: window.clone(), quit: end };
    let presenter = Presenter::new(engine.handle(), desktop, language, notify::policy());
    let presenter = presenter.follow_notices(engine.notices_wanted());
    let presenter = tokio::spawn(presenter.run(asked, stop.clone()));
    if let Some(doorbell) = doorbell {
        let (rings, rung) = mpsc::channel(1);
        tokio::spawn(doorbell.run(rings, activation, stop.clone()));
        tokio::spawn(reachable::answer_rings(rung, window.clone()));
    }
    tokio::spawn(reachable::keep(window.clone(), host_seen));

    let app = app.handle().clone();
    let parts = Parts { stop, presenter, engine, tray_stop, tray, views, mark, app };
    tokio::spawn(shutdown::when(cause, parts));
    drop(inside);
    (window, runtime)
}
