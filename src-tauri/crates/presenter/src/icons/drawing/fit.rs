//! Fits a drawing of 24 units to a pixel grid: edges of circles and rectangles come to lie on pixel edges, so that
//! small icons are crisp. Other elements stay as drawn. Not an SVG parser: it reads the attributes our files use.

/// Edge length of every drawing, in units.
pub(super) const UNITS: f32 = 24.0;

/// The grid of one rendering.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// Pixels per unit.
    scale: f32,
    /// The middle all edges are measured from, as drawn (units).
    drawn: f32,
    /// The same middle on the pixel grid (units): on a pixel edge or in the middle of a pixel.
    fitted: f32,
}

impl Grid {
    /// For a shape around the middle of the drawing.
    pub(super) fn centred(size: u32) -> Self {
        Self { scale: size as f32 / UNITS, drawn: UNITS / 2.0, fitted: UNITS / 2.0 }
    }

    /// For a badge: a disc around (`middle`, `middle`) whose far edge and diameter come to whole pixels.
    pub(super) fn around(middle: f32, radius: f32, size: u32) -> Self {
        let scale = size as f32 / UNITS;
        let edge = ((middle + radius) * scale).round();
        let diameter = (2.0 * radius * scale).round();
        Self { scale, drawn: middle, fitted: (edge - diameter / 2.0) / scale }
    }

    /// Moves an edge to the nearest pixel edge, seen from the middle, so that what was symmetric stays it.
    fn edge(self, at: f32) -> f32 {
        let offset = (at - self.drawn) * self.scale;
        let middle = self.fitted * self.scale;
        let part = middle - middle.floor();
        let fitted = ((offset.abs() - part).round() + part).max(0.0);
        self.fitted + fitted.copysign(offset) / self.scale
    }

    /// Moves what is drawn around the middle along with it.
    fn moved(self, at: f32) -> f32 {
        at - self.drawn + self.fitted
    }

    /// Rewrites the circles, rectangles and `translate(middle middle)` of a drawing.
    pub(super) fn fit(self, svg: &str) -> String {
        let translate = |at: f32| format!("translate({at} {at})");
        svg.replace(&translate(self.drawn), &translate(self.fitted))
            .split_inclusive('>')
            .map(|tag| match tag.trim_start() {
                text if text.starts_with("<circle ") => self.circle(tag),
                text if text.starts_with("<rect ") => self.rect(tag),
                _ => tag.to_owned(),
            })
            .collect()
    }

    fn circle(self, tag: &str) -> String {
        let (cx, r) = (number(tag, "cx"), number(tag, "r"));
        let stroke = attribute(tag, "stroke-width").map_or(0.0, |text| text.parse().unwrap());
        let thick = (stroke * self.scale).round() / self.scale;
        let outer = self.edge(cx + r + stroke / 2.0) - self.fitted;
        let tag = replace(tag, "cx", self.moved(cx));
        let tag = replace(&tag, "cy", self.moved(number(&tag, "cy")));
        let tag = replace(&tag, "r", outer - thick / 2.0);
        if stroke > 0.0 { replace(&tag, "stroke-width", thick) } else { tag }
    }

    fn rect(self, tag: &str) -> String {
        let mut tag = tag.to_owned();
        for (from, length) in [("x", "width"), ("y", "height")] {
            let (start, extent) = (number(&tag, from), number(&tag, length));
            let first = self.edge(start);
            let last = self.edge(start + extent).max(first + 1.0 / self.scale);
            tag = replace(&tag, from, first);
            tag = replace(&tag, length, last - first);
        }
        tag
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let rest = &tag[start..];
    Some(&rest[..rest.find('"')?])
}

fn number(tag: &str, name: &str) -> f32 {
    attribute(tag, name).unwrap_or_else(|| panic!("{tag} has no {name}")).parse().unwrap()
}

fn replace(tag: &str, name: &str, value: f32) -> String {
    let old = attribute(tag, name).unwrap();
    tag.replacen(&format!(" {name}=\"{old}\""), &format!(" {name}=\"{value}\""), 1)
}
