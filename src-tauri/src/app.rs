//! The desktop program put together: agent, presenter, tray, notices, window; and its orderly end.
//!
//! Everything that lasts lives on the runtime's threads. The main thread belongs to the window system and may be
//! lost with it without the rest noticing.

use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use presenter::{DesktopRequest, Language, NoticePolicy, Presenter};
use tauri::{Manager as _, RunEvent, WindowEvent};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    commands,
    commands::Room,
    conditions::Conditions,
    desktop::NativeDesktop,
    display,
    engine::Engine,
    instance::Doorbell,
    notify::{Herald, Notifications},
    renderer::PageMark,
    subscription::Subscription,
    tray::{self, TrayHost},
    window::{self, Activation, Appearance, Window},
};

/// Clicks that may wait for the presenter.
const REQUESTS: usize = 16;
/// Time a desktop that starts up has to bring its tray, before the window is opened in its place.
const TRAY_GRACE: Duration = Duration::from_secs(10);
/// Time each part has to end.
const PART_ENDS: Duration = Duration::from_secs(1);
/// Time the window system has to end its loop.
const LOOP_ENDS: Duration = Duration::from_secs(2);
/// Name of the picture in notices, in the runtime folder.
const NOTICE_ICON: &str = "linekeeper.png";

/// What `main` has prepared.
pub(crate) struct Start {
    pub(crate) runtime: Runtime,
    pub(crate) engine: Engine,
    pub(crate) doorbell: Option<Doorbell>,
    pub(crate) mark: PageMark,
    pub(crate) hidden: bool,
    pub(crate) end: CancellationToken,
}

