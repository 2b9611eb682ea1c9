//! A play for tests of notices: what happens when, and what was told when. No clock, no sleep.

use std::time::Duration;

use jiff::SignedDuration;
use model::{EndpointState, Reason, StatusSnapshot};

use super::{Notice, NoticePolicy, NoticeTrack};
use crate::{Language, Words, sample, words::complete::plain};

/// One endpoint's change at a time in seconds: `(at, endpoint, state, reason)`.
pub(super) type Change<'a> = (u64, &'a str, EndpointState, Option<Reason>);

pub(super) const DOWN: EndpointState = EndpointState::Reconnecting;
pub(super) const UP: EndpointState = EndpointState::Connected;

/// Plays the changes and returns what was told when. Between changes the track is asked at the times it wants.
pub(super) struct Play {
    pub(super) policy: NoticePolicy,
    pub(super) language: Language,
    pub(super) snapshot: StatusSnapshot,
    /// The computer wakes up with the first change at this second.
    pub(super) woke_at: Option<u64>,
}

impl Play {
    /// Everything is up.
    pub(super) fn new<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        let snapshot = sample::of(ids.into_iter().map(|id| (id, UP)));
        Self { policy: NoticePolicy::default(), language: Language::English, snapshot, woke_at: None }
    }

    pub(super) fn run(mut self, changes: &[Change<'_>]) -> Vec<(f64, Notice)> {
        let words = Words::new(self.language);
        let mut track = NoticeTrack::new(self.policy.clone());
        let mut told = Vec::new();
        let mut observe = |track: &mut NoticeTrack, snapshot: &StatusSnapshot, at: Duration| {
            if let Some(notice) = track.observe(snapshot, at, &words) {
                told.push((at.as_secs_f64(), notice));
            }
        };
        observe(&mut track, &self.snapshot, Duration::ZERO);
        let end = (1_000_000, "", UP, None);
        for (at, id, state, reason) in changes.iter().copied().chain([end]) {
            let second = at;
            let at = Duration::from_secs(at);
            let mut wakes = 0;
            while let Some(wake) = track.next_wake().filter(|wake| *wake < at) {
                observe(&mut track, &self.snapshot, wake);
                wakes += 1;
                assert!(wakes < 100, "the track asks again and again for {wake:?}");
            }
            if self.woke_at.take_if(|woke_at| *woke_at == second).is_some() {
                track.woke(at);
            }
            if !id.is_empty() {
                sample::put(&mut self.snapshot, id, state, reason);
                let endpoint = self.snapshot.endpoints.iter_mut().find(|one| one.id.as_str() == id).unwrap();
                endpoint.since = sample::start() + SignedDuration::try_from(at).unwrap();
                observe(&mut track, &self.snapshot, at);
            }
        }
        told
    }

    /// The same, as times and titles.
    pub(super) fn titles(self, changes: &[Change<'_>]) -> Vec<(f64, String)> {
        self.run(changes).into_iter().map(|(at, notice)| (at, plain(&notice.title))).collect()
    }
}

/// What [`Play::titles`] should return.
pub(super) fn told(list: &[(f64, &str)]) -> Vec<(f64, String)> {
    list.iter().map(|(at, title)| (*at, (*title).to_owned())).collect()
}
