//! Reading what can be read of a file that is damaged, and building a new one from it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
};

use model::BufferLevel;

use crate::{
    error::Fault,
    store::{Found, Row, Store, StoreSetup, Tally},
};

/// Reads that may fail before a region is given up.
const MAX_FAILURES: u32 = 100_000;
/// Bytes written in one transaction...
const GROUP_BYTES: u64 = 1 << 20;
/// ... of which every message costs at least so many.
const ROW_COST: u64 = 256;

/// Messages read, and messages written in one transaction, while two files are merged.
const MERGE_PAGE: u64 = 32;
const MERGE_GROUP: usize = 512;

/// What came over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Salvaged {
    /// Messages in the new file.
    pub(crate) kept: u64,
    /// Messages whose checksum is wrong.
    pub(crate) damaged: u64,
    /// Messages the books knew and nobody found.
    pub(crate) missing: u64,
    /// The books themselves were gone.
    pub(crate) books_lost: bool,
}

/// Reads the rows of a damaged file, as far as they can be read.
#[derive(Debug, Default)]
struct Reader {
    failures: u32,
    // By place: a region is read again in halves, and nothing counts twice.
    damaged: BTreeSet<i64>,
}

impl Reader {
    /// Reads a range; where that fails, its halves. So a bad page costs only its own rows. A row may come twice.
    fn read(
        &mut self,
        source: &Store,
        range: (i64, i64),
        sink: &mut impl FnMut(Row) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut open = vec![range];
        while let Some((from, to)) = open.pop() {
            let mut written = Ok(());
            let whole = source.range(from, to, |found| match found {
                Found::Good(row) if written.is_ok() => written = sink(*row),
                Found::Good(_) => {}
                Found::Damaged { seq, .. } => {
                    self.damaged.insert(seq);
                }
            });
            written?;
            if whole.is_ok() {
                continue;
            }
            self.failures += 1;
            if from >= to || self.failures > MAX_FAILURES {
                continue;
            }
            let middle = from + (to - from) / 2;
            open.push((middle + 1, to));
            open.push((from, middle));
        }
        Ok(())
    }
}

/// Messages of a damaged file with places behind `after`, at most so many.
pub(crate) fn rows_behind(source: &Store, after: i64, limit: usize) -> Vec<Row> {
    let last = source.highest_seq(after);
    let mut rows = BTreeMap::new();
    let read = Reader::default().read(source, (after.saturating_add(1), last), &mut |row| {
        if rows.len() < limit {
            rows.insert(row.seq, row);
        }
        Ok(())
    });
    debug_assert!(read.is_ok(), "the sink never fails");
    rows.into_values().collect()
}

/// Builds a new file at `target` from what `source` still gives.
pub(crate) fn rebuild(source: &Store, target: &Path, setup: StoreSetup) -> Result<Salvaged, Fault> {
    let mut new = Store::open(target, setup)?;
    let books = source.read_tally().ok().flatten();
    let last = source.highest_seq(books.map_or(0, |books| books.accepted.cast_signed()));
    let mut reader = Reader::default();
    let mut group = 0_u64;
    new.begin(BufferLevel::Process)?;
    let read = reader.read(source, (0, last), &mut |row| {
        group += row.size() + ROW_COST;
        new.insert(&row)?;
        if group > GROUP_BYTES {
            group = 0;
            new.commit()?;
            new.begin(BufferLevel::Process)?;
        }
        Ok(())
    });
    if let Err(fault) = read.and_then(|()| new.commit()) {
        new.rollback();
        return Err(fault);
    }
    // A page out of place shows messages as damaged that are fine elsewhere.
    reader.damaged.retain(|seq| new.row(*seq).is_ok_and(|found| found.is_none()));
    let salvaged = finish(source, &mut new, books, last, reader.damaged.len() as u64)?;
    new.checkpoint(true)?;
    Ok(salvaged)
}

