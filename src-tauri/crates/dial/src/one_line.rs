//! Text of unknown origin made fit for one line: no control or bidi characters, single spaces, capped.

/// Longest detail text, in characters.
pub(crate) const DETAIL_CHARS: usize = 300;

/// `text` on one line of at most `limit` characters; a cut is marked with an ellipsis.
pub fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut gap = false;
    for character in text.chars() {
        if character.is_whitespace() {
            gap = length > 0;
            continue;
        }
        if character.is_control() || is_invisible(character) {
            continue;
        }
        if length + usize::from(gap) >= limit {
            // The last kept character gives way to the mark, so that the cap holds exactly.
            if length >= limit {
                line.pop();
            }
            line.push('…');
            return line;
        }
        if gap {
            line.push(' ');
            length += 1;
            gap = false;
        }
        line.push(character);
        length += 1;
    }
    line
}

/// Characters that reorder or hide their neighbours (Unicode bidi controls, zero-width marks, BOM, tags).
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_and_bidi_characters_are_gone_and_lines_are_joined() {
        assert_eq!(one_line("\u{1b}[31mno\r\n such\tpath\u{202E}gpj\u{0}", 100), "[31mno such pathgpj");
    }

    #[test]
    fn a_cut_is_marked_and_the_cap_holds() {
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
        assert_eq!(one_line("abcde f", 6), "abcde…");
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_capped_clean_line(text in "\\PC*|.*", limit in 1_usize..64) {
            let line = one_line(&text, limit);
            prop_assert!(line.chars().count() <= limit);
            prop_assert!(!line.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(&one_line(&line, limit), &line);
        }
    }
}
