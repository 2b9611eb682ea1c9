//! From the dialer's typed causes to facts. Types alone decide; texts are only carried along. No I/O.

use std::io;

use dial::{
    AddressOutcome, CertificateProblem, DialCause, DialError, HandshakeRule, Phase, PhaseFacts, PhaseReport,
    ProxyCause, ProxyDecision, ProxyProtocolFlaw, ProxySource, RedirectFlaw, ResolveError, ResolveErrorKind,
    SocketFailure, SocksReply, TlsCause, UpgradeCause, one_line,
};
use model::ErrorCode;
use rustls::AlertDescription;

use crate::facts::{
    AddressEnd, CertificateFlaw, Detour, LookupEnd, ProxyEnd, ProxyPathFacts, RuleBroken, TlsEnd,
};

/// Longest raw text in facts, in characters; the dialer's own details are as long.
pub(super) const RAW_CHARS: usize = 300;
/// Longest quotation of what came instead of the right thing.
const QUOTED_CHARS: usize = 60;

/// Errnos that say that this computer ran out of handles, memory or ports: ENOMEM, ENFILE, EMFILE, ENOBUFS; on Windows
/// WSAEMFILE and WSAENOBUFS.
const NO_RESOURCES: [i32; 6] = [12, 23, 24, 105, 10024, 10055];

/// How the system's lookup ended, where it failed.
pub(super) fn lookup(error: &ResolveError) -> LookupEnd {
    let text = one_line(&error.to_string(), RAW_CHARS);
    if error.errno.is_some_and(|errno| NO_RESOURCES.contains(&errno)) {
        return LookupEnd::OutOfResources(text);
    }
    match error.kind {
        ResolveErrorKind::NotFound => LookupEnd::NotFound(text),
        ResolveErrorKind::TryAgain => LookupEnd::Temporary(text),
        ResolveErrorKind::Failed => LookupEnd::Failed(text),
        // No thread could be started for it.
        ResolveErrorKind::Busy => LookupEnd::OutOfResources(text),
    }
}

/// The same from the code of a lookup in whose place remembered addresses were used.
pub(super) fn lookup_of_code(code: ErrorCode, text: &str) -> LookupEnd {
    let text = one_line(text, RAW_CHARS);
    if code == ErrorCode::DnsNotFound {
        LookupEnd::NotFound(text)
    } else if code == ErrorCode::DnsTimeout {
        LookupEnd::TimedOut
    } else {
        LookupEnd::Temporary(text)
    }
}

/// How the connection to one address ended; `None` where nobody knows yet.
pub(super) fn address(outcome: &AddressOutcome, is_v6: bool) -> Option<AddressEnd> {
    match outcome {
        AddressOutcome::Connected => Some(AddressEnd::Connected),
        AddressOutcome::Failed(failure) => Some(socket(failure, is_v6)),
        AddressOutcome::TimedOut(_) => Some(AddressEnd::TimedOut),
        AddressOutcome::Overtaken | AddressOutcome::Unfinished | AddressOutcome::Untried => None,
    }
}

/// How a connection failed.
pub(super) fn socket(failure: &SocketFailure, is_v6: bool) -> AddressEnd {
    use io::ErrorKind as Kind;
    let text = one_line(&failure.text, RAW_CHARS);
    if failure.errno.is_some_and(|errno| NO_RESOURCES.contains(&errno)) {
        return AddressEnd::OutOfResources(text);
    }
    if failure.kind == Kind::ConnectionRefused {
        AddressEnd::Refused
    } else if failure.kind == Kind::ConnectionReset {
        AddressEnd::Reset
    } else if failure.kind == Kind::TimedOut {
        AddressEnd::TimedOut
    } else if failure.kind == Kind::PermissionDenied {
        AddressEnd::Denied(text)
    } else if failure.kind == Kind::AddrNotAvailable && !is_v6 {
        // Without an address of one's own IPv6 says the same; with IPv4 it is the ports that are used up.
        AddressEnd::OutOfResources(text)
    } else if matches!(
        failure.kind,
        Kind::NetworkUnreachable | Kind::HostUnreachable | Kind::AddrNotAvailable | Kind::NetworkDown
    ) {
        AddressEnd::Unreachable(text)
    } else {
        AddressEnd::Failed(text)
    }
}

