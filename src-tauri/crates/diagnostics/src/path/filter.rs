//! How pages of filters and firewalls are known: by headers and words that only they have. Data, with a test for each row.
//!
//! A row says what may be read by people: "a page of FortiGuard". No row may fit an ordinary page: a wrong one would blame
//! a device that is not there.

use http::HeaderMap;

/// Headers that only such devices send: name, part of the value (any where empty), what they are.
const HEADERS: [(&str, &str, &str); 12] = [
    ("x-squid-error", "ERR_ACCESS_DENIED", "Squid's access rules"),
    ("x-squid-error", "ERR_BLOCKED", "Squid's access rules"),
    ("server", "zscaler", "Zscaler"),
    ("server", "websense", "Forcepoint"),
    ("server", "mcafee web gateway", "Skyhigh Web Gateway"),
    ("via", "mwg-internal", "Skyhigh Web Gateway"),
    ("server", "bigip-blockpage", "F5"),
    ("x-bluecoat-error", "", "Symantec Web Security"),
    ("x-iws-via", "", "Trend Micro"),
    ("x-netskope-activity", "", "Netskope"),
    ("cf-mitigated", "challenge", "Cloudflare's browser check"),
    ("x-sucuri-block", "", "Sucuri"),
];

/// Words in the start of an HTML page, in lower case, and what shows them.
const WORDS: [(&str, &str); 30] = [
    ("fortiguard", "FortiGuard"),
    ("fgd_icon", "FortiGuard"),
    ("fortinet.com/webfilter", "FortiGuard"),
    ("zscaler", "Zscaler"),
    ("in accordance with company policy", "Palo Alto Networks"),
    ("paloaltonetworks", "Palo Alto Networks"),
    ("sophos web appliance", "Sophos"),
    ("sophos.com/threat", "Sophos"),
    ("block.opendns.com", "Cisco Umbrella"),
    ("cisco umbrella", "Cisco Umbrella"),
    ("usercheck", "Check Point"),
    ("blocked by websense", "Forcepoint"),
    ("forcepoint", "Forcepoint"),
    ("ws_blockoption", "Forcepoint"),
    ("mcafee web gateway", "Skyhigh Web Gateway"),
    ("skyhigh secure web gateway", "Skyhigh Web Gateway"),
    ("barracuda web", "Barracuda"),
    ("sonicwall", "SonicWall"),
    ("watchguard", "WatchGuard"),
    ("squidguard", "squidGuard"),
    ("err_access_denied", "Squid's access rules"),
    ("dansguardian", "DansGuardian"),
    ("e2guardian", "e2guardian"),
    ("netskope", "Netskope"),
    ("cloudflare gateway", "Cloudflare Gateway"),
    ("attention required! | cloudflare", "Cloudflare's firewall"),
    ("bluecoat", "Symantec Web Security"),
    ("kaspersky", "Kaspersky"),
    ("eset.com/blocked", "ESET"),
    ("this site has been blocked by the network administrator", "a content filter"),
];

/// Words of a title that no ordinary page has.
const TITLES: [(&str, &str); 6] = [
    ("web page blocked", "a content filter"),
    ("website blocked", "a content filter"),
    ("site blocked", "a content filter"),
    ("access blocked", "a content filter"),
    ("application blocked", "an application filter"),
    ("blocked by your administrator", "a content filter"),
];

/// Which filter or firewall an answer is from, if from one. `page` is the start of an HTML body.
pub(super) fn mark(headers: &HeaderMap, page: Option<&str>, title: Option<&str>) -> Option<&'static str> {
    let header = HEADERS.iter().find(|(name, part, _)| {
        let mut values = headers.get_all(*name).iter();
        values.any(|value| {
            String::from_utf8_lossy(value.as_bytes()).to_lowercase().contains(&part.to_lowercase())
        })
    });
    if let Some((_, _, who)) = header {
        return Some(who);
    }
    let within = |text: Option<&str>, rows: &'static [(&str, &'static str)]| {
        let text = text?.to_lowercase();
        rows.iter().find(|(words, _)| text.contains(words)).map(|(_, who)| *who)
    };
    within(page, &WORDS).or_else(|| within(title, &TITLES))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn every_row_is_reached_by_its_own_words() {
        for (name, part, who) in HEADERS {
            let mut headers = HeaderMap::new();
            let value = if part.is_empty() { "1" } else { part };
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            assert_eq!(mark(&headers, None, None), Some(who), "{name}: {part}");
        }
        for (words, who) in WORDS {
            let page = format!("<html><body>Notice: {} applies", words.to_uppercase());
            assert_eq!(mark(&HeaderMap::new(), Some(&page), None), Some(who), "{words}");
        }
        for (words, who) in TITLES {
            assert_eq!(mark(&HeaderMap::new(), Some(""), Some(words)), Some(who), "{words}");
        }
    }

    #[test]
    fn ordinary_pages_are_nobodys() {
        let mut headers = HeaderMap::new();
        headers.insert("server", HeaderValue::from_static("nginx/1.28"));
        headers.insert("via", HeaderValue::from_static("1.1 varnish"));
        headers.insert("x-squid-error", HeaderValue::from_static("ERR_CONNECT_FAIL 111"));
        for page in [
            "<html><head><title>403 Forbidden</title></head><center>nginx</center>",
            "<html><head><title>Welcome</title></head><p>Please sign in</p>",
            "<title>Access denied</title> You do not have permission",
            "<title>502 Bad Gateway</title><center>cloudflare</center>",
        ] {
            assert_eq!(mark(&headers, Some(page), Some("403 Forbidden")), None, "{page}");
        }
    }
}
