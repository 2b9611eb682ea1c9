//! Heartbeat of one session: when to probe, and when silence means death.

use std::time::Duration;

use super::tempo::{Patience, Tempo};
use crate::Moment;

/// Probing of one session.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Probing {
    next_probe: Option<Moment>,
    outstanding: Option<Outstanding>,
    last_nonce: u64,
}

/// A question to the peer: a ping, and a second one where the first got no answer in time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Outstanding {
    first: Sent,
    again: Option<Sent>,
    patience: Patience,
    /// Then something has to be decided.
    due: Moment,
    /// Set where something may have cut the line; otherwise only time has passed.
    in_doubt: Option<Doubt>,
}

/// When something may have cut the line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Doubt {
    first: Moment,
    newest: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Sent {
    nonce: u64,
    at: Moment,
}

/// The silence and the wait are read from two clocks; closer than this they cannot be told apart.
const MARGIN: Duration = Duration::from_millis(1);
/// What a peer gets on top when the program itself was held up.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// What probing asks for at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    /// Send a probe with this nonce.
    Probe(u64),
    /// The probe was not answered, but other traffic shows that the session lives.
    Lost,
    /// Nothing at all came back. With the silence before the first probe, where that may be why.
    Dead(Option<Duration>),
}

impl Probing {
    /// A session opened: the first probe is due at once, because its answer proves the session.
    pub(super) fn start(tempo: Tempo, now: Moment) -> Self {
        Self { next_probe: tempo.enabled.then_some(now), outstanding: None, last_nonce: 0 }
    }

    /// The next moment at which [`Self::at`] has something to say.
    pub(super) fn wakes_at(&self) -> Option<Moment> {
        self.outstanding.map(|question| question.due).or(self.next_probe)
    }

    /// Decides what to do at `now`, given the time since anything was heard.
    pub(super) fn at(&mut self, tempo: Tempo, now: Moment, silent_for: Option<Duration>) -> Verdict {
        match (self.outstanding, self.next_probe) {
            (Some(question), _) if question.due <= now => self.judge(tempo, question, silent_for, now),
            (None, Some(due)) if due <= now => {
                // The first one proves the session.
                let patience = if self.last_nonce == 0 {
                    tempo.patience_for_proof()
                } else {
                    tempo.patience_when_idle()
                };
                Verdict::Probe(self.ask(tempo, patience, None, now))
            }
            _ => Verdict::Nothing,
        }
    }

    /// A question got no answer in time: ask once more, or draw the conclusion.
    fn judge(
        &mut self,
        tempo: Tempo,
        question: Outstanding,
        silent_for: Option<Duration>,
        now: Moment,
    ) -> Verdict {
        let waited = now.since(question.first.at);
        let heard_after =
            |moment: Moment| silent_for.is_some_and(|silence| silence + MARGIN < now.since(moment));
        // What was heard before the second ping says nothing about the time after it.
        let mut heard = heard_after(question.again.unwrap_or(question.first).at);
        if let Some(doubt) = question.in_doubt
            && heard
            && !heard_after(doubt.newest)
        {
            // It lived, but not since the doubt came, which may be a moment ago: it has the time to show itself that any
            // doubt allows.
            let first = if heard_after(doubt.first) { doubt.newest } else { doubt.first };
            let due = first + tempo.patience_in_doubt().silent;
            if now < due {
                let in_doubt = Some(Doubt { first, newest: doubt.newest });
                self.outstanding = Some(Outstanding { due, in_doubt, ..question });
                return Verdict::Nothing;
            }
            heard = false;
        }
        let limit = if heard { question.patience.heard } else { question.patience.silent };
        if question.again.is_none() && waited < limit {
            self.last_nonce += 1;
            let again = Sent { nonce: self.last_nonce, at: now };
            let mut due = question.first.at + limit;
            if heard && question.in_doubt.is_some() {
                // One doubt after the other may have held the judgement up until little of that was left.
                due = due.max(now + tempo.patience_in_doubt().silent);
            }
            self.outstanding = Some(Outstanding { again: Some(again), due, ..question });
            return Verdict::Probe(again.nonce);
        }
        self.outstanding = None;
        if heard {
            Verdict::Lost
        } else {
            let idle = silent_for.and_then(|silence| silence.checked_sub(waited));
            Verdict::Dead(idle.filter(|_| question.in_doubt.is_none()))
        }
    }