/// The proxy on the way, as it stands before anything is known about its end.
pub(super) fn proxy(decision: &ProxyDecision) -> Option<ProxyPathFacts> {
    match decision {
        ProxyDecision::Direct { .. } => None,
        ProxyDecision::Through { server, source, .. } => {
            let (source, setting) = proxy_source(*source);
            Some(ProxyPathFacts {
                server: format!("{}:{}", server.host(), server.port()),
                source,
                setting,
                end: ProxyEnd::Open,
                ms: None,
            })
        }
    }
}

/// Who names it, and where.
pub(super) fn proxy_source(source: ProxySource) -> (String, Option<String>) {
    match source {
        ProxySource::Configuration => ("configuration".to_owned(), None),
        ProxySource::Environment(name) => ("environment".to_owned(), Some(name.to_owned())),
        ProxySource::Desktop => ("desktop".to_owned(), None),
    }
}

/// How the way through a proxy ended, where it failed.
pub(super) fn proxy_end(cause: &ProxyCause, raw: String) -> ProxyEnd {
    match cause {
        ProxyCause::Unreachable(cause) => {
            if is_lookup(cause) {
                ProxyEnd::Unresolved(raw)
            } else {
                ProxyEnd::Unreachable(raw)
            }
        }
        ProxyCause::AuthRequired { offered, .. } => ProxyEnd::LoginWanted(offered.clone()),
        ProxyCause::Refused(answer) => ProxyEnd::Status(answer.status.as_u16()),
        ProxyCause::Protocol {
            flaw:
                ProxyProtocolFlaw::Http(_)
                | ProxyProtocolFlaw::SpokeItself
                | ProxyProtocolFlaw::NotSocks5
                | ProxyProtocolFlaw::SocksMethod(_)
                | ProxyProtocolFlaw::SocksAddress(_),
            ..
        }
        | ProxyCause::Tls(_)
        | ProxyCause::Closed { .. }
        | ProxyCause::Socket(_) => ProxyEnd::Failed(raw),
        ProxyCause::Reply(reply) => socks(*reply, raw),
    }
}

fn socks(reply: SocksReply, raw: String) -> ProxyEnd {
    match reply {
        SocksReply::NotAllowed => ProxyEnd::NotAllowed(raw),
        SocksReply::GeneralFailure
        | SocksReply::NetworkUnreachable
        | SocksReply::HostUnreachable
        | SocksReply::ConnectionRefused
        | SocksReply::TtlExpired => ProxyEnd::CannotReach(raw),
        SocksReply::CommandNotSupported | SocksReply::AddressTypeNotSupported | SocksReply::Other(_) => {
            ProxyEnd::Failed(raw)
        }
    }
}

fn is_lookup(cause: &DialCause) -> bool {
    match cause {
        DialCause::Resolve(_) | DialCause::Remembered { .. } => true,
        DialCause::Timeout(timeout) => timeout.phase == Phase::Resolve,
        DialCause::Request(_)
        | DialCause::Connect(_)
        | DialCause::ProxySetting(_)
        | DialCause::Proxy(_)
        | DialCause::Tls(_)
        | DialCause::CaFile(_)
        | DialCause::ClientCert(_)
        | DialCause::Upgrade(_) => false,
    }
}

/// How TLS ended, where it failed; `said` is what came in its place.
pub(super) fn tls(cause: &DialCause, raw: String, said: &[u8]) -> TlsEnd {
    match cause {
        DialCause::Tls(cause) => tls_cause(cause, raw, said),
        DialCause::CaFile(_) | DialCause::ClientCert(_) => TlsEnd::File(raw),
        DialCause::Timeout(_) => TlsEnd::TimedOut,
        DialCause::Request(_)
        | DialCause::Resolve(_)
        | DialCause::Remembered { .. }
        | DialCause::Connect(_)
        | DialCause::ProxySetting(_)
        | DialCause::Proxy(_)
        | DialCause::Upgrade(_) => TlsEnd::Failed(raw),
    }
}

