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
//! themselves, a missing network, and a new error text for an old outage, are never told. An endpoint that drops again
//! and again is told as unstable, and its single outages are not.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use model::{
    EndpointId, EndpointSnapshot, Reason, StatusSnapshot,
    check::{Finding, Report, Severity},
};

use super::{
    Notice, NoticePolicy,
    condition::{Condition, needs_somebody, stuck},
    unrest::Unrest,
    wording::{Recovery, back, down, unstable},
};
use crate::{Words, tray::line::between};

/// What the person already knows of each endpoint.
#[derive(Debug)]
pub(crate) struct NoticeTrack {
    policy: NoticePolicy,
    lines: BTreeMap<EndpointId, Line>,
    /// Until when something due is held back, for others to join it.
    held_until: Option<Duration>,
    /// No notice before: the start, or the computer's waking up, is too near.
    quiet_until: Duration,
    /// The notice that is alive, while an outage it told of lasts.
    alive: Option<Notice>,
    /// When something is due next.
    wake: Option<Duration>,
    /// Time of the last [`NoticeTrack::observe`].
    seen_at: Duration,
}

#[derive(Debug)]
struct Line {
    phase: Phase,
    /// Whether it was up when last seen.
    up: bool,
    /// When this outage began.
    down_since: Timestamp,
    /// Why it does not simply go on trying, if so: see [`stuck`].
    stuck: Option<Reason>,
    /// Of these reasons, the ones this outage's notices told.
    known: Vec<Reason>,
    /// Whether a check of this outage was asked for.
    check_asked: bool,
    /// What it found.
    found: Option<Finding>,
    unrest: Unrest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Up, not wanted, or not known yet.
    Quiet,
    /// Down, and nobody was told.
    Suspect { since: Duration },
    /// Down, and somebody was told.
    Told,
    /// Up again after somebody was told.
    Recovering { since: Duration, back_at: Timestamp },
}

/// What is due at one moment, by phase.
#[derive(Debug, Default)]
struct Due {
    /// Down for long enough.
    down: Vec<EndpointId>,
    /// Told as down, and now stuck.
    stuck: Vec<EndpointId>,
    /// Dropped too often.
    unstable: Vec<EndpointId>,
    /// Up for long enough.
    back: Vec<EndpointId>,
}

impl NoticeTrack {
    /// Nothing told yet.
    pub(crate) fn new(policy: NoticePolicy) -> Self {
        let quiet_until = policy.start_grace;
        Self {
            policy,
            lines: BTreeMap::new(),
            held_until: None,
            quiet_until,
            alive: None,
            wake: None,
            seen_at: Duration::ZERO,
        }
    }

    /// The computer has just woken up. What dropped before says nothing about now.
    pub(crate) fn woke(&mut self, now: Duration) {
        self.quiet_until = self.quiet_until.max(now + self.policy.quiet_after_wake);
        for line in self.lines.values_mut() {
            line.unrest.forget();
        }
    }

    /// Turns notices on or off. Turned on, it tells what is down by then; recoveries in between stay untold.
    pub(crate) fn set_enabled(&mut self, enabled: bool) {
        self.policy.enabled = enabled;
    }

    /// When to observe again even if no new snapshot arrives; as of the last [`NoticeTrack::observe`].
    pub(crate) fn next_wake(&self) -> Option<Duration> {
        let now = self.seen_at;
        let checks = self.policy.enabled.then(|| self.check_times().filter(|at| *at > now).min()).flatten();
        self.wake.into_iter().chain(checks).min()
    }

    /// Endpoints whose outage is about to be told and that nobody has looked into yet. Asked after each
    /// [`NoticeTrack::observe`]; names each outage once.
    pub(crate) fn take_checks(&mut self, now: Duration) -> Vec<EndpointId> {
        if !self.policy.enabled {
            return Vec::new();
        }
        let near = self.lines.iter().filter(|(_, line)| self.check_at(line).is_some_and(|at| at <= now));
        let near: Vec<EndpointId> = near.map(|(id, _)| id.clone()).collect();
        for id in &near {
            self.lines.entry(id.clone()).and_modify(|line| line.check_asked = true);
        }
        near
    }

