//! Secrets and personal things that can be recognised by their shape, whoever wrote them. A table: name, shape, what stays.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// How something that was found is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// The whole match gives way to a mark.
    Mark,
    /// Group 1 stays, group 2 gives way to a mark with its length.
    Value,
    /// As `Mark`, where the match looks random.
    Random,
    /// Gives way to a pseudonym of this kind.
    Pseudonym(&'static str),
    /// Group 1 stays, group 2 gives way to `<user>`.
    Home,
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// Its name in counts.
    pub(super) name: &'static str,
    pub(super) shape: Regex,
    pub(super) act: Act,
}

/// Shapes of secrets that may stand in no finished file.
pub(super) const NEVER: [&str; 2] = ["jwt", "pem"];

const TABLE: [(&str, &str, Act); 16] = [
    ("pem", r"-----BEGIN [A-Z0-9 ]+-----(?s:.*?)(?:-----END [A-Z0-9 ]+-----|\z)", Act::Mark),
    (
        "header",
        r#"(?im)\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token|sec-websocket-protocol)("?\s*[:=]\s*"?)([^\r\n"\\]+)"#,
        Act::Value,
    ),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]{2,}){1,2}", Act::Mark),
    ("bearer", r"(?i)\b(bearer|basic|negotiate|ntlm)(\s+)([A-Za-z0-9._~+/=-]{6,})", Act::Value),
    (
        "key_value",
        r#"(?i)\b((?:[a-z0-9]+[_-])?(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|credentials?))(\\?["']?\s*[:=]\s*\\?["']?)([^\s"'\\,;&<>{}\[\]]{3,})"#,
        Act::Value,
    ),
    ("cloud_key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{35}", Act::Mark),
    (
        "forge_key",
        r"\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{20,}",
        Act::Mark,
    ),
    ("chat_key", r"\bxox[abeprs]-[A-Za-z0-9-]{10,}|\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}", Act::Mark),
    ("hex", r"\b[0-9a-fA-F]{32,}\b", Act::Mark),
    ("base64", r"[A-Za-z0-9+/_-]{40,}={0,2}", Act::Random),
    ("number", r"\b[0-9]{14,}\b", Act::Mark),
    ("email", r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b", Act::Pseudonym("mail")),
    ("sid", r"\bS-1-5-21(?:-[0-9]+){3,}\b", Act::Pseudonym("sid")),
    ("uuid", r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", Act::Pseudonym("id")),
    ("mac", r"(?i)\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b", Act::Pseudonym("mac")),
    (
        "home",
        r#"(?i)((?:/home|/users|/var/home|[a-z]:\\+users|\\+users)[/\\]+)([^/\\\s"':;,<>]+)"#,
        Act::Home,
    ),
];

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    TABLE
        .iter()
        .filter_map(|(name, shape, act)| Some(Rule { name, shape: Regex::new(shape).ok()?, act: *act }))
        .collect()
});

/// Every rule, in the order they are applied.
pub(super) fn rules() -> &'static [Rule] {
    &RULES
}

/// True when every shape of the table could be built, without which nothing may pass as clean.
pub(super) fn whole() -> bool {
    RULES.len() == TABLE.len()
}

impl Rule {
    /// What stands in place of a match; `None` leaves it.
    pub(super) fn mark(&self, found: &Captures<'_>) -> Option<String> {
        match self.act {
            Act::Mark => Some(format!("<removed:{}>", self.name)),
            Act::Random => looks_random(&found[0]).then(|| format!("<removed:{}>", self.name)),
            Act::Value => {
                let (before, joint, value) = (&found[1], &found[2], found[3].trim_end());
                if value.starts_with("<removed:") || value.starts_with("[secret]") || is_harmless(value) {
                    return None;
                }
                let behind = &found[3][value.len()..];
                Some(format!("{before}{joint}<removed:{} chars>{behind}", value.chars().count()))
            }
            Act::Home => (&found[2] != "<user>").then(|| format!("{}<user>", &found[1])),
            Act::Pseudonym(_) => None,
        }
    }
}

/// What follows a name such as `token` in sentences and settings and is no secret.
fn is_harmless(value: &str) -> bool {
    ["true", "false", "null", "none", "missing", "present", "absent", "file", "env", "keyring"]
        .contains(&value.to_ascii_lowercase().as_str())
        || value.starts_with("removed")
}

/// Upper and lower case, digits, and about as many different characters as chance would give. A path is many words, and only
/// a long one among them can be a key.
fn looks_random(text: &str) -> bool {
    if text.starts_with('/') || text.matches('/').count() > 2 {
        return text.split('/').any(|part| part.len() >= 40 && looks_random(part));
    }
    let has = |of: fn(&u8) -> bool| text.as_bytes().iter().any(of);
    if !(has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)) {
        return false;
    }
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "lengths of words")]
    let length = text.len() as f64;
    let entropy: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum();
    entropy >= 4.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_a_valid_one() {
        assert!(whole());
    }

    #[test]
    fn paths_are_not_taken_for_secrets_and_keys_are() {
        assert!(!looks_random("/usr/share/linekeeper/locales/persian/desktop/words"));
        assert!(!looks_random("/tmp/tmp.aB3xY9Qz7K/Home42/data/buffer/Orders1"));
        assert!(looks_random("/srv/q83vEjRWeJq83vEjRWeJASNFZ4mrze8BI0VniavN/x"));
        assert!(looks_random("q83vEjRWeJq83vEjRWeJASNFZ4mrze8BI0VniavN"));
    }
}
