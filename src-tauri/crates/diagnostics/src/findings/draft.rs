//! A finding on its way: built by one finder, with the code's own owner and confidence unless the evidence says otherwise.
//! Sees to it that no value is long or wild, that nothing is claimed beyond the code's own confidence, and that evidence
//! is there.

use std::collections::BTreeMap;

use dial::one_line;
use model::check::{Confidence, Finding, FindingCode, FindingOwner, Severity, StepId};

use crate::facts::EndpointFacts;

/// Longest value in a sentence, in characters. Three of them and the words around fit into 160.
const LONGEST_VALUE: usize = 64;
/// Longest line of evidence, in characters.
const LONGEST_EVIDENCE: usize = 300;
/// Lines of evidence kept.
const MOST_EVIDENCE: usize = 12;

/// A finding on its way.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) finding: Finding,
    /// Which of the endpoints, by index; `None` for this computer and its network.
    pub(crate) subject: Option<usize>,
}

impl Draft {
    /// As the catalogue has it: it does not work.
    pub(crate) fn new(code: FindingCode, step: StepId) -> Self {
        let finding = Finding {
            code,
            severity: Severity::Fail,
            endpoint: None,
            text: String::new(),
            remedy: String::new(),
            owner: code.owner(),
            confidence: code.confidence(),
            args: BTreeMap::new(),
            evidence: Vec::new(),
            step: Some(step),
            suppressed_by: None,
        };
        Self { finding, subject: None }
    }

    /// It works, but not as it should.
    pub(crate) fn warn(mut self) -> Self {
        self.finding.severity = Severity::Warn;
        self
    }

    /// Good to know.
    pub(crate) fn info(mut self) -> Self {
        self.finding.severity = Severity::Info;
        self
    }

    /// About one endpoint.
    pub(crate) fn at(mut self, index: usize, endpoint: &EndpointFacts) -> Self {
        self.subject = Some(index);
        self.finding.endpoint.clone_from(&endpoint.id);
        self
    }

    /// Somebody else can mend it.
    pub(crate) fn owner(mut self, owner: FindingOwner) -> Self {
        self.finding.owner = owner;
        self
    }

    /// Claims at most this; never more than the code allows.
    pub(crate) fn sure(mut self, confidence: Confidence) -> Self {
        self.finding.confidence = self.finding.confidence.min(confidence);
        self
    }

    /// A value of the sentence.
    pub(crate) fn arg(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let value = one_line(value.as_ref(), LONGEST_VALUE);
        // Every message has a sentence without what is `none`; an empty value would leave a hole in it.
        let value = if value.is_empty() { "none".to_owned() } else { value };
        self.finding.args.insert(name.to_owned(), value);
        self
    }

    /// What was seen.
    pub(crate) fn seen(mut self, evidence: impl AsRef<str>) -> Self {
        let line = one_line(evidence.as_ref(), LONGEST_EVIDENCE);
        let lines = &mut self.finding.evidence;
        if !line.is_empty() && lines.len() < MOST_EVIDENCE && !lines.contains(&line) {
            lines.push(line);
        }
        self
    }

    /// Several things that were seen.
    pub(crate) fn seen_all(self, evidence: impl IntoIterator<Item = String>) -> Self {
        evidence.into_iter().fold(self, Self::seen)
    }
}

/// `host:port`, the host whole where that fits, and brackets around IPv6.
pub(crate) fn target(host: &str, port: u16) -> String {
    let host = one_line(host, LONGEST_VALUE - 8);
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// The first few, and how many more there are.
pub(crate) fn few(items: impl IntoIterator<Item = String>, most: usize) -> String {
    let items: Vec<_> = items.into_iter().collect();
    let shown = items.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    let left = items.len().saturating_sub(most);
    if left > 0 { format!("{shown} (+{left})") } else { shown }
}
