//! The window's commands about checks. Everything they do is done elsewhere.

use std::{collections::BTreeMap, path::PathBuf};

use agent::diagnosis::{BundleFile, DiagnoseRequest, Form, Level, RECORDING_LIMIT, ReportError};
use model::{
    EndpointId, ErrorBody, ErrorCode, Language,
    check::{CheckEvent, CheckProgress, Mode, Report, Trigger},
};
use serde::Deserialize;
use serde_json::Value;
use tauri::{AppHandle, State, ipc::Channel};

use crate::commands::{Room, downloads, refusal};

/// What is to be checked.
#[derive(Debug, Deserialize)]
pub(crate) struct CheckOrder {
    mode: Mode,
    endpoints: Vec<EndpointId>,
    trigger: Trigger,
}

/// The window's words for [`Form`].
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Result,
    It,
}

/// Makes a check; its progress goes to `progress`. Goes on to its end when the window is closed.
#[tauri::command]
pub(crate) async fn check(
    room: State<'_, Room>,
    order: CheckOrder,
    progress: Channel<CheckProgress>,
) -> Result<Report, ErrorBody> {
    let CheckOrder { mode, endpoints, trigger } = order;
    let request = DiagnoseRequest { endpoints, mode, trigger };
    let mut checking = room.agent.diagnose(request).await.map_err(|error| error.body())?;
    while let Some(event) = checking.next().await {
        match event {
            // A window that is closed hears nothing; the report is kept for the next one.
            CheckEvent::Progress(step) => drop(progress.send(*step)),
            CheckEvent::Report(report) => return Ok(*report),
        }
    }
    Err(refusal(ErrorCode::ShuttingDown, String::new()))
}

/// Ends the check under way; whoever asked for it gets the report of what is done.
#[tauri::command]
pub(crate) async fn cancel_check(room: State<'_, Room>) -> Result<(), ErrorBody> {
    room.agent.cancel_check().await.map(drop).map_err(|error| error.body())
}

/// The newest report there is.
#[tauri::command]
pub(crate) async fn last_check(room: State<'_, Room>) -> Result<Option<Report>, ErrorBody> {
    room.agent.last_check().await.map_err(|error| error.body())
}

/// A report in words.
#[tauri::command]
pub(crate) async fn check_text(
    room: State<'_, Room>,
    run: String,
    kind: Kind,
    language: String,
) -> Result<String, ErrorBody> {
    let form = match kind {
        Kind::Result => Form::Text,
        Kind::It => Form::ForIt,
    };
    room.reports
        .told(&run, form, Language::parse(&language).unwrap_or_default())
        .await
        .map_err(|error| error.body())
}

/// Writes the page of a report where the person keeps downloads; says where.
#[tauri::command]
pub(crate) async fn save_check(
    app: AppHandle,
    room: State<'_, Room>,
    run: String,
    language: String,
) -> Result<String, ErrorBody> {
    let folder = downloads(&app)?;
    said(room.reports.save_page(&run, Language::parse(&language).unwrap_or_default(), &folder).await)
}

/// Begins to record a problem: the log says more for a while. Its end shows in the status.
#[tauri::command]
pub(crate) async fn record(room: State<'_, Room>) -> Result<(), ErrorBody> {
    room.agent.record(RECORDING_LIMIT).await.map(drop).map_err(|error| error.body())
}

/// Ends the recording under way.
#[tauri::command]
pub(crate) async fn end_recording(room: State<'_, Room>) -> Result<(), ErrorBody> {
    room.agent.end_recording().await.map(drop).map_err(|error| error.body())
}

/// What the support bundle around a check would hold.
#[tauri::command]
pub(crate) async fn bundle_files(
    room: State<'_, Room>,
    run: String,
    privacy: Level,
) -> Result<Vec<BundleFile>, ErrorBody> {
    let preview = room.reports.preview(&run, privacy, known(&room)).await.map_err(|error| error.body())?;
    Ok(preview.files().to_vec())
}

/// Writes the support bundle, but for some of its files, where the person keeps downloads; says where.
#[tauri::command]
pub(crate) async fn save_bundle(
    app: AppHandle,
    room: State<'_, Room>,
    run: String,
    privacy: Level,
    without: Vec<String>,
) -> Result<String, ErrorBody> {
    let folder = downloads(&app)?;
    said(room.reports.save_bundle(&run, privacy, without, known(&room), &folder).await)
}

/// Puts text on the clipboard. False where only the page can.
#[tauri::command]
pub(crate) fn copy(app: AppHandle, text: String) -> Result<bool, ErrorBody> {
    // A page's own way wants a click that just happened, and the text comes later.
    #[cfg(target_os = "linux")]
    {
        let put = move || {
            let clipboard = gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD);
            clipboard.set_text(&text);
            // It stays when the program ends, where the desktop keeps clipboards.
            clipboard.store();
        };
        app.run_on_main_thread(put).map_err(|error| refusal(ErrorCode::Internal, error.to_string()))?;
        Ok(true)
    }
    #[cfg(not(target_os = "linux"))]
    {
        drop((app, text));
        Ok(false)
    }
}

fn said(written: Result<PathBuf, ReportError>) -> Result<String, ErrorBody> {
    written.map(|path| path.display().to_string()).map_err(|error| error.body())
}

/// What this program knows of its desktop, for support.
fn known(room: &Room) -> BTreeMap<String, Value> {
    let mut known = room.conditions.told();
    if let Ok(version) = tauri::webview_version() {
        known.insert("webview".to_owned(), version.into());
    }
    known
}