    fn ask(&mut self, tempo: Tempo, patience: Patience, in_doubt: Option<Doubt>, now: Moment) -> u64 {
        self.last_nonce += 1;
        let first = Sent { nonce: self.last_nonce, at: now };
        let due = now + patience.first;
        self.outstanding = Some(Outstanding { first, again: None, patience, due, in_doubt });
        self.next_probe = Some(now + tempo.interval);
        self.last_nonce
    }

    /// Something happened that may have cut the line: find out within seconds. The nonce to probe with, unless
    /// a probe is on its way already, which then gets less time.
    pub(super) fn suspect(&mut self, tempo: Tempo, now: Moment) -> Option<u64> {
        self.next_probe?;
        let patience = tempo.patience_in_doubt();
        let Some(question) = &mut self.outstanding else {
            return Some(self.ask(tempo, patience, Some(Doubt { first: now, newest: now }), now));
        };
        if let Some(doubt) = &mut question.in_doubt {
            // A line that was cut at the first one must not live on by those that follow.
            doubt.newest = now;
            return None;
        }
        let waited = now.since(question.first.at);
        question.patience = Patience {
            first: waited + patience.first,
            silent: waited + patience.silent,
            heard: waited + patience.heard,
        };
        question.due = question.due.min(now + patience.silent);
        question.in_doubt = Some(Doubt { first: now, newest: now });
        None
    }

    /// The program was held up: an answer may lie unread, so nothing is judged before it could be read.
    pub(super) fn forgive_stall(&mut self, now: Moment) {
        if let Some(question) = &mut self.outstanding {
            question.due = question.due.max(now + GRACE);
        }
    }

