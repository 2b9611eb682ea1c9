//! The books: where every message went that was ever accepted. Kept in the same transaction as the messages.

use rusqlite::{OptionalExtension, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Store;
use crate::error::Fault;

/// Where messages went. [`Tally::balanced`] holds at every commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Taken over, ever.
    pub accepted: u64,
    /// Confirmed.
    pub delivered: u64,
    /// Dropped to make room.
    pub dropped_oldest: u64,
    /// Dropped for want of room.
    pub dropped_newest: u64,
    /// Replaced by a newer one with the same key.
    pub coalesced: u64,
    /// Too old.
    pub expired: u64,
    /// Thrown away because somebody said so.
    pub discarded: u64,
    /// Moved to the dead letters (and not back).
    pub dead: u64,
    /// Found damaged.
    pub corrupt: u64,
    /// Could not be read when the file had to be replaced.
    pub lost: u64,
    /// Waiting, in flight included.
    pub queued: u64,
    /// Their bytes.
    pub queued_bytes: u64,
    /// Refused as known already. Not accepted, and therefore not part of the balance.
    pub duplicates: u64,
}

impl Tally {
    /// accepted = delivered + dropped + coalesced + expired + discarded + dead + corrupt + lost + queued.
    pub fn balanced(&self) -> bool {
        self.accepted
            == self.delivered
                + self.dropped_oldest
                + self.dropped_newest
                + self.coalesced
                + self.expired
                + self.discarded
                + self.dead
                + self.corrupt
                + self.lost
                + self.queued
    }

    /// The books of two stores as one.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let mut sum = *self;
        for (mine, theirs) in sum.fields().into_iter().zip(other.values()) {
            *mine += theirs;
        }
        sum
    }

    fn values(&self) -> [u64; 13] {
        let mut copy = *self;
        copy.fields().map(|field| *field)
    }

    fn fields(&mut self) -> [&mut u64; 13] {
        [
            &mut self.accepted,
            &mut self.delivered,
            &mut self.dropped_oldest,
            &mut self.dropped_newest,
            &mut self.coalesced,
            &mut self.expired,
            &mut self.discarded,
            &mut self.dead,
            &mut self.corrupt,
            &mut self.lost,
            &mut self.queued,
            &mut self.queued_bytes,
            &mut self.duplicates,
        ]
    }

    fn crc(&self) -> i64 {
        let mut hasher = crc32fast::Hasher::new();
        for value in self.values() {
            hasher.update(&value.to_le_bytes());
        }
        i64::from(hasher.finalize())
    }
}

impl Store {
    /// Writes the books as they are now.
    pub(crate) fn write_books(&self) -> Result<(), Fault> {
        let values = self.tally.values().map(u64::cast_signed);
        let mut statement = self.db.prepare_cached(
            "INSERT OR REPLACE INTO counters VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?;
        let [a, b, c, d, e, f, g, h, i, j, k, l, m] = values;
        statement.execute(params![a, b, c, d, e, f, g, h, i, j, k, l, m, self.tally.crc()])?;
        Ok(())
    }

    /// The books as they are in the file; `None` when they are missing or damaged.
    pub(crate) fn read_tally(&self) -> Result<Option<Tally>, Fault> {
        let mut statement = self.db.prepare("SELECT * FROM counters WHERE one = 1")?;
        let found = statement
            .query_row([], |row| {
                let mut tally = Tally::default();
                for (column, field) in tally.fields().into_iter().enumerate() {
                    *field = row.get::<_, i64>(column + 1)?.cast_unsigned();
                }
                Ok((tally, row.get::<_, i64>(14)?))
            })
            .optional()?;
        Ok(found.filter(|(tally, crc)| tally.crc() == *crc).map(|(tally, _)| tally))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_out_is_part_of_the_balance() {
        let mut tally = Tally { accepted: 9, ..Tally::default() };
        for (number, field) in tally.fields().into_iter().enumerate() {
            if (1..=10).contains(&number) {
                *field += 1;
            }
        }
        assert!(!tally.balanced());
        tally.accepted = 10;
        assert!(tally.balanced());
        assert!(tally.plus(&tally).balanced());
    }
}
