//! One cause, one finding: the same thing seen from several endpoints of one host, or from several hosts that share nothing
//! but the network, is said once.

use model::check::FindingCode as Code;

use super::draft::{Draft, few};

/// Codes whose cause is the network or something in it, whichever host it is seen from.
const OF_THE_NETWORK: [Code; 27] = [
    Code::Pc04,
    Code::Pc10,
    Code::Pc13,
    Code::Dn02,
    Code::Dn03,
    Code::Dn04,
    Code::Dn06,
    Code::Tc02,
    Code::Tc03,
    Code::Tc04,
    Code::Tc05,
    Code::Tc06,
    Code::Tc10,
    Code::Px01,
    Code::Px02,
    Code::Px03,
    Code::Px05,
    Code::Px06,
    Code::Px07,
    Code::Tl05,
    Code::Tl06,
    Code::Tl10,
    Code::Ht03,
    Code::Ws02,
    Code::Ws06,
    Code::Ws08,
    Code::Qu02,
];
/// Values that name the endpoint: listed where several are meant.
const LISTED: [&str; 5] = ["host", "target", "name", "address", "port"];
/// Values that differ from endpoint to endpoint without being another cause: the first one is said.
const MEASURED: [&str; 9] = ["time", "usual", "lost", "count", "total", "title", "wait", "list", "dead"];
/// Names of a list that are said.
const SAID: usize = 2;

/// Says every cause once.
pub(super) fn merge(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut groups: Vec<Vec<Draft>> = Vec::new();
    for draft in drafts {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| same_cause(first, &draft))) {
            Some(group) => group.push(draft),
            None => groups.push(vec![draft]),
        }
    }
    groups.into_iter().filter_map(join).collect()
}

fn same_cause(one: &Draft, other: &Draft) -> bool {
    let (a, b) = (&one.finding, &other.finding);
    if a.code != b.code
        || a.severity != b.severity
        || a.owner != b.owner
        || one.subject.is_none()
        || other.subject.is_none()
    {
        return false;
    }
    let host = a.args.get("host");
    let wide = OF_THE_NETWORK.contains(&a.code)
        || (a.code == Code::Tc01 && a.args.get("proof").is_some_and(|it| it == "no"));
    let same_host = host.is_some() && host == b.args.get("host");
    let differs = |name: &str| a.args.get(name) != b.args.get(name);
    let apart = |name: &&String| {
        !LISTED.contains(&name.as_str()) && !MEASURED.contains(&name.as_str()) && differs(name)
    };
    (wide || same_host) && !a.args.keys().any(|name| apart(&name))
}

fn join(group: Vec<Draft>) -> Option<Draft> {
    let values = |name: &str| {
        let mut values: Vec<String> = Vec::new();
        for draft in &group {
            if let Some(value) = draft.finding.args.get(name)
                && !values.contains(value)
            {
                values.push(value.clone());
            }
        }
        values
    };
    let listed: Vec<_> =
        LISTED.iter().map(|name| (*name, values(name))).filter(|(_, all)| all.len() > 1).collect();
    let sure = group.iter().map(|draft| draft.finding.confidence).min()?;
    let evidence: Vec<_> = group.iter().flat_map(|draft| draft.finding.evidence.clone()).collect();
    let several = group.len() > 1;
    let mut merged = group.into_iter().next()?.sure(sure).seen_all(evidence);
    for (name, all) in listed {
        merged = merged.arg(name, few(all, SAID));
    }
    if several {
        merged.subject = None;
        merged.finding.endpoint = None;
    }
    Some(merged)
}
