//! The pool of hosts of one link: which one the next try goes to, and which ones are left alone for a while.
//!
//! A host is *ejected* for failures of its own: a few tries in a row, or most of the newest ones. What says nothing about
//! the host, such as a lost network or refused credentials, does not count. An ejection has an end; the first try behind
//! it decides alone. With a single host there is nothing to choose, and nothing is kept.

use std::{collections::VecDeque, time::Duration};

use model::{ErrorCode, WaitCause};

use super::{Machine, breakers::around, retrying::Before, waits::Wait};
use crate::{Failure, FailureKind, HostPolicy, Moment, backoff::between};

/// Names one host of a link's pool; 0 is the preferred one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(pub usize);

/// So many failed tries in a row eject a host…
const IN_A_ROW: u32 = 3;
/// …or more than half of this many…
const NEWEST: usize = 10;
/// …within this time.
const WINDOW: Duration = Duration::from_secs(600);
/// A try that took so long before it failed costs as much as several that are refused, and counts as much.
const SLOW: Duration = Duration::from_secs(3);

/// While another host stands by, waits are short, because little is lost when this one is given up. The longest after a
/// session was lost, in a crowd and without one…
const AFTER_LOSS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_millis(500));
/// …and before the first try of the next host, likewise.
const HANDOVER: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(100));
/// The shortest and the longest between two tries.
const BETWEEN: (Duration, Duration) = (Duration::from_millis(250), Duration::from_millis(500));

/// What is known about one host.
#[derive(Clone, Debug, Default, PartialEq)]
struct Health {
    failed_in_a_row: u32,
    /// The newest tries and whether they brought a session that works.
    tries: VecDeque<(Moment, bool)>,
    /// Ejections since it last kept a session until that was stable.
    ejections: u32,
    ejected_until: Option<Moment>,
    /// Nobody listened when it was last tried.
    shut: bool,
}

impl Health {
    fn tried(&mut self, worked: bool, now: Moment) {
        self.tries.push_back((now, worked));
        self.tries.retain(|(at, _)| now.since(*at) < WINDOW);
        if self.tries.len() > NEWEST {
            self.tries.pop_front();
        }
    }

    fn is_bad(&self) -> bool {
        let failed = self.tries.iter().filter(|(_, worked)| !worked).count();
        // Once ejected, the next failure ejects it again.
        self.ejections > 0
            || self.failed_in_a_row >= IN_A_ROW
            || (self.tries.len() == NEWEST && failed * 2 > NEWEST)
    }
}

/// The hosts of a link.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HostPool {
    pub(super) policy: HostPolicy,
    hosts: Vec<Health>,
}

impl HostPool {
    /// `count` hosts, the preferred one first; at least one.
    pub(super) fn new(count: usize, policy: HostPolicy) -> Self {
        Self { policy, hosts: vec![Health::default(); count.max(1)] }
    }

    fn is_pool(&self) -> bool {
        self.hosts.len() > 1
    }

    pub(super) fn has(&self, host: Host) -> bool {
        host.0 < self.hosts.len()
    }

    fn all(&self) -> impl DoubleEndedIterator<Item = Host> + use<> {
        (0..self.hosts.len()).map(Host)
    }

    pub(super) fn is_ejected(&self, host: Host, now: Moment) -> bool {
        self.ejected_until(host).is_some_and(|until| until > now)
    }

    pub(super) fn ejected_until(&self, host: Host) -> Option<Moment> {
        self.hosts.get(host.0)?.ejected_until
    }

    /// Whether a host other than `current` could be tried now.
    pub(super) fn stands_by(&self, current: Host, now: Moment) -> bool {
        self.all().any(|host| host != current && !self.is_ejected(host, now))
    }

    /// The host of the next try: the same while it is not ejected, then the first in order that is not, then the one
    /// whose ejection ends first.
    pub(super) fn pick(&self, current: Host, now: Moment) -> Host {
        if !self.is_ejected(current, now) {
            return current;
        }
        let free = self.all().find(|host| !self.is_ejected(*host, now));
        free.or_else(|| self.all().min_by_key(|host| self.ejected_until(*host))).unwrap_or_default()
    }

