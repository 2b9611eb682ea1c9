//! What the buffer stands on, and what it does when that gives way. Nothing here loses an accepted message that
//! can still be read somewhere.

use std::time::Duration;

use model::BufferLevel;

use super::{Buffer, Place};
use crate::{
    error::{Fault, FaultKind},
    folder::{Reason, keeps_something},
    notice::{NoticeKind, ReplaceReason},
    salvage,
    stats::Footing,
    store::{Found, Store},
};

/// Longest wait between questions to a disk that refuses.
const MAX_RECHECK: Duration = Duration::from_secs(60);

/// What is known of the disk, and when it is asked again.
#[derive(Debug, Default)]
pub(super) struct DiskWatch {
    /// Free bytes when last asked.
    pub(super) free: Option<u64>,
    /// Bytes of the messages that are being stored.
    pub(super) coming: u64,
    /// Bytes taken since.
    pub(super) taken: u64,
    /// When to ask for free bytes again, steady ms.
    pub(super) free_due: i64,
    /// When to ask a disk that refused, steady ms.
    pub(super) recheck_due: i64,
    /// The wait after the next refusal.
    pub(super) wait: Duration,
    /// What the disk said last.
    pub(super) detail: String,
}

/// What to do after a fault was dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// What failed may work now.
    Again,
    /// The file has the size it may have.
    FileFull,
    /// The disk is full.
    DiskFull,
    /// Nothing can be done about it.
    GiveUp,
}

impl Buffer {
    /// Deals with what came from underneath. The transaction that met it is rolled back already.
    pub(super) fn handle(&mut self, fault: &Fault) -> Next {
        tracing::warn!(error = %fault, kind = ?fault.kind(), "the buffer's disk");
        self.watch.detail = fault.to_string();
        let out_of_room = || self.folder.lacks(self.watch.coming.clamp(64 << 10, 8 << 20) * 2);
        let kind = fault.kind();
        let kind = if fault.is_refused_write() && out_of_room() { FaultKind::Full } else { kind };
        match kind {
            FaultKind::Full => {
                if self.disk.as_ref().is_some_and(|store| store.at_its_size(self.watch.coming)) {
                    return Next::FileFull;
                }
                self.folder.drop_ballast();
                self.drain_only();
                Next::DiskFull
            }
            FaultKind::Io => self.replace_or_float(ReplaceReason::DiskError),
            FaultKind::Corrupt => self.replace_or_float(ReplaceReason::Corrupt),
            FaultKind::ReadOnly => {
                self.float();
                Next::Again
            }
            FaultKind::Other => Next::GiveUp,
        }
    }

    fn replace_or_float(&mut self, reason: ReplaceReason) -> Next {
        if let Err(error) = self.replace_file(reason) {
            self.watch.detail = error.to_string();
            self.float();
        }
        Next::Again
    }

    /// Builds a new file from what can be read of the old one, which goes to quarantine. A new file is a new
    /// inode: what the system believes about the old one's pages after a failed flush no longer matters.
    pub(super) fn replace_file(&mut self, reason: ReplaceReason) -> Result<(), Fault> {
        let now = self.now();
        self.folder.restore()?;
        let target = self.folder.building()?;
        self.folder.touch(&target)?;
        let setup = Self::setup(&self.options, Place::Disk);
        let Some(old) = &self.disk else {
            return Ok(());
        };
        let salvaged = salvage::rebuild(old, &target, setup.clone())?;
        self.folder.built()?;
        if let Some(old) = self.disk.take() {
            old.abandon();
        }
        let case = match reason {
            ReplaceReason::Corrupt => Reason::Corrupt,
            ReplaceReason::DiskError => Reason::DiskError,
            ReplaceReason::Vanished => Reason::Replaced,
        };
        let quarantine = self.folder.swap(case, now.wall_ms)?.filter(|file| keeps_something(file));
        let new = Store::open(&self.folder.database(), setup)?;
        self.next_seq = self.next_seq.max(new.last_seq()? + 1);
        self.disk = Some(new);
        self.folder.look();
        self.notices.give(
            now.wall_ms,
            NoticeKind::Replaced {
                reason,
                kept: salvaged.kept,
                damaged: salvaged.damaged,
                missing: salvaged.missing,
                quarantine,
            },
        );
        self.charge();
        Ok(())
    }

    /// The disk is full: what waits may leave, nothing is taken.
    pub(super) fn drain_only(&mut self) {
        if self.footing == Footing::Disk {
            self.footing = Footing::DrainOnly;
            let now = self.now();
            self.watch.free = self.folder.free_bytes();
            self.watch.wait = self.options.disk.recheck;
            self.watch.recheck_due = now.steady_ms + ms(self.watch.wait);
            self.notices.give(now.wall_ms, NoticeKind::DiskFull { free: self.watch.free });
        }
    }

    /// The disk cannot be written: go on in memory.
    pub(super) fn float(&mut self) {
        let now = self.now();
        if self.footing != Footing::Memory {
            self.footing = Footing::Memory;
            self.watch.wait = self.options.disk.recheck;
            self.notices.give(now.wall_ms, NoticeKind::DiskRefuses { detail: self.watch.detail.clone() });
        }
        self.watch.recheck_due = now.steady_ms + ms(self.watch.wait);
        self.watch.wait = (self.watch.wait * 2).min(MAX_RECHECK);
    }

