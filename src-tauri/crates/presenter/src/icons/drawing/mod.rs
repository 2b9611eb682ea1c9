//! Renders `icons/` from its SVG sources and keeps the committed files fresh.
//! `LINEKEEPER_WRITE_ICONS=1 cargo test -p presenter` rewrites them. They are compiled in, so the files of a new icon
//! have to exist, empty, before it is rendered for the first time.

mod app;
mod canvas;
mod fit;
mod tray;

use std::{collections::BTreeSet, fs};

use model::Overall;

use super::{DRAWN, Pixmap, SIZES, decode};

/// Whether to write what was rendered in place of comparing it.
fn writing() -> bool {
    std::env::var_os("LINEKEEPER_WRITE_ICONS").is_some()
}

/// True when the two look the same; rounding differs a little between processors.
fn alike(one: &Pixmap, other: &Pixmap) -> bool {
    one.size == other.size && one.rgba.iter().zip(&other.rgba).all(|(a, b)| a.abs_diff(*b) <= 3)
}

#[test]
fn tray_icons_are_fresh_and_no_file_is_without_use() {
    let folder = tray::folder().join("png");
    let mut expected = BTreeSet::new();
    for icon in DRAWN {
        for size in SIZES {
            let name = format!("{}-{size}.png", tray::name(icon));
            let fresh = tray::draw(icon, size);
            if writing() {
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(&name), canvas::encode(&fresh)).unwrap();
            }
            let committed = fs::read(folder.join(&name)).ok().and_then(|file| decode(&file));
            assert!(
                committed.is_some_and(|committed| alike(&committed, &fresh)),
                "{name} is stale: LINEKEEPER_WRITE_ICONS=1 cargo test -p presenter"
            );
            expected.insert(name);
        }
    }
    let present: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(present, expected);
}

/// The icon's grey values (0 to 255) on a panel of grey `panel`.
fn grey_on(panel: f32, picture: &Pixmap) -> Vec<f32> {
    let pixels = picture.rgba.as_chunks::<4>().0.iter();
    pixels
        .map(|[red, green, blue, alpha]| {
            let grey = 0.299 * f32::from(*red) + 0.587 * f32::from(*green) + 0.114 * f32::from(*blue);
            let alpha = f32::from(*alpha) / 255.0;
            grey * alpha + panel * (1.0 - alpha)
        })
        .collect()
}

#[test]
fn states_are_told_apart_without_colour() {
    for panel in [240.0, 128.0, 34.0] {
        for (index, one) in DRAWN.iter().enumerate() {
            for other in &DRAWN[index + 1..] {
                if one.overall == other.overall {
                    continue;
                }
                let greys = [one, other].map(|icon| grey_on(panel, &tray::draw(*icon, 22)));
                let differing =
                    greys[0].iter().zip(&greys[1]).filter(|(a, b)| (*a - *b).abs() > 24.0).count();
                let share = differing as f32 / greys[0].len() as f32;
                assert!(share > 0.08, "{one:?} and {other:?} on {panel}: {share}");
            }
        }
    }
}

#[test]
fn badges_are_told_apart_without_colour() {
    for (index, one) in DRAWN.iter().enumerate() {
        for other in DRAWN[index + 1..].iter().filter(|other| other.overall == one.overall) {
            let greys = [one, other].map(|icon| grey_on(240.0, &tray::draw(*icon, 22)));
            let differing = greys[0].iter().zip(&greys[1]).filter(|(a, b)| (*a - *b).abs() > 24.0).count();
            assert!(differing >= 12, "{one:?} and {other:?}: {differing} pixels");
        }
    }
}

/// WCAG's relative luminance of `#rrggbb`.
fn luminance(colour: &str) -> f32 {
    let channel = |at: usize| {
        let value = f32::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.039_28 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn shapes_stand_out_on_light_and_on_dark_panels() {
    for overall in Overall::ALL {
        let svg = tray::source(overall.as_str());
        let colour = svg.split('"').find(|text| text.len() == 7 && text.starts_with('#')).unwrap();
        for panel in ["#f0f0f0", "#222222"] {
            let (one, other) = (luminance(colour), luminance(panel));
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            assert!(contrast >= 3.0, "{overall} ({colour}) on {panel}: {contrast}");
        }
    }
}

#[test]
fn every_state_and_badge_has_its_drawing_and_no_other_lies_around() {
    let present: BTreeSet<String> = fs::read_dir(tray::folder())
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().into_string().unwrap().strip_suffix(".svg").map(str::to_owned)
        })
        .collect();
    assert_eq!(present, tray::stems().into_iter().collect());
}
