//! Findings about backup hosts: TC-11, TC-12. The endpoint's own host decides what works; a backup that is dead is no failure
//! by itself, and one that lives shows that the network lets connections through.

use model::check::{FindingCode as Code, FindingOwner, StepId};

use super::{
    configuration::name,
    draft::{Draft, target},
    scene::{Proof, connected, proof},
};
use crate::{
    facts::{BackupEnd, BackupFacts, EndpointFacts, Facts, LiveFacts},
    words::quantity::time,
};

/// TC-11: hosts that would not help when they are needed. Where nothing at all was reached they say nothing of their own.
pub(super) fn find(facts: &Facts, endpoint: &EndpointFacts) -> Vec<Draft> {
    let works = connected(endpoint) || reached(endpoint).is_some();
    if !works && !matches!(proof(facts, endpoint), Proof::Other(_)) {
        return Vec::new();
    }
    endpoint.backups.iter().filter_map(|backup| dead(endpoint, backup)).collect()
}

fn dead(endpoint: &EndpointFacts, backup: &BackupFacts) -> Option<Draft> {
    let (why, owner, raw) = match &backup.end {
        BackupEnd::Reached => return None,
        BackupEnd::Unnamed(raw) => ("name", FindingOwner::It, raw),
        BackupEnd::Refused(raw) => ("refused", FindingOwner::Server, raw),
        BackupEnd::Silent(raw) => ("silent", FindingOwner::It, raw),
        BackupEnd::Proxy(raw) => ("proxy", FindingOwner::ProxyAdmin, raw),
        BackupEnd::Insecure(raw) => ("security", FindingOwner::Server, raw),
    };
    let at = target(&backup.host, backup.port);
    let draft = Draft::new(Code::Tc11, StepId::D4).warn().owner(owner);
    Some(
        draft
            .arg("host", &backup.host)
            .arg("target", &at)
            .arg("name", name(endpoint))
            .arg("why", why)
            .seen(if raw.contains(&at) { raw.clone() } else { format!("{at}: {raw}") })
            .seen(format!("tried for {}", time(backup.ms))),
    )
}

/// TC-12 where the endpoint's own host fails: a backup that can be reached.
pub(super) fn can_help(index: usize, endpoint: &EndpointFacts) -> Option<Draft> {
    let backup = reached(endpoint)?;
    let at = target(&backup.host, backup.port);
    let seen = format!("{at}: reached in {}", time(backup.ms));
    Some(helps(index, endpoint, &at, "no").seen(seen))
}

/// TC-12 where the live connection uses a backup.
pub(super) fn in_use(index: usize, endpoint: &EndpointFacts, live: &LiveFacts) -> Option<Draft> {
    let at = live.backup.as_ref().filter(|at| !at.is_empty())?;
    Some(helps(index, endpoint, at, "yes"))
}

fn helps(index: usize, endpoint: &EndpointFacts, at: &str, live: &str) -> Draft {
    let draft = Draft::new(Code::Tc12, StepId::D4).info().at(index, endpoint);
    draft.arg("name", name(endpoint)).arg("target", at).arg("live", live)
}

fn reached(endpoint: &EndpointFacts) -> Option<&BackupFacts> {
    endpoint.backups.iter().find(|backup| backup.end == BackupEnd::Reached)
}
