//! Secrets that are known by value, in every form in which a text may carry them: servers quote what they got, and so do
//! logs, encoded as whoever wrote them pleased.

use std::{fmt, fmt::Write as _, ops::Range};

use aho_corasick::AhoCorasick;
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};

use crate::one_line::one_line;

/// Shorter values are words, and taking them out would spoil every text.
const SHORTEST: usize = 6;

/// Everything but the unreserved characters of RFC 3986 §2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What JavaScript's `encodeURIComponent` leaves alone.
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');

/// Finds known secrets. Prints none.
pub struct KnownSecrets {
    search: Option<AhoCorasick>,
}

impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownSecrets")
    }
}

impl KnownSecrets {
    /// These, but for values as short as words.
    pub fn new(secrets: &[SecretString]) -> Self {
        let long = secrets.iter().map(|secret| secret.expose_secret()).filter(|secret| is_long(secret));
        Self::of_forms(long.flat_map(forms).collect())
    }

    /// These, the short ones too: as they are and no otherwise.
    pub(crate) fn all(values: &[String]) -> Self {
        let forms = |value: &String| {
            if is_long(value) { forms(value) } else { vec![value.clone().into_bytes()] }
        };
        Self::of_forms(values.iter().filter(|value| !value.is_empty()).flat_map(forms).collect())
    }

    fn of_forms(mut forms: Vec<Vec<u8>>) -> Self {
        forms.sort_unstable();
        forms.dedup();
        // Building fails only on more patterns than memory holds.
        Self { search: (!forms.is_empty()).then(|| AhoCorasick::new(&forms).ok()).flatten() }
    }

    /// `text` without them, and how many there were.
    pub fn removed(&self, text: &str, mark: &str) -> (String, u32) {
        let places = self.places(text);
        let (mut out, mut from, mut count) = (String::with_capacity(text.len()), 0, 0);
        for place in places {
            // Forms are ASCII or whole UTF-8, so both ends are character boundaries.
            out.push_str(text.get(from..place.start).unwrap_or_default());
            out.push_str(mark);
            (from, count) = (place.end, count + 1);
        }
        out.push_str(text.get(from..).unwrap_or_default());
        (out, count)
    }

    /// Whether one of them stands anywhere in `bytes`.
    pub fn stand_in(&self, bytes: &[u8]) -> bool {
        self.search.as_ref().is_some_and(|search| search.is_match(bytes))
    }

    /// Where they stand, in order. Those that overlap are one, so that no part of any is left.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let Some(search) = &self.search else { return Vec::new() };
        let mut found: Vec<Range<usize>> =
            search.find_overlapping_iter(text).map(|one| one.range()).collect();
        found.sort_unstable_by_key(|one| (one.start, one.end));
        let mut places: Vec<Range<usize>> = Vec::new();
        for one in found {
            match places.last_mut() {
                Some(last) if one.start < last.end => last.end = last.end.max(one.end),
                _ => places.push(one),
            }
        }
        places
    }
}

fn is_long(secret: &str) -> bool {
    secret.trim().len() >= SHORTEST
}

/// A secret as it is, escaped for URLs and JSON, in hexadecimal digits and in base 64, wherever in a longer text it began.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let meant = percent_decode_str(secret).decode_utf8_lossy().into_owned();
    let mut out: Vec<String> = Vec::new();
    // As it stands where a text was put on one line, too.
    let cleaned = one_line(secret, usize::MAX);
    for plain in [secret, meant.as_str(), cleaned.as_str()] {
        if !is_long(plain) {
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
            BASE64_STANDARD_NO_PAD.encode(plain),
            BASE64_URL_SAFE_NO_PAD.encode(plain),
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

    fn known(secret: &str) -> KnownSecrets {
        KnownSecrets::new(&[secret.to_owned().into()])
    }

    #[test]
    fn short_words_are_left_alone() {
        assert!(!known("abcde").stand_in(b"abcde"));
        assert_eq!(known("").removed("text", "<secret>"), ("text".to_owned(), 0));
    }

    #[test]
    fn of_secrets_that_overlap_nothing_is_left() {
        let known = KnownSecrets::new(&["abcdefgh".to_owned().into(), "efghijklm".to_owned().into()]);
        assert_eq!(known.removed("-abcdefghijklm-efghijklm", "*"), ("-*-*".to_owned(), 2));
        assert_eq!(known.removed("abcdefghabcdefgh", "*"), ("**".to_owned(), 2));
    }

    #[test]
    fn short_words_are_taken_out_as_they_are_where_that_is_asked_for() {
        let known = KnownSecrets::all(&["pin".to_owned(), String::new()]);
        assert_eq!(known.removed("the pin is cGlu", "*"), ("the * is cGlu".to_owned(), 1));
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
