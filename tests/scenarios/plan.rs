//! What the ingredients of a scenario do, as its data file says it. Data only: nothing here touches a socket.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Something a check may meet at an address.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Ingredient {
    /// A server that says and does what its plan says.
    Server(Box<ServerPlan>),
    /// A port nobody listens on.
    Closed {
        /// Address, `127.0.0.1` unless told otherwise.
        at: Option<String>,
        /// Port, any unless told otherwise.
        port: Option<u16>,
        /// Also an endpoint, encrypted.
        #[serde(default)]
        tls: bool,
    },
    /// A port whose queue is full: the system drops whoever comes.
    Full {
        /// Also an endpoint, encrypted.
        #[serde(default)]
        tls: bool,
    },
    /// An address that is only dialed: what becomes of it is the network's matter.
    Elsewhere {
        /// `host:port`.
        at: String,
        /// Encrypted.
        #[serde(default)]
        tls: bool,
    },
    /// A proxy that knows CONNECT.
    Proxy(ProxyPlan),
    /// A device in front of a server that passes requests on without their wish for an upgrade.
    Intermediary {
        /// The server behind it.
        before: String,
    },
}

/// A server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerPlan {
    /// Address, `127.0.0.1` unless told otherwise.
    pub(crate) at: Option<String>,
    /// Port, any unless told otherwise.
    pub(crate) port: Option<u16>,
    /// TLS, or none.
    pub(crate) tls: Option<TlsPlan>,
    /// What it does with a connection.
    pub(crate) connection: Connection,
    /// So many connections that say something are reset before any of the above.
    pub(crate) resets: usize,
    /// Milliseconds before each answer.
    pub(crate) delay_ms: u64,
    /// Seconds its clock is ahead of ours.
    pub(crate) clock_ahead_s: i64,
    /// What a plain request gets.
    pub(crate) get: AnswerPlan,
    /// What a request for an upgrade gets.
    pub(crate) upgrade: UpgradePlan,
    /// What happens behind a 101.
    pub(crate) session: SessionPlan,
    /// What it is while an earlier check is made, where that is something else.
    pub(crate) before: Option<Box<ServerPlan>>,
}

/// What a server does with a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Connection {
    /// Speaks.
    #[default]
    Served,
    /// Accepts and never says anything.
    Silent,
    /// Accepts and resets at once.
    Reset,
    /// Resets as soon as something was said.
    ResetWhenSpokenTo,
    /// Says this as soon as something was said, and closes.
    Says(String),
}

/// A certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TlsPlan {
    /// Name of the authority; empty for a certificate signed by its own key.
    pub(crate) issuer: String,
    /// Who trusts the authority.
    pub(crate) trusted: Trusted,
    /// Names it is for; those of this computer unless told otherwise.
    pub(crate) names: Vec<String>,
    /// Valid from, hours from now.
    pub(crate) from_h: i64,
    /// Valid until, hours from now.
    pub(crate) until_h: i64,
    /// Signed by an issuer below the authority, which the server does not send.
    pub(crate) hides_issuer: bool,
    /// A client certificate is demanded.
    pub(crate) wants_client: bool,
}

/// Who trusts an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Trusted {
    /// The endpoint: `tls.ca_file`.
    Endpoint,
    /// The system.
    System,
    /// Nobody.
    Nobody,
}

impl Default for TlsPlan {
    fn default() -> Self {
        Self {
            issuer: "Linekeeper test authority".to_owned(),
            trusted: Trusted::Endpoint,
            names: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec(),
            from_h: -24 * 30,
            until_h: 24 * 90,
            hides_issuer: false,
            wants_client: false,
        }
    }
}

/// An HTTP answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AnswerPlan {
    /// Status, 200 unless told otherwise.
    pub(crate) status: Option<u16>,
    /// Headers beside `Date`, `Server` and `Content-Length`.
    pub(crate) headers: BTreeMap<String, String>,
    /// Body.
    pub(crate) body: String,
    /// Sends back the value of this header of the request.
    pub(crate) echoes: Option<String>,
}

/// An answer to a request for an upgrade.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct UpgradePlan {
    /// An HTTP answer in place of the 101.
    pub(crate) refused: Option<AnswerPlan>,
    /// The proof, where it is not the right one.
    pub(crate) accept: Option<String>,
    /// The subprotocol; the first one offered unless told otherwise, none where this is empty.
    pub(crate) subprotocol: Option<String>,
    /// Says nothing.
    pub(crate) silent: bool,
}

impl UpgradePlan {
    /// A right 101.
    pub(crate) fn is_usual(&self) -> bool {
        self.refused.is_none() && self.accept.is_none() && self.subprotocol.is_none() && !self.silent
    }
}

/// What happens behind a 101.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionPlan {
    /// Pings are answered, and the close.
    #[default]
    Healthy,
    /// Nothing is.
    Mute,
    /// The server closes at once.
    Closes {
        /// With this code.
        code: u16,
        /// In these words.
        #[serde(default)]
        reason: String,
    },
    /// The server closes whatever session is not the only one.
    Alone {
        /// With this code.
        code: u16,
    },
    /// The connection is cut after so many milliseconds without a word.
    CutWhenIdle(u64),
    /// The connection is cut without a word when so many pings were answered.
    CutAfterPongs(usize),
    /// Nothing is answered any more when so many pings were.
    MuteAfterPongs(usize),
}

/// A proxy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ProxyPlan {
    /// Address, `127.0.0.1` unless told otherwise.
    pub(crate) at: Option<String>,
    /// Port, any unless told otherwise.
    pub(crate) port: Option<u16>,
    /// Answers this status to every CONNECT; opens the tunnel where there is none.
    pub(crate) status: Option<u16>,
}
