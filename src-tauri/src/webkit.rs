//! WebKitGTK's processes: what is to be done when the page's dies, and with the one that outlives the window.

use std::{
    cell::Cell,
    fs,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tauri::WebviewWindow;
use webkit2gtk::WebViewExt as _;

use crate::renderer::PageMark;

/// A page that dies twice within this time is not loaded a third time.
const CALM: Duration = Duration::from_secs(10);
/// The kernel keeps fifteen characters of a name.
const NETWORK_PROCESS: &str = "WebKitNetworkPr";

/// Loads the page again when its process dies, so that the window does not stay blank.
pub(crate) fn revive_page(window: &WebviewWindow, mark: PageMark) -> tauri::Result<()> {
    window.with_webview(move |webview| {
        let last = Cell::new(None::<Instant>);
        webview.inner().connect_web_process_terminated(move |view, reason| {
            let before = last.replace(Some(Instant::now()));
            if before.is_some_and(|before| before.elapsed() < CALM) {
                tracing::error!(?reason, "the page died again at once; the window stays blank");
                return;
            }
            tracing::warn!(?reason, "the page died; loading it again");
            mark.set();
            view.reload();
        });
    })
}

/// Ends the network process of this program, which WebKit never ends by itself (tauri-apps/tauri#14626) and starts
/// anew with the next window. Call when no page uses it.
pub(crate) fn end_network_process() {
    let own = std::process::id();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    for pid in pids.filter(|pid| is_network_process_of(*pid, own)) {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw)
            && let Err(error) = kill_process(pid, Signal::TERM)
        {
            tracing::debug!(%error, "WebKit's network process stays");
        }
    }
}

fn is_network_process_of(pid: u32, parent: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    name_and_parent(&stat) == Some((NETWORK_PROCESS, parent))
}

/// `PID (NAME) STATE PARENT …`; the name may hold anything, parentheses too.
fn name_and_parent(stat: &str) -> Option<(&str, u32)> {
    let (head, rest) = stat.rsplit_once(')')?;
    let name = head.split_once('(')?.1;
    Some((name, rest.split_whitespace().nth(1)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_parent_are_read_whatever_the_name() {
        assert_eq!(name_and_parent("12 (WebKitNetworkPr) S 7 12 12 0"), Some(("WebKitNetworkPr", 7)));
        assert_eq!(name_and_parent("12 (a) b (c) S 7 12"), Some(("a) b (c", 7)));
        assert_eq!(name_and_parent(""), None);
    }
}
