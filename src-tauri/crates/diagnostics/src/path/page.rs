//! What an HTTP answer says, as facts: an allow-list of headers, a title, and signs of who answered. Everything a server
//! says is hostile: texts come out on one short line, and without what the request carried as a secret.

use dial::DialRequest;
use http::{HeaderMap, HeaderName, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822};
use url::Url;

use super::filter;
use crate::facts::PageFacts;

/// Longest title or first words, in characters.
const TITLE_CHARS: usize = 80;
/// Longest value of a header.
const VALUE_CHARS: usize = 120;
/// Longest place a redirect leads to.
const PLACE_CHARS: usize = 200;
/// Bytes of a page in which signs are looked for.
const LOOKED_AT: usize = 16 * 1024;
/// Schemes of `WWW-Authenticate` that are named, and the longest name of one.
const MOST_SCHEMES: usize = 8;
const LONGEST_SCHEME: usize = 20;
/// Servers that ask to wait longer than this many seconds mean "never".
const LONGEST_WAIT: u64 = 365 * 24 * 3600;

/// Headers that name a request in the server's own log, the most useful first.
const REQUEST_IDS: [(&str, &str); 6] = [
    ("x-request-id", "X-Request-Id"),
    ("x-correlation-id", "X-Correlation-Id"),
    ("cf-ray", "CF-Ray"),
    ("x-amzn-trace-id", "X-Amzn-Trace-Id"),
    ("x-amz-cf-id", "X-Amz-Cf-Id"),
    ("traceparent", "traceparent"),
];

/// An answer, raw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

/// Reads the answer to `request`.
pub(super) fn read(request: &DialRequest, raw: Raw<'_>, now: Timestamp) -> PageFacts {
    let text = |name: &HeaderName| {
        let value = raw.headers.get(name)?;
        let clean = request.clean(&String::from_utf8_lossy(value.as_bytes()), VALUE_CHARS);
        (!clean.is_empty()).then_some(clean)
    };
    let body = String::from_utf8_lossy(&raw.body[..raw.body.len().min(LOOKED_AT)]);
    let html = is_html(raw.headers, &body);
    let title = title(&body, html, raw.status).map(|text| request.clean(&text, TITLE_CHARS));
    let title = title.filter(|text| !text.is_empty());
    let upgrade = text(&header::UPGRADE);
    let mark = filter::mark(raw.headers, html.then_some(&*body), title.as_deref());
    PageFacts {
        status: raw.status.as_u16(),
        server: text(&header::SERVER),
        via: text(&header::VIA),
        request_id: REQUEST_IDS
            .iter()
            .find_map(|(name, shown)| Some(format!("{shown}: {}", text(&HeaderName::from_static(name))?))),
        retry_after_s: raw.headers.get(header::RETRY_AFTER).and_then(|value| wait(value.to_str().ok()?, now)),
        auth_schemes: schemes(raw.headers),
        location: location(request, raw.headers),
        names_upgrade: raw.status == StatusCode::UPGRADE_REQUIRED
            || upgrade.is_some() && raw.status != StatusCode::SWITCHING_PROTOCOLS
            || speaks_of_upgrades(&body, html),
        upgrade,
        websocket_version: text(&header::SEC_WEBSOCKET_VERSION),
        html,
        title,
        filter_mark: mark.map(str::to_owned),
        cached: raw.headers.contains_key(header::AGE),
    }
}

/// Words in a path or a host that stand for a page where people sign in.
const SIGN_IN: [&str; 12] = [
    "login",
    "logon",
    "signin",
    "sign",
    "sso",
    "saml",
    "saml2",
    "oauth",
    "oauth2",
    "authorize",
    "adfs",
    "idp",
];

/// Whether a redirect leads to a page for people to sign in. Not one to another host that anybody on the way could have
/// written, and not for words that the endpoint's own URL has.
pub(super) fn signs_in(place: &str, from: &Url) -> bool {
    let Ok(place) = Url::parse(place) else { return false };
    if from.scheme() != "wss" && from.scheme() != "https" && place.host() != from.host() {
        return false;
    }
    let words = |url: &Url| -> Vec<String> {
        let text = format!("{}/{}", url.host_str().unwrap_or_default(), url.path()).to_ascii_lowercase();
        text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect()
    };
    let own = words(from);
    words(&place).iter().any(|word| SIGN_IN.contains(&word.as_str()) && !own.contains(word))
}

fn is_html(headers: &HeaderMap, body: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match kind {
        Some(kind) => kind.to_ascii_lowercase().contains("html"),
        None => {
            let start: String = body.trim_start().chars().take(15).collect::<String>().to_ascii_lowercase();
            start.starts_with("<!doctype html") || start.starts_with("<html")
        }
    }
}

