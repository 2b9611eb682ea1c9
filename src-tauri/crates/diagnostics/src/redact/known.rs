//! Secrets that are known by value, in every form in which a text may carry them.

use std::fmt::Write as _;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};

/// Shorter values are words, and taking them out would spoil every text.
const SHORTEST: usize = 6;

/// Everything but the unreserved characters of RFC 3986 §2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What JavaScript's `encodeURIComponent` leaves alone.
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');

/// Finds known secrets. Prints none.
pub(super) struct Known {
    search: Option<AhoCorasick>,
}

impl Known {
    pub(super) fn new(secrets: &[SecretString]) -> Self {
        let mut forms: Vec<Vec<u8>> = secrets
            .iter()
            .map(|secret| secret.expose_secret())
            .filter(|secret| secret.trim().len() >= SHORTEST)
            .flat_map(forms)
            .collect();
        forms.sort_unstable();
        forms.dedup();
        let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms);
        // Building fails only on more patterns than memory holds; then nothing may pass as clean.
        Self { search: (!forms.is_empty()).then(|| search.ok()).flatten() }
    }

    /// `text` without them, and how many there were.
    pub(super) fn removed(&self, text: &str, mark: &str) -> (String, u32) {
        let Some(search) = &self.search else { return (text.to_owned(), 0) };
        let (mut out, mut from, mut count) = (String::with_capacity(text.len()), 0, 0);
        for found in search.find_iter(text) {
            // Forms are ASCII or whole UTF-8, so both ends are character boundaries.
            out.push_str(text.get(from..found.start()).unwrap_or_default());
            out.push_str(mark);
            (from, count) = (found.end(), count + 1);
        }
        out.push_str(text.get(from..).unwrap_or_default());
        (out, count)
    }

    /// Whether one of them stands anywhere in `bytes`.
    pub(super) fn stand_in(&self, bytes: &[u8]) -> bool {
        self.search.as_ref().is_some_and(|search| search.is_match(bytes))
    }
}

/// A secret as it is, escaped for URLs and JSON, in hexadecimal digits and in base 64, wherever in a longer text it began.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let meant = percent_decode_str(secret).decode_utf8_lossy().into_owned();
    let mut out: Vec<String> = Vec::new();
    for plain in [secret, meant.as_str()] {
        if plain.trim().len() < SHORTEST {
            continue;
        }
        let json = json(plain);
        out.extend([
            plain.to_owned(),
            plain.trim().to_owned(),
            utf8_percent_encode(plain, UNRESERVED).to_string(),
            lower_escapes(&utf8_percent_encode(plain, UNRESERVED).to_string()),
            utf8_percent_encode(plain, COMPONENT).to_string(),
            utf8_percent_encode(plain, UNRESERVED).to_string().replace("%20", "+"),
            self::json(&json),
            json.replace('/', "\\/"),
            ascii_json(plain),
            json,
            hex(plain, false),
            hex(plain, true),
        ]);
        for lead in 0..3 {
            out.extend(base64_inside(plain.as_bytes(), lead));
        }
    }
    out.into_iter().filter(|form| form.len() >= SHORTEST).map(String::into_bytes).collect()
}

fn json(text: &str) -> String {
    serde_json::Value::from(text)
        .to_string()
        .trim_start_matches('"')
        .strip_suffix('"')
        .unwrap_or(text)
        .to_owned()
}

/// JSON of writers that keep to ASCII.
fn ascii_json(text: &str) -> String {
    let mut out = String::new();
    for unit in json(text).encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => out.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(out, "\\u{unit:04x}")),
        }
    }
    out
}

fn hex(text: &str, upper: bool) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = if upper { write!(out, "{byte:02X}") } else { write!(out, "{byte:02x}") };
        out
    })
}

fn lower_escapes(text: &str) -> String {
    let mut rest = 0;
    text.chars()
        .map(|one| {
            let escaped = rest > 0;
            rest = if one == '%' {
                2
            } else if escaped {
                rest - 1
            } else {
                0
            };
            if escaped { one.to_ascii_lowercase() } else { one }
        })
        .collect()
}

/// What is sure to stand in base 64 of a longer text that has `secret` behind `lead` bytes (modulo 3): without the
/// characters that mix with what is before and behind.
fn base64_inside(secret: &[u8], lead: usize) -> Vec<String> {
    let mut bytes = vec![0; lead];
    bytes.extend(secret);
    let mixed_before = [0, 2, 3][lead];
    let mixed_behind = usize::from(!bytes.len().is_multiple_of(3));
    [BASE64_STANDARD_NO_PAD.encode(&bytes), BASE64_URL_SAFE_NO_PAD.encode(&bytes)]
        .into_iter()
        .filter_map(|text| text.get(mixed_before..text.len() - mixed_behind).map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    fn known(secret: &str) -> Known {
        Known::new(&[secret.to_owned().into()])
    }

    #[test]
    fn short_words_are_left_alone() {
        assert!(!known("abcde").stand_in(b"abcde"));
        assert_eq!(known("").removed("text", "<secret>"), ("text".to_owned(), 0));
    }

    proptest! {
        #[test]
        fn a_secret_is_found_in_every_form(secret in "[ -~éß]{6,40}", before in ".{0,5}", behind in ".{0,5}") {
            prop_assume!(secret.trim().len() >= SHORTEST);
            let known = known(&secret);
            let whole = format!("{before}{secret}{behind}");
            for text in [
                whole.clone(),
                serde_json::to_string(&whole).unwrap(),
                serde_json::to_string(&serde_json::to_string(&whole).unwrap()).unwrap(),
                utf8_percent_encode(&whole, UNRESERVED).to_string(),
                utf8_percent_encode(&whole, COMPONENT).to_string(),
                hex(&whole, false),
                hex(&whole, true),
                BASE64_STANDARD.encode(&whole),
                BASE64_URL_SAFE.encode(&whole),
            ] {
                prop_assert!(known.stand_in(text.as_bytes()), "{text}");
                let (clean, count) = known.removed(&text, "<secret>");
                prop_assert!(count > 0 && !known.stand_in(clean.as_bytes()), "{clean}");
            }
        }
    }
}
