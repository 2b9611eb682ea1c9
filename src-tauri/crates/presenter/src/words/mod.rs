//! Words in the language of the desktop: Fluent messages of `ui/locales`, compiled in. Decides how a thing is said,
//! never whether or when.

#[cfg(test)]
pub(crate) mod complete;
mod name;
mod quantity;

use std::fmt;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use model::{ErrorCode, Reason, RemedyCode, Transport, check::Finding};

use crate::Language;

/// The window's words and, after them, those of tray and notices.
fn sources(language: Language) -> [&'static str; 2] {
    macro_rules! file {
        ($name:literal) => {
            include_str!(concat!("../../../../../ui/locales/", $name))
        };
    }
    match language {
        Language::English => [file!("en.ftl"), file!("en.desktop.ftl")],
        Language::Russian => [file!("ru.ftl"), file!("ru.desktop.ftl")],
        Language::Persian => [file!("fa.ftl"), file!("fa.desktop.ftl")],
    }
}

/// Named values for a message: `args! { "name" => name, "count" => 3 }`.
macro_rules! args {
    ($($name:literal => $value:expr),+ $(,)?) => {
        [$(($name, fluent_bundle::FluentValue::from($value))),+]
    };
}
pub(crate) use args;
pub(crate) use name::shorten;

/// Everything the desktop says, in one language.
pub struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
    check: agent::CheckWords,
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Words {
    /// The words of a language.
    pub fn new(language: Language) -> Self {
        let bundle = agent::word_bundle(language, &sources(language));
        Self { language, bundle, check: agent::CheckWords::new(language) }
    }

    /// The language they are in.
    pub fn language(&self) -> Language {
        self.language
    }

    /// A message without values. The key itself if there is none: the tests see to it that there is.
    pub fn say(&self, key: &str) -> String {
        self.format(key, None)
    }

    /// The plain sentence for an error.
    pub fn error(&self, code: ErrorCode) -> String {
        self.say(&format!("error-{}", code.as_str().replace('_', "-")))
    }

    /// What to do about a problem of the agent, where something general can be said.
    pub(crate) fn todo(&self, code: ErrorCode) -> Option<String> {
        let message = self.bundle.get_message(&format!("error-{}", code.as_str().replace('_', "-")))?;
        let pattern = message.get_attribute("todo")?.value();
        Some(self.bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned())
    }

    /// What a check found, and what to do about it.
    pub(crate) fn found(&self, finding: &Finding) -> String {
        let (sentence, remedy) = self.check.finding(finding);
        format!("{sentence} {remedy}").trim_end().to_owned()
    }

    /// What a person can do.
    pub(crate) fn remedy(&self, code: RemedyCode) -> String {
        self.say(&format!("remedy-{}", code.as_str().replace('_', "-")))
    }

    /// A reason as part of a sentence.
    pub(crate) fn reason(&self, reason: Reason) -> String {
        self.say(&format!("reason-{}", reason_word(reason)))
    }

    /// A reason as a sentence, with what to do about it. Nobody has to be told that they paused something.
    pub(crate) fn why(&self, reason: Reason) -> Option<String> {
        (reason != Reason::Paused).then(|| self.say(&format!("why-{}", reason_word(reason))))
    }

    /// A transport's name.
    pub(crate) fn transport(&self, transport: Transport) -> String {
        self.say(match transport {
            Transport::Websocket => "transport-websocket",
            Transport::Sse => "transport-sse",
            Transport::LongPoll => "transport-long-poll",
            Transport::Poll => "transport-poll",
        })
    }

    /// A message with values.
    pub(crate) fn tell<'a>(
        &self,
        key: &str,
        values: impl IntoIterator<Item = (&'a str, FluentValue<'a>)>,
    ) -> String {
        let values: FluentArgs<'a> = values.into_iter().collect();
        self.format(key, Some(&values))
    }

    /// Several parts in one, separated as the language does it.
    pub(crate) fn list(&self, parts: impl IntoIterator<Item = String>) -> String {
        let pair = |first, second| self.tell("tray-pair", args! { "first" => first, "second" => second });
        parts.into_iter().reduce(pair).unwrap_or_default()
    }

    fn format(&self, key: &str, values: Option<&FluentArgs<'_>>) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, language = self.language.tag(), "no words");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, values, &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::error!(key, language = self.language.tag(), ?errors, "words are incomplete");
        }
        text
    }
}

fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::Paused => "paused",
        Reason::AuthRequired => "auth-required",
        Reason::Misconfigured => "misconfigured",
        Reason::MaxAttempts => "max-attempts",
        Reason::ServerStop => "server-stop",
        Reason::Flapping => "flapping",
        Reason::CaptivePortal => "captive-portal",
        Reason::Offline => "offline",
    }
}