    /// Tries go to another host until then. Nothing is held against this one.
    pub(super) fn pass_over(&mut self, host: Host, until: Moment) {
        if let Some(health) = self.hosts.get_mut(host.0) {
            health.ejected_until = health.ejected_until.max(Some(until));
        }
    }

    /// A session of this host works.
    pub(super) fn worked(&mut self, host: Host, now: Moment) {
        if self.is_pool()
            && let Some(health) = self.hosts.get_mut(host.0)
        {
            health.tried(true, now);
            health.failed_in_a_row = 0;
            health.ejected_until = None;
            health.shut = false;
        }
    }

    /// A session of this host works for long enough to forget what was before.
    pub(super) fn stable(&mut self, host: Host) {
        if let Some(health) = self.hosts.get_mut(host.0) {
            health.ejections = 0;
        }
    }

    /// Whether [`Self::stable`] would change anything.
    pub(super) fn remembers(&self, host: Host) -> bool {
        self.hosts.get(host.0).is_some_and(|health| health.ejections > 0)
    }

    /// A try failed by the host's own fault, after `took`.
    pub(super) fn failed(
        &mut self,
        host: Host,
        kind: FailureKind,
        took: Duration,
        now: Moment,
        rng: &mut fastrand::Rng,
    ) {
        let policy = self.policy.clone();
        let is_pool = self.is_pool();
        let Some(health) = self.hosts.get_mut(host.0).filter(|_| is_pool) else { return };
        health.tried(false, now);
        health.failed_in_a_row += if took < SLOW { 1 } else { IN_A_ROW };
        health.shut = kind == FailureKind::Unanswered;
        if health.is_bad() {
            health.eject(&policy, now, rng);
        }
    }

    /// Leaves a host alone whose sessions do not last.
    pub(super) fn eject(&mut self, host: Host, now: Moment, rng: &mut fastrand::Rng) {
        let policy = self.policy.clone();
        if let Some(health) = self.hosts.get_mut(host.0) {
            health.eject(&policy, now, rng);
        }
    }

    /// What a host did before says nothing any more.
    pub(super) fn forgive(&mut self, host: Host) {
        if let Some(health) = self.hosts.get_mut(host.0) {
            *health = Health::default();
        }
    }

    fn forgive_all(&mut self) {
        self.hosts.iter_mut().for_each(|health| *health = Health::default());
    }

    /// The next host behind `last` at which nobody listened.
    pub(super) fn next_shut(&self, last: Host) -> Option<Host> {
        let from = last.0 + 1;
        let turned = (0..self.hosts.len()).map(|step| Host((from + step) % self.hosts.len()));
        turned.into_iter().find(|host| self.hosts[host.0].shut)
    }
}

impl Health {
    fn eject(&mut self, policy: &HostPolicy, now: Moment, rng: &mut fastrand::Rng) {
        let doubled = policy.eject.saturating_mul(1 << self.ejections.min(10)).min(policy.eject_longest);
        self.ejections = self.ejections.saturating_add(1);
        self.failed_in_a_row = 0;
        self.tries.clear();
        self.ejected_until = Some(now + around(doubled, rng));
    }
}

/// Whether a failure is the host's own. Everything else would happen with any other host as well.
pub(super) fn is_the_hosts_fault(failure: &Failure) -> bool {
    use ErrorCode as C;

    let ours = [
        C::NetworkDown,
        C::PermissionDenied,
        C::CaFile,
        C::ClientCert,
        C::SecretUnavailable,
        C::ProxyUnreachable,
        C::ProxyAuthRequired,
        C::ProxyRefused,
        C::ProxyTimeout,
        C::ProxyFailed,
    ];
    // A service that is away says when it will be back; one that is asked too much says so too.
    let hinted = matches!(failure.kind, FailureKind::Hinted(_)) && failure.code == C::ServiceUnavailable;
    (is_about_the_host(failure.kind) || hinted) && !ours.contains(&failure.code)
}

