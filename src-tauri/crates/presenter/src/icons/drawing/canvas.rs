//! Renders an SVG text to pixels, lays the outline around it, and reads and writes PNG. Knows no icon.

use resvg::{tiny_skia, usvg};

use crate::icons::Pixmap;

/// Width of the light outline that keeps an icon apart from a dark panel, in units of the drawing.
const OUTLINE: f32 = 0.8;
/// How opaque it is.
const OUTLINE_ALPHA: f32 = 0.92;

/// Renders a drawing at `size` pixels; alpha not multiplied in.
pub(super) fn render(svg: &str, size: u32) -> Pixmap {
    let tree = usvg::Tree::from_str(svg, &usvg::Options::default()).unwrap();
    let mut pixels = tiny_skia::Pixmap::new(size, size).unwrap();
    let scale = size as f32 / tree.size().width();
    resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    Pixmap { size, rgba: pixels.take_demultiplied() }
}

/// Renders a drawing at `size` pixels over a light outline of its own shape.
pub(super) fn render_outlined(svg: &str, size: u32) -> Pixmap {
    let fine = (96 / size).max(3);
    let large = render(svg, size * fine);
    let halo = outline(&large, size, fine);
    let mut picture = render(svg, size);
    for (pixel, halo) in picture.rgba.as_chunks_mut::<4>().0.iter_mut().zip(halo) {
        let over = f32::from(pixel[3]) / 255.0;
        let under = halo * OUTLINE_ALPHA * (1.0 - over);
        let alpha = over + under;
        if alpha > 0.0 {
            for channel in &mut pixel[..3] {
                *channel = ((f32::from(*channel) * over + 255.0 * under) / alpha).round() as u8;
            }
        }
        pixel[3] = (alpha * 255.0).round() as u8;
    }
    picture
}

/// Coverage (0 to 1) of each pixel by the shape of `large`, grown by the outline; `large` has `fine` x `fine` pixels
/// for one of the result.
fn outline(large: &Pixmap, size: u32, fine: u32) -> Vec<f32> {
    let edge = large.size as i32;
    let reach = OUTLINE / super::fit::UNITS * large.size as f32;
    let around = reach.ceil() as i32;
    let near: Vec<(i32, i32)> = (-around..=around)
        .flat_map(|dy| (-around..=around).map(move |dx| (dx, dy)))
        .filter(|(dx, dy)| ((dx * dx + dy * dy) as f32).sqrt() <= reach)
        .collect();
    let solid = |x: i32, y: i32| {
        (0..edge).contains(&x)
            && (0..edge).contains(&y)
            && large.rgba[((y * edge + x) * 4 + 3) as usize] > 127
    };
    let mut covered = vec![0_u32; (size * size) as usize];
    for y in 0..edge {
        for x in 0..edge {
            if near.iter().any(|(dx, dy)| solid(x + dx, y + dy)) {
                covered[(y as u32 / fine * size + x as u32 / fine) as usize] += 1;
            }
        }
    }
    covered.into_iter().map(|count| count as f32 / (fine * fine) as f32).collect()
}

/// A PNG file of the picture.
pub(super) fn encode(picture: &Pixmap) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.size, picture.size);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::High);
    encoder.write_header().unwrap().write_image_data(&picture.rgba).unwrap();
    file
}
