//! What has to be done now and then, whether or not anybody asks: late deletions, expiry, a look at the disk, the
//! log moved into the file, free pages given back.

use std::time::Duration;

use model::BufferLevel;

use super::{Buffer, Place};
use crate::{error::Fault, stats::Footing, store::Found};

/// A deletion may wait this long for company.
const SETTLE_MS: i64 = 250;
/// ... or for this many.
const SETTLE_COUNT: usize = 256;
/// Between sweeps for messages that are too old.
const SWEEP_MS: i64 = 1_000;
/// Between looks at the file itself.
const LOOK_MS: i64 = 5_000;
/// Between notes of the wall clock.
const NOTE_MS: i64 = 60_000;
/// The log is moved into the file after so long without work.
const IDLE_MS: i64 = 200;
/// An empty file larger than this is made small.
const VACUUM_BYTES: u64 = 4 << 20;
/// Messages looked at in one idle step of the check after a crash.
const CHECK_STEP: u64 = 256;

/// When which duty is due, steady ms.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    sweep: i64,
    look: i64,
    note: i64,
    /// Work was done since the log was moved; when the last of it was.
    dirty: Option<i64>,
    /// The check after a crash has come this far.
    pub(super) check_from: Option<i64>,
    /// Something is odd about the file.
    pub(super) check_structure: bool,
}

/// What a check of every message found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    /// Messages read.
    pub(crate) messages: u64,
    /// Of those, damaged.
    pub(crate) damaged: u64,
    /// Where to go on; `None` at the end.
    pub(crate) next: Option<u64>,
}

impl Buffer {
    /// Something was written.
    pub(crate) fn worked(&mut self) {
        self.pace.dirty = Some(self.now().steady_ms);
    }

    /// Whether settled messages should not wait any longer to be written.
    pub(crate) fn settle_due(&self) -> bool {
        let now = self.now().steady_ms;
        let writable = self.footing != Footing::Memory;
        writable
            && (self.pending.len() >= SETTLE_COUNT
                || self.pending.since.is_some_and(|since| now - since >= SETTLE_MS))
    }

    /// How long the thread may sleep when nobody comes.
    pub(crate) fn rest(&self) -> Duration {
        let ms = if self.pace.check_from.is_some() {
            5
        } else if !self.pending.is_empty() && self.footing != Footing::Memory {
            50
        } else if self.pace.dirty.is_some() {
            100
        } else if self.footing != Footing::Disk || self.tally().queued > 0 {
            1_000
        } else {
            5_000
        };
        let recheck = self.options.disk.recheck.max(Duration::from_millis(10));
        let rest = Duration::from_millis(ms);
        if self.footing == Footing::Disk { rest } else { rest.min(recheck) }
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self) {
        let now = self.now().steady_ms;
        if self.settle_due() {
            self.flush();
        }
        self.recheck();
        if now >= self.pace.look {
            self.pace.look = now + LOOK_MS;
            self.look_for_file();
            if self.writes_disk() {
                self.ask_for_room();
                self.settle_in();
            }
        }
        if self.footing == Footing::Memory {
            // The disk refuses; what is in memory grows old all the same.
            if now >= self.pace.sweep
                && let Err(error) = self.sweep()
            {
                tracing::warn!(%error, "messages in memory do not expire");
            }
            return;
        }
        let duties = [
            (now >= self.pace.sweep).then_some(Self::sweep as fn(&mut Self) -> Result<(), Fault>),
            (now >= self.pace.note).then_some(Self::note_time as _),
            self.pace.dirty.is_some_and(|last| now - last >= IDLE_MS).then_some(Self::tidy as _),
            self.pace.check_from.is_some().then_some(Self::check_step as _),
            self.pace.check_structure.then_some(Self::check_structure as _),
        ];
        for duty in duties.into_iter().flatten() {
            if self.footing == Footing::Memory {
                return;
            }
            if let Err(fault) = duty(self) {
                self.handle(&fault);
            }
        }
    }

    fn sweep(&mut self) -> Result<(), Fault> {
        self.pace.sweep = self.now().steady_ms + SWEEP_MS;
        self.expire().map(|_| ())
    }

