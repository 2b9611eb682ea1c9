//! URLs in running text: without user, password and fragment; of the query only names, and values that say nothing.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use url::Url;

/// Query parameters whose values say nothing about anybody: those of Engine.IO.
const HARMLESS: [&str; 2] = ["EIO", "transport"];
/// In place of a value. It needs no escaping in a URL.
const REMOVED: &str = "removed";

static IN_TEXT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)\b(?:wss?|https?|socks[45][ah]?)://[^\s"'<>\\`{}|^]+"#).ok());

/// `text` with every URL made harmless, and how many were changed.
pub(super) fn cleaned(text: &str) -> (String, u32) {
    let Some(in_text) = IN_TEXT.as_ref() else { return (text.to_owned(), 0) };
    let mut count = 0;
    let text = in_text.replace_all(text, |found: &Captures<'_>| {
        let whole = &found[0];
        // What ends a sentence or a bracket is not the URL's.
        let url = whole.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']']);
        let (shown, changed) = harmless(url);
        count += u32::from(changed);
        format!("{shown}{}", &whole[url.len()..])
    });
    (text.into_owned(), count)
}

/// The URL as it may be shown, and whether that differs in meaning.
fn harmless(text: &str) -> (String, bool) {
    let Ok(mut url) = Url::parse(text) else {
        // Whatever it is: what stands before an @ or behind a ? may be a secret.
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let bare = rest.split(['?', '#']).next().unwrap_or_default();
        let host = bare.rsplit('@').next().unwrap_or_default();
        let shown = format!("{scheme}://{host}");
        return (shown.clone(), shown != text);
    };
    let login = !url.username().is_empty() || url.password().is_some();
    let query = url.query().is_some_and(|query| !query.is_empty());
    if !login && !query && url.fragment().is_none() {
        return (text.to_owned(), false);
    }
    // These fail only on URLs that cannot hold a login.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    if query {
        let pairs: Vec<String> = url.query().unwrap_or_default().split('&').map(pair).collect();
        url.set_query(Some(&pairs.join("&")));
    }
    let shown = String::from(url);
    (shown.clone(), shown != text)
}

fn pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if !HARMLESS.contains(&name) => format!("{name}={REMOVED}"),
        Some(_) => pair.to_owned(),
        // A bare word can be a token.
        None if pair.is_empty() => String::new(),
        None => REMOVED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_what_says_where_and_loses_what_says_who() {
        for (text, shown) in [
            (
                "wss://me:pa55@h.example:8443/p?token=abc&EIO=4#top",
                "wss://h.example:8443/p?token=removed&EIO=4",
            ),
            ("at https://h/in?s3cret.", "at https://h/in?removed."),
            ("(ws://h/p)", "(ws://h/p)"),
            ("http://me:pa55@proxy:3128", "http://proxy:3128/"),
            ("ws://me:pa55@[bad/p?x", "ws://[bad/p"),
            ("{\"url\":\"ws://u:p@h/\"}", "{\"url\":\"ws://h/\"}"),
        ] {
            assert_eq!(cleaned(text).0, shown);
            assert_eq!(cleaned(shown).0, shown, "twice is once");
        }
    }
}
