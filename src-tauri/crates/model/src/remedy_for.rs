//! Which remedy belongs to which trouble. Pure: state, reason and newest error in, a code out. A new error code
//! does not compile before somebody decided what a person can do about it.

use crate::{EndpointState, ErrorCode, Owner, Reason, RemedyCode, WaitCause};

/// What is known about an endpoint that is not as it should be.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    /// What the connection does.
    pub state: EndpointState,
    /// Why.
    pub reason: Option<Reason>,
    /// Connected, but by a lesser transport or a backup host.
    pub degraded: bool,
    /// Why the next try waits.
    pub waiting: Option<WaitCause>,
    /// The newest error, from however long ago.
    pub error: Option<ErrorCode>,
}

impl Trouble {
    /// What a person can do; `None` while all is well or nothing has failed yet.
    pub fn remedy(self) -> Option<RemedyCode> {
        match (self.state, self.reason) {
            (EndpointState::Connected, _) => self.degraded.then_some(RemedyCode::ReturnsByItself),
            // The server's wish outlasts our patience.
            (_, None | Some(Reason::MaxAttempts)) if self.waiting == Some(WaitCause::ServerAsked) => {
                Some(RemedyCode::RespectWait)
            }
            (_, Some(reason)) => Some(self.of_reason(reason)),
            // The error of an earlier run of tries says nothing about the first try of this one.
            (EndpointState::Connecting, None) => None,
            (EndpointState::Reconnecting | EndpointState::Disconnected | EndpointState::Failed, None) => {
                self.of_error()
            }
        }
    }

    fn of_error(self) -> Option<RemedyCode> {
        self.error.and_then(remedy_for)
    }

    fn of_reason(self, reason: Reason) -> RemedyCode {
        match reason {
            Reason::Paused => RemedyCode::Resume,
            Reason::Offline => RemedyCode::JoinNetwork,
            Reason::CaptivePortal => RemedyCode::SignInToNetwork,
            Reason::Flapping => RemedyCode::AskAboutHangups,
            Reason::ServerStop => RemedyCode::AskAboutStop,
            Reason::AuthRequired => self.of_error().unwrap_or(RemedyCode::RenewCredential),
            Reason::Misconfigured => self.of_error().unwrap_or(RemedyCode::CheckAddress),
            // "It goes on by itself" would be the wrong thing to say when it has just become rare.
            Reason::MaxAttempts => self
                .of_error()
                .filter(|remedy| remedy.owner() != Owner::Linekeeper)
                .unwrap_or(RemedyCode::TryByHand),
        }
    }
}

