//! The words of a check in English, Russian and Persian: Fluent messages of `ui/locales`, compiled in. Decides how a finding
//! is said, never whether.

#[cfg(test)]
mod complete;
pub(crate) mod messages;
pub(crate) mod quantity;
#[cfg(test)]
mod sparse;
mod value;

use fluent_bundle::FluentArgs;
pub use messages::bundle as word_bundle;
use model::{
    Language,
    check::{Confidence, Finding, FindingOwner, Step, StepId, StepStatus, TransportResult, VerdictClass},
};

use self::messages::Messages;

/// Longest sentence, in characters.
const LONGEST: usize = 160;
/// First strong isolate and its end, UAX #9.
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

/// The window's words, of which units are used here, and those of a check.
fn sources(language: Language) -> [&'static str; 2] {
    macro_rules! file {
        ($name:literal) => {
            include_str!(concat!("../../../../ui/locales/", $name))
        };
    }
    match language {
        Language::English => [file!("en.ftl"), file!("en.findings.ftl")],
        Language::Russian => [file!("ru.ftl"), file!("ru.findings.ftl")],
        Language::Persian => [file!("fa.ftl"), file!("fa.findings.ftl")],
    }
}

/// Everything a check says, in one language.
#[derive(Debug)]
pub struct Words {
    language: Language,
    messages: Messages,
}

impl Words {
    /// The words of a language.
    pub fn new(language: Language) -> Self {
        Self { language, messages: Messages::new(language, &sources(language)) }
    }

    /// The language they are in.
    pub fn language(&self) -> Language {
        self.language
    }

    /// What is wrong, at most 160 characters, and what to do about it.
    pub fn finding(&self, finding: &Finding) -> (String, String) {
        let key = format!("finding-{}", finding.code.as_str().to_ascii_lowercase());
        let values = self.values(finding);
        let remedy = self.messages.attribute(&key, "remedy", &values);
        (shortened(self.messages.format(&key, Some(&values)), !self.language.is_right_to_left()), remedy)
    }

    /// What those who run network or server can do about it, said to them; what anybody can do where that is all there is.
    pub fn finding_for_it(&self, finding: &Finding) -> String {
        let key = format!("finding-{}", finding.code.as_str().to_ascii_lowercase());
        let attribute = if self.messages.has_attribute(&key, "it") { "it" } else { "remedy" };
        self.messages.attribute(&key, attribute, &self.values(finding))
    }

    fn values<'a>(&self, finding: &'a Finding) -> FluentArgs<'a> {
        finding.args.iter().map(|(name, value)| (name.as_str(), self.value(name, value))).collect()
    }

    /// Who can mend it.
    pub fn owner(&self, owner: FindingOwner) -> String {
        self.say(match owner {
            FindingOwner::User => "finding-owner-user",
            FindingOwner::It => "finding-owner-it",
            FindingOwner::ProxyAdmin => "finding-owner-proxy-admin",
            FindingOwner::Server => "finding-owner-server",
            FindingOwner::Account => "finding-owner-account",
            FindingOwner::Vendor => "finding-owner-vendor",
            FindingOwner::Config => "finding-owner-config",
            FindingOwner::None => "finding-owner-none",
        })
    }

    /// How sure that is, as a word inside a sentence.
    pub fn confidence(&self, confidence: Confidence) -> String {
        self.say(match confidence {
            Confidence::Certain => "finding-confidence-certain",
            Confidence::Likely => "finding-confidence-likely",
            Confidence::Possible => "finding-confidence-possible",
        })
    }

    /// A verdict's class, as a heading.
    pub fn class(&self, class: VerdictClass) -> String {
        self.say(match class {
            VerdictClass::Ok => "verdict-class-ok",
            VerdictClass::Degraded => "verdict-class-degraded",
            VerdictClass::ThisComputer => "verdict-class-this-computer",
            VerdictClass::LocalNetwork => "verdict-class-local-network",
            VerdictClass::Proxy => "verdict-class-proxy",
            VerdictClass::Dns => "verdict-class-dns",
            VerdictClass::Tls => "verdict-class-tls",
            VerdictClass::Server => "verdict-class-server",
            VerdictClass::Credentials => "verdict-class-credentials",
            VerdictClass::Configuration => "verdict-class-configuration",
            VerdictClass::Incomplete => "verdict-class-incomplete",
        })
    }

    /// A step's name.
    pub fn step(&self, step: StepId) -> String {
        self.say(&format!("step-{}", step.as_str().to_ascii_lowercase()))
    }

    /// What is done while a step runs: "checking the certificate".
    pub fn doing(&self, step: StepId) -> String {
        self.messages.attribute(
            &format!("step-{}", step.as_str().to_ascii_lowercase()),
            "doing",
            &FluentArgs::new(),
        )
    }

    /// How a step ended.
    pub fn status(&self, status: StepStatus) -> String {
        self.say(match status {
            StepStatus::Pass => "step-status-pass",
            StepStatus::Warn => "step-status-warn",
            StepStatus::Fail => "step-status-fail",
            StepStatus::Skip => "step-status-skip",
            StepStatus::Na => "step-status-na",
            StepStatus::Cancelled => "step-status-cancelled",
            StepStatus::Error => "step-status-error",
        })
    }

    /// Why a step was not done, as part of a sentence; in the English of the report where that is all it has.
    pub fn reason(&self, step: &Step) -> Option<String> {
        let code = step.reason_code.map(|code| {
            let key = format!("step-reason-{}", code.as_str().replace('_', "-"));
            self.say(&key)
        });
        code.or_else(|| step.reason.clone())
    }

    /// What became of a transport.
    pub fn transport_result(&self, result: TransportResult) -> String {
        self.say(match result {
            TransportResult::Pass => "transport-result-pass",
            TransportResult::Warn => "transport-result-warn",
            TransportResult::Fail => "transport-result-fail",
            TransportResult::Skip => "transport-result-skip",
            TransportResult::NotConfigured => "transport-result-not-configured",
            TransportResult::Cancelled => "transport-result-cancelled",
            TransportResult::Error => "transport-result-error",
        })
    }

    fn say(&self, key: &str) -> String {
        self.messages.format(key, None)
    }
}

/// At most 160 characters; what an isolate held is not left open. From right to left, where every value stands in one,
/// these marks do not count.
fn shortened(text: String, count_marks: bool) -> String {
    let counts = |c: char| count_marks || (c != ISOLATE.0 && c != ISOLATE.1);
    if text.chars().filter(|c| counts(*c)).count() <= LONGEST {
        return text;
    }
    let (mut short, mut count, mut open) = (String::new(), 0, 0_usize);
    for c in text.chars() {
        let closers = if count_marks { open } else { 0 };
        // Room for this one, an isolate's end, the marks still to come and the ellipsis.
        if counts(c) && count + 2 + closers >= LONGEST {
            break;
        }
        match c {
            c if c == ISOLATE.0 => open += 1,
            c if c == ISOLATE.1 => open = open.saturating_sub(1),
            _ => {}
        }
        count += usize::from(counts(c));
        short.push(c);
    }
    short.push('…');
    short.extend(std::iter::repeat_n(ISOLATE.1, open));
    short
}