/// The title of a page, else its first words. The words of a success that is no page are data, and nobody's business.
fn title(body: &str, html: bool, status: StatusCode) -> Option<String> {
    if html {
        let words = between(body, "<title", "</title>").map(|inner| {
            // Attributes of the tag end with it.
            inner.split_once('>').map_or(inner, |(_, text)| text).trim().to_owned()
        });
        return words.filter(|text| !text.is_empty()).or_else(|| Some(without_tags(body)));
    }
    let speaks = !status.is_success() && !body.contains('\u{FFFD}');
    speaks.then(|| body.chars().take(4 * TITLE_CHARS).collect())
}

/// What stands between two marks, whatever their case.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    // ASCII keeps its length in lower case, so places in one are places in the other.
    let lower = text.to_ascii_lowercase();
    let start = lower.find(from)? + from.len();
    let end = start + lower[start..].find(to)?;
    text.get(start..end)
}

/// The first words of a page: what stands outside its tags, styles and scripts.
fn without_tags(body: &str) -> String {
    let start = between(body, "<body", "</body>").unwrap_or(body);
    let start =
        if start.len() < body.len() { start.split_once('>').map_or("", |(_, rest)| rest) } else { start };
    let mut out = String::new();
    let mut rest = start;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        out.push(' ');
        let tag = rest[open..].to_ascii_lowercase();
        let end = if tag.starts_with("<script") {
            tag.find("</script>").map(|at| at + 9)
        } else if tag.starts_with("<style") {
            tag.find("</style>").map(|at| at + 8)
        } else {
            tag.find('>').map(|at| at + 1)
        };
        match end {
            Some(end) => rest = &rest[open + end..],
            None => return out,
        }
        if out.len() > 4 * TITLE_CHARS {
            return out;
        }
    }
    out.push_str(rest);
    out
}

/// Whether the text says that an upgrade is missing, as servers for WebSockets do to everything else.
fn speaks_of_upgrades(body: &str, html: bool) -> bool {
    // A page that sells upgrades is a page; a server that misses one answers in a line or two, some as text/html.
    if html && body.contains('<') || body.len() > 1024 {
        return false;
    }
    let lower = body.to_ascii_lowercase();
    let about_it = ["websocket", "header", "required", "connection"];
    lower.contains("upgrade") && about_it.iter().any(|word| lower.contains(word))
        || lower.contains("not a websocket")
        || lower.contains("websocket handshake")
        || lower.contains("websocket request")
        || lower.contains("open a websocket connection")
}

/// `Retry-After`: seconds, or a date.
fn wait(value: &str, now: Timestamp) -> Option<u64> {
    let value = value.trim();
    let seconds = match value.parse() {
        Ok(seconds) => seconds,
        Err(_) => {
            let until = rfc2822::parse(value).ok()?.timestamp();
            u64::try_from(until.as_second() - now.as_second()).unwrap_or(0)
        }
    };
    Some(seconds.min(LONGEST_WAIT))
}

/// Names of the schemes in `WWW-Authenticate`, without their parameters.
fn schemes(headers: &HeaderMap) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for value in headers.get_all(header::WWW_AUTHENTICATE) {
        for part in outside_quotes(&String::from_utf8_lossy(value.as_bytes())) {
            let name = part.split_whitespace().next().unwrap_or_default();
            let is_name = !name.is_empty()
                && name.len() <= LONGEST_SCHEME
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if is_name
                && found.len() < MOST_SCHEMES
                && !found.iter().any(|one| one.eq_ignore_ascii_case(name))
            {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// The parts of a list at its commas, but for commas in quotes.
fn outside_quotes(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for character in value.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => parts.push(String::new()),
            _ if quoted => {}
            _ => {
                if let Some(last) = parts.last_mut() {
                    last.push(character);
                }
            }
        }
    }
    parts
}

/// Where a redirect leads, without what may be a secret: query, fragment, user name and password.
fn location(request: &DialRequest, headers: &HeaderMap) -> Option<String> {
    let text = String::from_utf8_lossy(headers.get(header::LOCATION)?.as_bytes()).into_owned();
    let shown = match request.url.join(text.trim()) {
        Ok(url) => bare(url).to_string(),
        Err(_) => text.split(['?', '#']).next().unwrap_or_default().to_owned(),
    };
    Some(request.clean(&shown, PLACE_CHARS))
}

/// The URL without what may be a secret.
pub(super) fn bare(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    // These fail only on URLs that cannot hold credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

#[cfg(test)]
mod tests;
