//! Decides whether a change deserves a notice. A pure state machine per endpoint, with the time passed in.
//!
//! ```text
//!          down                  down_after, grace over           up
//! Quiet ─────────► Suspect ─────────────────────────► Told ──────────────► Recovering
//!   ▲     up or       │                            down │ ▲                  │ │
//!   └──── paused ─────┘◄──────────── paused ────────────┘ └───────── down ───┘ │
//!   └◄──────────────────────────── stable_after ───────────────────────────────┘
//! ```
//! One notice is alive at a time: each one describes the whole and replaces the one before. What a person did
//! themselves, and a new error text for an old outage, are never told.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use model::{EndpointId, EndpointSnapshot, EndpointState, Reason, StatusSnapshot};

use super::{
    Notice, NoticePolicy,
    wording::{Recovery, back, down},
};
use crate::{Words, tray::line::between};

/// What the person already knows of each endpoint.
#[derive(Debug)]
pub(crate) struct NoticeTrack {
    policy: NoticePolicy,
    lines: BTreeMap<EndpointId, Line>,
    /// Until when something due is held back, for others to join it.
    held_until: Option<Duration>,
    /// The notice that is alive, while an outage it told of lasts.
    alive: Option<Notice>,
    /// Answer of [`NoticeTrack::next_wake`].
    wake: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    phase: Phase,
    /// When this outage began.
    down_since: Timestamp,
    /// Whether it stopped trying as usual: see [`is_stuck`].
    stuck: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Up, not wanted, or not known yet.
    Quiet,
    /// Down, and nobody was told.
    Suspect { since: Duration },
    /// Down, and somebody was told; `as_stuck` when the notice said that it does not try as usual any more.
    Told { as_stuck: bool },
    /// Up again after somebody was told.
    Recovering { since: Duration, back_at: Timestamp, as_stuck: bool },
}

/// What a state means for the person, nothing finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Up,
    /// First try under way: neither good nor bad news.
    Trying,
    Down,
    /// Somebody wanted it so.
    Away,
}

/// What is due at one moment, by phase.
#[derive(Debug, Default)]
struct Due {
    /// Down for long enough.
    down: Vec<EndpointId>,
    /// Told as down, and now stuck.
    stuck: Vec<EndpointId>,
    /// Up for long enough.
    back: Vec<EndpointId>,
}

impl NoticeTrack {
    /// Nothing told yet.
    pub(crate) fn new(policy: NoticePolicy) -> Self {
        Self { policy, lines: BTreeMap::new(), held_until: None, alive: None, wake: None }
    }

    /// Turns notices on or off. Turned on, it tells what is down by then; recoveries in between stay untold.
    pub(crate) fn set_enabled(&mut self, enabled: bool) {
        self.policy.enabled = enabled;
    }

    /// When to observe again even if no new snapshot arrives; as of the last [`NoticeTrack::observe`].
    pub(crate) fn next_wake(&self) -> Option<Duration> {
        self.wake
    }

    /// Takes in a snapshot, or the same one again at a later time; at most one notice comes out. `now` is the time
    /// since the start and never goes back: a stepped clock delays nothing. How long an outage was comes from the
    /// snapshot, so that one that lasted through a night's sleep is told in full.
    pub(crate) fn observe(
        &mut self,
        snapshot: &StatusSnapshot,
        now: Duration,
        words: &Words,
    ) -> Option<Notice> {
        self.follow(snapshot, now);
        if !self.anything_told() {
            self.alive = None;
        }
        if !self.policy.enabled {
            self.stay_silent();
            return None;
        }
        let due = self.due(now);
        if !due.is_empty() {
            let held_until = *self.held_until.get_or_insert(now + self.policy.coalesce);
            if now < held_until && self.others_may_follow(&due, held_until) {
                let later = self.due_times().filter(|at| *at > now).min();
                self.wake = Some(later.map_or(held_until, |at| at.min(held_until)));
                return None;
            }
        }
        self.held_until = None;
        let notice = (!due.is_empty()).then(|| self.tell(&due, snapshot, words));
        let notice = notice.filter(|notice| self.alive.as_ref() != Some(notice));
        if notice.is_some() {
            self.alive.clone_from(&notice);
        }
        self.wake = self.due_times().min();
        notice
    }

    /// Moves every endpoint's line to where the snapshot says it is.
    fn follow(&mut self, snapshot: &StatusSnapshot, now: Duration) {
        let known = |id: &EndpointId| snapshot.endpoints.iter().any(|endpoint| endpoint.id == *id);
        self.lines.retain(|id, _| known(id));
        for endpoint in &snapshot.endpoints {
            let line = self.lines.entry(endpoint.id.clone()).or_insert(Line {
                phase: Phase::Quiet,
                down_since: endpoint.since,
                stuck: false,
            });
            line.stuck = is_stuck(endpoint);
            line.phase = match (line.phase, Condition::of(endpoint)) {
                (_, Condition::Away) | (Phase::Suspect { .. }, Condition::Up) => Phase::Quiet,
                (Phase::Quiet, Condition::Down) => {
                    line.down_since = endpoint.since;
                    Phase::Suspect { since: now }
                }
                (Phase::Told { as_stuck }, Condition::Up) => {
                    Phase::Recovering { since: now, back_at: endpoint.since, as_stuck }
                }
                (Phase::Recovering { as_stuck, .. }, Condition::Down | Condition::Trying) => {
                    Phase::Told { as_stuck }
                }
                (phase, Condition::Up | Condition::Down | Condition::Trying) => phase,
            };
        }
    }

