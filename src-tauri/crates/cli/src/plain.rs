//! Text from elsewhere made harmless for a terminal, and fitted to a width.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Without control characters and without characters that reorder text; tabs and line breaks become spaces.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' => Some(' '),
            c if c.is_control() || reorders(c) => None,
            c => Some(c),
        })
        .collect()
}

/// As [`plain`], but a line break stays visible as `\n`, so that one message is one line.
pub(crate) fn one_line(text: &str) -> String {
    plain(&escape_breaks(text))
}

/// Line breaks as `\n` and `\r`; everything else as it is.
pub(crate) fn escape_breaks(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}

/// JSON that says the same and moves no cursor: what JSON itself leaves as it is of such characters stands in strings, and
/// is escaped there.
pub(crate) fn plain_json(json: String) -> String {
    let moves = |c: char| ('\u{7f}'..='\u{9f}').contains(&c) || reorders(c);
    if !json.contains(moves) {
        return json;
    }
    let mut plain = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if moves(c) {
            plain.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            plain.push(c);
        }
    }
    plain
}

fn reorders(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Columns the text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Shortened to at most `columns`, the end marked with an ellipsis.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut fitted = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > columns {
            break;
        }
        used += wide;
        fitted.push(c);
    }
    fitted.truncate(fitted.trim_end().len());
    if columns > 0 {
        fitted.push('…');
    }
    fitted
}

/// Broken between words into lines of at most `columns`; a longer word stays whole on a line of its own.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_and_direction_marks_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mred\u{7}\u{202e}b\nc"), "a[31mredb c");
        assert_eq!(one_line("a\r\nb\u{9b}"), "a\\r\\nb");
    }

    #[test]
    fn the_end_of_what_does_not_fit_is_marked() {
        assert_eq!(fit("Market data", 11), "Market data");
        assert_eq!(fit("Market data", 8), "Market…");
        assert_eq!(fit("市場データ", 5), "市場…");
        assert_eq!(fit("abc", 0), "");
    }

    #[test]
    fn a_servers_words_in_json_reach_a_terminal_escaped_and_a_program_unchanged() {
        let json = plain_json(serde_json::to_string("\u{9b}2J \u{202e}abc\u{7f} é \u{1b}").unwrap());
        assert_eq!(json, "\"\\u009b2J \\u202eabc\\u007f é \\u001b\"");
    }

    proptest! {
        #[test]
        fn json_made_plain_says_the_same(text in any::<String>()) {
            let json = plain_json(serde_json::to_string(&text).unwrap());
            prop_assert!(!json.chars().any(|c| c.is_control() || reorders(c)));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn fitted_text_is_never_too_wide(text in "\\PC{0,40}", columns in 0_usize..30) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
        }

        #[test]
        fn wrapping_loses_no_word(text in "[a-z ]{0,80}", columns in 1_usize..30) {
            let wrapped = wrap(&text, columns).join(" ");
            prop_assert!(wrapped.split_whitespace().eq(text.split_whitespace()));
        }

        #[test]
        fn plain_text_moves_no_cursor(text in any::<String>()) {
            prop_assert!(!plain(&text).chars().any(|c| c.is_control() || reorders(c)));
        }
    }
}
