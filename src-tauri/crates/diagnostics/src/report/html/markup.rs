//! HTML written safely: the only way for a text into the file is through [`escaped`].

use crate::report::text::is_ours;

/// A file being written.
#[derive(Debug)]
pub(super) struct Markup(String);

/// A text as HTML shows it: on one line, without control and direction characters but our own isolates, and without a
/// character that means something in HTML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if is_ours(c) => out.push(c),
            c if c.is_whitespace() => out.push(' '),
            c if dial::one_line(c.encode_utf8(&mut [0; 4]), 1).is_empty() => {}
            c => out.push(c),
        }
    }
    out
}

impl Markup {
    pub(super) fn new() -> Self {
        Self(String::new())
    }

    /// Markup of this program's own; never a text from elsewhere.
    pub(super) fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    pub(super) fn open(&mut self, tag: &str, class: &str) {
        if class.is_empty() {
            self.raw(&format!("<{tag}>"));
        } else {
            self.raw(&format!("<{tag} class=\"{class}\">"));
        }
    }

    pub(super) fn close(&mut self, tag: &str) {
        self.raw(&format!("</{tag}>\n"));
    }

    pub(super) fn within(&mut self, tag: &str, class: &str, write: impl FnOnce(&mut Self)) {
        self.open(tag, class);
        write(self);
        self.close(tag);
    }

    /// An element with nothing but text.
    pub(super) fn text(&mut self, tag: &str, class: &str, text: &str) {
        self.open(tag, class);
        self.raw(&escaped(text));
        self.close(tag);
    }

    /// A name and its value.
    pub(super) fn pair(&mut self, name: &str, value: &str) {
        self.text("dt", "", name);
        self.text("dd", "", value);
    }

    /// A table with a title for every column. Cells marked with a class stand as they are given: `(class, text)`.
    pub(super) fn table(
        &mut self,
        titles: &[String],
        rows: impl IntoIterator<Item = Vec<(&'static str, String)>>,
    ) {
        // Wider than the page on a telephone: the table scrolls, not the page.
        self.open("div", "scroll");
        self.open("table", "");
        self.within("thead", "", |out| {
            out.within("tr", "", |out| titles.iter().for_each(|title| out.text("th", "", title)));
        });
        self.within("tbody", "", |out| {
            for row in rows {
                out.within("tr", "", |out| row.iter().for_each(|(class, text)| out.text("td", class, text)));
            }
        });
        self.close("table");
        self.close("div");
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// The state by its shape, as in tray and window.
pub(super) fn glyph(tone: &str) -> &'static str {
    match tone {
        "good" => {
            "<svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><circle cx=\"8\" cy=\"8\" r=\"6\" fill=\"currentColor\"/></svg>"
        }
        "notice" => {
            "<svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><circle cx=\"8\" cy=\"8\" r=\"6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"/><path d=\"M8 2a6 6 0 0 1 0 12z\" fill=\"currentColor\"/></svg>"
        }
        "trouble" => {
            "<svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path d=\"M3 3l10 10M13 3L3 13\" stroke=\"currentColor\" stroke-width=\"2.5\" stroke-linecap=\"round\"/></svg>"
        }
        _ => {
            "<svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><circle cx=\"8\" cy=\"8\" r=\"6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-dasharray=\"3 3\"/></svg>"
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_of_a_hostile_text_is_markup_or_a_second_line() {
        let hostile = "</pre><script>alert('x')</script>\r\n\u{202E}\u{1b}[31m \"&\u{0}";
        assert_eq!(
            escaped(hostile),
            "&lt;/pre&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;  [31m &quot;&amp;"
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_in_no_tag_comes_out(text in any::<String>()) {
            let out = escaped(&text);
            let harmful = ['<', '>', '"', '\'', '\n', '\r', '\u{1b}', '\u{202E}'];
            prop_assert!(!out.contains(harmful), "{}", out);
        }
    }
}
