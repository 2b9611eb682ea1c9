//! The tray's pictures, compiled in. Drawn in `icons/tray/*.svg`, rendered by the tests in `drawing`
//! (`LINEKEEPER_WRITE_ICONS=1 cargo test -p presenter`); nothing is drawn at run time.

#[cfg(test)]
mod drawing;

use std::io::Cursor;

use model::Overall;

use crate::{TrayBadge, TrayIcon};

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
    decode(png(icon, size)?)
}

/// The picture as a PNG file, at an edge length of [`SIZES`].
pub fn png(icon: TrayIcon, size: u32) -> Option<&'static [u8]> {
    let index = SIZES.iter().position(|known| *known == size)?;
    Some(files(icon)[index])
}

/// Every picture there is: the combinations [`TrayIcon::of`](crate::TrayIcon::of) can give.
pub const DRAWN: [TrayIcon; 19] = {
    const fn icon(overall: Overall, badge: TrayBadge) -> TrayIcon {
        TrayIcon { overall, badge }
    }
    [
        icon(Overall::Connected, TrayBadge::None),
        icon(Overall::Connected, TrayBadge::Waiting),
        icon(Overall::Connected, TrayBadge::NeedsUser),
        icon(Overall::Degraded, TrayBadge::None),
        icon(Overall::Degraded, TrayBadge::Waiting),
        icon(Overall::Degraded, TrayBadge::NeedsUser),
        icon(Overall::Partial, TrayBadge::Trouble),
        icon(Overall::Partial, TrayBadge::NeedsUser),
        icon(Overall::Down, TrayBadge::Trouble),
        icon(Overall::Down, TrayBadge::NeedsUser),
        icon(Overall::Offline, TrayBadge::None),
        icon(Overall::Offline, TrayBadge::Waiting),
        icon(Overall::Offline, TrayBadge::NeedsUser),
        icon(Overall::Paused, TrayBadge::None),
        icon(Overall::Paused, TrayBadge::Waiting),
        icon(Overall::Paused, TrayBadge::NeedsUser),
        icon(Overall::Connecting, TrayBadge::None),
        icon(Overall::Connecting, TrayBadge::Waiting),
        icon(Overall::Connecting, TrayBadge::NeedsUser),
    ]
};

macro_rules! files {
    ($name:literal) => {
        [
            include_bytes!(concat!("../../../../../icons/tray/png/", $name, "-16.png")),
            include_bytes!(concat!("../../../../../icons/tray/png/", $name, "-20.png")),
            include_bytes!(concat!("../../../../../icons/tray/png/", $name, "-22.png")),
            include_bytes!(concat!("../../../../../icons/tray/png/", $name, "-24.png")),
            include_bytes!(concat!("../../../../../icons/tray/png/", $name, "-32.png")),
            include_bytes!(concat!("../../../../../icons/tray/png/", $name, "-48.png")),
        ]
    };
}

/// The files of a picture, in the order of [`SIZES`]. A shape that always has a badge is drawn with `!` when none
/// is asked for; a shape of trouble has no dot.
fn files(icon: TrayIcon) -> [&'static [u8]; SIZES.len()] {
    use TrayBadge as B;
    match (icon.overall, icon.badge) {
        (Overall::Connected, B::None | B::Trouble) => files!("connected"),
        (Overall::Connected, B::Waiting) => files!("connected-waiting"),
        (Overall::Connected, B::NeedsUser) => files!("connected-needs-user"),
        (Overall::Degraded, B::None | B::Trouble) => files!("degraded"),
        (Overall::Degraded, B::Waiting) => files!("degraded-waiting"),
        (Overall::Degraded, B::NeedsUser) => files!("degraded-needs-user"),
        (Overall::Partial, B::None | B::Trouble | B::Waiting) => files!("partial-trouble"),
        (Overall::Partial, B::NeedsUser) => files!("partial-needs-user"),
        (Overall::Down, B::None | B::Trouble | B::Waiting) => files!("down-trouble"),
        (Overall::Down, B::NeedsUser) => files!("down-needs-user"),
        (Overall::Offline, B::None | B::Trouble) => files!("offline"),
        (Overall::Offline, B::Waiting) => files!("offline-waiting"),
        (Overall::Offline, B::NeedsUser) => files!("offline-needs-user"),
        (Overall::Paused, B::None | B::Trouble) => files!("paused"),
        (Overall::Paused, B::Waiting) => files!("paused-waiting"),
        (Overall::Paused, B::NeedsUser) => files!("paused-needs-user"),
        (Overall::Connecting, B::None | B::Trouble) => files!("connecting"),
        (Overall::Connecting, B::Waiting) => files!("connecting-waiting"),
        (Overall::Connecting, B::NeedsUser) => files!("connecting-needs-user"),
    }
}

/// Our own files only, so a failure is a defect of the build; the tests read each of them.
fn decode(file: &[u8]) -> Option<Pixmap> {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().ok()?;
    let mut rgba = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut rgba).ok()?;
    (frame.color_type == png::ColorType::Rgba && frame.width == frame.height)
        .then_some(Pixmap { size: frame.width, rgba })
}