/// What to do about an error of a connection; `None` for errors that no connection has.
fn remedy_for(error: ErrorCode) -> Option<RemedyCode> {
    use ErrorCode as E;
    use RemedyCode as R;
    Some(match error {
        E::DnsNotFound => R::CheckName,
        E::DnsFailed | E::DnsTimeout => R::CheckNameService,
        E::ConnectionRefused => R::StartServer,
        E::ConnectTimeout | E::Unreachable | E::ConnectFailed | E::AttemptTimeout => R::CheckRoute,
        E::NetworkDown => R::JoinNetwork,
        E::PermissionDenied => R::AllowInFirewall,
        E::TlsName => R::CorrectCertificateName,
        E::TlsExpired | E::TlsRevoked => R::ReplaceCertificate,
        E::TlsNotYetValid => R::SetClock,
        E::TlsUntrusted => R::TrustIssuer,
        E::TlsTimeout | E::TlsFailed => R::CheckInspection,
        E::TlsNotSpoken => R::CheckPort,
        E::CaFile => R::MendCaFile,
        E::ClientCert => R::MendClientCertificate,
        E::ClientCertRequired => R::GetClientCertificate,
        E::ClientCertRefused => R::RenewClientCertificate,
        E::ProxyAuthRequired => R::SignInToProxy,
        E::ProxyUnreachable | E::ProxyTimeout | E::ProxyFailed => R::CheckProxy,
        E::ProxyRefused | E::ProxyCannotReach => R::AllowAtProxy,
        E::Unauthorized => R::RenewCredential,
        E::Forbidden => R::AskForAccess,
        E::SecretUnavailable => R::MendSecret,
        E::NotFound => R::CheckPath,
        E::NotWebsocket | E::RedirectRefused => R::CheckAddress,
        E::HandshakeInvalid | E::HandshakeTimeout | E::HandshakeClosed | E::NotProven => {
            R::LetWebsocketThrough
        }
        E::RateLimited => R::AskForHigherLimit,
        E::ServiceUnavailable
        | E::ServerError
        | E::ServerRestarting
        | E::ServerOverloaded
        | E::ClosedByServer => R::WaitForServer,
        E::PingTimeout | E::ConnectionLost => R::CheckLine,
        E::ProtocolViolation | E::InvalidUtf8 => R::ReportToServer,
        E::MessageTooBig => R::ShrinkMessages,
        E::CaptivePortal => R::SignInToNetwork,
        E::MaxAttempts => R::TryByHand,
        E::Internal => R::ReportDefect,
        // Of the agent, its gateway and its settings: the problems beside them say what to do.
        E::ConfigInvalid
        | E::ConfigUnreadable
        | E::EnvInvalid
        | E::Unsupported
        | E::SecretExposed
        | E::GatewayUnavailable
        | E::GatewayBusy
        | E::LogUnavailable
        | E::FileNotWritten
        | E::TrayUnavailable
        | E::NotificationsUnavailable
        | E::NoHome
        | E::AlreadyRunning
        | E::CheckRunning
        | E::UnknownCheck
        | E::BundleRefused
        | E::BadRequest
        | E::TokenRequired
        | E::OriginRefused
        | E::UnknownEndpoint
        | E::UnknownRoute
        | E::UnknownMessage
        | E::UnsupportedMediaType
        | E::TooManyMessages
        | E::BufferFull
        | E::DiskFull
        | E::BufferUnavailable
        | E::BufferDamaged
        | E::MessagesLeft
        | E::ShuttingDown => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const STATES: [EndpointState; 5] = [
        EndpointState::Connecting,
        EndpointState::Connected,
        EndpointState::Reconnecting,
        EndpointState::Disconnected,
        EndpointState::Failed,
    ];
    const REASONS: [Option<Reason>; 9] = [
        None,
        Some(Reason::Paused),
        Some(Reason::AuthRequired),
        Some(Reason::Misconfigured),
        Some(Reason::MaxAttempts),
        Some(Reason::ServerStop),
        Some(Reason::Flapping),
        Some(Reason::CaptivePortal),
        Some(Reason::Offline),
    ];

    fn every_trouble() -> impl Iterator<Item = Trouble> {
        let errors = || std::iter::once(None).chain(ErrorCode::ALL.iter().copied().map(Some));
        let waits = || std::iter::once(None).chain(WaitCause::ALL.map(Some));
        STATES.into_iter().flat_map(move |state| {
            REASONS.into_iter().flat_map(move |reason| {
                errors().flat_map(move |error| {
                    waits().flat_map(move |waiting| {
                        [false, true].map(|degraded| Trouble { state, reason, degraded, waiting, error })
                    })
                })
            })
        })
    }

    fn failed(reason: Reason, error: ErrorCode) -> Option<RemedyCode> {
        let state = EndpointState::Failed;
        let (reason, error) = (Some(reason), Some(error));
        Trouble { state, reason, degraded: false, waiting: None, error }.remedy()
    }

    #[test]
    fn every_remedy_belongs_to_some_trouble() {
        let reached: HashSet<_> = every_trouble().filter_map(Trouble::remedy).collect();
        for code in RemedyCode::ALL {
            assert!(reached.contains(code), "{code} is never given");
        }
    }

    #[test]
    fn who_is_down_for_a_reason_always_has_a_remedy_and_who_is_well_never_has_one() {
        for trouble in every_trouble() {
            let well = trouble.state == EndpointState::Connected && !trouble.degraded;
            assert!(!well || trouble.remedy().is_none(), "{trouble:?}");
            let stuck = trouble.state == EndpointState::Failed && trouble.reason.is_some();
            assert!(!stuck || trouble.remedy().is_some(), "{trouble:?}");
        }
    }

    #[test]
    fn a_refusal_is_told_by_who_refused() {
        let refused = |error| failed(Reason::AuthRequired, error);
        assert_eq!(refused(ErrorCode::Unauthorized), Some(RemedyCode::RenewCredential));
        assert_eq!(refused(ErrorCode::Forbidden), Some(RemedyCode::AskForAccess));
        assert_eq!(refused(ErrorCode::ProxyAuthRequired), Some(RemedyCode::SignInToProxy));
        assert_eq!(refused(ErrorCode::ClientCertRequired), Some(RemedyCode::GetClientCertificate));
    }

    #[test]
    fn after_the_last_allowed_try_nobody_is_told_that_it_goes_on_by_itself() {
        let spent = |error| failed(Reason::MaxAttempts, error);
        assert_eq!(spent(ErrorCode::ConnectionLost), Some(RemedyCode::TryByHand));
        assert_eq!(spent(ErrorCode::TlsExpired), Some(RemedyCode::ReplaceCertificate));
    }

    #[test]
    fn an_old_error_says_nothing_about_the_first_try_of_a_new_run() {
        let trouble = Trouble {
            state: EndpointState::Connecting,
            reason: None,
            degraded: false,
            waiting: None,
            error: Some(ErrorCode::ConnectionLost),
        };
        assert_eq!(trouble.remedy(), None);
        let waiting = Some(WaitCause::ServerAsked);
        let waiting = Trouble { state: EndpointState::Reconnecting, waiting, ..trouble };
        assert_eq!(waiting.remedy(), Some(RemedyCode::RespectWait));
    }
}
