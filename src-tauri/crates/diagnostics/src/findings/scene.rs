//! The scene: questions several finders ask the same facts. Who answered, what that proves, how far an endpoint got.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::facts::{
    AddressEnd, AddressFacts, AnswerEnd, BackupEnd, CertificateFacts, EndpointFacts, Facts, HttpEnd,
    LookupEnd, NeighbourState, PageFacts, PortalEnd, ServerAnswer, TlsEnd, UpgradeEnd,
};

/// What shows that the network lets connections through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Another server answered: its host.
    Other(String),
    /// The server is this computer.
    Here,
    /// No more than the router next door answers. How many others were tried.
    Router(IpAddr, usize),
    /// Nothing. How many others were tried.
    Nothing(usize),
}

/// Whether another server than `endpoint`'s could be reached.
pub(crate) fn proof(facts: &Facts, endpoint: &EndpointFacts) -> Proof {
    let here = is_here(endpoint);
    // A server on this computer says nothing about the network.
    let counts = |host: &str, local: bool| host != endpoint.host && (here || !local);
    let mut tried = 0;
    for control in &facts.controls {
        if counts(&control.host, is_local_name(&control.host)) {
            tried += 1;
            if control.end == Some(AddressEnd::Connected) {
                return Proof::Other(control.host.clone());
            }
        }
    }
    for other in &facts.endpoints {
        if counts(&other.host, is_here(other)) && other.proxy.is_none() && !other.addresses.is_empty() {
            tried += 1;
            if connected(other) {
                return Proof::Other(other.host.clone());
            }
        }
    }
    let own_backups = endpoint
        .backups
        .iter()
        .filter(|backup| !backup.proxied && counts(&backup.host, is_local_name(&backup.host)));
    for backup in own_backups {
        tried += 1;
        if backup.end == BackupEnd::Reached {
            return Proof::Other(backup.host.clone());
        }
    }
    if let Some(portal) = &facts.computer.portal
        && let PortalEnd::Clear { .. } = portal.end
    {
        return Proof::Other(portal.host.clone());
    }
    if here {
        return Proof::Here;
    }
    let router = facts.computer.gateways.iter().find(|gateway| gateway.state == NeighbourState::Reachable);
    router.map_or(Proof::Nothing(tried), |gateway| Proof::Router(gateway.address, tried))
}

/// Whether one of its addresses could be connected to.
pub(crate) fn connected(endpoint: &EndpointFacts) -> bool {
    endpoint.addresses.iter().any(|address| address.end == AddressEnd::Connected)
}

/// Whether the endpoint is on this computer.
pub(crate) fn is_here(endpoint: &EndpointFacts) -> bool {
    let addresses = &endpoint.addresses;
    if addresses.is_empty() {
        is_local_name(&endpoint.host)
    } else {
        addresses.iter().all(|address| address.address.is_loopback())
    }
}

