//! From a folder to a buffer, whatever state its files are in: finish what a crash interrupted, look at the log
//! before SQLite does, set newer files aside, replace damaged ones.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use model::BufferLevel;
use serde::Serialize;

use super::{Buffer, Place, ageing::TimeTrust, footing::DiskWatch};
use crate::{
    error::{Fault, FaultKind, OpenError},
    folder::{Folder, Reason, copy_evidence, move_database, move_evidence, wal_of},
    histogram::Histogram,
    notice::{NoticeKind, Notices, ReplaceReason},
    options::OutboxOptions,
    salvage,
    stats::Footing,
    store::{PAGE, Store, schema},
    wal::{self, WalState},
};

/// Files up to this size are checked whole after an unclean end; larger ones message by message while idle.
const CHECK_AT_ONCE: u64 = 8 << 20;
/// Files up to this size are copied before a migration.
const BACKUP_MAX: u64 = 256 << 20;
/// Where places begin when the file cannot be read at opening: far behind any it can hold, and later ones behind
/// earlier ones.
const BLIND_SEQ: i64 = 1 << 42;
/// Messages brought back from behind a hole in the log, at most.
const MAX_REGAINED: usize = 100_000;
/// So many may have been sent at a crash without the file knowing: those in flight, and those whose deletion waited
/// for company.
const MAX_SENT: u64 = 1_024;

/// What was found at opening.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OpenReport {
    /// There was no file.
    pub new: bool,
    /// It was closed properly.
    pub clean: bool,
    /// Messages waiting.
    pub queued: u64,
    /// What the buffer stands on.
    pub footing: Footing,
    /// How long it took, µs.
    pub took_us: u64,
}

impl Buffer {
    /// Opens the buffer of this folder.
    pub(crate) fn open(path: &Path, options: OutboxOptions) -> Result<(Self, OpenReport), OpenError> {
        if rusqlite::version_number() < 3_051_003 {
            return Err(OpenError::OldSqlite(rusqlite::version()));
        }
        let started = std::time::Instant::now();
        let (folder, trouble) = Folder::claim(path)?;
        let mut buffer = Self {
            trust: TimeTrust::new(options.clock.as_ref()),
            options,
            folder,
            disk: None,
            memory: None,
            footing: Footing::Disk,
            watch: DiskWatch::default(),
            next_seq: 1,
            sent_before: 0,
            sent_noted: 0,
            leases: super::Leases::default(),
            pending: super::Pending::default(),
            stranded: BTreeSet::new(),
            leasable: false,
            paused_at: None,
            charged: 0,
            overflowing: false,
            notices: Notices::default(),
            commit_us: Histogram::default(),
            batch_size: Histogram::default(),
            delivery_age_ms: Histogram::default(),
            pace: super::Pace::default(),
        };
        let mut report = OpenReport::default();
        match trouble.map_or_else(|| buffer.open_disk(), Err) {
            Ok(found) => report = found,
            Err(error) => {
                buffer.watch.detail = error.to_string();
                // There may be a file with places of its own, and nobody can look.
                buffer.next_seq = BLIND_SEQ + buffer.now().wall_ms.max(0);
                buffer.float();
            }
        }
        buffer.charge();
        report.queued = buffer.tally().queued;
        report.footing = buffer.footing;
        report.took_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok((buffer, report))
    }

    /// Opens the file, or makes one. On an error the disk cannot be used now.
    pub(super) fn open_disk(&mut self) -> Result<OpenReport, Fault> {
        self.folder.restore()?;
        let now = self.now();
        self.folder.swap(Reason::Superseded, now.wall_ms)?;
        let database = self.folder.database();
        let new = !database.exists() && !wal_of(&database).exists();
        self.folder.touch(&database)?;
        self.disown_emptiness(&database)?;
        let hole = self.look_at_log(&database)?;
        let mut store = match self.open_file(&database) {
            Ok(store) => store,
            Err(fault) if fault.kind() == FaultKind::Corrupt => self.start_anew(&database)?,
            Err(Fault::Newer(version)) => self.set_aside(&database, version)?,
            Err(fault) => return Err(fault),
        };
        if let Some(evidence) = hole {
            self.graft(&mut store, &evidence)?;
            // What left behind the hole is back as well.
            self.sent_before = store.last_seq()?;
        }
        let clean = store.meta("clean")? == Some(1);
        store.transact(BufferLevel::Process, |store| store.set_meta("clean", 0))?;
        self.next_seq = self.next_seq.max(store.last_seq()? + 1);
        self.read_marks(&store, clean)?;
        self.trust.learn(&store, self.options.clock.as_ref())?;
        self.disk = Some(store);
        self.folder.look();
        if !new && !clean {
            self.check_after_crash()?;
        }
        self.merge_older()?;
        self.after_opening();
        Ok(OpenReport { new, clean: clean || new, ..OpenReport::default() })
    }