    /// Asks a disk that refused whether it works again. Due only when `recheck_due` has passed.
    pub(super) fn recheck(&mut self) {
        let now = self.now();
        if self.footing == Footing::Disk || now.steady_ms < self.watch.recheck_due {
            return;
        }
        match self.footing {
            Footing::DrainOnly => {
                self.watch.recheck_due = now.steady_ms + ms(self.options.disk.recheck);
                self.give_room_back();
                if self.room_again() {
                    self.footing = Footing::Disk;
                    self.notices.give(now.wall_ms, NoticeKind::DiskBack { rescued: 0 });
                    self.settle_in();
                }
            }
            Footing::Memory => {
                let back = if self.disk.is_some() {
                    self.replace_file(ReplaceReason::DiskError)
                } else {
                    self.open_disk().map(|_| ())
                };
                match back.and_then(|()| self.rescue()) {
                    Ok(rescued) => {
                        self.footing = Footing::Disk;
                        self.notices.give(now.wall_ms, NoticeKind::DiskBack { rescued });
                    }
                    Err(error) => {
                        self.watch.detail = error.to_string();
                        self.float();
                    }
                }
            }
            Footing::Disk | Footing::Broken => {}
        }
    }

    /// On a full disk what the log and free pages hold counts: the log is emptied, an empty file made small.
    fn give_room_back(&mut self) {
        let Some(store) = &self.disk else { return };
        let given = store.checkpoint(true).and_then(|()| {
            if store.tally.queued > 0 || store.pages()?.1 == 0 {
                return Ok(());
            }
            store.vacuum()?;
            store.checkpoint(true)
        });
        if let Err(error) = given {
            tracing::debug!(%error, "no room to make room");
        }
    }

    /// Whether there is room for the ballast and some air above the reserve.
    fn room_again(&mut self) -> bool {
        let rules = &self.options.disk;
        let reserve = self.folder.reserve(rules);
        let held = if self.folder.has_ballast(rules.ballast_bytes) { 0 } else { rules.ballast_bytes };
        self.watch.free = self.folder.free_bytes();
        let enough =
            self.watch.free.is_none_or(|free| free >= reserve + held + rules.ballast_bytes.max(reserve / 8));
        // A quota is not among the free bytes.
        enough
            && self.folder.take_ballast(rules.ballast_bytes).is_ok()
            && !self.folder.lacks(rules.ballast_bytes)
    }

    /// Moves messages that should have been on disk there, each to its own place in the order.
    pub(super) fn rescue(&mut self) -> Result<u64, Fault> {
        // The file has to know of those that were sent, as it does of its own.
        let was_sent = |seq: &&i64| self.leases.holds(**seq) || self.leases.was_sent(**seq);
        let sent = self.stranded.iter().filter(was_sent).max().copied().filter(|seq| *seq > self.sent_noted);
        let boot = self.options.clock.boot();
        let (Some(disk), Some(memory)) = (&mut self.disk, &mut self.memory) else { return Ok(0) };
        let mut moved = Vec::new();
        let level = self.options.level.max_of(BufferLevel::Process);
        disk.transact(level, |disk| {
            for seq in &self.stranded {
                let Some(Found::Good(row)) = memory.row(*seq)? else { continue };
                if disk.insert(&row)? {
                    disk.tally.accepted += 1;
                } else if disk.find(&row.id)?.is_none() {
                    // Its place is taken, the message is another one: it stays where it is.
                    continue;
                }
                moved.push(*seq);
            }
            if let Some(sent) = sent {
                disk.set_meta("boot", boot)?;
                disk.set_meta("sent", sent)?;
            }
            Ok(())
        })?;
        self.sent_noted = sent.unwrap_or(self.sent_noted);
        let count = moved.len() as u64;
        for seq in &moved {
            self.stranded.remove(seq);
            self.leases.move_to_disk(*seq);
            self.pending.move_to_disk(*seq);
        }
        memory.transact(BufferLevel::Memory, |memory| {
            for seq in moved {
                if memory.delete(seq)? {
                    memory.tally.accepted = memory.tally.accepted.saturating_sub(1);
                }
            }
            Ok(())
        })?;
        Ok(count)
    }

    /// Keeps an eye on free space: asked for at most once a second, or once a mebibyte taken.
    pub(super) fn look_for_room(&mut self, coming: u64) {
        let now = self.now();
        self.watch.taken += coming;
        if now.steady_ms < self.watch.free_due && self.watch.taken < 1 << 20 {
            return;
        }
        self.ask_for_room();
    }

    /// Asks now.
    pub(super) fn ask_for_room(&mut self) {
        self.watch.free_due = self.now().steady_ms + 1_000;
        self.watch.taken = 0;
        self.watch.free = self.folder.free_bytes();
        let reserve = self.folder.reserve(&self.options.disk);
        if self.watch.free.is_some_and(|free| free < reserve) {
            self.drain_only();
        }
    }

    /// Notices a database that was deleted or replaced under us, and writes it anew from what is still open.
    pub(super) fn look_for_file(&mut self) {
        if self.disk.is_none() || self.footing == Footing::Memory || self.folder.unchanged() {
            return;
        }
        if let Err(error) = self.replace_file(ReplaceReason::Vanished) {
            self.watch.detail = error.to_string();
            self.float();
        }
    }
}

/// The stronger of two promises.
pub(super) trait Stronger {
    fn max_of(self, other: Self) -> Self;
}

impl Stronger for BufferLevel {
    fn max_of(self, other: Self) -> Self {
        let rank = |level: Self| match level {
            Self::Memory => 0,
            Self::Process => 1,
            Self::Power => 2,
        };
        if rank(self) >= rank(other) { self } else { other }
    }
}

/// A duration as ms.
pub(super) fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