/// `localhost`, what is below it, and loopback addresses.
pub(crate) fn is_local_name(host: &str) -> bool {
    let bare = host.trim_end_matches('.').trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    bare == "localhost"
        || bare.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Addresses that count: without those of a family this computer has no way for, where it has one for the other, and
/// without the one of `localhost` that a server for this computer alone does not listen at.
pub(crate) fn judged<'a>(facts: &'a Facts, endpoint: &'a EndpointFacts) -> Vec<&'a AddressFacts> {
    let absent = |address: &AddressFacts| match address.end {
        AddressEnd::Unreachable(_) => !has_route(facts, address.address.is_ipv6()),
        AddressEnd::Refused => {
            let other = |one: &AddressFacts| one.address.is_ipv6() != address.address.is_ipv6();
            let open = |one: &AddressFacts| one.end == AddressEnd::Connected;
            is_local_name(&endpoint.host) && endpoint.addresses.iter().any(|one| other(one) && open(one))
        }
        AddressEnd::Connected
        | AddressEnd::Reset
        | AddressEnd::TimedOut
        | AddressEnd::Denied(_)
        | AddressEnd::OutOfResources(_)
        | AddressEnd::Failed(_) => false,
    };
    let judged: Vec<_> = endpoint.addresses.iter().filter(|address| !absent(address)).collect();
    if judged.is_empty() { endpoint.addresses.iter().collect() } else { judged }
}

/// Whether this computer has a default route of the family; unknown counts as none for IPv6.
fn has_route(facts: &Facts, v6: bool) -> bool {
    let routes = facts.computer.default_routes.as_deref();
    routes.map_or(!v6, |routes| routes.iter().any(|route| route.v6 == v6))
}

/// Whether anything at all was reached beyond this computer.
pub(crate) fn beyond(facts: &Facts) -> bool {
    let outside = |endpoint: &EndpointFacts| connected(endpoint) && !is_here(endpoint);
    let control = facts
        .controls
        .iter()
        .any(|control| control.end == Some(AddressEnd::Connected) && !is_local_name(&control.host));
    control || facts.endpoints.iter().any(outside)
}

/// Whether every endpoint is on this computer, so that no network is needed.
pub(crate) fn all_here(facts: &Facts) -> bool {
    !facts.endpoints.is_empty() && facts.endpoints.iter().all(is_here)
}

/// Whether the network failed an endpoint: nobody answered for its name, or there was silence or no path at its addresses.
pub(crate) fn network_failed(facts: &Facts) -> bool {
    let answered =
        |server: &ServerAnswer| !matches!(server.a, AnswerEnd::TimedOut | AnswerEnd::Unreachable(_));
    facts.endpoints.iter().filter(|endpoint| !is_here(endpoint)).any(|endpoint| {
        let lost = matches!(
            endpoint.names.system,
            Some(
                LookupEnd::Temporary(_) | LookupEnd::TimedOut | LookupEnd::Failed(_) | LookupEnd::NotFound(_)
            )
        ) && !endpoint.names.servers.iter().any(answered);
        let silent = |address: &AddressFacts| {
            matches!(address.end, AddressEnd::TimedOut | AddressEnd::Unreachable(_) | AddressEnd::Failed(_))
        };
        lost || (!endpoint.addresses.is_empty() && endpoint.addresses.iter().all(silent))
    })
}

/// Whether TLS is open, or not wanted and TCP is.
pub(crate) fn secure(endpoint: &EndpointFacts) -> bool {
    if endpoint.encrypted {
        matches!(&endpoint.tls, Some(tls) if tls.end == Some(TlsEnd::Open))
    } else {
        connected(endpoint) || endpoint.http.is_some() || endpoint.upgrade.is_some()
    }
}

/// The answer of the ordinary web request.
pub(crate) fn page(endpoint: &EndpointFacts) -> Option<&PageFacts> {
    match endpoint.http.as_ref().map(|http| &http.end) {
        Some(HttpEnd::Answer(page)) => Some(page),
        _ => None,
    }
}

/// The server's own certificate.
pub(crate) fn leaf(endpoint: &EndpointFacts) -> Option<&CertificateFacts> {
    endpoint.tls.as_ref()?.chain.first()
}

/// The certificate that is out of date at that time: the server's own, or one it sends along. Its own where none is.
pub(crate) fn out_of_date(endpoint: &EndpointFacts, at: Timestamp) -> Option<&CertificateFacts> {
    let chain = &endpoint.tls.as_ref()?.chain;
    chain.iter().find(|one| at < one.not_before || one.not_after < at).or(chain.first())
}

/// Whether somebody seen by browsers everywhere vouches for the server: then nobody on the way can read or change anything.
pub(crate) fn sealed(endpoint: &EndpointFacts) -> bool {
    endpoint.encrypted
        && endpoint
            .tls
            .as_ref()
            .is_some_and(|tls| tls.end == Some(TlsEnd::Open) && tls.publicly_trusted == Some(true))
}

/// Whether the check saw the endpoint work, as far as it goes without its findings.
pub(crate) fn worked(endpoint: &EndpointFacts, cut_short: bool) -> bool {
    match endpoint.upgrade.as_ref().map(|upgrade| &upgrade.end) {
        Some(UpgradeEnd::Switched) => endpoint
            .session
            .as_ref()
            .is_none_or(|session| session.pings == 0 || session.pongs + session.frames > 0),
        Some(UpgradeEnd::LiveOnly) => {
            let live = endpoint.live.as_ref();
            live.is_some_and(|live| live.state == model::EndpointState::Connected) || page(endpoint).is_some()
        }
        Some(_) => false,
        None => page(endpoint).is_some() && !cut_short,
    }
}

/// The wall clock when the check began.
pub(crate) fn now(facts: &Facts) -> Option<Timestamp> {
    facts.computer.recent.now
}