    /// Takes the ballast; a disk without room for it is nearly full.
    fn after_opening(&mut self) {
        if let Err(error) = self.folder.take_ballast(self.options.disk.ballast_bytes) {
            self.watch.detail = error.to_string();
            self.drain_only();
        }
        self.ask_for_room();
    }

    fn open_file(&mut self, database: &Path) -> Result<Store, Fault> {
        let setup = Self::setup(&self.options, Place::Disk);
        let small = fs::metadata(database).is_ok_and(|data| data.len() <= BACKUP_MAX);
        let backup = small.then(|| self.folder.backup(schema::VERSION));
        let mut store = Store::open_with(database, setup, schema::STEPS, backup.as_deref())?;
        if !store.has_books()? {
            let (messages, _) = store.count()?;
            if messages > 0 {
                // The books are damaged and the messages are not: read everything once and begin new books.
                return Err(Fault::Damaged("books"));
            }
            let created = self.now().wall_ms;
            store.transact(BufferLevel::Process, |store| {
                store.write_books()?;
                store.set_meta("created_ms", created)
            })?;
        }
        Ok(store)
    }

    /// A file that SQLite does not open, or whose books are damaged: quarantine, and a new one from what is left.
    fn start_anew(&mut self, database: &Path) -> Result<Store, Fault> {
        let now = self.now();
        let setup = Self::setup(&self.options, Place::Disk);
        let evidence = move_evidence(&self.folder, database, Reason::Corrupt, now.wall_ms)?;
        if let Err(error) = lengthen(&evidence, setup.max_pages) {
            tracing::warn!(%error, "a file that was cut off stays short");
        }
        let target = self.folder.building()?;
        self.folder.touch(&target)?;
        let salvaged = match Store::wreck(&evidence, setup.clone()) {
            Ok(wreck) => {
                let salvaged = salvage::rebuild(&wreck, &target, setup.clone())?;
                wreck.abandon();
                salvaged
            }
            Err(error) => {
                tracing::warn!(%error, "nothing can be read of the damaged buffer");
                salvage::Salvaged { books_lost: true, ..salvage::Salvaged::default() }
            }
        };
        self.folder.built()?;
        self.folder.swap(Reason::Corrupt, now.wall_ms)?;
        let kind = NoticeKind::Replaced {
            reason: ReplaceReason::Corrupt,
            kept: salvaged.kept,
            damaged: salvaged.damaged,
            missing: salvaged.missing,
            quarantine: Some(evidence),
        };
        self.notices.give(now.wall_ms, kind);
        let mut store = Store::open(database, setup)?;
        if !store.has_books()? {
            store.transact(BufferLevel::Process, |store| store.write_books())?;
        }
        Ok(store)
    }

    /// A file of a newer layout stays for the program that knows it; this one begins a file of its own.
    fn set_aside(&mut self, database: &Path, version: i64) -> Result<Store, Fault> {
        move_database(database, &self.folder.aside(version))?;
        self.folder.touch(database)?;
        let at_ms = self.now().wall_ms;
        self.notices.give(at_ms, NoticeKind::NewerFile { version });
        self.open_file(database)
    }

    /// SQLite takes a file without any bytes for a new one and throws its log away. Where there was more, it gets a page
    /// of zeros: SQLite then reads what the log holds, and finds damaged what it does not.
    fn disown_emptiness(&self, database: &Path) -> Result<(), Fault> {
        let (file, log) = self.folder.sizes();
        // The ballast is taken last: beside it, the file was complete once.
        if file == 0 && (log > 0 || self.folder.has_ballast(1)) {
            tracing::warn!(log, "the buffer's file was emptied");
            fs::write(database, [0; PAGE as usize])?;
        }
        Ok(())
    }

    /// Looks at the log before SQLite does. A hole: the copy that was made, with its log closed over the hole.
    fn look_at_log(&mut self, database: &Path) -> Result<Option<(PathBuf, bool)>, Fault> {
        let WalState::Hole { proven, frame } = wal::inspect(&wal_of(database))? else { return Ok(None) };
        tracing::warn!(frame, proven, "the buffer's log has a hole");
        let evidence = copy_evidence(&self.folder, database, Reason::DamagedLog, self.now().wall_ms)?;
        // The original log stays beside it as it was found.
        fs::copy(wal_of(&evidence), evidence.with_extension("wal-as-found"))?;
        wal::reseal(&wal_of(&evidence))?;
        Ok(Some((evidence, proven)))
    }

