//! When a message is too old. A wall clock that jumps must not take a backlog with it: a message goes only when
//! the wall clock says so and nothing contradicts it, and never everything at once.

use model::BufferLevel;

use super::{Buffer, Place, footing::ms};
use crate::{
    clock::{Clock, Reading},
    error::Fault,
    store::{Row, Store},
};

pub(super) use crate::store::Age;

/// A step of the wall clock across a restart that has to be explained first.
const DAY_MS: i64 = 24 * 3_600_000;
/// How long such a step holds expiry up when nobody explains it.
const HOLD_MS: i64 = 10 * 60_000;
/// 2026-01-01: no message of ours is older, only clocks are wrong.
const EPOCH_MS: i64 = 1_767_225_600_000;
/// Messages looked at in one sweep.
const SWEEP_MIN: u64 = 256;
const SWEEP_MAX: u64 = 10_000;

/// How far the wall clock is believed.
#[derive(Debug)]
pub(super) struct TimeTrust {
    boot: i64,
    opened: Reading,
    /// Messages of earlier runs of the computer are kept until this steady time.
    hold_until: Option<i64>,
}

impl TimeTrust {
    pub(super) fn new(clock: &dyn Clock) -> Self {
        Self { boot: clock.boot(), opened: clock.now(), hold_until: None }
    }

    /// Compares the clock with the last time the file saw.
    pub(super) fn learn(&mut self, store: &Store, clock: &dyn Clock) -> Result<(), Fault> {
        let now = clock.now();
        let last = store.meta("last_wall_ms")?;
        let same_run = store.meta("boot")? == Some(self.boot);
        if !same_run && last.is_some_and(|last| (now.wall_ms - last).abs() > DAY_MS) {
            self.hold_until = Some(now.steady_ms + HOLD_MS);
        }
        Ok(())
    }

    fn too_old(&self, age: &Age, max_age: i64, now: Reading) -> bool {
        let by_age = age.enqueued_ms.saturating_add(max_age);
        let limit = age.expires_ms.map_or(by_age, |own| own.min(by_age));
        let lifetime = limit.saturating_sub(age.enqueued_ms);
        if now.wall_ms < limit {
            return false;
        }
        if age.boot == self.boot {
            return now.steady_ms - age.steady_ms >= lifetime;
        }
        if age.enqueued_ms < EPOCH_MS {
            // Handed over while the clock was wrong: only what has passed since is known.
            return now.steady_ms - self.opened.steady_ms >= lifetime;
        }
        self.hold_until.is_none_or(|until| now.steady_ms >= until)
    }
}

impl Buffer {
    /// Somebody who knows the time agrees with the wall clock.
    pub(crate) fn trust_wall_clock(&mut self) {
        self.trust.hold_until = None;
    }

    pub(super) fn is_too_old(&self, row: &Row, now: Reading) -> bool {
        let age = Age {
            seq: row.seq,
            enqueued_ms: row.enqueued_ms,
            expires_ms: row.expires_ms,
            steady_ms: row.steady_ms,
            boot: row.boot,
        };
        self.trust.too_old(&age, ms(self.options.bounds.max_age), now)
    }

    /// Removes messages that are too old, at most a tenth of the backlog at once; how many.
    pub(super) fn expire(&mut self) -> Result<u64, Fault> {
        let now = self.now();
        let mut gone = 0;
        for place in self.writable().iter().copied() {
            let Some(store) = self.store(place) else { continue };
            let limit = (store.tally.queued / 10).clamp(SWEEP_MIN, SWEEP_MAX);
            let max_age = ms(self.options.bounds.max_age);
            // By place is by age, as far as clocks go; the first that is young enough ends it.
            let mut old: Vec<i64> = store
                .eldest(limit)?
                .into_iter()
                .take_while(|age| age.enqueued_ms.saturating_add(max_age) <= now.wall_ms)
                .chain(store.overdue(now.wall_ms, limit)?)
                .filter(|age| self.is_free(age.seq) && self.trust.too_old(age, max_age, now))
                .map(|age| age.seq)
                .collect();
            old.sort_unstable();
            old.dedup();
            gone += self.remove_expired(place, &old)?;
        }
        Ok(gone)
    }

    /// Removes these as expired.
    pub(super) fn remove_expired(&mut self, place: Place, seqs: &[i64]) -> Result<u64, Fault> {
        if seqs.is_empty() {
            return Ok(0);
        }
        let Some(store) = self.store_mut(place) else { return Ok(0) };
        let gone = store.transact(BufferLevel::Process, |store| {
            let mut gone = 0;
            for seq in seqs {
                gone += u64::from(store.delete(*seq)?);
            }
            store.tally.expired += gone;
            Ok(gone)
        })?;
        // They were read and cannot be found: worth a look at the whole file.
        self.pace.check_structure |= gone < seqs.len() as u64;
        for seq in seqs {
            self.stranded.remove(seq);
            self.leases.settle(*seq);
        }
        self.charge();
        Ok(gone)
    }
}