/// Writes the new file's books and takes over what hangs on it.
fn finish(
    source: &Store,
    new: &mut Store,
    books: Option<Tally>,
    last: i64,
    damaged: u64,
) -> Result<Salvaged, Fault> {
    let mut salvaged = Salvaged { kept: new.tally.queued, damaged, missing: 0, books_lost: books.is_none() };
    new.transact(BufferLevel::Power, |new| {
        let (queued, queued_bytes) = (new.tally.queued, new.tally.queued_bytes);
        let mut tally = books.unwrap_or_default();
        if books.is_none() {
            tally.accepted = queued + damaged;
            tally.queued = tally.accepted;
        }
        let gone = tally.queued.saturating_sub(queued);
        tally.corrupt += gone.min(damaged);
        salvaged.missing = gone.saturating_sub(damaged);
        tally.lost += salvaged.missing;
        // More than the books knew: they were older than the rows.
        tally.accepted += queued.saturating_sub(tally.queued);
        (tally.queued, tally.queued_bytes) = (queued, queued_bytes);
        new.tally = tally;
        new.set_meta("last_seq", last)?;
        new.set_meta("created_ms", source.meta("created_ms").ok().flatten().unwrap_or_default())?;
        Ok(())
    })?;
    // Worth having, not worth failing for: each is kept only if all of it can be read.
    for copied in [
        new.transact(BufferLevel::Power, |new| new.bury_from(source)),
        new.transact(BufferLevel::Power, |new| new.remember_from(source)),
    ] {
        if let Err(error) = copied {
            tracing::warn!(%error, "dead letters or delivered ids of a damaged buffer stay behind");
        }
    }
    Ok(salvaged)
}

/// Builds a new file from two, by the time messages were handed over. All get new places.
pub(crate) fn merge(older: &Store, newer: &Store, target: &Path, setup: StoreSetup) -> Result<(), Fault> {
    let mut new = Store::open(target, setup)?;
    let mut next = older.last_seq()?.max(newer.last_seq()?) + 1;
    let mut sources = [Pages::new(older), Pages::new(newer)];
    loop {
        let count = new.transact(BufferLevel::Process, |new| {
            for count in 0..MERGE_GROUP {
                let times = [sources[0].peek()?, sources[1].peek()?];
                let from = match times {
                    [None, None] => return Ok(count),
                    [Some(_), None] => 0,
                    [None, Some(_)] => 1,
                    [Some(first), Some(second)] => usize::from(first > second),
                };
                if let Some(row) = sources[from].take() {
                    // The same id in both: one of them is enough.
                    if new.insert(&Row { seq: next, ..row })? {
                        next += 1;
                    }
                }
            }
            Ok(MERGE_GROUP)
        })?;
        if count < MERGE_GROUP {
            break;
        }
    }
    new.transact(BufferLevel::Power, |new| {
        let (queued, queued_bytes) = (new.tally.queued, new.tally.queued_bytes);
        let mut tally = older.tally.plus(&newer.tally);
        // Both had some of these, or their content was damaged.
        tally.corrupt += tally.queued.saturating_sub(queued);
        (tally.queued, tally.queued_bytes) = (queued, queued_bytes);
        new.tally = tally;
        new.bury_from(older)?;
        new.bury_from(newer)?;
        new.remember_from(older)?;
        new.remember_from(newer)
    })?;
    new.checkpoint(true)
}

/// Rows of a sound file, a page at a time.
struct Pages<'a> {
    source: &'a Store,
    after: i64,
    page: VecDeque<Row>,
}

impl<'a> Pages<'a> {
    fn new(source: &'a Store) -> Self {
        Self { source, after: 0, page: VecDeque::new() }
    }

    /// When the next one was handed over.
    fn peek(&mut self) -> Result<Option<i64>, Fault> {
        while self.page.is_empty() {
            let found = self.source.page(self.after, MERGE_PAGE)?;
            let Some(last) = found.last() else { return Ok(None) };
            self.after = last.seq();
            self.page.extend(found.into_iter().filter_map(Found::good));
        }
        Ok(self.page.front().map(|row| row.enqueued_ms))
    }

    fn take(&mut self) -> Option<Row> {
        self.page.pop_front()
    }
}