/// Whether a failure of this kind may be the host's own.
pub(super) fn is_about_the_host(kind: FailureKind) -> bool {
    match kind {
        FailureKind::Unanswered
        | FailureKind::Retry
        | FailureKind::HungUp
        | FailureKind::Restarting
        | FailureKind::Troubled
        | FailureKind::Breach
        | FailureKind::Misfit => true,
        FailureKind::Hinted(_)
        | FailureKind::Local
        | FailureKind::Overloaded
        | FailureKind::TooBig
        | FailureKind::Refused
        | FailureKind::Doubtful(_)
        | FailureKind::Halt(_) => false,
    }
}

impl Machine {
    /// The same link with a pool of `count` hosts.
    #[must_use]
    pub fn with_hosts(mut self, count: usize, policy: HostPolicy) -> Self {
        self.hosts = HostPool::new(count, policy);
        self
    }

    /// Back to the preferred host, whatever was before: somebody starts anew, or the network is another one.
    pub(super) fn forgive_hosts(&mut self) {
        self.hosts.forgive_all();
        self.host = Host::default();
    }

    /// A try failed: holds it against its host where it is to blame.
    pub(super) fn hold_against_host(&mut self, failure: &Failure, before: Before, now: Moment) {
        let lost = matches!(before, Before::Session { proven: true, .. });
        if !lost && is_the_hosts_fault(failure) {
            let took = now.since(self.dialed_at);
            self.hosts.failed(self.host, failure.kind, took, now, &mut self.rng);
        }
    }

    /// The wait while another host stands by, if it is shorter than what would be waited anyhow.
    pub(super) fn wait_beside_others(
        &mut self,
        before: Before,
        kind: FailureKind,
        now: Moment,
    ) -> Option<Wait> {
        let hinted = matches!(kind, FailureKind::Hinted(_)) && self.hosts.is_ejected(self.host, now);
        if !(is_about_the_host(kind) || hinted) || !self.hosts.stands_by(self.host, now) {
            return None;
        }
        let wait = if self.hosts.is_ejected(self.host, now) {
            self.draw_handover()
        } else if matches!(before, Before::Session { proven: true, .. }) {
            self.draw_beside(Duration::ZERO, self.pick(AFTER_LOSS))
        } else {
            self.draw_beside(BETWEEN.0, BETWEEN.1)
        };
        Some((WaitCause::Backoff, wait))
    }

    /// The wait before the first try of the next host.
    pub(super) fn draw_handover(&mut self) -> Duration {
        self.draw_beside(Duration::ZERO, self.pick(HANDOVER))
    }

    fn pick(&self, (crowd, alone): (Duration, Duration)) -> Duration {
        if self.retry.crowd { crowd } else { alone }
    }

    fn draw_beside(&mut self, low: Duration, high: Duration) -> Duration {
        let cap = self.retry.backoff.cap;
        between(low.min(cap), high.min(cap), &mut self.rng)
    }
}

#[cfg(test)]
mod tests {
    use model::Reason;

    use super::*;

    const PRIMARY: Host = Host(0);

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    fn pool() -> (HostPool, fastrand::Rng) {
        (HostPool::new(2, HostPolicy::default()), fastrand::Rng::with_seed(1))
    }

    fn fail(pool: &mut HostPool, took: u64, now: u64, rng: &mut fastrand::Rng) {
        pool.failed(PRIMARY, FailureKind::Retry, Duration::from_secs(took), at(now), rng);
    }

    #[test]
    fn three_failures_in_a_row_eject_and_a_success_between_them_begins_the_count_anew() {
        let (mut pool, mut rng) = pool();
        for now in [0, 1] {
            fail(&mut pool, 0, now, &mut rng);
        }
        pool.worked(PRIMARY, at(2));
        for now in [3, 4] {
            fail(&mut pool, 0, now, &mut rng);
            assert!(!pool.is_ejected(PRIMARY, at(now)));
        }
        fail(&mut pool, 0, 5, &mut rng);
        assert!(pool.is_ejected(PRIMARY, at(5)) && !pool.is_ejected(PRIMARY, at(5 + 36)));
    }

