//! States and the closed lists of words that go with them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an endpoint's connection is doing, as everybody outside the engine sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// First connection since start or since a person asked for one; never up before in this run of tries.
    Connecting,
    /// The session is proven: the peer sent a message or answered a probe.
    Connected,
    /// It was up, or a try failed; another try is under way or scheduled.
    Reconnecting,
    /// Down on purpose: paused, or the server asked us to stay away. See [`Reason`].
    Disconnected,
    /// Needs somebody, or every allowed try failed; still probed slowly. See [`Reason`].
    Failed,
}

/// Why an endpoint is `disconnected` or `failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A person or a program paused it.
    Paused,
    /// The server refuses the credentials, or wants some.
    AuthRequired,
    /// The server answers, but not as a server of this kind: wrong address or path.
    Misconfigured,
    /// `max_attempts` tries in a row failed.
    MaxAttempts,
    /// The server closed the session and asked not to come back.
    ServerStop,
    /// Sessions open and die again and again.
    Flapping,
    /// A sign-in page of the network answers in place of the server.
    CaptivePortal,
    /// This computer has no network.
    Offline,
}

/// How messages travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// RFC 6455.
    Websocket,
    /// Server-sent events beside HTTP POST.
    Sse,
    /// HTTP requests the server holds open.
    LongPoll,
    /// HTTP requests at an interval.
    Poll,
}

/// One word for all endpoints together; the tray icon's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    /// Every endpoint is connected by its preferred transport.
    Connected,
    /// Every endpoint is connected, at least one by a fallback.
    Degraded,
    /// Some are connected, some are not.
    Partial,
    /// None is connected.
    Down,
    /// This computer has no network.
    Offline,
    /// Every endpoint is paused.
    Paused,
    /// First tries are still under way, none has failed yet; also: nothing is configured.
    Connecting,
}

/// Quality of a connected line, from round-trip times and unanswered pings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// p95 of the round-trip time up to 300 ms and none of the newest 20 pings lost.
    Good,
    /// p95 up to 1 s, or one ping lost; or good, but for five minutes three times as slow as usual.
    Fair,
    /// Slower, or more lost; or fair, but for five minutes three times as slow as usual.
    Poor,
    /// Not measured yet.
    Unknown,
}

impl Overall {
    /// Every value, for tables and for tests that want one of each.
    pub const ALL: [Self; 7] = [
        Self::Connected,
        Self::Degraded,
        Self::Partial,
        Self::Down,
        Self::Offline,
        Self::Paused,
        Self::Connecting,
    ];

    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Degraded => "degraded",
            Self::Partial => "partial",
            Self::Down => "down",
            Self::Offline => "offline",
            Self::Paused => "paused",
            Self::Connecting => "connecting",
        }
    }

    /// Folds `(state, reason, degraded)` of the enabled endpoints into one word.
    pub fn of(endpoints: impl IntoIterator<Item = (EndpointState, Option<Reason>, bool)>) -> Self {
        let (mut all, mut up, mut degraded, mut paused, mut offline, mut fresh) = (0, 0, 0, 0, 0, 0);
        for (state, reason, is_degraded) in endpoints {
            all += 1;
            match state {
                EndpointState::Connected => {
                    up += 1;
                    degraded += usize::from(is_degraded);
                }
                EndpointState::Connecting => fresh += 1,
                EndpointState::Reconnecting | EndpointState::Disconnected | EndpointState::Failed => {}
            }
            paused += usize::from(reason == Some(Reason::Paused));
            offline += usize::from(reason == Some(Reason::Offline));
        }
        // What somebody paused is left out of the sum: it is neither up nor down.
        let wanted = all - paused;
        match () {
            () if all == 0 => Self::Connecting,
            () if wanted == 0 => Self::Paused,
            () if up == wanted && degraded == 0 => Self::Connected,
            () if up == wanted => Self::Degraded,
            () if offline == wanted => Self::Offline,
            () if up + fresh == wanted => Self::Connecting,
            () if up > 0 => Self::Partial,
            () => Self::Down,
        }
    }
}

impl EndpointState {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Reconnecting => "reconnecting",
            Self::Disconnected => "disconnected",
            Self::Failed => "failed",
        }
    }
}

impl Transport {
    /// The name people know.
    pub fn name(self) -> &'static str {
        match self {
            Self::Websocket => "WebSocket",
            Self::Sse => "SSE",
            Self::LongPoll => "long polling",
            Self::Poll => "polling",
        }
    }
}

impl fmt::Display for Overall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for EndpointState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{EndpointState as S, *};

    fn of(list: &[(S, Option<Reason>, bool)]) -> Overall {
        Overall::of(list.iter().copied())
    }

    #[test]
    fn overall_follows_the_table() {
        let up = (S::Connected, None, false);
        let fallback = (S::Connected, None, true);
        let down = (S::Reconnecting, None, false);
        let first = (S::Connecting, None, false);
        let paused = (S::Disconnected, Some(Reason::Paused), false);
        let offline = (S::Reconnecting, Some(Reason::Offline), false);
        let cases: [(&[_], Overall); 11] = [
            (&[], Overall::Connecting),
            (&[up, up], Overall::Connected),
            (&[up, fallback], Overall::Degraded),
            (&[up, down], Overall::Partial),
            (&[down, down], Overall::Down),
            (&[up, first], Overall::Connecting),
            (&[down, first], Overall::Down),
            (&[paused, paused], Overall::Paused),
            (&[paused, up], Overall::Connected),
            (&[paused, down], Overall::Down),
            (&[offline, offline], Overall::Offline),
        ];
        for (endpoints, expected) in cases {
            assert_eq!(of(endpoints), expected, "{endpoints:?}");
        }
    }

    #[test]
    fn words_are_the_serialized_ones() {
        for overall in Overall::ALL {
            assert_eq!(serde_json::to_value(overall).unwrap(), overall.as_str());
        }
    }
}