fn tls_cause(cause: &TlsCause, raw: String, said: &[u8]) -> TlsEnd {
    match cause {
        TlsCause::Certificate { problem, .. } => TlsEnd::Certificate(flaw(*problem), raw),
        TlsCause::Alert(alert) => {
            let name = format!("{alert:?}");
            if matches!(
                *alert,
                AlertDescription::HandshakeFailure
                    | AlertDescription::ProtocolVersion
                    | AlertDescription::InsufficientSecurity
            ) {
                TlsEnd::NoCommonProtocol(name)
            } else {
                TlsEnd::Alert(name)
            }
        }
        TlsCause::ClientCertificate { .. } => TlsEnd::ClientCertificate(raw),
        TlsCause::NotTls(_) => TlsEnd::NotTls(quoted(said)),
        TlsCause::Closed => TlsEnd::Cut(raw),
        TlsCause::Socket(failure) if is_cut(failure) => TlsEnd::Cut(raw),
        TlsCause::Socket(failure) if failure.kind == io::ErrorKind::TimedOut => TlsEnd::TimedOut,
        TlsCause::Socket(_) | TlsCause::TrustStore(_) | TlsCause::Protocol(_) => TlsEnd::Failed(raw),
    }
}

fn flaw(problem: CertificateProblem) -> CertificateFlaw {
    match problem {
        CertificateProblem::Name => CertificateFlaw::Name,
        CertificateProblem::Expired => CertificateFlaw::Expired,
        CertificateProblem::NotYetValid => CertificateFlaw::NotYetValid,
        CertificateProblem::Untrusted => CertificateFlaw::UnknownIssuer,
        CertificateProblem::CaAsServer => CertificateFlaw::CaAsServer,
        CertificateProblem::Revoked => CertificateFlaw::Revoked,
        CertificateProblem::Other => CertificateFlaw::Other,
    }
}

/// Bytes of a stranger as clean text; what is no text as numbers.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let odd =
        text.chars().filter(|one| one.is_control() && !one.is_whitespace() || *one == '\u{FFFD}').count();
    if odd * 4 > text.chars().count() {
        let numbers: Vec<String> = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        return format!("bytes {}", numbers.join(" "));
    }
    one_line(&text, QUOTED_CHARS)
}

/// True for a reset; false for an end in good order.
pub(super) fn is_reset(failure: Option<&SocketFailure>) -> bool {
    use io::ErrorKind as Kind;
    failure.is_some_and(|failure| {
        matches!(failure.kind, Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe)
    })
}

fn is_cut(failure: &SocketFailure) -> bool {
    is_reset(Some(failure))
        || matches!(failure.kind, io::ErrorKind::UnexpectedEof | io::ErrorKind::NotConnected)
}

/// Which rule of the handshake was broken.
pub(super) fn rule(rule: HandshakeRule) -> RuleBroken {
    match rule {
        HandshakeRule::Http | HandshakeRule::Http2Spoken => RuleBroken::NotHttp,
        HandshakeRule::TlsSpoken => RuleBroken::TlsSpoken,
        HandshakeRule::Upgrade | HandshakeRule::Connection => RuleBroken::UpgradeHeaders,
        HandshakeRule::Accept => RuleBroken::Accept,
        HandshakeRule::Extension => RuleBroken::Extension,
        HandshakeRule::SubprotocolNotOffered => RuleBroken::SubprotocolOther,
        HandshakeRule::SubprotocolMissing => RuleBroken::SubprotocolMissing,
        HandshakeRule::HeadTooLarge | HandshakeRule::TooManyHeaders | HandshakeRule::TooManyInterim => {
            RuleBroken::Other
        }
    }
}

/// What is wrong with where a redirect leads.
pub(super) fn detour(flaw: RedirectFlaw) -> Detour {
    match flaw {
        RedirectFlaw::Loop | RedirectFlaw::TooMany => Detour::Circle,
        RedirectFlaw::Downgrade => Detour::Weaker,
        RedirectFlaw::Target | RedirectFlaw::Scheme | RedirectFlaw::Unproven | RedirectFlaw::Secret => {
            Detour::Elsewhere
        }
    }
}