    #[test]
    fn a_host_that_fails_more_often_than_not_is_ejected_although_never_three_times_in_a_row() {
        let (mut pool, mut rng) = pool();
        let mut ejected = false;
        for round in 0..10 {
            // Two failures, one success.
            if round % 3 == 2 {
                pool.worked(PRIMARY, at(round * 10));
            } else {
                fail(&mut pool, 0, round * 10, &mut rng);
            }
            ejected |= pool.is_ejected(PRIMARY, at(round * 10));
        }
        assert!(ejected);

        let (mut rare, mut rng) = (HostPool::new(2, HostPolicy::default()), fastrand::Rng::with_seed(1));
        for round in 0..100 {
            if round % 3 == 2 {
                rare.worked(PRIMARY, at(round * 100));
            } else {
                fail(&mut rare, 0, round * 100, &mut rng);
            }
            assert!(!rare.is_ejected(PRIMARY, at(round * 100)), "fewer than ten tries in ten minutes");
        }
    }

    #[test]
    fn ejections_double_up_to_ten_minutes_until_a_session_is_stable() {
        let (mut pool, mut rng) = pool();
        let mut now = 0;
        for expected in [30_u64, 60, 120, 240, 480, 600, 600] {
            // Behind the first ejection a single failure is enough.
            fail(&mut pool, if expected == 30 { 3 } else { 0 }, now, &mut rng);
            let until = pool.ejected_until(PRIMARY).unwrap();
            let seconds = until.since(at(now)).as_secs_f64();
            assert!((0.8..=1.2).contains(&(seconds / expected as f64)), "{seconds} for {expected}");
            now += 1_000;
        }
        pool.worked(PRIMARY, at(now));
        assert!(pool.remembers(PRIMARY), "a session alone is no proof");
        pool.stable(PRIMARY);
        fail(&mut pool, 0, now + 1, &mut rng);
        assert!(!pool.is_ejected(PRIMARY, at(now + 1)));
    }

    #[test]
    fn with_every_host_ejected_the_one_whose_ejection_ends_first_is_next() {
        let (mut pool, mut rng) = pool();
        pool.eject(PRIMARY, at(0), &mut rng);
        pool.eject(Host(1), at(60), &mut rng);
        assert_eq!((pool.pick(Host(1), at(61)), pool.stands_by(Host(1), at(61))), (PRIMARY, true));
        pool.eject(PRIMARY, at(61), &mut rng);
        assert_eq!((pool.pick(PRIMARY, at(62)), pool.stands_by(PRIMARY, at(62))), (Host(1), false));
    }

    #[test]
    fn a_single_host_is_never_ejected() {
        let (mut single, mut rng) = (HostPool::new(1, HostPolicy::default()), fastrand::Rng::with_seed(1));
        for now in 0..100 {
            fail(&mut single, 10, now, &mut rng);
        }
        assert!(!single.is_ejected(PRIMARY, at(100)) && !single.stands_by(PRIMARY, at(100)));
    }

    #[test]
    fn only_what_another_host_might_do_better_is_a_hosts_fault() {
        use ErrorCode as C;
        use FailureKind as K;

        let hint = K::Hinted(Duration::from_secs(5));
        for (kind, code, blamed) in [
            (K::Unanswered, C::ConnectionRefused, true),
            (K::Unanswered, C::Unreachable, true),
            (K::Unanswered, C::NetworkDown, false),
            (K::Retry, C::DnsNotFound, true),
            (K::Retry, C::DnsTimeout, true),
            (K::Retry, C::TlsExpired, true),
            (K::Retry, C::ProxyUnreachable, false),
            (K::Retry, C::ProxyCannotReach, true),
            (K::Retry, C::SecretUnavailable, false),
            (K::Retry, C::NotProven, true),
            (K::HungUp, C::HandshakeClosed, true),
            (K::Restarting, C::ServiceUnavailable, true),
            (K::Misfit, C::NotFound, true),
            (hint, C::ServiceUnavailable, true),
            (hint, C::RateLimited, false),
            (K::Overloaded, C::RateLimited, false),
            (K::Local, C::ConnectionLost, false),
            (K::Refused, C::Unauthorized, false),
            (K::Doubtful(Reason::AuthRequired), C::Forbidden, false),
            (K::Halt(Reason::CaptivePortal), C::CaptivePortal, false),
            (K::Halt(Reason::ServerStop), C::ClosedByServer, false),
        ] {
            let failure = Failure::new(kind, code, "");
            assert_eq!(is_the_hosts_fault(&failure), blamed, "{kind:?} {code}");
        }
    }
}
