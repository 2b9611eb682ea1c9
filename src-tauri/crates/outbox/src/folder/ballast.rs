//! Space kept back for the day the disk is full: deleting needs some, and a buffer that cannot delete cannot drain.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use super::{Folder, private};
use crate::error::{Fault, FaultKind};

/// Written to learn whether there is room, and removed at once.
const PROBE: &str = "probe";

impl Folder {
    fn ballast(&self) -> PathBuf {
        self.file("ballast.bin")
    }

    /// Whether the space is held.
    pub(crate) fn has_ballast(&self, bytes: u64) -> bool {
        bytes == 0 || fs::metadata(self.ballast()).is_ok_and(|data| data.len() >= bytes)
    }

    /// Takes the space: written rather than sparse, and not compressible, or it would hold nothing.
    pub(crate) fn take_ballast(&self, bytes: u64) -> Result<(), Fault> {
        if self.has_ballast(bytes) {
            return Ok(());
        }
        let written = self.write_filler(&self.ballast(), bytes);
        if written.is_err() {
            self.drop_ballast();
        }
        written
    }

    fn write_filler(&self, path: &Path, bytes: u64) -> Result<(), Fault> {
        let options = &mut OpenOptions::new();
        let mut file = private(options.write(true).create(true).truncate(true)).open(path)?;
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut block = [0_u8; 4_096];
        let mut left = bytes;
        while left > 0 {
            for word in block.chunks_exact_mut(8) {
                // xorshift64
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                word.copy_from_slice(&state.to_le_bytes());
            }
            let part = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            file.write_all(&block[..part])?;
            left -= part as u64;
        }
        Ok(())
    }

    /// Whether the system has no room for so much. SQLite calls a used-up quota a failed write, as if the disk were
    /// broken.
    pub(crate) fn lacks(&self, bytes: u64) -> bool {
        let written = self.write_filler(&self.file(PROBE), bytes);
        self.drop_probe();
        written.is_err_and(|fault| fault.kind() == FaultKind::Full)
    }

    /// Removes a probe that a crash left: nobody else would, and it may hold megabytes of what is scarce.
    pub(super) fn drop_probe(&self) {
        // Most often there is none.
        let _ = fs::remove_file(self.file(PROBE));
    }

    /// Gives the space back; whether there was any.
    pub(crate) fn drop_ballast(&self) -> bool {
        fs::remove_file(self.ballast()).is_ok()
    }
}