/// The connection was cut before anything of an answer had come.
pub(super) fn cut_without_a_word(error: &DialError) -> bool {
    match &error.cause {
        DialCause::Tls(TlsCause::Closed) | DialCause::Upgrade(UpgradeCause::Closed { received: 0, .. }) => {
            true
        }
        DialCause::Tls(TlsCause::Socket(failure)) => is_cut(failure),
        DialCause::Upgrade(UpgradeCause::Closed { failure, .. }) => is_reset(failure.as_deref()),
        DialCause::Upgrade(UpgradeCause::Socket(failure)) => is_reset(Some(failure)),
        DialCause::Proxy(error) => match &error.cause {
            ProxyCause::Closed { received, failure } => *received == 0 || is_reset(failure.as_deref()),
            ProxyCause::Socket(failure) => is_reset(Some(failure)),
            ProxyCause::Unreachable(_)
            | ProxyCause::Tls(_)
            | ProxyCause::AuthRequired { .. }
            | ProxyCause::Refused(_)
            | ProxyCause::Reply(_)
            | ProxyCause::Protocol { .. } => false,
        },
        DialCause::Tls(
            TlsCause::Certificate { .. }
            | TlsCause::Alert(_)
            | TlsCause::ClientCertificate { .. }
            | TlsCause::NotTls(_)
            | TlsCause::TrustStore(_)
            | TlsCause::Protocol(_),
        )
        | DialCause::Upgrade(
            UpgradeCause::Status(_) | UpgradeCause::Redirect { .. } | UpgradeCause::Rule { .. },
        )
        | DialCause::Request(_)
        | DialCause::Resolve(_)
        | DialCause::Remembered { .. }
        | DialCause::Connect(_)
        | DialCause::ProxySetting(_)
        | DialCause::CaFile(_)
        | DialCause::ClientCert(_)
        | DialCause::Timeout(_) => false,
    }
}

/// Time ran out where TCP was open already.
pub(super) fn silent_on_an_open_connection(error: &DialError) -> bool {
    let DialCause::Timeout(timeout) = &error.cause else { return false };
    matches!(timeout.phase, Phase::Tls | Phase::Upgrade | Phase::Exchange)
}

/// Bytes of the answer that came in the last phase.
pub(super) fn received(error: &DialError) -> usize {
    match error.report.phases.last().map(|PhaseReport { facts, .. }| facts) {
        Some(PhaseFacts::Upgrade(facts)) => facts.received,
        Some(PhaseFacts::Exchange(facts)) => facts.received,
        Some(PhaseFacts::Resolve(_) | PhaseFacts::Connect(_) | PhaseFacts::Proxy(_) | PhaseFacts::Tls(_))
        | None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: io::ErrorKind, errno: Option<i32>) -> SocketFailure {
        SocketFailure { kind, errno, text: "raw\u{1b} text".to_owned() }
    }

    #[test]
    fn failures_of_sockets_are_told_apart_by_kind_and_number() {
        use io::ErrorKind as Kind;
        let raw = || "raw text".to_owned();
        for (failure, v6, end) in [
            (failed(Kind::ConnectionRefused, Some(111)), false, AddressEnd::Refused),
            (failed(Kind::TimedOut, Some(110)), false, AddressEnd::TimedOut),
            (failed(Kind::PermissionDenied, Some(13)), false, AddressEnd::Denied(raw())),
            (failed(Kind::PermissionDenied, Some(1)), true, AddressEnd::Denied(raw())),
            (failed(Kind::NetworkUnreachable, Some(101)), true, AddressEnd::Unreachable(raw())),
            (failed(Kind::HostUnreachable, Some(113)), false, AddressEnd::Unreachable(raw())),
            (failed(Kind::AddrNotAvailable, Some(99)), true, AddressEnd::Unreachable(raw())),
            (failed(Kind::AddrNotAvailable, Some(99)), false, AddressEnd::OutOfResources(raw())),
            (failed(Kind::Other, Some(24)), false, AddressEnd::OutOfResources(raw())),
            (failed(Kind::ConnectionReset, Some(104)), false, AddressEnd::Reset),
            (failed(Kind::Other, None), false, AddressEnd::Failed(raw())),
        ] {
            assert_eq!(socket(&failure, v6), end);
        }
    }

    #[test]
    fn lookups_without_handles_are_this_computers_fault() {
        let mut error = ResolveError::new(ResolveErrorKind::Failed, "too many open files");
        assert!(matches!(lookup(&error), LookupEnd::Failed(_)));
        error.errno = Some(24);
        assert!(matches!(lookup(&error), LookupEnd::OutOfResources(_)));
    }

    #[test]
    fn what_came_in_place_of_tls_is_shown_clean() {
        assert_eq!(quoted(b"HTTP/1.1 400 Bad\r\n\x1b[2JX"), "HTTP/1.1 400 Bad [2JX");
        assert_eq!(quoted(&[0, 0, 6, 4, 0, 0]), "bytes 00 00 06 04 00 00");
        assert_eq!(quoted(b""), "");
    }
}