    fn note_time(&mut self) -> Result<(), Fault> {
        let now = self.now();
        self.pace.note = now.steady_ms + NOTE_MS;
        let boot = self.options.clock.boot();
        match &mut self.disk {
            Some(store) => store.transact(BufferLevel::Process, |store| {
                store.set_meta("boot", boot)?;
                store.set_meta("last_wall_ms", now.wall_ms)
            }),
            None => Ok(()),
        }
    }

    /// Nothing to do: the log moves into the file, and an empty file becomes small.
    fn tidy(&mut self) -> Result<(), Fault> {
        self.pace.dirty = None;
        let (bytes, _) = self.folder.sizes();
        match &self.disk {
            Some(store) if store.tally.queued == 0 && bytes > VACUUM_BYTES => {
                store.vacuum()?;
                store.checkpoint(true)
            }
            Some(store) => store.checkpoint(false),
            None => Ok(()),
        }
    }

    /// A part of the check after a crash.
    fn check_step(&mut self) -> Result<(), Fault> {
        let from = self.pace.check_from.unwrap_or_default();
        self.pace.check_from = self.check(Place::Disk, from, CHECK_STEP)?.next.map(u64::cast_signed);
        Ok(())
    }

    fn check_structure(&mut self) -> Result<(), Fault> {
        self.pace.check_structure = false;
        match self.disk.as_ref().map(crate::store::Store::quick_check).transpose()?.flatten() {
            Some(_) => Err(Fault::Damaged("pages")),
            None => Ok(()),
        }
    }

    /// Reads some messages; damaged ones go to the dead letters.
    fn check(&mut self, place: Place, after: i64, limit: u64) -> Result<Checked, Fault> {
        let Some(store) = self.store(place) else { return Ok(Checked::default()) };
        let page = store.page(after, limit)?;
        let damaged: Vec<i64> = page
            .iter()
            .filter(|found| matches!(found, Found::Damaged { .. }))
            .map(Found::seq)
            .filter(|seq| self.is_free(*seq))
            .collect();
        let next = (page.len() as u64 == limit).then(|| page.last().map(Found::seq)).flatten();
        self.bury_damaged(place, &damaged)?;
        Ok(Checked {
            messages: page.len() as u64,
            damaged: damaged.len() as u64,
            next: next.map(i64::cast_unsigned),
        })
    }

    /// A part of a check somebody asked for: messages behind this place.
    pub(crate) fn verify_step(&mut self, after: u64) -> Result<Checked, String> {
        let checked = self.check(Place::Disk, after.cast_signed(), CHECK_STEP);
        checked.map_err(|fault| {
            self.handle(&fault);
            fault.to_string()
        })
    }

    /// What is wrong with the structure of the file and with the books, if anything.
    pub(crate) fn verify_structure(&mut self) -> Result<(), String> {
        self.flush();
        let Some(store) = &self.disk else { return Ok(()) };
        let structure = store.quick_check().map_err(|fault| fault.to_string())?;
        if let Some(detail) = structure {
            return Err(detail);
        }
        let counted = store.count().map_err(|fault| fault.to_string())?;
        if counted != (store.tally.queued, store.tally.queued_bytes) {
            return Err(format!(
                "{counted:?} messages and bytes are stored, the books say {:?}",
                store.tally
            ));
        }
        if store.tally.balanced() {
            Ok(())
        } else {
            Err(format!("the books do not balance: {:?}", store.tally))
        }
    }

    /// The end: everything settled is written, the log moves into the file. What is in memory is lost; how many.
    pub(crate) fn close(&mut self) -> u64 {
        self.flush();
        let lost = self.memory.as_ref().map_or(0, |store| store.tally.queued);
        let (now, boot, last) = (self.now(), self.options.clock.boot(), self.next_seq - 1);
        let level = self.settle_level();
        if let Some(store) = &mut self.disk {
            let closed = store.transact(level, |store| {
                store.set_meta("boot", boot)?;
                store.set_meta("last_wall_ms", now.wall_ms)?;
                store.set_meta("last_seq", last)?;
                store.set_meta("clean", 1)
            });
            if let Err(error) = closed.and_then(|()| store.checkpoint(true)) {
                tracing::warn!(%error, "the buffer was not closed properly");
            }
        }
        self.leave();
        lost
    }
}