    /// What a check found about outages that last.
    pub(crate) fn learned(&mut self, report: &Report) {
        let found = report.findings.iter().find(|finding| Some(finding.code) == report.verdict.primary);
        let Some(found) = found.filter(|finding| finding.severity == Severity::Fail) else { return };
        for (id, line) in &mut self.lines {
            let concerns = found.endpoint.as_ref().is_none_or(|endpoint| endpoint == id);
            let checked = report.endpoints.iter().any(|endpoint| endpoint.id == *id);
            if concerns && checked && matches!(line.phase, Phase::Suspect { .. } | Phase::Told) {
                line.found = Some(found.clone());
            }
        }
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
        self.seen_at = now;
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
            if now < held_until && self.others_may_follow(&due, now, held_until) {
                let later = self.due_times().filter(|at| *at > now).min();
                self.wake = Some(later.map_or(held_until, |at| at.min(held_until)));
                return None;
            }
        }
        self.held_until = None;
        let notice = (!due.is_empty()).then(|| self.tell(&due, snapshot, now, words));
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
            let line = self.lines.entry(endpoint.id.clone()).or_insert_with(|| Line::new(endpoint));
            let condition = Condition::of(endpoint);
            // Drops right after waking up are the computer's own doing.
            if line.up && condition == Condition::Down && now >= self.quiet_until {
                line.unrest.dropped(now, self.policy.unstable);
                if line.unrest.is_due() {
                    line.down_since = endpoint.since;
                }
            } else if condition == Condition::Away {
                line.unrest.forget();
            }
            line.up = condition == Condition::Up;
            line.stuck = stuck(endpoint);
            line.phase = match (line.phase, condition) {
                (_, Condition::Away) | (Phase::Suspect { .. }, Condition::Up | Condition::NoNetwork) => {
                    Phase::Quiet
                }
                (Phase::Quiet, Condition::Down) => {
                    line.down_since = endpoint.since;
                    line.known.clear();
                    (line.check_asked, line.found) = (false, None);
                    Phase::Suspect { since: now }
                }
                (Phase::Told, Condition::Up) => Phase::Recovering { since: now, back_at: endpoint.since },
                (Phase::Recovering { .. }, Condition::Down | Condition::Trying | Condition::NoNetwork) => {
                    Phase::Told
                }
                (phase, Condition::Up | Condition::Down | Condition::Trying | Condition::NoNetwork) => phase,
            };
        }
    }

    /// Whether an outage somebody was told of lasts.
    fn anything_told(&self) -> bool {
        self.lines.values().any(|line| matches!(line.phase, Phase::Told | Phase::Recovering { .. }))
    }

    fn stay_silent(&mut self) {
        for line in self.lines.values_mut() {
            if matches!(line.phase, Phase::Recovering { .. }) {
                line.phase = Phase::Quiet;
            }
            line.unrest.stay_silent();
        }
        (self.held_until, self.wake) = (None, None);
    }

    /// When a line deserves a notice as it stands.
    fn due_at(&self, line: &Line) -> Option<Duration> {
        let unstable = line.unrest.is_due().then_some(Duration::ZERO);
        // Where somebody has to act, it does not help to wait until the line is calm.
        let calm_at =
            line.unrest.calm_at(self.policy.unstable).filter(|_| !line.stuck.is_some_and(needs_somebody));
        let outage = match line.phase {
            Phase::Suspect { since } => {
                Some((since + self.policy.down_after).max(calm_at.unwrap_or_default()))
            }
            Phase::Told if line.is_newly_stuck() => Some(Duration::ZERO),
            Phase::Recovering { since, .. } => Some(since + self.policy.stable_after),
            Phase::Told | Phase::Quiet => None,
        };
        unstable.or(outage).map(|at| at.max(self.quiet_until))
    }

    /// When to look into an outage that nobody has looked into yet.
    fn check_at(&self, line: &Line) -> Option<Duration> {
        let waits = matches!(line.phase, Phase::Suspect { .. }) && !line.check_asked;
        self.due_at(line).filter(|_| waits).map(|at| at.saturating_sub(self.policy.check_before))
    }

    fn due_times(&self) -> impl Iterator<Item = Duration> {
        self.lines.values().filter_map(|line| self.due_at(line))
    }

    fn check_times(&self) -> impl Iterator<Item = Duration> {
        self.lines.values().filter_map(|line| self.check_at(line))
    }

    fn due(&self, now: Duration) -> Due {
        let mut due = Due::default();
        for (id, line) in &self.lines {
            if self.due_at(line).is_none_or(|at| at > now) {
                continue;
            }
            match line.phase {
                _ if line.unrest.is_due() => due.unstable.push(id.clone()),
                Phase::Suspect { .. } => due.down.push(id.clone()),
                Phase::Told => due.stuck.push(id.clone()),
                Phase::Recovering { .. } => due.back.push(id.clone()),
                Phase::Quiet => {}
            }
        }
        due
    }

    /// Whether another line may become due before the hold ends, so that one notice can tell both.
    fn others_may_follow(&self, due: &Due, now: Duration, held_until: Duration) -> bool {
        self.lines.iter().filter(|(id, _)| !due.contains(id)).any(|(_, line)| {
            let may_drop = !due.unstable.is_empty() && line.unrest.is_close(now, self.policy.unstable);
            may_drop
                || match line.phase {
                    Phase::Quiet => false,
                    Phase::Suspect { .. } => self.due_at(line).is_some_and(|at| at <= held_until),
                    Phase::Recovering { .. } => true,
                    Phase::Told => !due.back.is_empty() || (!due.stuck.is_empty() && line.known.is_empty()),
                }
        })
    }

    /// Marks what is due as told and puts it in words. What is down outweighs what is unstable, and that what is back.
    fn tell(&mut self, due: &Due, snapshot: &StatusSnapshot, now: Duration, words: &Words) -> Notice {
        let mut recoveries = Vec::new();
        let mut restless = Vec::new();
        for (id, line) in self.lines.iter_mut().filter(|(id, _)| due.contains(id)) {
            if due.unstable.contains(id) {
                restless.push((id.clone(), line.unrest.count()));
                line.unrest.told(now);
                // From here on an outage of its own is one that lasts.
                line.phase = if line.up { Phase::Quiet } else { Phase::Suspect { since: now } };
            } else if let Phase::Recovering { back_at, .. } = line.phase {
                recoveries.push((id.clone(), between(line.down_since, back_at)));
                line.phase = Phase::Quiet;
            } else {
                line.phase = Phase::Told;
                line.known.extend(line.stuck.filter(|reason| !line.known.contains(reason)));
            }
        }
        let told = |endpoint: &&EndpointSnapshot| {
            self.lines.get(&endpoint.id).is_some_and(|line| line.phase == Phase::Told)
        };
        let still_down: Vec<&EndpointSnapshot> = snapshot.endpoints.iter().filter(told).collect();
        let restless = of(snapshot, &restless);
        if !due.down.is_empty() || !due.stuck.is_empty() {
            let found = self.common_cause(&still_down);
            return down(&still_down, &restless, found, snapshot, words);
        }
        if !restless.is_empty() {
            return unstable(&restless, &still_down, self.policy.unstable.within, words);
        }
        let recoveries = of(snapshot, &recoveries);
        let recoveries: Vec<_> =
            recoveries.into_iter().map(|(endpoint, outage)| Recovery { endpoint, outage }).collect();
        back(&recoveries, &still_down, words)
    }

    /// What a check found about every one of these outages.
    fn common_cause(&self, endpoints: &[&EndpointSnapshot]) -> Option<&Finding> {
        let mut found = endpoints.iter().map(|endpoint| self.lines.get(&endpoint.id)?.found.as_ref());
        let first = found.next()??;
        found
            .all(|other| other.is_some_and(|other| other.code == first.code && other.args == first.args))
            .then_some(first)
    }
}

