//! The commands of the window. Everything they do is done elsewhere.

use agent::{Action, AgentHandle, Target};
use model::{AgentEvent, EndpointId, ErrorBody, ErrorCode, ReceivedMessage, StatusSnapshot};
use serde::Deserialize;
use tauri::{State, ipc::Channel};
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

fn id(text: &str) -> Result<EndpointId, ErrorBody> {
    let code = ErrorCode::UnknownEndpoint;
    text.parse().map_err(|error: model::InvalidEndpointId| ErrorBody {
        code,
        message: code.plain().to_owned(),
        detail: error.to_string(),
    })
}
