//! Other terms for a buffer that is open: nothing is closed for them, and nothing that was accepted is lost.

use model::BufferLevel;

use super::{Buffer, Place, footing::Next};
use crate::{options::Terms, store::Store};

const TRIES: u32 = 3;

impl Buffer {
    /// Other terms from now on.
    pub(crate) fn change_terms(&mut self, terms: Terms) {
        let Terms { level, overflow, bounds } = terms;
        (self.options.level, self.options.overflow, self.options.bounds) = (level, overflow, bounds);
        for place in [Place::Disk, Place::Memory] {
            let setup = Self::setup(&self.options, place);
            if let Some(Err(fault)) = self.store_mut(place).map(|store| store.allow_pages(setup.max_pages)) {
                // The file keeps the size it may have until it is opened again; the bounds themselves hold.
                tracing::warn!(error = %fault, "a buffer's file keeps its limit");
            }
        }
        if level != BufferLevel::Memory {
            self.strand();
            self.settle_in();
        }
        self.charge();
    }

    /// More is promised now than memory: what lies there is to be on disk.
    fn strand(&mut self) {
        match self.memory.as_ref().map_or_else(|| Ok(Vec::new()), Store::places) {
            Ok(places) => self.stranded.extend(places.into_iter().filter(|seq| !self.pending.has(*seq))),
            // Still there to be sent; only the stronger promise cannot be given.
            Err(fault) => tracing::warn!(error = %fault, "what is in memory stays there"),
        }
    }

    /// Moves to the disk what should be there and is in memory, where the disk takes it.
    pub(super) fn settle_in(&mut self) {
        for _ in 0..TRIES {
            if self.stranded.is_empty() || !self.writes_disk() {
                return;
            }
            let Err(fault) = self.rescue() else { return };
            match self.handle(&fault) {
                Next::Again | Next::DiskFull => {}
                Next::FileFull | Next::GiveUp => return,
            }
        }
    }
}
