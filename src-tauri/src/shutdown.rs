//! The program's end, once and in order: presenter, agent, tray, window system.

use std::{sync::Arc, time::Duration};

use presenter::TrayView;
use tauri::AppHandle;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{engine::Engine, renderer::PageMark};

/// Time each part has to end.
const PART_ENDS: Duration = Duration::from_secs(1);
/// Time the window system has to end its loop.
const LOOP_ENDS: Duration = Duration::from_secs(2);

/// What ends the program.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    /// A person or a signal.
    pub(crate) end: CancellationToken,
    /// The display went away, and the main thread with it.
    pub(crate) display_lost: CancellationToken,
}

/// What ends.
pub(crate) struct Parts {
    /// Ends the presenter, the doorbell and whatever else needs no order.
    pub(crate) stop: CancellationToken,
    pub(crate) presenter: JoinHandle<()>,
    pub(crate) engine: Engine,
    pub(crate) tray_stop: CancellationToken,
    pub(crate) tray: JoinHandle<()>,
    /// Held so that the tray outlives the presenter, who holds the other end.
    pub(crate) views: watch::Sender<Option<Arc<TrayView>>>,
    pub(crate) mark: PageMark,
    pub(crate) app: AppHandle,
}

/// Waits for a cause and goes through with the end.
pub(crate) async fn when(cause: Cause, mut parts: Parts) {
    let mut presenter_ended = false;
    let code = tokio::select! {
        () = cause.end.cancelled() => 0,
        () = cause.display_lost.cancelled() => {
            tracing::info!("the display is gone: ending");
            0
        }
        _ = &mut parts.presenter => {
            // It ends with the agent, which nobody has told to.
            tracing::error!("the agent ended by itself");
            presenter_ended = true;
            1
        }
    };
    parts.stop.cancel();
    if !presenter_ended {
        let _ = timeout(PART_ENDS, parts.presenter).await;
    }
    let logging = parts.engine.shutdown().await;
    parts.tray_stop.cancel();
    let _ = timeout(PART_ENDS, parts.tray).await;
    drop(parts.views);
    parts.mark.clear();
    tracing::info!("ended");
    drop(logging);
    if !cause.display_lost.is_cancelled() {
        parts.app.exit(code);
        // When the loop ends as it should, so does the process, and nobody is here any more.
        sleep(LOOP_ENDS).await;
    }
    exit_at_once(code);
}

/// Ends the process and runs nothing more: what libraries do at exit may wait for a lock that the main thread holds
/// since it lost the display.
#[cfg(unix)]
#[expect(unsafe_code, reason = "Rust's own exit runs the libraries' handlers")]
pub(crate) fn exit_at_once(code: i32) -> ! {
    unsafe extern "C" {
        fn _exit(code: std::ffi::c_int) -> !;
    }
    // SAFETY: POSIX, callable from any thread; nothing of ours is left to finish.
    unsafe { _exit(code) }
}

#[cfg(not(unix))]
pub(crate) fn exit_at_once(code: i32) -> ! {
    std::process::exit(code)
}