    /// Brings messages from behind the hole into the file.
    fn graft(&mut self, store: &mut Store, (evidence, proven): &(PathBuf, bool)) -> Result<(), Fault> {
        let setup = Self::setup(&self.options, Place::Disk);
        let last = store.last_seq()?;
        let (rows, books) = match Store::wreck(evidence, setup) {
            Ok(wreck) => {
                let rows = salvage::rows_behind(&wreck, last, MAX_REGAINED);
                let books = wreck.read_tally().ok().flatten();
                wreck.abandon();
                (rows, books)
            }
            Err(error) => {
                tracing::warn!(%error, "nothing can be read behind the hole");
                (Vec::new(), None)
            }
        };
        let accepted = store.tally.accepted;
        let regained = store.transact(BufferLevel::Power, |store| {
            let mut regained = 0;
            for row in &rows {
                if store.insert(row)? {
                    store.tally.accepted += 1;
                    regained += 1;
                }
            }
            Ok(regained)
        })?;
        let known = books.map_or(0, |books| books.accepted.saturating_sub(accepted));
        if regained == 0 && books.is_some() && known == 0 && !proven {
            // A power cut in the last transaction looks like this, and nobody was told that it succeeded. Where
            // even the books behind the hole are unreadable, that cannot be said.
            if let Some(case) = evidence.parent() {
                fs::remove_dir_all(case)?;
            }
            return Ok(());
        }
        let missing = known.saturating_sub(regained);
        let kind = NoticeKind::LogDamaged { regained, missing, quarantine: evidence.clone() };
        self.notices.give(self.options.clock.now().wall_ms, kind);
        Ok(())
    }

    /// Which messages may have been sent already.
    fn read_marks(&mut self, store: &Store, clean: bool) -> Result<(), Fault> {
        self.sent_noted = store.meta("sent")?.unwrap_or(0);
        self.sent_before = self.sent_before.max(self.sent_noted);
        let rebooted = store.meta("boot")? != Some(self.options.clock.boot());
        if !clean && rebooted {
            // The mark is not flushed: a power cut may have taken it.
            let window_end = store.nth_seq(MAX_SENT)?;
            self.sent_before = self.sent_before.max(window_end.unwrap_or(self.next_seq).saturating_sub(1));
        }
        Ok(())
    }

    fn check_after_crash(&mut self) -> Result<(), Fault> {
        let (file, log) = self.folder.sizes();
        if file + log > CHECK_AT_ONCE {
            self.pace.check_from = Some(0);
            return Ok(());
        }
        let found = self.disk.as_ref().map(Store::quick_check).transpose();
        match found {
            Ok(Some(None) | None) => Ok(()),
            Ok(Some(Some(detail))) => {
                tracing::warn!(detail, "the buffer's file is damaged");
                self.replace_file(ReplaceReason::Corrupt)
            }
            Err(fault) if fault.kind() == FaultKind::Corrupt => self.replace_file(ReplaceReason::Corrupt),
            Err(fault) => Err(fault),
        }
    }

    /// Messages of files that an older program could not read and set aside, and that this one can: merged by
    /// the time they were handed over.
    fn merge_older(&mut self) -> Result<(), Fault> {
        for version in 1..=schema::VERSION {
            let aside = self.folder.aside(version);
            if aside.exists() {
                self.merge(&aside)?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, aside: &Path) -> Result<(), Fault> {
        let setup = Self::setup(&self.options, Place::Disk);
        let target = self.folder.building()?;
        self.folder.touch(&target)?;
        let older = Store::open(aside, setup.clone())?;
        let Some(current) = &self.disk else { return Ok(()) };
        salvage::merge(&older, current, &target, setup.clone())?;
        drop(older);
        self.folder.built()?;
        if let Some(current) = self.disk.take() {
            current.abandon();
        }
        let now = self.now();
        self.folder.swap(Reason::Merged, now.wall_ms)?;
        move_evidence(&self.folder, aside, Reason::Merged, now.wall_ms)?;
        let store = Store::open(&self.folder.database(), setup)?;
        self.next_seq = self.next_seq.max(store.last_seq()? + 1);
        // New places were given out: nothing is known about what was sent.
        self.sent_before = self.next_seq - 1;
        self.disk = Some(store);
        self.folder.look();
        Ok(())
    }
}

/// SQLite refuses a file that is shorter than its header says. With zeros in place of what was cut off, the rest can be
/// read.
fn lengthen(database: &Path, max_pages: u64) -> Result<(), Fault> {
    let mut file = fs::File::options().read(true).write(true).open(database)?;
    let mut header = [0; 32];
    if file.metadata()?.len() < PAGE || io::Read::read_exact(&mut file, &mut header).is_err() {
        return Ok(());
    }
    let pages = u64::from(u32::from_be_bytes([header[28], header[29], header[30], header[31]]));
    if pages <= max_pages && pages * PAGE > file.metadata()?.len() {
        file.set_len(pages * PAGE)?;
    }
    Ok(())
}
