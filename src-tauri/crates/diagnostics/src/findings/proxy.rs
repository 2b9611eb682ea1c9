//! Findings about proxies: PX-01 to PX-08, CF-01 for a setting that is no proxy's URL.

use model::check::{Confidence, FindingCode as Code, StepId};

use super::{
    configuration::name,
    draft::{Draft, few, target},
    reach::seen,
    scene::connected,
};
use crate::facts::{
    AddressEnd, AnswerEnd, EndpointFacts, Facts, LookupEnd, ProxyEnd, ProxyPathFacts, ProxySetting,
};

/// What one endpoint met on its way through a proxy, or would have needed one for.
pub(super) fn find(facts: &Facts, endpoint: &EndpointFacts) -> Option<Draft> {
    match &endpoint.proxy {
        Some(proxy) => through(facts, endpoint, proxy),
        None => unused(facts, endpoint),
    }
}

/// PX-01 to PX-05.
fn through(facts: &Facts, endpoint: &EndpointFacts, proxy: &ProxyPathFacts) -> Option<Draft> {
    let draft = |code| {
        let at = target(&endpoint.host, endpoint.port);
        Draft::new(code, StepId::D2)
            .arg("proxy", &proxy.server)
            .arg("source", source(&proxy.source))
            .arg("setting", proxy.setting.as_deref().unwrap_or("none"))
            .arg("host", &endpoint.host)
            .arg("target", at)
            .seen(format!(
                "proxy {} set by {} {}",
                proxy.server,
                proxy.source,
                proxy.setting.as_deref().unwrap_or("")
            ))
    };
    let dead = || {
        let way = endpoint.addresses.iter().map(|one| seen(one, port_of(&proxy.server)));
        draft(Code::Px02).arg("how", "silent").seen_all(way)
    };
    // A setting that is no proxy's address has none.
    if let (true, ProxyEnd::Failed(raw)) = (proxy.server.is_empty(), &proxy.end) {
        let draft =
            Draft::new(Code::Cf01, StepId::D2).arg("what", "proxy").arg("name", source(&proxy.source));
        return Some(draft.seen(raw));
    }
    Some(match &proxy.end {
        ProxyEnd::Open => return None,
        ProxyEnd::LoginWanted(schemes) => {
            let schemes = few(schemes.iter().cloned(), 3);
            let shown = if schemes.is_empty() { "none".into() } else { schemes };
            draft(Code::Px01)
                .seen(format!("407 from {}; schemes: {shown}", proxy.server))
                .arg("schemes", shown)
        }
        ProxyEnd::Unreachable(raw) => dead().seen(raw),
        ProxyEnd::Failed(raw) => dead().arg("how", "broken").sure(Confidence::Likely).seen(raw),
        ProxyEnd::Unresolved(raw) => draft(Code::Px05).seen(raw),
        // It listens, so it is there. Most proxies stay silent while they wait for a destination that does.
        ProxyEnd::TimedOut => {
            let seen = "the proxy accepted the connection and did not answer the request in time";
            let draft = draft(Code::Px04).arg("status", "none").seen(seen);
            let leads = |other: &EndpointFacts| {
                let same = other.proxy.as_ref().filter(|theirs| theirs.server == proxy.server);
                same.is_some_and(|theirs| theirs.end == ProxyEnd::Open)
            };
            let works = facts.endpoints.iter().any(leads);
            draft.sure(if works { Confidence::Likely } else { Confidence::Possible })
        }
        ProxyEnd::CannotReach(raw) => {
            draft(Code::Px04).arg("status", "SOCKS").sure(Confidence::Likely).seen(raw)
        }
        ProxyEnd::NotAllowed(raw) => draft(Code::Px03).seen(raw),
        // Web servers that are no proxies say so to CONNECT.
        ProxyEnd::Status(status @ (405 | 501)) => dead()
            .arg("how", "broken")
            .sure(Confidence::Likely)
            .seen(format!("status {status} in answer to CONNECT")),
        // What 500 means differs; 502 to 504 speak of the server behind.
        ProxyEnd::Status(status @ 500..=510) => {
            let draft = draft(Code::Px04)
                .arg("status", status.to_string())
                .seen(format!("status {status} from the proxy"));
            if matches!(status, 502..=504) { draft } else { draft.sure(Confidence::Likely) }
        }
        ProxyEnd::Status(status) => {
            let draft = draft(Code::Px03).seen(format!("status {status} from the proxy"));
            if *status == 403 { draft } else { draft.sure(Confidence::Likely) }
        }
    })
}