    /// A probe was answered: its round-trip time, unless it is not one that is waited for.
    pub(super) fn answered(&mut self, nonce: u64, now: Moment) -> Option<Duration> {
        let question = self.outstanding?;
        let sent =
            [Some(question.first), question.again].into_iter().flatten().find(|sent| sent.nonce == nonce)?;
        self.outstanding = None;
        Some(now.since(sent.at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::tempo::IdleCut, *};
    use crate::{HeartbeatPolicy, RttStats};

    /// A line whose answers take 100 ms: two seconds for a ping, six for two.
    fn tempo() -> Tempo {
        let policy = HeartbeatPolicy {
            enabled: true,
            interval: Duration::from_secs(25),
            timeout: Duration::from_secs(10),
        };
        let mut rtt = RttStats::default();
        (0..50).for_each(|_| rtt.answered(Duration::from_millis(100), at(0)));
        Tempo::new(&policy, &IdleCut::default(), &rtt)
    }

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    fn secs(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    /// A session whose second ping went out at 25 s, after an idle time.
    fn idle() -> Probing {
        let mut probing = Probing::start(tempo(), at(0));
        probing.at(tempo(), at(0), None);
        probing.answered(1, at(1));
        assert_eq!(probing.at(tempo(), at(25), secs(24)), Verdict::Probe(2));
        probing
    }

    #[test]
    fn probes_at_once_and_then_at_the_interval() {
        let mut probing = Probing::start(tempo(), at(0));
        assert_eq!(probing.at(tempo(), at(0), None), Verdict::Probe(1));
        assert_eq!(probing.answered(1, at(1)), secs(1));
        assert_eq!(probing.wakes_at(), Some(at(25)));
        assert_eq!(probing.at(tempo(), at(24), None), Verdict::Nothing);
        assert_eq!(probing.at(tempo(), at(25), None), Verdict::Probe(2));
    }

    #[test]
    fn a_silent_line_is_asked_twice_and_then_dead() {
        let mut probing = idle();
        assert_eq!(probing.wakes_at(), Some(at(27)));
        assert_eq!(probing.at(tempo(), at(27), secs(26)), Verdict::Probe(3));
        assert_eq!(probing.wakes_at(), Some(at(31)));
        assert_eq!(probing.at(tempo(), at(31), secs(30)), Verdict::Dead(secs(24)));
    }

    #[test]
    fn an_answer_to_either_ping_saves_the_line() {
        for (nonce, rtt) in [(2, 4), (3, 2)] {
            let mut probing = idle();
            probing.at(tempo(), at(27), secs(26));
            assert_eq!(probing.answered(nonce, at(29)), secs(rtt));
            assert_eq!(probing.wakes_at(), Some(at(50)));
        }
    }

    #[test]
    fn traffic_in_place_of_an_answer_is_loss_and_not_death() {
        let mut probing = idle();
        assert_eq!(probing.at(tempo(), at(27), secs(1)), Verdict::Probe(3));
        assert_eq!(probing.wakes_at(), Some(at(35)), "an answer may stand behind a large message");
        let mut silent = probing.clone();
        assert_eq!(probing.at(tempo(), at(35), secs(2)), Verdict::Lost);
        assert_eq!(silent.at(tempo(), at(35), secs(9)), Verdict::Dead(None), "and then came nothing more");
    }

    #[test]
    fn only_an_awaited_nonce_counts_as_an_answer() {
        let mut probing = idle();
        assert_eq!(probing.answered(1, at(26)), None);
        assert_eq!(probing.answered(3, at(26)), None);
        assert_eq!(probing.wakes_at(), Some(at(27)));
    }

    #[test]
    fn a_suspicion_is_settled_within_three_seconds() {
        for (smoothed, limit) in [(Some(10), 1_500), (Some(500), 2_000), (Some(5_000), 3_000), (None, 3_000)]
        {
            let mut rtt = RttStats::default();
            smoothed.into_iter().for_each(|ms| rtt.answered(Duration::from_millis(ms), at(0)));
            let policy = HeartbeatPolicy {
                enabled: true,
                interval: at(25).since(at(0)),
                timeout: at(10).since(at(0)),
            };
            let tempo = Tempo::new(&policy, &IdleCut::default(), &rtt);
            let mut probing = Probing::start(tempo, at(0));
            probing.at(tempo, at(0), None);
            probing.answered(1, at(0));
            assert_eq!(probing.suspect(tempo, at(5)), Some(2));
            let due = at(5) + Duration::from_millis(limit);
            assert_eq!(probing.wakes_at(), Some(due));
            assert_eq!(probing.at(tempo, due, secs(20)), Verdict::Dead(None), "not for being idle");
        }
        let mut waiting = Probing::start(tempo(), at(0));
        waiting.at(tempo(), at(0), None);
        assert_eq!(waiting.suspect(tempo(), at(1)), None, "one question at a time");
        assert_eq!(waiting.wakes_at(), Some(at(1) + Duration::from_millis(1_500)));
    }

    #[test]
    fn a_doubt_that_comes_late_gives_a_line_that_lives_the_time_to_show_it() {
        let mut late = idle();
        assert_eq!(late.at(tempo(), at(27), secs(1)), Verdict::Probe(3));
        let ms = |ms| Some(Duration::from_millis(ms));
        let moment = |ms| Moment::at(Duration::from_millis(ms));
        assert_eq!(late.suspect(tempo(), moment(34_900)), None);
        // The peer spoke 300 ms ago, and does so every second.
        let mut dead = late.clone();
        assert_eq!(late.at(tempo(), at(35), ms(300)), Verdict::Nothing);
        assert_eq!(late.wakes_at(), Some(moment(36_400)));
        assert_eq!(late.at(tempo(), moment(36_400), ms(700)), Verdict::Lost);
        // This one said its last word then, whatever doubts follow.
        assert_eq!(dead.at(tempo(), at(35), ms(300)), Verdict::Nothing);
        assert_eq!(dead.suspect(tempo(), at(36)), None);
        assert_eq!(dead.at(tempo(), moment(36_400), ms(1_700)), Verdict::Dead(None));
    }

    #[test]
    fn a_second_doubt_has_its_own_time_where_the_line_spoke_after_the_first() {
        let mut probing = idle();
        assert_eq!(probing.at(tempo(), at(27), secs(1)), Verdict::Probe(3));
        assert_eq!((probing.suspect(tempo(), at(30)), probing.suspect(tempo(), at(31))), (None, None));
        // Heard last half a second after the first.
        let due = at(31) + Duration::from_millis(500);
        assert_eq!(probing.at(tempo(), due, secs(1)), Verdict::Nothing);
        let due = at(31) + Duration::from_millis(1_500);
        assert_eq!((probing.wakes_at(), probing.at(tempo(), due, secs(2))), (Some(due), Verdict::Dead(None)));
    }

    #[test]
    fn a_stall_of_our_own_is_not_held_against_the_peer() {
        let mut probing = idle();
        probing.at(tempo(), at(27), secs(26));
        probing.forgive_stall(at(65));
        assert_eq!(probing.at(tempo(), at(65), secs(64)), Verdict::Nothing);
        assert_eq!(probing.at(tempo(), at(66), secs(65)), Verdict::Dead(secs(24)));
    }

    proptest! {
        /// A peer that speaks every second lives, whatever doubts come and when, although it answers no ping.
        #[test]
        fn a_line_that_speaks_is_never_given_up(
            words in proptest::collection::vec((1_u64..1_000, any::<bool>()), 1..100),
        ) {
            let (mut probing, mut now) = (Probing::start(tempo(), at(0)), at(0));
            for (ms, doubt) in words {
                let (heard, next) = (now, now + Duration::from_millis(ms));
                while let Some(due) = probing.wakes_at().filter(|due| *due <= next) {
                    now = now.max(due);
                    let verdict = probing.at(tempo(), now, Some(now.since(heard)));
                    prop_assert!(!matches!(verdict, Verdict::Dead(_)), "at {now:?}");
                }
                now = next;
                if doubt {
                    probing.suspect(tempo(), now);
                }
            }
        }

        /// Whatever happens before, a line that says nothing any more is given up within its interval and timeout.
        #[test]
        fn silence_is_noticed_in_time(
            moves in proptest::collection::vec((0_u8..3, 0_u64..20_000), 0..40), doubt in any::<bool>(),
        ) {
            let (mut probing, mut now) = (Probing::start(tempo(), at(0)), at(0));
            let mut heard = now;
            for (what, ms) in moves {
                now = now + Duration::from_millis(ms);
                match what {
                    0 => heard = now,
                    1 => if probing.answered(probing.last_nonce, now).is_some() { heard = now },
                    _ => drop(probing.suspect(tempo(), now)),
                }
                if let Verdict::Dead(_) = probing.at(tempo(), now, Some(now.since(heard))) {
                    return Ok(());
                }
            }
            // Silence from here on.
            heard = now;
            if doubt {
                probing.suspect(tempo(), now);
            }
            let limit = if doubt { Duration::from_secs(3) } else { tempo().interval + tempo().timeout };
            loop {
                now = now.max(probing.wakes_at().expect("it goes on"));
                match probing.at(tempo(), now, Some(now.since(heard))) {
                    Verdict::Dead(_) => break,
                    Verdict::Nothing | Verdict::Probe(_) | Verdict::Lost => {}
                }
            }
            prop_assert!(now.since(heard) <= limit, "{:?}", now.since(heard));
        }
    }
}
