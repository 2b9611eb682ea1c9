//! Names of connections as they may be shown: one line, short, and unable to turn the text around them.

use super::Words;
use crate::Language;

/// Longest name shown, in characters.
const LONGEST: usize = 40;
/// First strong isolate and its end, UAX #9.
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

impl Words {
    /// A name fit to stand inside a sentence of this language.
    pub fn name(&self, name: &str) -> String {
        let name = one_line(name, LONGEST);
        // Without marks a name that runs from right to left would carry the words after it along.
        let turns = self.language() != Language::Persian && name.chars().any(runs_right_to_left);
        if turns { format!("{}{name}{}", ISOLATE.0, ISOLATE.1) } else { name }
    }
}

/// On one line, without control and bidirectional characters, at most `longest` characters.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    // Bounded before it is walked: nobody's name is worth a megabyte.
    let start: String =
        text.chars().take(longest * 8).filter(|c| c.is_whitespace() || !is_unwanted(*c)).collect();
    let line = start.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(line, longest)
}

/// At most `longest` characters, the last one an ellipsis if something is missing.
pub(crate) fn shorten(text: String, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text;
    }
    let start: String = text.chars().take(longest - 1).collect();
    format!("{}…", start.trim_end())
}

/// The same characters the window removes (`ui/src/words/plain.ts`).
fn is_unwanted(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// Hebrew, Arabic and their neighbours in the first plane.
fn runs_right_to_left(c: char) -> bool {
    matches!(c, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(one_line("  Pulse\n\tDashboard ", 40), "Pulse Dashboard");
        assert_eq!(one_line("abcdef", 4), "abc…");
        assert_eq!(one_line("", 4), "");
    }

    #[test]
    fn a_name_cannot_turn_the_text_around_it() {
        assert_eq!(one_line("up\u{202E}nwod\u{202C}", 40), "upnwod");
        let words = Words::new(Language::English);
        assert_eq!(words.name("قیمت‌ها"), "\u{2068}قیمت‌ها\u{2069}");
        assert_eq!(words.name("Orders"), "Orders");
    }

    proptest! {
        #[test]
        fn no_name_is_longer_or_wilder_than_allowed(text in any::<String>()) {
            let shown = one_line(&text, LONGEST);
            prop_assert!(shown.chars().count() <= LONGEST);
            prop_assert!(!shown.chars().any(is_unwanted));
        }
    }
}
