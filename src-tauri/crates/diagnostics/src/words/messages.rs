//! Messages of one language, from Fluent files that are compiled in. Numbers have the language's own digits; what is said
//! with them is the business of others.

use std::fmt;

use fluent_bundle::{
    FluentArgs, FluentError, FluentResource, FluentValue, concurrent::FluentBundle, memoizer::MemoizerKind,
};
use model::Language;
use unic_langid::LanguageIdentifier;

/// The messages of some files in one language.
pub(crate) struct Messages {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").field("language", &self.language).finish_non_exhaustive()
    }
}

impl Messages {
    /// The messages of these files.
    pub(crate) fn new(language: Language, sources: &[&'static str]) -> Self {
        Self { language, bundle: bundle(language, sources) }
    }

    /// Whether there is a message of this name.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    /// Whether something stands beside a message under a name of its own.
    pub(crate) fn has_attribute(&self, key: &str, attribute: &str) -> bool {
        self.bundle.get_message(key).is_some_and(|message| message.get_attribute(attribute).is_some())
    }

    /// A message; the key itself if there are no words: the tests see to it that there are.
    pub(crate) fn format(&self, key: &str, values: Option<&FluentArgs<'_>>) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, language = self.language.tag(), "no words");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, values, &mut errors).into_owned();
        self.complain(key, &errors);
        text
    }

    /// What stands beside a message under a name of its own.
    pub(crate) fn attribute(&self, key: &str, attribute: &str, values: &FluentArgs<'_>) -> String {
        let message = self.bundle.get_message(key);
        let Some(pattern) = message.and_then(|message| message.get_attribute(attribute)) else {
            tracing::error!(key, attribute, language = self.language.tag(), "no words");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern.value(), Some(values), &mut errors).into_owned();
        self.complain(key, &errors);
        text
    }

    fn complain(&self, key: &str, errors: &[FluentError]) {
        if !errors.is_empty() {
            tracing::error!(key, language = self.language.tag(), ?errors, "words are incomplete");
        }
    }
}

/// A bundle of these files that says numbers as the language does. What is wrong with a file is logged; the tests see to it
/// that nothing is.
pub fn bundle(language: Language, sources: &[&'static str]) -> FluentBundle<FluentResource> {
    let identifier: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // From left to right the marks would only disturb who reads or compares the text; names that run the other way are
    // isolated by whoever puts them in. From right to left, Latin names and units are the rule.
    bundle.set_use_isolating(language.is_right_to_left());
    bundle.set_formatter(match language {
        Language::English => None,
        Language::Russian => Some(with_decimal_comma),
        Language::Persian => Some(with_persian_digits),
    });
    for source in sources {
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(readable, errors)| {
            tracing::error!(language = language.tag(), ?errors, "a file of words has errors");
            readable
        });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(language = language.tag(), ?errors, "words stand twice");
        }
    }
    bundle
}

fn with_decimal_comma<M: MemoizerKind>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    number(value).map(|text| text.replace('.', ","))
}

fn with_persian_digits<M: MemoizerKind>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    let persian = |digit: char| match digit {
        '0'..='9' => char::from_u32('۰' as u32 + digit as u32 - '0' as u32).unwrap_or(digit),
        '.' => '٫',
        other => other,
    };
    number(value).map(|text| text.chars().map(persian).collect())
}

fn number(value: &FluentValue<'_>) -> Option<String> {
    if let FluentValue::Number(number) = value { Some(number.as_string().into_owned()) } else { None }
}
