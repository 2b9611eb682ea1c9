//! Words of a report that are neither a finding nor a step, in one language: `ui/locales/*.report.ftl`, compiled in.

use fluent_bundle::{FluentArgs, FluentValue};
use model::Language;

use crate::words::messages::Messages;

const MINUTE_MS: f64 = 60e3;
const HOUR_MS: f64 = 60.0 * MINUTE_MS;
const DAY_MS: f64 = 24.0 * HOUR_MS;

/// Named values for a message.
macro_rules! args {
    ($($name:literal => $value:expr),+ $(,)?) => {
        [$(($name, fluent_bundle::FluentValue::from($value))),+]
    };
}
pub(super) use args;

/// The words of one language.
#[derive(Debug)]
pub(super) struct Labels {
    messages: Messages,
}

fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../../../../ui/locales/en.report.ftl"),
        Language::Russian => include_str!("../../../../../ui/locales/ru.report.ftl"),
        Language::Persian => include_str!("../../../../../ui/locales/fa.report.ftl"),
    }
}

impl Labels {
    /// The words of a language.
    pub(super) fn new(language: Language) -> Self {
        Self { messages: Messages::new(language, &[source(language)]) }
    }

    /// Whether there is a message of this name.
    pub(super) fn has(&self, key: &str) -> bool {
        self.messages.has(key)
    }

    /// A message without values.
    pub(super) fn say(&self, key: &str) -> String {
        self.messages.format(key, None)
    }

    /// A message with values.
    pub(super) fn tell<'a>(
        &self,
        key: &str,
        values: impl IntoIterator<Item = (&'a str, FluentValue<'a>)>,
    ) -> String {
        let values: FluentArgs<'a> = values.into_iter().collect();
        self.messages.format(key, Some(&values))
    }

    /// A word of the report's own list, such as `no_data`; itself where it is none of them: a system's own text.
    pub(super) fn word(&self, list: &str, word: &str) -> String {
        let key = format!("{list}-{}", word.replace('_', "-"));
        if self.has(&key) { self.say(&key) } else { word.to_owned() }
    }

    /// Where a proxy is set: `environment: HTTPS_PROXY`.
    pub(super) fn source(&self, source: &str) -> String {
        match source.split_once(": ") {
            Some((place, setting)) => {
                self.tell("report-colon", args! { "name" => self.word("source", place), "value" => setting })
            }
            None => self.word("source", source),
        }
    }

    /// Several parts in one, separated as the language does it.
    pub(super) fn list(&self, parts: impl IntoIterator<Item = String>) -> String {
        let pair = |first, second| self.tell("report-pair", args! { "first" => first, "second" => second });
        parts.into_iter().reduce(pair).unwrap_or_default()
    }

    /// A time in milliseconds with sensible digits: `0.4 ms`, `38 ms`, `1.2 s`, `4 min`, `3 h`, `2 days`.
    pub(super) fn time(&self, ms: f64) -> String {
        let tenths = |value: f64| (value * 10.0).round() / 10.0;
        let (key, n) = match ms {
            ms if ms < 9.95 => ("time-ms", tenths(ms).max(0.1)),
            ms if ms < 999.5 => ("time-ms", ms.round()),
            ms if ms < 9_950.0 => ("time-s", tenths(ms / 1e3)),
            ms if ms < 59_500.0 => ("time-s", (ms / 1e3).round()),
            ms if ms < 59.5 * MINUTE_MS => ("time-min", (ms / MINUTE_MS).round()),
            ms if ms < 47.5 * HOUR_MS => ("time-h", (ms / HOUR_MS).round()),
            ms => ("time-d", (ms / DAY_MS).round()),
        };
        self.tell(key, args! { "n" => n })
    }

    /// A time with its sign.
    pub(super) fn signed_time(&self, ms: i64) -> String {
        let sign = if ms < 0 { "−" } else { "+" };
        format!("{sign}{}", self.time(ms.unsigned_abs() as f64))
    }

    /// Room on a disk.
    pub(super) fn size(&self, bytes: u64) -> String {
        let mb = bytes as f64 / 1e6;
        if mb < 1000.0 {
            self.tell("size-mb", args! { "n" => mb.round() })
        } else {
            self.tell("size-gb", args! { "n" => (mb / 100.0).round() / 10.0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fluent_bundle::FluentResource;

    use super::*;

    /// Keys of a file, each with the values it names.
    fn keys(language: Language) -> BTreeMap<String, Vec<String>> {
        let mut keys = BTreeMap::new();
        let mut current = String::new();
        for line in source(language).lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with([' ', '}'])) {
                current = key.to_owned();
                keys.insert(current.clone(), Vec::new());
            }
            let Some(named) = keys.get_mut(&current) else { continue };
            for after in line.split('$').skip(1) {
                let name: String = after.chars().take_while(char::is_ascii_alphanumeric).collect();
                if !named.contains(&name) {
                    named.push(name);
                }
            }
            named.sort();
        }
        keys
    }

    #[test]
    fn every_language_has_the_same_messages_with_the_same_values() {
        let english = keys(Language::English);
        assert!(english.len() > 100);
        for language in [Language::Russian, Language::Persian] {
            assert_eq!(keys(language), english, "{language:?}");
        }
    }

    #[test]
    fn every_file_is_sound() {
        for language in Language::ALL {
            assert!(FluentResource::try_new(source(language).to_owned()).is_ok(), "{language:?}");
        }
    }

    #[test]
    fn times_have_sensible_digits_in_every_language() {
        let said = |ms| {
            Language::ALL.map(|language| Labels::new(language).time(ms).replace(['\u{2068}', '\u{2069}'], ""))
        };
        assert_eq!(said(0.0), ["0.1 ms", "0,1 мс", "۰٫۱ میلی‌ثانیه"]);
        assert_eq!(said(38.4), ["38 ms", "38 мс", "۳۸ میلی‌ثانیه"]);
        assert_eq!(said(1_240.0), ["1.2 s", "1,2 с", "۱٫۲ ثانیه"]);
        assert_eq!(said(250_000.0), ["4 min", "4 мин", "۴ دقیقه"]);
        assert_eq!(said(2.0 * DAY_MS), ["2 days", "2 дн.", "۲ روز"]);
    }
}
