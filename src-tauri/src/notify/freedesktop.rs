//! Notices over `org.freedesktop.Notifications`: replaced by key, marked with urgency and picture, clickable.

use std::{collections::HashMap, path::PathBuf};

use notify_rust::NotificationResponse;
use presenter::{DesktopRequest, Notice, Urgency};
use tokio::{sync::mpsc, task::AbortHandle};

use super::APP_NAME;

/// Notices followed for a click at a time; the presenter's keys are few. Beyond it clicks on all of them are lost.
const FOLLOWED: usize = 64;

/// Name of the button's action.
const BUTTON: &str = "button";

/// The daemon, and what it shows of ours.
#[derive(Debug)]
pub(super) struct Native {
    icon: PathBuf,
    requests: mpsc::Sender<DesktopRequest>,
    shown: HashMap<String, Shown>,
    /// Whether it reads bodies as markup; `None` until it said.
    markup: Option<bool>,
}

#[derive(Debug)]
struct Shown {
    id: u32,
    click: AbortHandle,
}

impl Native {
    pub(super) fn new(icon: PathBuf, requests: mpsc::Sender<DesktopRequest>) -> Self {
        Self { icon, requests, shown: HashMap::new(), markup: None }
    }

    pub(super) async fn show(&mut self, notice: &Notice) -> Result<(), notify_rust::error::Error> {
        if self.markup.is_none() {
            self.markup = reads_markup().await;
        }
        let body = if self.markup == Some(true) { escape(&notice.body) } else { notice.body.clone() };
        let mut native = notify_rust::Notification::new();
        native.appname(APP_NAME).summary(&notice.title).body(&body).icon(&self.icon.to_string_lossy());
        native.urgency(urgency(notice.urgency)).action("default", "Open");
        if let Some(button) = &notice.button {
            native.action(BUTTON, &button.words);
        }
        native.hint(notify_rust::Hint::DesktopEntry(APP_NAME.to_owned()));
        if let Some(earlier) = self.shown.remove(&notice.key) {
            native.id(earlier.id);
            earlier.click.abort();
        }
        let handle = native.show_async().await?;
        let id = handle.id();
        let requests = self.requests.clone();
        let asks = notice.button.as_ref().map(|button| button.asks.clone());
        // The handle holds the connection the notice came over, until the notice is closed: GNOME takes a notice
        // back when its sender leaves the bus.
        let click = tokio::spawn(async move {
            let mut wanted = None;
            handle.wait_for_action_async(|response| wanted = asked_for(response, asks)).await;
            if let Some(wanted) = wanted
                && let Err(error) = requests.try_send(wanted)
            {
                tracing::warn!(%error, "a click on a notice was dropped");
            }
        });
        self.follow(notice.key.clone(), Shown { id, click: click.abort_handle() });
        Ok(())
    }

    fn follow(&mut self, key: String, shown: Shown) {
        self.shown.retain(|_, shown| !shown.click.is_finished());
        if self.shown.len() >= FOLLOWED {
            for (_, old) in self.shown.drain() {
                old.click.abort();
            }
        }
        self.shown.insert(key, shown);
    }
}

fn urgency(urgency: Urgency) -> notify_rust::Urgency {
    match urgency {
        Urgency::Low => notify_rust::Urgency::Low,
        Urgency::Normal => notify_rust::Urgency::Normal,
        Urgency::Critical => notify_rust::Urgency::Critical,
    }
}

/// What a click asks for: the button what stands on it, anywhere else the window.
fn asked_for(response: &NotificationResponse, button: Option<DesktopRequest>) -> Option<DesktopRequest> {
    match response {
        NotificationResponse::Default => Some(DesktopRequest::OpenWindow),
        NotificationResponse::Action(name) => button.filter(|_| name == BUTTON),
        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => None,
    }
}

/// Whether the daemon reads the body as markup. Asked on a thread of its own: notify-rust offers no other way.
async fn reads_markup() -> Option<bool> {
    let asked = tokio::task::spawn_blocking(notify_rust::get_capabilities).await;
    asked.ok()?.ok().map(|capabilities| capabilities.iter().any(|capability| capability == "body-markup"))
}

/// Our body is plain text; a server's words in it must not become markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_asks_for_what_stands_on_it_and_the_rest_for_the_window() {
        let clicked = |response| asked_for(&response, Some(DesktopRequest::RunCheck));
        assert_eq!(clicked(NotificationResponse::Default), Some(DesktopRequest::OpenWindow));
        assert_eq!(clicked(NotificationResponse::Action(BUTTON.to_owned())), Some(DesktopRequest::RunCheck));
        assert_eq!(clicked(NotificationResponse::Action("other".to_owned())), None);
    }

    #[test]
    fn words_of_a_server_never_become_markup() {
        assert_eq!(escape("<b>&co</b>"), "&lt;b&gt;&amp;co&lt;/b&gt;");
    }
}
