//! The commands of the window. Everything they do is done elsewhere.

use std::path::PathBuf;

use agent::{
    Action, AgentHandle, Target,
    diagnosis::Reports,
    gateway::{DeadMessage, Letters, OutboxReport, ReceiptEntry},
};
use model::{AgentEvent, EndpointId, ErrorBody, ErrorCode, ReceivedMessage, StatusSnapshot};
use serde::Deserialize;
use tauri::{AppHandle, Manager as _, State, ipc::Channel};
use tokio_util::sync::CancellationToken;

use crate::{
    conditions::{Conditions, DesktopInfo},
    feed,
    subscription::Subscription,
    window::Window,
};

/// What the commands work with.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) agent: AgentHandle,
    pub(crate) reports: Reports,
    pub(crate) conditions: Conditions,
    pub(crate) window: Window,
    pub(crate) subscription: Subscription,
    pub(crate) quit: CancellationToken,
}

/// The window's words for [`Action`].
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    Connect,
    Reconnect,
    Pause,
    Resume,
}

/// The newest snapshot.
#[tauri::command]
pub(crate) fn status(room: State<'_, Room>) -> StatusSnapshot {
    room.conditions.over(room.agent.status())
}

/// The newest received messages of an endpoint, oldest first.
#[tauri::command]
pub(crate) async fn messages(
    room: State<'_, Room>,
    endpoint: String,
    limit: usize,
) -> Result<Vec<ReceivedMessage>, ErrorBody> {
    room.agent.messages(id(&endpoint)?, limit).await.map_err(|error| error.body())
}

/// Connects, reconnects, pauses or resumes one endpoint, or all of them.
#[tauri::command]
pub(crate) async fn control(
    room: State<'_, Room>,
    action: Order,
    endpoint: Option<String>,
) -> Result<(), ErrorBody> {
    let target = endpoint.as_deref().map(id).transpose()?.map_or(Target::All, Target::One);
    room.agent.control(target, action.into()).await.map_err(|error| error.body())
}

/// Hands a text over to an endpoint's buffer; the same `id` twice counts once.
#[tauri::command]
pub(crate) async fn send(
    room: State<'_, Room>,
    endpoint: String,
    id: String,
    text: String,
) -> Result<ReceiptEntry, ErrorBody> {
    letters(&room, &endpoint)?.send(&id, text).await
}

/// A page of an endpoint's waiting messages, in order, without their bodies.
#[tauri::command]
pub(crate) async fn waiting_messages(
    room: State<'_, Room>,
    endpoint: String,
    after: u64,
) -> Result<OutboxReport, ErrorBody> {
    letters(&room, &endpoint)?.waiting(after).await
}

/// The beginning of a waiting message's body, if it still waits.
#[tauri::command]
pub(crate) async fn waiting_head(
    room: State<'_, Room>,
    endpoint: String,
    seq: u64,
) -> Result<Option<String>, ErrorBody> {
    letters(&room, &endpoint)?.waiting_head(seq).await
}

/// Throws a waiting message away; without an id all of them.
#[tauri::command]
pub(crate) async fn discard_waiting(
    room: State<'_, Room>,
    endpoint: String,
    id: Option<String>,
) -> Result<(), ErrorBody> {
    letters(&room, &endpoint)?.discard(id.as_deref()).await
}

/// The oldest messages of an endpoint that were given up, with the beginnings of their bodies.
#[tauri::command]
pub(crate) async fn dead_letters(
    room: State<'_, Room>,
    endpoint: String,
) -> Result<Vec<DeadMessage>, ErrorBody> {
    Ok(letters(&room, &endpoint)?.dead().await?.letters)
}

/// Puts a message that was given up behind those that wait.
#[tauri::command]
pub(crate) async fn retry_dead(room: State<'_, Room>, endpoint: String, id: String) -> Result<(), ErrorBody> {
    letters(&room, &endpoint)?.retry(&id).await
}

/// Throws a message that was given up away; without an id all of them.
#[tauri::command]
pub(crate) async fn delete_dead(
    room: State<'_, Room>,
    endpoint: String,
    id: Option<String>,
) -> Result<(), ErrorBody> {
    letters(&room, &endpoint)?.delete(id.as_deref()).await
}

/// Writes the messages that were given up to a file where the person keeps downloads; says where.
#[tauri::command]
pub(crate) async fn export_dead(
    app: AppHandle,
    room: State<'_, Room>,
    endpoint: String,
) -> Result<String, ErrorBody> {
    let folder = downloads(&app)?;
    let file = letters(&room, &endpoint)?.export(&folder).await?;
    Ok(file.display().to_string())
}

/// Sends a status and then what happens, until the window is gone or subscribes again.
#[tauri::command]
pub(crate) fn subscribe(room: State<'_, Room>, channel: Channel<Vec<AgentEvent>>) {
    let stop = room.subscription.renew();
    let send = move |batch| channel.send(batch).is_ok();
    tauri::async_runtime::spawn(feed::run(room.agent.clone(), room.conditions.clone(), stop, send));
    room.window.page_is_alive();
}

/// What this desktop can do.
#[tauri::command]
pub(crate) fn desktop_info(room: State<'_, Room>) -> DesktopInfo {
    room.conditions.info()
}

/// Ends the program, as the tray's Quit does: where there is no tray, nothing else would.
#[tauri::command]
pub(crate) fn quit(room: State<'_, Room>) {
    room.quit.cancel();
}

impl From<Order> for Action {
    fn from(order: Order) -> Self {
        match order {
            Order::Connect => Self::Connect,
            Order::Reconnect => Self::Reconnect,
            Order::Pause => Self::Pause,
            Order::Resume => Self::Resume,
        }
    }
}

fn letters(room: &Room, endpoint: &str) -> Result<Letters, ErrorBody> {
    Ok(Letters::of(&room.agent, id(endpoint)?))
}

/// Where the person keeps downloads, or their home: not every desktop has such a folder.
pub(crate) fn downloads(app: &AppHandle) -> Result<PathBuf, ErrorBody> {
    let downloads = app.path().download_dir().ok().filter(|folder| folder.is_dir());
    let folder = downloads.map_or_else(|| app.path().home_dir(), Ok);
    folder.map_err(|error| refusal(ErrorCode::FileNotWritten, error.to_string()))
}

/// An error as it crosses a boundary.
pub(crate) fn refusal(code: ErrorCode, detail: String) -> ErrorBody {
    ErrorBody { code, message: code.plain().to_owned(), detail }
}

fn id(text: &str) -> Result<EndpointId, ErrorBody> {
    let unknown = |error: model::InvalidEndpointId| refusal(ErrorCode::UnknownEndpoint, error.to_string());
    text.parse().map_err(unknown)
}
