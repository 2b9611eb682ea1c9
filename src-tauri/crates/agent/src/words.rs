//! The one-line English sentence of an endpoint, for scripts and terminals. Windows word it themselves, in
//! the reader's language, from the same fields.

use model::{EndpointState, ErrorInfo, Reason, RttInfo, Transport, WaitCause};

/// The facts a sentence is made of.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) state: EndpointState,
    pub(crate) reason: Option<Reason>,
    pub(crate) transport: Transport,
    pub(crate) rtt: &'a RttInfo,
    pub(crate) attempt: u32,
    pub(crate) waiting: Option<WaitCause>,
    pub(crate) last_error: Option<&'a ErrorInfo>,
}

/// A short sentence without a full stop, such as `Connected over WebSocket, 38 ms`.
pub(crate) fn sentence(facts: &Facts<'_>) -> String {
    let error = || facts.last_error.map_or("", |error| error.message.trim_end_matches('.'));
    match (facts.state, facts.reason) {
        (EndpointState::Connected, _) => {
            let rtt = facts.rtt.last.map_or(String::new(), |rtt| format!(", {}", milliseconds(rtt)));
            format!("Connected over {}{rtt}", facts.transport.name())
        }
        (EndpointState::Connecting, _) => format!("Connecting over {}", facts.transport.name()),
        (EndpointState::Reconnecting, _) if facts.waiting == Some(WaitCause::ServerAsked) => {
            format!("The server asked to wait: {}", error())
        }
        (EndpointState::Reconnecting, _) if facts.attempt > 0 => {
            format!("Reconnecting, try {} failed: {}", facts.attempt, error())
        }
        (EndpointState::Reconnecting, _) => format!("Reconnecting: {}", error()),
        (EndpointState::Disconnected, Some(Reason::Paused)) => "Paused".to_owned(),
        (EndpointState::Disconnected | EndpointState::Failed, Some(reason)) => halted(reason, error()),
        (EndpointState::Disconnected, None) => "Disconnected".to_owned(),
        (EndpointState::Failed, None) => format!("Failed: {}", error()),
    }
}

fn halted(reason: Reason, error: &str) -> String {
    match reason {
        Reason::Paused => "Paused".to_owned(),
        Reason::AuthRequired => format!("Sign-in needed: {error}"),
        Reason::Misconfigured => format!("Check the address: {error}"),
        Reason::MaxAttempts => format!("Every try failed, now tried rarely: {error}"),
        Reason::ServerStop => "The server ended the connection and is left alone for a while".to_owned(),
        Reason::Flapping => format!("Unstable, now tried rarely: {error}"),
        Reason::CaptivePortal => "A sign-in page of this network is in the way".to_owned(),
        Reason::Offline => "This computer has no network".to_owned(),
    }
}

/// `0.4 ms`, `38 ms`, `1.2 s`.
fn milliseconds(ms: f64) -> String {
    match ms {
        ms if ms < 1.0 => format!("{ms:.1} ms"),
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::ErrorCode;

    use super::*;

    #[test]
    fn sentences_name_state_and_cause() {
        let rtt = RttInfo { last: Some(38.2), ..RttInfo::default() };
        let code = ErrorCode::ConnectionRefused;
        let error = ErrorInfo {
            code,
            message: code.plain().to_owned(),
            detail: String::new(),
            at: Timestamp::UNIX_EPOCH,
        };
        let mut facts = Facts {
            state: EndpointState::Connected,
            reason: None,
            transport: Transport::Websocket,
            rtt: &rtt,
            attempt: 0,
            waiting: None,
            last_error: None,
        };
        assert_eq!(sentence(&facts), "Connected over WebSocket, 38 ms");
        facts.state = EndpointState::Reconnecting;
        facts.attempt = 7;
        facts.last_error = Some(&error);
        assert_eq!(
            sentence(&facts),
            "Reconnecting, try 7 failed: No program answers at the server's address"
        );
        facts.waiting = Some(WaitCause::ServerAsked);
        assert_eq!(sentence(&facts), "The server asked to wait: No program answers at the server's address");
        facts.state = EndpointState::Disconnected;
        facts.reason = Some(Reason::Paused);
        assert_eq!(sentence(&facts), "Paused");
    }
}
