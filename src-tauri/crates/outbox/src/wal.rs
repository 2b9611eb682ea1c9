//! The write-ahead log before SQLite sees it. SQLite stops at the first frame whose checksum is wrong and says
//! nothing about what lay behind: one flipped bit can take thousands of acknowledged messages. This finds such
//! holes, and can close them in a copy so that what lies behind becomes readable again.
//!
//! Format: <https://sqlite.org/fileformat2.html#walformat>.

use std::{fs, io, path::Path};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// Magic numbers; the last bit says that checksums read big-endian words.
const MAGIC: u32 = 0x377F_0682;
const FORMAT: u32 = 3_007_000;
const PAGE: u32 = 4_096;

/// What a log looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WalState {
    /// None, an empty one, or one that ends where it should.
    Whole,
    /// Frames of the running generation lie behind one that is wrong. A power cut can leave this in the last
    /// transaction; when later ones follow, something that was flushed has changed.
    Hole {
        /// The first wrong frame, from 0; the header counts as frame 0.
        frame: usize,
        /// Whole transactions begin behind the one with the hole: it was flushed, and this is damage.
        proven: bool,
    },
}

struct Wal {
    bytes: Vec<u8>,
    page: usize,
    big_endian: bool,
    salts: [u8; 8],
    header_ok: bool,
}

/// Looks at the log beside a database.
pub(crate) fn inspect(wal: &Path) -> io::Result<WalState> {
    let bytes = match fs::read(wal) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(WalState::Whole),
        Err(error) => return Err(error),
    };
    Ok(Wal::parse(bytes).map_or(WalState::Whole, |wal| wal.state()))
}

/// Rewrites the checksums of a copy so that SQLite reads over the hole. What is behind it comes back, what is in
/// it stays wrong: every message read from the result has to prove itself by its own checksum.
pub(crate) fn reseal(wal: &Path) -> io::Result<()> {
    let Some(mut parsed) = Wal::parse(fs::read(wal)?) else { return Ok(()) };
    parsed.reseal();
    fs::write(wal, parsed.bytes)
}

impl Wal {
    /// `None` when there is nothing in it.
    fn parse(bytes: Vec<u8>) -> Option<Self> {
        if bytes.len() < HEADER + FRAME_HEADER {
            return None;
        }
        let magic = be32(&bytes, 0);
        let big_endian = magic & 1 == 1;
        let sums = checksum(big_endian, [0, 0], &bytes[..24]);
        let header_ok = magic & !1 == MAGIC
            && be32(&bytes, 4) == FORMAT
            && be32(&bytes, 8) == PAGE
            && sums == [be32(&bytes, 24), be32(&bytes, 28)];
        let mut wal = Self {
            bytes,
            page: PAGE as usize,
            big_endian: header_ok && big_endian,
            salts: [0; 8],
            header_ok,
        };
        // The header names the generation; where it cannot be believed, the first frame does.
        let salts = if header_ok { &wal.bytes[16..24] } else { &wal.bytes[HEADER + 8..HEADER + 16] };
        wal.salts.copy_from_slice(salts);
        Some(wal)
    }

    fn frames(&self) -> usize {
        (self.bytes.len() - HEADER) / (FRAME_HEADER + self.page)
    }

    fn at(&self, frame: usize) -> usize {
        HEADER + frame * (FRAME_HEADER + self.page)
    }

    fn current(&self, frame: usize) -> bool {
        let at = self.at(frame);
        self.bytes[at + 8..at + 16] == self.salts
    }

    /// A frame that ends a transaction.
    fn commits(&self, frame: usize) -> bool {
        self.current(frame) && be32(&self.bytes, self.at(frame) + 4) != 0
    }

    fn sums(&self, frame: usize, before: [u32; 2]) -> [u32; 2] {
        let at = self.at(frame);
        let sums = checksum(self.big_endian, before, &self.bytes[at..at + 8]);
        checksum(self.big_endian, sums, &self.bytes[at + FRAME_HEADER..at + FRAME_HEADER + self.page])
    }

    fn state(&self) -> WalState {
        if !self.header_ok {
            // SQLite flushes the header before the first frame: without one there is nothing to lose, unless the
            // header was fine once.
            let frames = (0..self.frames()).take_while(|frame| self.current(*frame)).count();
            let nonzero = self.salts != [0; 8];
            return if frames > 0 && nonzero {
                WalState::Hole { frame: 0, proven: true }
            } else {
                WalState::Whole
            };
        }
        let mut sums = [be32(&self.bytes, 24), be32(&self.bytes, 28)];
        for frame in 0..self.frames() {
            let at = self.at(frame);
            sums = self.sums(frame, sums);
            if self.current(frame) && sums == [be32(&self.bytes, at + 16), be32(&self.bytes, at + 20)] {
                continue;
            }
            let behind = frame + 1..self.frames();
            let own_end = behind.clone().find(|later| self.commits(*later));
            let own_end = if self.commits(frame) { Some(frame) } else { own_end };
            let proven = own_end.is_some_and(|end| (end + 1..self.frames()).any(|later| self.current(later)));
            let follows = self.commits(frame) || behind.clone().any(|later| self.current(later));
            return if follows { WalState::Hole { frame, proven } } else { WalState::Whole };
        }
        WalState::Whole
    }

    fn reseal(&mut self) {
        if !self.header_ok {
            self.bytes[0..4].copy_from_slice(&MAGIC.to_be_bytes());
            self.bytes[4..8].copy_from_slice(&FORMAT.to_be_bytes());
            self.bytes[8..12].copy_from_slice(&PAGE.to_be_bytes());
            self.bytes[16..24].copy_from_slice(&self.salts);
            let sums = checksum(self.big_endian, [0, 0], &self.bytes[..24]);
            self.put_sums(24, sums);
        }
        let Some(last) = (0..self.frames()).rev().find(|frame| self.current(*frame)) else { return };
        let mut sums = [be32(&self.bytes, 24), be32(&self.bytes, 28)];
        for frame in 0..=last {
            let at = self.at(frame);
            let salts = self.salts;
            self.bytes[at + 8..at + 16].copy_from_slice(&salts);
            sums = self.sums(frame, sums);
            self.put_sums(at + 16, sums);
        }
    }

    fn put_sums(&mut self, at: usize, sums: [u32; 2]) {
        self.bytes[at..at + 4].copy_from_slice(&sums[0].to_be_bytes());
        self.bytes[at + 4..at + 8].copy_from_slice(&sums[1].to_be_bytes());
    }
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].try_into().map_or(0, u32::from_be_bytes)
}

/// SQLite's own: two running sums over pairs of words.
fn checksum(big_endian: bool, before: [u32; 2], bytes: &[u8]) -> [u32; 2] {
    let word = |four: &[u8]| {
        let four = four.try_into().unwrap_or_default();
        if big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    let [mut first, mut second] = before;
    for pair in bytes.chunks_exact(8) {
        first = first.wrapping_add(word(&pair[..4])).wrapping_add(second);
        second = second.wrapping_add(word(&pair[4..])).wrapping_add(first);
    }
    [first, second]
}