/// Runs until somebody ends it; on the main thread, with a display.
pub(crate) fn run(start: Start, runtime_folder: &Path) -> anyhow::Result<ExitCode> {
    let Start {
        runtime,
        engine,
        doorbell,
        mark,
        hidden,
        end,
    } = start;
    tauri::async_runtime::set(runtime.handle().clone());
    let subscription = Subscription::default();
    let app = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![
            commands::status,
            commands::messages,
            commands::control,
            commands::subscribe,
            commands::desktop_info,
        ])
        .on_window_event({
            let subscription = subscription.clone();
            move |window, event| {
                if matches!(event, WindowEvent::Destroyed) {
                    subscription.end();
                    window::clean_up_after(window.app_handle().clone());
                }
            }
        })
        .build(tauri::generate_context!())
        .context("the window system could not be started")?;
    let lost = CancellationToken::new();
    display::watch_end(lost.clone());

    let _inside = runtime.enter();
    let activation = Activation::default();
    let (host, host_seen) = watch::channel(TrayHost::Unknown);
    let (health, notifications) = watch::channel(Notifications::Ok);
    let (requests, asked) = mpsc::channel::<DesktopRequest>(REQUESTS);
    let (views, views_seen) = watch::channel(None);
    let language = Language::from_system();
    let window = Window::new(
        app.handle().clone(),
        activation.clone(),
        mark.clone(),
        host_seen.clone(),
    );
    let stop = CancellationToken::new();
    let tray_stop = CancellationToken::new();

    let conditions = Conditions::new(host_seen.clone(), notifications, language);
    app.manage(Room {
        agent: engine.handle(),
        conditions,
        window: window.clone(),
        subscription,
    });

    let wiring = tray::Wiring {
        views: views_seen,
        language,
        host,
        requests: requests.clone(),
        window: window.clone(),
    };
    let tray = tokio::spawn(tray::run(wiring, tray_stop.clone()));
    let (notifier, herald) = Herald::new(notice_icon(runtime_folder), health, requests);
    tokio::spawn(herald.run());
    let desktop = NativeDesktop {
        tray: views.clone(),
        notifier,
        window: window.clone(),
        quit: end.clone(),
    };
    let presenter = Presenter::new(engine.handle(), desktop, language, notice_policy());
    let presenter = presenter.follow_notices(engine.notices_wanted());
    let presenter = tokio::spawn(presenter.run(asked, stop.clone()));
    if let Some(doorbell) = doorbell {
        let (rings, rung) = mpsc::channel(1);
        tokio::spawn(doorbell.run(rings, activation, stop.clone()));
        tokio::spawn(answer_rings(rung, window.clone()));
    }
    tokio::spawn(stay_reachable(window.clone(), host_seen));

    let parts = Parts {
        presenter,
        views,
        engine,
        tray,
        tray_stop,
        mark,
        app: app.handle().clone(),
    };
    tokio::spawn(finish(end, lost, stop, parts));
    let code = app.run_return(move |_, event| match event {
        RunEvent::Ready if !hidden => window.open(Appearance::Raised),
        // The last window is closed; the tray stays.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        _ => {}
    });
    runtime.shutdown_timeout(PART_ENDS);
    Ok(if code == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What ends, in this order.
struct Parts {
    presenter: JoinHandle<()>,
    views: watch::Sender<Option<Arc<presenter::TrayView>>>,
    engine: Engine,
    tray: JoinHandle<()>,
    tray_stop: CancellationToken,
    mark: PageMark,
    app: tauri::AppHandle,
}

/// Waits for the end and goes through with it once: presenter, agent, tray, window system.
async fn finish(end: CancellationToken, lost: CancellationToken, stop: CancellationToken, parts: Parts) {
    tokio::select! {
        () = end.cancelled() => {}
        () = lost.cancelled() => tracing::info!("the display is gone: ending"),
    }
    stop.cancel();
    let _ = timeout(PART_ENDS, parts.presenter).await;
    let logging = parts.engine.shutdown().await;
    parts.tray_stop.cancel();
    let _ = timeout(PART_ENDS, parts.tray).await;
    drop(parts.views);
    parts.mark.clear();
    tracing::info!("ended");
    drop(logging);
    if !lost.is_cancelled() {
        parts.app.exit(0);
        // When the loop ends as it should, so does the process, and nobody is here any more.
        sleep(LOOP_ENDS).await;
    }
    std::process::exit(0);
}

/// Every other start of the program raises this one's window.
async fn answer_rings(mut rung: mpsc::Receiver<()>, window: Window) {
    while rung.recv().await.is_some() {
        window.open(Appearance::Raised);
    }
}

/// Where no tray shows the icon there has to be a window, or nothing leads back to the program.
async fn stay_reachable(window: Window, mut host: watch::Receiver<TrayHost>) {
    loop {
        if host.wait_for(|host| *host == TrayHost::Absent).await.is_err() {
            return;
        }
        let back = timeout(TRAY_GRACE, host.wait_for(|host| *host == TrayHost::Present))
            .await
            .is_ok();
        if !back && !window.exists() {
            window.open(Appearance::Minimized);
        }
        if host.wait_for(|host| *host != TrayHost::Absent).await.is_err() {
            return;
        }
    }
}

/// Notices show a picture only by theme name or by file, and the theme has ours only where we are installed.
fn notice_icon(folder: &Path) -> std::path::PathBuf {
    let file = folder.join(NOTICE_ICON);
    if let Err(error) = std::fs::write(&file, include_bytes!("../../icons/app/128x128.png")) {
        tracing::debug!(%error, "notices go without a picture");
    }
    file
}

/// The product's times. A debug build takes others from the environment, so that a test need not wait for them:
/// `LINEKEEPER_TEST_NOTICES=START_GRACE,DOWN_AFTER,STABLE_AFTER,COALESCE` in ms.
fn notice_policy() -> NoticePolicy {
    let policy = NoticePolicy::default();
    if !cfg!(debug_assertions) {
        return policy;
    }
    let given = std::env::var("LINEKEEPER_TEST_NOTICES").unwrap_or_default();
    let times: Vec<Duration> = given
        .split(',')
        .filter_map(|ms| ms.parse().ok())
        .map(Duration::from_millis)
        .collect();
    match times[..] {
        [start_grace, down_after, stable_after, coalesce] => NoticePolicy {
            start_grace,
            down_after,
            stable_after,
            coalesce,
            ..policy
        },
        _ => policy,
    }
}
