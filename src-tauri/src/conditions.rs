//! What this desktop can and cannot do: whether it shows the tray icon and the notices, and in which language.
//!
//! The agent knows nothing of desktops, so what is wrong with one is added to its snapshot here, for the window.

use std::collections::BTreeMap;

use model::{ErrorCode, Problem, StatusSnapshot};
use presenter::Language;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::{notify::Notifications, tray::TrayHost};

/// The desktop's abilities, live.
#[derive(Clone, Debug)]
pub(crate) struct Conditions {
    host: watch::Receiver<TrayHost>,
    notifications: watch::Receiver<Notifications>,
    language: Language,
}

/// The answer to the window's `desktop_info`: what stays as it is. What comes and goes is a problem in the status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DesktopInfo {
    version: &'static str,
    language: &'static str,
}

/// Says when an ability came or went.
#[derive(Debug)]
pub(crate) struct ConditionsWatch(watch::Receiver<TrayHost>, watch::Receiver<Notifications>);

impl Conditions {
    pub(crate) fn new(
        host: watch::Receiver<TrayHost>,
        notifications: watch::Receiver<Notifications>,
        language: Language,
    ) -> Self {
        Self { host, notifications, language }
    }

    /// As data for the window.
    pub(crate) fn info(&self) -> DesktopInfo {
        DesktopInfo { version: env!("CARGO_PKG_VERSION"), language: self.language.tag() }
    }

    /// For a support bundle, by name.
    pub(crate) fn told(&self) -> BTreeMap<String, Value> {
        let tray = match *self.host.borrow() {
            TrayHost::Unknown => "unknown",
            TrayHost::Absent => "no_host",
            TrayHost::Present => "ok",
        };
        let notifications = match *self.notifications.borrow() {
            Notifications::Ok => "ok",
            Notifications::Unavailable => "unavailable",
        };
        let told = [("tray", tray), ("notifications", notifications), ("ui_language", self.language.tag())];
        told.map(|(name, value)| (name.to_owned(), value.into())).into()
    }

    /// The agent's snapshot with the desktop's problems after the agent's own.
    pub(crate) fn over(&self, mut snapshot: StatusSnapshot) -> StatusSnapshot {
        snapshot.problems.extend(self.problems());
        snapshot
    }

    fn problems(&self) -> impl Iterator<Item = Problem> {
        let tray = (*self.host.borrow() == TrayHost::Absent).then(|| problem(ErrorCode::TrayUnavailable));
        let notices = (*self.notifications.borrow() == Notifications::Unavailable)
            .then(|| problem(ErrorCode::NotificationsUnavailable));
        tray.into_iter().chain(notices)
    }

    /// Changes from now on.
    pub(crate) fn watch(&self) -> ConditionsWatch {
        let (mut host, mut notifications) = (self.host.clone(), self.notifications.clone());
        host.mark_unchanged();
        notifications.mark_unchanged();
        ConditionsWatch(host, notifications)
    }
}

impl ConditionsWatch {
    /// Returns when something changed; never when nothing can change any more.
    pub(crate) async fn changed(&mut self) {
        let Self(host, notifications) = self;
        let changed = tokio::select! {
            changed = host.changed() => changed,
            changed = notifications.changed() => changed,
        };
        if changed.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The window has the words for the code and for what to do, in its language.
fn problem(code: ErrorCode) -> Problem {
    Problem { code, message: code.plain().to_owned(), detail: String::new(), endpoint: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_tray_is_told_until_one_comes() {
        let (host, watched) = watch::channel(TrayHost::Unknown);
        let (_health, notifications) = watch::channel(Notifications::Ok);
        let conditions = Conditions::new(watched, notifications, Language::Persian);
        let mut changes = conditions.watch();
        assert_eq!(conditions.problems().count(), 0, "not asked yet is not a problem");

        host.send_replace(TrayHost::Absent);
        changes.changed().await;
        let codes: Vec<ErrorCode> = conditions.problems().map(|problem| problem.code).collect();
        assert_eq!(codes, [ErrorCode::TrayUnavailable]);

        host.send_replace(TrayHost::Present);
        changes.changed().await;
        assert_eq!(conditions.problems().count(), 0);
        let info = serde_json::to_value(conditions.info()).unwrap();
        assert_eq!(info["language"], "fa");
    }
}
