//! Heartbeat of one session: when to probe, and when silence means death.

use std::time::Duration;

use crate::{HeartbeatPolicy, Moment};

/// Probing of one session.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Probing {
    next_probe: Option<Moment>,
    outstanding: Option<Outstanding>,
    last_nonce: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Outstanding {
    nonce: u64,
    sent: Moment,
    /// Silence for so long after it means death.
    limit: Duration,
}

/// Bounds of the limit after a suspicion: quick, but fair to a slow line.
const SUSPICION: (Duration, Duration) = (Duration::from_millis(1_500), Duration::from_secs(3));
/// The silence and the wait are read from two clocks; closer than this they cannot be told apart.
const MARGIN: Duration = Duration::from_millis(1);
/// What a probe gets on top when the program itself was held up.
const GRACE: Duration = Duration::from_secs(1);

/// What probing asks for at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    /// Send a probe with this nonce.
    Probe(u64),
    /// The probe was not answered, but other traffic shows that the session lives.
    Lost,
    /// Nothing at all came back.
    Dead,
}

impl Probing {
    /// A session opened: the first probe is due at once, because its answer proves the session.
    pub(super) fn start(policy: &HeartbeatPolicy, now: Moment) -> Self {
        Self { next_probe: policy.enabled.then_some(now), outstanding: None, last_nonce: 0 }
    }

    /// The next moment at which [`Self::at`] has something to say.
    pub(super) fn wakes_at(&self) -> Option<Moment> {
        match self.outstanding {
            Some(probe) => Some(probe.sent + probe.limit),
            None => self.next_probe,
        }
    }

    /// Decides what to do at `now`, given the time since anything was heard.
    pub(super) fn at(
        &mut self,
        policy: &HeartbeatPolicy,
        now: Moment,
        silent_for: Option<Duration>,
    ) -> Verdict {
        if let Some(probe) = self.outstanding {
            let waited = now.since(probe.sent);
            if waited < probe.limit {
                return Verdict::Nothing;
            }
            self.outstanding = None;
            let heard_since = silent_for.is_some_and(|silence| silence + MARGIN < waited);
            return if heard_since { Verdict::Lost } else { Verdict::Dead };
        }
        match self.next_probe {
            Some(due) if due <= now => Verdict::Probe(self.probe(policy, policy.timeout, now)),
            Some(_) | None => Verdict::Nothing,
        }
    }

    fn probe(&mut self, policy: &HeartbeatPolicy, limit: Duration, now: Moment) -> u64 {
        self.last_nonce += 1;
        self.outstanding = Some(Outstanding { nonce: self.last_nonce, sent: now, limit });
        self.next_probe = Some(now + policy.interval);
        self.last_nonce
    }

    /// Something happened that may have cut the line: find out within seconds. The nonce to probe with, unless
    /// a probe is on its way already, which then gets less time.
    pub(super) fn suspect(
        &mut self,
        policy: &HeartbeatPolicy,
        smoothed: Option<Duration>,
        now: Moment,
    ) -> Option<u64> {
        self.next_probe?;
        let limit = (smoothed.unwrap_or(SUSPICION.1) * 4).clamp(SUSPICION.0, SUSPICION.1).min(policy.timeout);
        match &mut self.outstanding {
            Some(probe) => {
                probe.limit = probe.limit.min(now.since(probe.sent) + limit);
                None
            }
            None => Some(self.probe(policy, limit, now)),
        }
    }

    /// The program was held up: an answer may lie unread, so nothing is judged before it could be read.
    pub(super) fn forgive_stall(&mut self, now: Moment) {
        if let Some(probe) = &mut self.outstanding {
            probe.limit = probe.limit.max(now.since(probe.sent) + GRACE);
        }
    }

    /// A probe was answered: its round-trip time, unless it is not the one waited for.
    pub(super) fn answered(&mut self, nonce: u64, now: Moment) -> Option<Duration> {
        let probe = self.outstanding.filter(|probe| probe.nonce == nonce)?;
        self.outstanding = None;
        Some(now.since(probe.sent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: HeartbeatPolicy = HeartbeatPolicy {
        enabled: true,
        interval: Duration::from_secs(25),
        timeout: Duration::from_secs(10),
    };

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    #[test]
    fn probes_at_once_and_then_at_the_interval() {
        let mut probing = Probing::start(&POLICY, at(0));
        assert_eq!(probing.at(&POLICY, at(0), None), Verdict::Probe(1));
        assert_eq!(probing.answered(1, at(1)), Some(Duration::from_secs(1)));
        assert_eq!(probing.wakes_at(), Some(at(25)));
        assert_eq!(probing.at(&POLICY, at(24), None), Verdict::Nothing);
        assert_eq!(probing.at(&POLICY, at(25), None), Verdict::Probe(2));
    }

    #[test]
    fn silence_after_a_probe_is_death_but_traffic_is_only_loss() {
        let mut silent = Probing::start(&POLICY, at(0));
        silent.at(&POLICY, at(0), None);
        let mut busy = silent.clone();
        assert_eq!(silent.at(&POLICY, at(10), Some(Duration::from_secs(12))), Verdict::Dead);
        assert_eq!(busy.at(&POLICY, at(10), Some(Duration::from_secs(3))), Verdict::Lost);
    }

    #[test]
    fn only_the_awaited_nonce_counts_as_an_answer() {
        let mut probing = Probing::start(&POLICY, at(0));
        probing.at(&POLICY, at(0), None);
        assert_eq!(probing.answered(7, at(1)), None);
        assert_eq!(probing.wakes_at(), Some(at(10)));
    }

    #[test]
    fn a_suspicion_is_settled_within_three_seconds() {
        for (smoothed, limit) in [(Some(10), 1_500), (Some(500), 2_000), (Some(5_000), 3_000), (None, 3_000)]
        {
            let mut probing = Probing::start(&POLICY, at(0));
            probing.at(&POLICY, at(0), None);
            probing.answered(1, at(0));
            assert_eq!(probing.suspect(&POLICY, smoothed.map(Duration::from_millis), at(5)), Some(2));
            assert_eq!(probing.wakes_at(), Some(at(5) + Duration::from_millis(limit)));
        }
        let mut waiting = Probing::start(&POLICY, at(0));
        waiting.at(&POLICY, at(0), None);
        assert_eq!(waiting.suspect(&POLICY, None, at(1)), None, "one probe at a time");
        assert_eq!(waiting.wakes_at(), Some(at(4)));
    }

    #[test]
    fn a_stall_of_our_own_is_not_held_against_the_peer() {
        let mut probing = Probing::start(&POLICY, at(0));
        probing.at(&POLICY, at(0), None);
        probing.forgive_stall(at(40));
        assert_eq!(probing.at(&POLICY, at(40), Some(Duration::from_secs(40))), Verdict::Nothing);
        assert_eq!(probing.at(&POLICY, at(41), Some(Duration::from_secs(41))), Verdict::Dead);
    }
}
