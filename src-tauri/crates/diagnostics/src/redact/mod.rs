//! Redaction: what leaves this computer says what is wrong with a connection, and nothing about who uses it.
//!
//! Order matters: known secrets in every encoding first, then URLs, then shapes (headers, tokens, keys), then what is
//! personal. Addresses and ids get pseudonyms, so that equality is preserved; the key lives as long as the redactor. Texts
//! are redacted before they are cut, and the finished bytes are searched once more: [`Redactor::leak_in`] is the last gate,
//! and whoever writes files fails closed on it.

mod address;
mod patterns;
mod pseudonym;
mod tree;
mod url;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Mutex, PoisonError},
};

use dial::KnownSecrets;
use regex::Captures;
use secrecy::SecretString;

pub use tree::redact_report;

use self::{patterns::Act, pseudonym::Pseudonyms};

/// Version of these rules, as it stands in reports.
pub const POLICY: u32 = 1;

/// How much is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Secrets and personal things; addresses and ids stay, because whoever mends the network needs them.
    Full,
    /// Addresses, hardware addresses and ids get pseudonyms too.
    Standard,
    /// So do the hosts of endpoints.
    Strict,
}

/// Whom and what a text must not name. Prints no secret.
#[derive(Debug, Default)]
pub struct Private {
    /// Credentials, tokens, passwords by value.
    pub secrets: Vec<SecretString>,
    /// Login name of the user.
    pub user: Option<String>,
    /// Name of this computer.
    pub computer: Option<String>,
    /// Hosts that are hidden at [`Level::Strict`].
    pub hosts: Vec<String>,
    /// Ids that stay readable: those of the run itself.
    pub kept: Vec<String>,
}

/// Takes out what must not leave. Prints nothing of it.
pub struct Redactor {
    level: Level,
    known: KnownSecrets,
    names: Vec<(String, String)>,
    kept: BTreeSet<String>,
    pseudonyms: Pseudonyms,
    counts: Mutex<BTreeMap<String, u32>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("level", &self.level).finish_non_exhaustive()
    }
}

/// In place of a known secret. It may stand in a URL, which is cleaned after it.
const SECRET: &str = "[secret]";
/// Login names that are words: replacing them would hide nobody and spoil the text.
const NOBODY: [&str; 8] =
    ["root", "user", "admin", "administrator", "guest", "home", "localhost", "linekeeper"];

impl Redactor {
    /// A redactor with pseudonyms of its own. `key` is random and used once.
    pub fn new(level: Level, private: &Private, key: &[u8; 32]) -> Self {
        let pseudonyms = Pseudonyms::new(key);
        let worth = |name: &&String| name.len() >= 3 && !NOBODY.contains(&name.to_lowercase().as_str());
        let mut names: Vec<(String, String)> = Vec::new();
        names.extend(private.user.iter().filter(worth).map(|name| (name.clone(), "<user>".to_owned())));
        names.extend(
            private.computer.iter().filter(worth).map(|name| (name.clone(), "<computer>".to_owned())),
        );
        if level == Level::Strict {
            let hosts = private.hosts.iter().filter(|host| host.parse::<std::net::IpAddr>().is_err());
            names.extend(hosts.filter(worth).map(|host| (host.clone(), pseudonyms.name("host", host))));
        }
        // The longest first, so that no part of one is left standing.
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self {
            level,
            known: KnownSecrets::new(&private.secrets),
            names,
            kept: private.kept.iter().cloned().collect(),
            pseudonyms,
            counts: Mutex::default(),
        }
    }

    /// `text` without what must not leave.
    pub fn text(&self, text: &str) -> String {
        let (mut text, count) = self.known.removed(text, SECRET);
        self.count("known_secret", count);
        let (cleaned, count) = url::cleaned(&text);
        self.count("url", count);
        text = cleaned;
        for rule in patterns::rules() {
            text = self.apply(rule, &text);
        }
        if self.level >= Level::Standard {
            text = self.without_addresses(&text);
        }
        for (name, mark) in &self.names {
            text = self.without_name(&text, name, mark);
        }
        text
    }

    /// How often each rule took something out so far.
    pub fn counts(&self) -> BTreeMap<String, u32> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The rule by which `bytes` of a finished file may not leave; `None` when they may. Never says what was found.
    pub fn leak_in(&self, bytes: &[u8]) -> Option<&'static str> {
        if !patterns::whole() {
            return Some("rules");
        }
        if self.known.stand_in(bytes) {
            return Some("known_secret");
        }
        let text = String::from_utf8_lossy(bytes);
        patterns::rules()
            .iter()
            .filter(|rule| patterns::NEVER.contains(&rule.name))
            .find(|rule| rule.shape.is_match(&text))
            .map(|rule| rule.name)
    }

    fn apply(&self, rule: &patterns::Rule, text: &str) -> String {
        let mut count = 0;
        let text = rule.shape.replace_all(text, |found: &Captures<'_>| {
            let mark = match rule.act {
                Act::Pseudonym(kind) => self.pseudonym(kind, &found[0]),
                Act::Mark | Act::Value | Act::Random | Act::Home => rule.mark(found),
            };
            count += u32::from(mark.is_some());
            mark.unwrap_or_else(|| found[0].to_owned())
        });
        self.count(rule.name, count);
        text.into_owned()
    }

    /// Hardware addresses and ids stay where addresses do, e-mail addresses and people's ids never.
    fn pseudonym(&self, kind: &str, found: &str) -> Option<String> {
        let technical = kind == "mac" || kind == "id";
        let stays = technical && (self.level == Level::Full || self.kept.contains(found));
        (!stays).then(|| self.pseudonyms.name(kind, found))
    }

    fn without_addresses(&self, text: &str) -> String {
        let (mut out, mut from) = (String::with_capacity(text.len()), 0);
        for (place, address) in address::addresses(text) {
            let Some(name) = self.pseudonyms.address(address) else { continue };
            out.push_str(&text[from..place.start]);
            out.push_str(&name);
            from = place.end;
            self.count("address", 1);
        }
        out.push_str(&text[from..]);
        out
    }

    /// Whole words only, in any case.
    fn without_name(&self, text: &str, name: &str, mark: &str) -> String {
        let (lower, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
        let (mut out, mut from) = (String::with_capacity(text.len()), 0);
        for (at, _) in lower.match_indices(&name) {
            let end = at + name.len();
            let touches = text[..at].chars().next_back().is_some_and(char::is_alphanumeric)
                || text[end..].chars().next().is_some_and(char::is_alphanumeric);
            if !touches {
                out.push_str(&text[from..at]);
                out.push_str(mark);
                from = end;
                self.count("name", 1);
            }
        }
        out.push_str(&text[from..]);
        out
    }

    fn count(&self, rule: &str, more: u32) {
        if more > 0 {
            *self
                .counts
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(rule.to_owned())
                .or_default() += more;
        }
    }
}

#[cfg(test)]
mod tests;
