//! The application's icon in the files Tauri bundles: PNG, ICO, ICNS.

use std::{fs, io::Cursor, path::PathBuf};

use super::{alike, canvas, writing};
use crate::icons::{Pixmap, decode};

/// File and edge length of each PNG, by Tauri's names.
const PNG: [(&str, u32); 4] =
    [("32x32.png", 32), ("128x128.png", 128), ("128x128@2x.png", 256), ("icon.png", 512)];
/// Edge lengths inside `icon.ico`.
const ICO: [u32; 6] = [16, 24, 32, 48, 64, 256];
/// Kinds inside `icon.icns`.
const ICNS: [icns::IconType; 6] = [
    icns::IconType::RGBA32_16x16,
    icns::IconType::RGBA32_32x32,
    icns::IconType::RGBA32_128x128,
    icns::IconType::RGBA32_128x128_2x,
    icns::IconType::RGBA32_256x256_2x,
    icns::IconType::RGBA32_512x512_2x,
];

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../icons/app").join(name)
}

/// Small sizes have a drawing of their own, with fewer and thicker parts.
fn draw(size: u32) -> Pixmap {
    let source = if size < 48 { "icon-small.svg" } else { "icon.svg" };
    canvas::render(&fs::read_to_string(file(source)).unwrap(), size)
}

#[test]
fn png_files_of_the_application_are_fresh() {
    for (name, size) in PNG {
        let fresh = draw(size);
        if writing() {
            fs::write(file(name), canvas::encode(&fresh)).unwrap();
        }
        let committed = decode(&fs::read(file(name)).unwrap()).unwrap();
        assert!(
            alike(&committed, &fresh),
            "{name} is stale: LINEKEEPER_WRITE_ICONS=1 cargo test -p presenter"
        );
    }
}

#[test]
fn the_windows_icon_is_fresh() {
    if writing() {
        let mut folder = ico::IconDir::new(ico::ResourceType::Icon);
        for size in ICO {
            let image = ico::IconImage::from_rgba_data(size, size, draw(size).rgba);
            folder.add_entry(ico::IconDirEntry::encode(&image).unwrap());
        }
        folder.write(fs::File::create(file("icon.ico")).unwrap()).unwrap();
    }
    let committed = ico::IconDir::read(Cursor::new(fs::read(file("icon.ico")).unwrap())).unwrap();
    let sizes: Vec<u32> = committed.entries().iter().map(ico::IconDirEntry::width).collect();
    assert_eq!(sizes, ICO);
    for entry in committed.entries() {
        let image = entry.decode().unwrap();
        let committed = Pixmap { size: image.width(), rgba: image.rgba_data().to_vec() };
        assert!(alike(&committed, &draw(entry.width())), "icon.ico is stale at {} px", entry.width());
    }
}

#[test]
fn the_mac_icon_is_fresh() {
    let pixels = |kind: icns::IconType| kind.pixel_width();
    if writing() {
        let mut family = icns::IconFamily::new();
        for kind in ICNS {
            let size = pixels(kind);
            let image = icns::Image::from_data(icns::PixelFormat::RGBA, size, size, draw(size).rgba).unwrap();
            family.add_icon_with_type(&image, kind).unwrap();
        }
        family.write(fs::File::create(file("icon.icns")).unwrap()).unwrap();
    }
    let committed = icns::IconFamily::read(Cursor::new(fs::read(file("icon.icns")).unwrap())).unwrap();
    for kind in ICNS {
        let image = committed.get_icon_with_type(kind).unwrap().convert_to(icns::PixelFormat::RGBA);
        let committed = Pixmap { size: image.width(), rgba: image.data().to_vec() };
        assert!(alike(&committed, &draw(pixels(kind))), "icon.icns is stale: {kind:?}");
    }
}