/// PX-07 and PX-06: direct access fails in a way a proxy would mend.
fn unused(facts: &Facts, endpoint: &EndpointFacts) -> Option<Draft> {
    if !is_cut_off(endpoint) {
        return None;
    }
    let at = target(&endpoint.host, endpoint.port);
    let usable = |setting: &&ProxySetting| setting.flaw.is_none();
    let mut proxies = facts.computer.proxies.iter().filter(usable);
    if let Some((proxy, url)) = proxies.clone().find_map(|proxy| {
        let url = proxy.url.as_ref().filter(|url| !url.is_empty())?;
        Some((proxy, url))
    }) {
        let draft = Draft::new(Code::Px07, StepId::A4)
            .arg("proxy", url)
            .arg("source", source(&proxy.source))
            .arg("name", name(endpoint))
            .arg("target", at)
            .seen(format!("proxy {url} set by {}, not used for {}", proxy.source, endpoint.host));
        return Some(draft);
    }
    let script = proxies.find_map(|proxy| proxy.pac.as_ref())?;
    // That the script exists is certain; that it would have helped is not.
    Some(
        Draft::new(Code::Px06, StepId::A4)
            .sure(Confidence::Likely)
            .arg("url", at_an_address(script))
            .seen(format!("script {script}, not run")),
    )
}

/// Whether the network swallows what goes directly: silence, no path, or names that only a proxy may look up.
fn is_cut_off(endpoint: &EndpointFacts) -> bool {
    let silent = |end: &AddressEnd| matches!(end, AddressEnd::TimedOut | AddressEnd::Unreachable(_));
    let addresses = &endpoint.addresses;
    if !addresses.is_empty() {
        return !connected(endpoint) && addresses.iter().all(|address| silent(&address.end));
    }
    // A name server that failed or refuses tells its own story.
    let mute = |answer: &AnswerEnd| {
        matches!(answer, AnswerEnd::TimedOut | AnswerEnd::Unreachable(_) | AnswerEnd::NxDomain)
    };
    match &endpoint.names.system {
        Some(LookupEnd::NotFound(_) | LookupEnd::Temporary(_) | LookupEnd::TimedOut) => {
            endpoint.names.servers.iter().all(|server| mute(&server.a))
        }
        _ => false,
    }
}

/// What concerns all endpoints: PX-08, settings that are not usable, and PX-06 where everything works without the script.
pub(super) fn about_computer(facts: &Facts, any_failed: bool) -> Vec<Draft> {
    let mut found = Vec::new();
    if let Some(ghost) = &facts.computer.ghost_answered {
        let host = facts.endpoints.iter().find(|endpoint| !endpoint.encrypted).or(facts.endpoints.first());
        let draft = Draft::new(Code::Px08, StepId::C1)
            .arg("host", host.map_or("none", |endpoint| endpoint.host.as_str()))
            .seen(format!("a host that cannot exist answered: {ghost}"));
        found.push(if any_failed { draft.warn() } else { draft.info() });
    }
    for proxy in &facts.computer.proxies {
        if let Some(flaw) = &proxy.flaw {
            let draft = Draft::new(Code::Cf01, StepId::A4)
                .arg("what", "proxy")
                .arg("name", source(&proxy.source))
                .seen(format!("proxy set by {}: {flaw}", proxy.source));
            let own = proxy.source == "configuration";
            found.push(match (own, any_failed) {
                (true, _) => draft.warn(),
                (false, true) => draft.warn().sure(Confidence::Likely),
                (false, false) => draft.info(),
            });
        }
    }
    let used = facts.endpoints.iter().any(|endpoint| endpoint.proxy.is_some());
    if let Some(script) = facts.computer.proxies.iter().find_map(|proxy| proxy.pac.as_ref())
        && !any_failed
        && !used
    {
        found.push(
            Draft::new(Code::Px06, StepId::A4)
                .info()
                .arg("url", at_an_address(script))
                .seen(format!("script {script}, not run")),
        );
    }
    found
}

/// The script's address, where it has one: what has to be discovered first has none.
fn at_an_address(script: &str) -> &str {
    if script.contains("://") { script } else { "none" }
}

/// The word of a source the messages know.
fn source(source: &str) -> &'static str {
    match source {
        "configuration" => "configuration",
        "environment" => "environment",
        _ => "desktop",
    }
}

fn port_of(server: &str) -> u16 {
    server.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0)
}
