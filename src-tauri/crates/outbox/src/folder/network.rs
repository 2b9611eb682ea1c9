//! Folders on other computers: their locks and flushes promise too little for a buffer.

use std::path::Path;

/// The kind of network file system a path lies on; `None` for local ones and where it cannot be told. The path
/// need not exist yet.
#[cfg(target_os = "linux")]
pub(super) fn kind(path: &Path) -> Option<&'static str> {
    const KINDS: [(i64, &str); 8] = [
        (0x6969, "NFS"),
        (0x517B, "SMB"),
        (0xFF53_4D42, "CIFS"),
        (0xFE53_4D42, "SMB2"),
        (0x0102_1997, "9P"),
        (0x5346_414F, "AFS"),
        (0x00C3_6400, "Ceph"),
        (0x7375_7245, "Coda"),
    ];
    let existing = path.ancestors().find(|ancestor| ancestor.exists())?;
    let found = rustix::fs::statfs(existing).ok()?.f_type & 0xFFFF_FFFF;
    KINDS.iter().find(|(magic, _)| *magic == found).map(|(_, name)| *name)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn kind(_path: &Path) -> Option<&'static str> {
    None
}
