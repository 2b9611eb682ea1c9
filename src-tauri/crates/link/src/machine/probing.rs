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
}

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
    pub(super) fn wakes_at(&self, policy: &HeartbeatPolicy) -> Option<Moment> {
        match self.outstanding {
            Some(probe) => Some(probe.sent + policy.timeout),
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
            if waited < policy.timeout {
                return Verdict::Nothing;
            }
            self.outstanding = None;
            let heard_since = silent_for.is_some_and(|silence| silence < waited);
            return if heard_since { Verdict::Lost } else { Verdict::Dead };
        }
        match self.next_probe {
            Some(due) if due <= now => {
                self.last_nonce += 1;
                self.outstanding = Some(Outstanding { nonce: self.last_nonce, sent: now });
                self.next_probe = Some(now + policy.interval);
                Verdict::Probe(self.last_nonce)
            }
            Some(_) | None => Verdict::Nothing,
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
        assert_eq!(probing.wakes_at(&POLICY), Some(at(25)));
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
        assert_eq!(probing.wakes_at(&POLICY), Some(at(10)));
    }
}