/// What is known by id, with the endpoints, in their order.
fn of<'a, T: Copy>(
    snapshot: &'a StatusSnapshot,
    known: &[(EndpointId, T)],
) -> Vec<(&'a EndpointSnapshot, T)> {
    let with = |endpoint: &'a EndpointSnapshot| {
        let (_, value) = known.iter().find(|(id, _)| *id == endpoint.id)?;
        Some((endpoint, *value))
    };
    snapshot.endpoints.iter().filter_map(with).collect()
}

impl Line {
    fn new(endpoint: &EndpointSnapshot) -> Self {
        Self {
            phase: Phase::Quiet,
            up: false,
            down_since: endpoint.since,
            stuck: None,
            known: Vec::new(),
            check_asked: false,
            found: None,
            unrest: Unrest::default(),
        }
    }

    /// Whether this outage has come to something that the person has to hear of: once that it does not go on as
    /// usual, and once each that somebody has to act.
    fn is_newly_stuck(&self) -> bool {
        self.stuck.is_some_and(|reason| {
            if needs_somebody(reason) { !self.known.contains(&reason) } else { self.known.is_empty() }
        })
    }
}

impl Due {
    fn is_empty(&self) -> bool {
        let Self { down, stuck, unstable, back } = self;
        [down, stuck, unstable, back].into_iter().all(Vec::is_empty)
    }

    fn contains(&self, id: &EndpointId) -> bool {
        let Self { down, stuck, unstable, back } = self;
        [down, stuck, unstable, back].into_iter().any(|ids| ids.contains(id))
    }
}