    /// Whether an outage somebody was told of lasts.
    fn anything_told(&self) -> bool {
        self.lines.values().any(|line| matches!(line.phase, Phase::Told { .. } | Phase::Recovering { .. }))
    }

    fn stay_silent(&mut self) {
        for line in self.lines.values_mut() {
            if matches!(line.phase, Phase::Recovering { .. }) {
                line.phase = Phase::Quiet;
            }
        }
        (self.held_until, self.wake) = (None, None);
    }

    /// When a line deserves a notice as it stands.
    fn due_at(&self, line: &Line) -> Option<Duration> {
        match line.phase {
            Phase::Suspect { since } => Some((since + self.policy.down_after).max(self.policy.start_grace)),
            Phase::Told { as_stuck: false } if line.stuck => Some(Duration::ZERO),
            Phase::Recovering { since, .. } => Some(since + self.policy.stable_after),
            Phase::Told { .. } | Phase::Quiet => None,
        }
    }

    fn due_times(&self) -> impl Iterator<Item = Duration> {
        self.lines.values().filter_map(|line| self.due_at(line))
    }

    fn due(&self, now: Duration) -> Due {
        let mut due = Due::default();
        for (id, line) in &self.lines {
            if self.due_at(line).is_none_or(|at| at > now) {
                continue;
            }
            match line.phase {
                Phase::Suspect { .. } => due.down.push(id.clone()),
                Phase::Told { .. } => due.stuck.push(id.clone()),
                Phase::Recovering { .. } => due.back.push(id.clone()),
                Phase::Quiet => {}
            }
        }
        due
    }

    /// Whether another line may become due before the hold ends, so that one notice can tell both.
    fn others_may_follow(&self, due: &Due, held_until: Duration) -> bool {
        self.lines.iter().filter(|(id, _)| !due.contains(id)).any(|(_, line)| match line.phase {
            Phase::Quiet => false,
            Phase::Suspect { .. } => self.due_at(line).is_some_and(|at| at <= held_until),
            Phase::Recovering { .. } => true,
            Phase::Told { as_stuck } => !due.back.is_empty() || (!due.stuck.is_empty() && !as_stuck),
        })
    }

    /// Marks what is due as told and puts it in words. What is down outweighs what is back.
    fn tell(&mut self, due: &Due, snapshot: &StatusSnapshot, words: &Words) -> Notice {
        let mut recoveries = Vec::new();
        for (id, line) in &mut self.lines {
            if !due.contains(id) {
                continue;
            }
            if let Phase::Recovering { back_at, .. } = line.phase {
                recoveries.push((id.clone(), between(line.down_since, back_at)));
                line.phase = Phase::Quiet;
            } else {
                line.phase = Phase::Told { as_stuck: line.stuck };
            }
        }
        let told = |endpoint: &&EndpointSnapshot| {
            self.lines.get(&endpoint.id).is_some_and(|line| matches!(line.phase, Phase::Told { .. }))
        };
        let still_down: Vec<&EndpointSnapshot> = snapshot.endpoints.iter().filter(told).collect();
        if !due.down.is_empty() || !due.stuck.is_empty() {
            return down(&still_down, snapshot, words);
        }
        let recoveries: Vec<Recovery<'_>> = snapshot
            .endpoints
            .iter()
            .filter_map(|endpoint| {
                let (_, outage) = recoveries.iter().find(|(id, _)| *id == endpoint.id)?;
                Some(Recovery { endpoint, outage: *outage })
            })
            .collect();
        back(&recoveries, &still_down, words)
    }
}

impl Due {
    fn is_empty(&self) -> bool {
        self.down.is_empty() && self.stuck.is_empty() && self.back.is_empty()
    }

    fn contains(&self, id: &EndpointId) -> bool {
        self.down.contains(id) || self.stuck.contains(id) || self.back.contains(id)
    }
}

impl Condition {
    fn of(endpoint: &EndpointSnapshot) -> Self {
        match endpoint.state {
            _ if endpoint.reason == Some(Reason::Paused) => Self::Away,
            EndpointState::Connected => Self::Up,
            EndpointState::Connecting => Self::Trying,
            EndpointState::Reconnecting | EndpointState::Disconnected | EndpointState::Failed => Self::Down,
        }
    }
}

/// Whether it does not simply go on trying: every try failed, or somebody has to act.
fn is_stuck(endpoint: &EndpointSnapshot) -> bool {
    match endpoint.state {
        EndpointState::Failed | EndpointState::Disconnected => {
            !matches!(endpoint.reason, Some(Reason::Paused | Reason::Offline))
        }
        EndpointState::Connecting | EndpointState::Connected | EndpointState::Reconnecting => false,
    }
}
