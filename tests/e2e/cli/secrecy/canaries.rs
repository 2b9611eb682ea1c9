//! Secrets that are planted, one per place, and the search for them in bytes: in every encoding, cut in half, anywhere.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
};

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

/// Everything but the unreserved characters of RFC 3986 §2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One planted secret: where it is planted, and what it is.
pub(crate) type Canary = (&'static str, &'static str);

pub(crate) const BEARER: Canary = ("bearer", "cnry1/bearer+Zq8~Wx7Lk2==");
pub(crate) const PASSWORD: Canary = ("basic password", r#"cnry2 "wörd\Rt5 Yh3Dk8"#);
pub(crate) const QUERY: Canary = ("query credential", "cnry3&q=9Vb4%Nm1/Qs6Ht");
pub(crate) const URL_QUERY: Canary = ("query of the URL", "cnry4-inurl-K7p2Xd9Tz4");
pub(crate) const USERINFO: Canary = ("password of the URL", "cnry5-userinfo-H5s8Jf3W");
pub(crate) const HEADER: Canary = ("X-Api-Key", r#"cnry6 h"eader Lq6Ub1Gd8"#);
pub(crate) const COOKIE: Canary = ("cookie", "cnry7-cookie-Mw2Ec7Ra5Vi");
pub(crate) const SUBPROTOCOL: Canary = ("subprotocol", "cnry8.subprotocol.Tn4Yv9Ix6");
pub(crate) const PROXY: Canary = ("proxy password", "cnry9-proxy-Bo3Kg8Pz1Sx");
pub(crate) const PROXY_OF_ENVIRONMENT: Canary =
    ("proxy password of the environment", "cnry10-envproxy-Fj7Cu2Ww9");
pub(crate) const ON_CONNECT: Canary = ("on_connect", "cnry11-onconnect-Oa5Re8Mb3");
pub(crate) const HEARTBEAT: Canary = ("heartbeat message", "cnry12-heartbeat-Gt6Qd1Nv4");
pub(crate) const CONTROL: Canary = ("control URL", "cnry13-control-Xs9Lh3Py7");
pub(crate) const FALLBACK: Canary = ("fallback URL", "cnry14-fallback-Ek2Jw8Tc5");
pub(crate) const SOCKET_IO: Canary = ("Socket.IO auth", "cnry15-socketio-Iv4Zu7Br6");
pub(crate) const PAYLOAD: Canary = ("payload", "cnry16-payload-Dq3Mf9Ko1");
pub(crate) const HEALTH: Canary = ("health URL", "cnry18-health-Ub3Nq6Lz8Er");
pub(crate) const CLIENT_KEY: Canary = ("client key", "cnry19KeyOfNobodyPz5Hc2Tm9");
pub(crate) const WEBHOOK: Canary = ("Slack webhook", "https://hooks.example/cnry17-hook-Yn5Al2");

/// All of them.
pub(crate) const ALL: [Canary; 19] = [
    BEARER,
    PASSWORD,
    QUERY,
    URL_QUERY,
    USERINFO,
    HEADER,
    COOKIE,
    SUBPROTOCOL,
    PROXY,
    PROXY_OF_ENVIRONMENT,
    ON_CONNECT,
    HEARTBEAT,
    CONTROL,
    FALLBACK,
    SOCKET_IO,
    PAYLOAD,
    HEALTH,
    CLIENT_KEY,
    WEBHOOK,
];

/// Those that servers must have got before a test can say that they are quoted nowhere.
pub(crate) const SENT: [Canary; 12] = [
    BEARER,
    PASSWORD,
    QUERY,
    HEADER,
    COOKIE,
    URL_QUERY,
    SUBPROTOCOL,
    PROXY,
    PROXY_OF_ENVIRONMENT,
    ON_CONNECT,
    CONTROL,
    HEALTH,
];

/// How a text may carry something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    Plain,
    Json,
    Url,
    Hex,
    Base64,
}

impl Form {
    pub(crate) const ALL: [Self; 5] = [Self::Plain, Self::Json, Self::Url, Self::Hex, Self::Base64];

    /// What somebody writes who writes `text` this way.
    pub(crate) fn of(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Json => json!(text).to_string().trim_matches('"').to_owned(),
            Self::Url => utf8_percent_encode(text, UNRESERVED).to_string(),
            Self::Hex => hex(text),
            Self::Base64 => BASE64_STANDARD_NO_PAD.encode(text),
        }
    }

    /// What is sure to stand wherever somebody wrote a longer text with `secret` in it this way.
    fn traces(self, secret: &str) -> Vec<String> {
        match self {
            // Half of a secret is one too.
            Self::Plain => {
                let (mut middle, length) = (secret.len() / 2, secret.len());
                while !secret.is_char_boundary(middle) {
                    middle += 1;
                }
                vec![secret[..middle.min(length)].to_owned(), secret[middle..].to_owned()]
            }
            Self::Json => {
                let ascii: String = secret.encode_utf16().fold(String::new(), |mut out, unit| {
                    match u8::try_from(unit).ok().filter(u8::is_ascii) {
                        Some(byte) => out.push(char::from(byte)),
                        None => write!(out, "\\u{unit:04x}").unwrap(),
                    }
                    out
                });
                vec![self.of(secret), ascii]
            }
            Self::Url => {
                let upper = self.of(secret);
                vec![upper.to_lowercase(), upper.replace("%20", "+"), upper]
            }
            Self::Hex => vec![hex(secret).to_uppercase(), hex(secret)],
            Self::Base64 => (0..3_usize)
                .flat_map(|lead| {
                    let bytes = [&vec![b'x'; lead], secret.as_bytes()].concat();
                    // Without the characters that mix with what is before and behind.
                    let (first, last) = ([0, 2, 3][lead], usize::from(!bytes.len().is_multiple_of(3)));
                    [BASE64_STANDARD_NO_PAD.encode(&bytes), BASE64_URL_SAFE_NO_PAD.encode(&bytes)]
                        .map(|text| text[first..text.len() - last].to_owned())
                })
                .collect(),
        }
    }
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

/// Bytes that give a secret away, by their first two.
type Traces = HashMap<[u8; 2], Vec<(Canary, Form, Vec<u8>)>>;

/// Looks for all of them at once, in every form.
#[derive(Debug)]
pub(crate) struct Search {
    traces: Traces,
}

impl Search {
    pub(crate) fn new() -> Self {
        let mut traces: Traces = HashMap::new();
        for canary in ALL {
            for form in Form::ALL {
                for trace in form.traces(canary.1) {
                    let bytes = trace.into_bytes();
                    traces.entry([bytes[0], bytes[1]]).or_default().push((canary, form, bytes));
                }
            }
        }
        Self { traces }
    }

    /// Which stand in `bytes`, and how.
    pub(crate) fn all_in(&self, bytes: &[u8]) -> BTreeSet<(Canary, Form)> {
        let mut begins = vec![false; 1 << 16];
        self.traces.keys().for_each(|key| begins[usize::from(u16::from_be_bytes(*key))] = true);
        let mut found = BTreeSet::new();
        for (at, pair) in bytes.windows(2).enumerate() {
            let key = [pair[0], pair[1]];
            if begins[usize::from(u16::from_be_bytes(key))] {
                let here = self.traces[&key].iter().filter(|(.., trace)| bytes[at..].starts_with(trace));
                found.extend(here.map(|(canary, form, _)| (*canary, *form)));
            }
        }
        found
    }
}

#[test]
fn the_search_finds_a_secret_in_every_form_and_half_of_it() {
    let search = Search::new();
    let found = |text: &str| -> BTreeSet<Canary> {
        search.all_in(text.as_bytes()).into_iter().map(|(canary, _)| canary).collect()
    };
    for canary in ALL {
        let secret = canary.1;
        for form in Form::ALL {
            for before in ["", "a", "ab"] {
                let written = form.of(&format!("{before}{secret} and more"));
                assert_eq!(found(&written), BTreeSet::from([canary]), "{form:?}: {written}");
            }
        }
        for half in [&secret[..secret.len() - 1], &secret[1..]] {
            assert_eq!(found(half), BTreeSet::from([canary]), "{half}");
        }
    }
}
