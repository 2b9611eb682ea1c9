//! Notices: what one is, and the times that decide when one is due.

#[cfg(test)]
mod check_tests;
mod condition;
#[cfg(test)]
mod harm_tests;
mod messages;
#[cfg(test)]
mod play;
mod track;
#[cfg(test)]
mod track_tests;
mod unrest;
mod wording;

use std::time::Duration;

pub(crate) use messages::MessageTrack;
pub(crate) use track::NoticeTrack;

use crate::{desktop::DesktopRequest, words::Words};

/// One native notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// A later notice with the same key replaces the earlier one.
    pub key: String,
    /// How much it may disturb.
    pub urgency: Urgency,
    /// One line.
    pub title: String,
    /// What is behind it, as plain text; may be empty and may hold line breaks.
    pub body: String,
    /// What a person can do about it there and then.
    pub button: Option<NoticeButton>,
}

/// A button of a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeButton {
    /// What stands on it.
    pub words: String,
    /// What it asks for.
    pub asks: DesktopRequest,
}

impl NoticeButton {
    /// Opens the window, where somebody has to act.
    fn open(words: &Words) -> Self {
        Self { words: words.say("tray-open"), asks: DesktopRequest::OpenWindow }
    }

    /// Looks into it.
    fn check(words: &Words) -> Self {
        Self { words: words.say("tray-check"), asks: DesktopRequest::RunCheck }
    }
}

/// How much a notice may disturb, in the desktop's own three steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Good to know: a recovery.
    Low,
    /// Somebody may want to act.
    Normal,
    /// Stays until dismissed.
    Critical,
}

/// When notices appear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticePolicy {
    /// False: none at all.
    pub enabled: bool,
    /// Time an endpoint is down without a break before it is worth a notice.
    pub down_after: Duration,
    /// No notice in this time after the start; what is still down then is told.
    pub start_grace: Duration,
    /// How long before an outage is told a check is made whose answer it carries.
    pub check_before: Duration,
    /// Time an endpoint is up without a break before its recovery is told.
    pub stable_after: Duration,
    /// Several changes within this window are told as one.
    pub coalesce: Duration,
    /// No notice in this time after the computer woke up: its network may take a while.
    pub quiet_after_wake: Duration,
    /// When a line drops again and again.
    pub unstable: Unstable,
}

/// When an endpoint counts as unstable, which is told in place of its single outages and recoveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unstable {
    /// So many drops…
    pub drops: usize,
    /// …within this time.
    pub within: Duration,
    /// Without a drop for so long it counts as calm again, and an outage that lasts so long is told.
    pub calm_after: Duration,
    /// That it is unstable is not told more often than this.
    pub again_after: Duration,
}

impl Default for NoticePolicy {
    fn default() -> Self {
        Self {
            enabled: true,
            down_after: Duration::from_secs(20),
            check_before: Duration::from_secs(6),
            start_grace: Duration::from_secs(20),
            stable_after: Duration::from_secs(2),
            coalesce: Duration::from_secs(5),
            quiet_after_wake: Duration::from_mins(1),
            unstable: Unstable {
                drops: 3,
                within: Duration::from_mins(30),
                calm_after: Duration::from_mins(10),
                again_after: Duration::from_mins(30),
            },
        }
    }
}
