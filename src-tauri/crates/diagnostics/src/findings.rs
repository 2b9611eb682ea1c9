//! Findings: what the facts mean. Pure: facts in, findings out. Each room is one noun and knows its part of the catalogue;
//! none of them decides what matters most: see `verdict`.

mod backups;
#[cfg(test)]
pub(crate) mod catalogue;
pub(crate) mod clock;
mod close_codes;
pub(crate) mod computer;
mod configuration;
mod draft;
mod http;
mod meta;
mod names;
mod proxy;
pub(crate) mod quality;
mod reach;
mod realtime;
#[cfg(test)]
pub(crate) mod samples;
mod scene;
mod shared;
pub(crate) mod tls;
mod vendors;

use model::{
    Language,
    check::{Finding, Severity},
};

pub(crate) use quality::Figures;
pub(crate) use scene::is_local_name;

use self::draft::Draft;
use crate::{Words, facts::Facts};

/// Everything the facts mean, in English, in no particular order.
pub(crate) fn find(facts: &Facts) -> Vec<Finding> {
    find_in(facts, &Words::new(Language::English))
}

/// The same, in words that are there already.
pub(crate) fn find_in(facts: &Facts, words: &Words) -> Vec<Finding> {
    let mut drafts: Vec<Draft> = Vec::new();
    for (index, endpoint) in facts.endpoints.iter().enumerate() {
        let found: Vec<Draft> = match configuration::find(endpoint) {
            Some(unusable) => vec![unusable],
            None => names::find(endpoint)
                .into_iter()
                .chain(proxy::find(facts, endpoint))
                .chain(reach::find(facts, endpoint))
                .chain(backups::find(facts, endpoint))
                .chain(tls::find(facts, endpoint))
                .chain(http::find(facts, endpoint))
                .chain(realtime::find(facts, endpoint))
                .chain(quality::find(endpoint))
                .collect(),
        };
        drafts.extend(found.into_iter().map(|draft| draft.at(index, endpoint)));
    }
    let any_failed = drafts.iter().any(|draft| draft.finding.severity == Severity::Fail);
    drafts.extend(proxy::about_computer(facts, any_failed));
    drafts.extend(computer::find(facts));
    drafts.extend(clock::find(facts));
    meta::reconcile(facts, &mut drafts);
    shared::merge(drafts).into_iter().map(|draft| told(draft, words)).collect()
}

/// With its words. Evidence is never missing.
fn told(draft: Draft, words: &Words) -> Finding {
    let draft = if draft.finding.evidence.is_empty() { draft.seen("seen as described") } else { draft };
    let mut finding = draft.finding;
    (finding.text, finding.remedy) = words.finding(&finding);
    finding
}
