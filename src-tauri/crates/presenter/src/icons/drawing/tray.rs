//! The tray's icons: which drawing belongs to which state, and how a badge is put on a shape.

use std::{fs, path::PathBuf};

use model::Overall;

use super::{canvas, fit::Grid};
use crate::{TrayBadge, TrayIcon, icons::Pixmap};

/// Middle of every badge, in units, on both axes.
const BADGE_MIDDLE: f32 = 18.5;

fn badge_word(badge: TrayBadge) -> Option<&'static str> {
    match badge {
        TrayBadge::None => None,
        TrayBadge::Trouble => Some("trouble"),
        TrayBadge::Waiting => Some("waiting"),
        TrayBadge::NeedsUser => Some("needs-user"),
    }
}

/// The icon's name, without size: `partial-trouble`.
pub(super) fn name(icon: TrayIcon) -> String {
    let badge = badge_word(icon.badge).map(|word| format!("-{word}")).unwrap_or_default();
    format!("{}{badge}", icon.overall)
}

/// Renders an icon from its sources.
pub(super) fn draw(icon: TrayIcon, size: u32) -> Pixmap {
    let shape = Grid::centred(size).fit(&source(icon.overall.as_str()));
    let svg = match badge_word(icon.badge) {
        None => shape,
        Some(word) => {
            let badge = source(&format!("badge-{word}"));
            let grid = Grid::around(BADGE_MIDDLE, badge_radius(icon.badge), size);
            on_shape(&inner(&shape), &inner(&grid.fit(&badge)))
        }
    };
    canvas::render_outlined(&svg, size)
}

/// A shape as drawn, without fitting: for tests that look at the sources.
pub(super) fn source(stem: &str) -> String {
    let file = folder().join(format!("{stem}.svg"));
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// `icons/tray`.
pub(super) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../icons/tray")
}

/// Every drawing there must be.
pub(super) fn stems() -> Vec<String> {
    let badges = [TrayBadge::Trouble, TrayBadge::Waiting, TrayBadge::NeedsUser];
    let badges = badges.into_iter().filter_map(badge_word).map(|word| format!("badge-{word}"));
    Overall::ALL.iter().map(|overall| overall.as_str().to_owned()).chain(badges).collect()
}

fn badge_radius(badge: TrayBadge) -> f32 {
    if badge == TrayBadge::Waiting { 4.0 } else { 5.25 }
}

fn inner(svg: &str) -> String {
    let start = svg.find('>').unwrap() + 1;
    svg[start..svg.rfind("</svg>").unwrap()].to_owned()
}

/// Cuts the badge's `#cut` out of the shape, so that a gap sets the badge apart on any panel.
fn on_shape(shape: &str, badge: &str) -> String {
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
        <defs><mask id="keep"><rect width="24" height="24" fill="#fff"/><use href="#cut"/></mask></defs>
        <g mask="url(#keep)">{shape}</g>{badge}</svg>"##
    )
}
