//! What somebody wants to know: which endpoints, how thoroughly, and what the composition already knows.

use std::{fmt, sync::Arc, time::Duration};

use dial::DialRequest;
use model::{
    EndpointId,
    check::{App, Mode, Trigger},
};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::facts::{BufferFacts, LiveFacts, OtherOwner, Recent};

/// Longer than the minute after which many routers and gateways forget a connection.
pub const SILENCE: Duration = Duration::from_secs(75);

/// One check to be made.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// What the check will be called, where somebody was told its name already.
    pub run: Option<Uuid>,
    /// Who asks.
    pub trigger: Trigger,
    /// How thoroughly.
    pub mode: Mode,
    /// The whole check may take so long; it ends as incomplete then.
    pub limit: Duration,
    /// What is checked, worst first.
    pub subjects: Vec<Subject>,
    /// Configured endpoints that are not checked but may serve as controls: TCP only.
    pub controls: Vec<Subject>,
    /// A page of the organisation that answers 204, to recognise sign-in pages. None: no such request is made.
    pub control_url: Option<Url>,
    /// Whether requests carry the run's id in `X-Diag-Run`.
    pub correlate: bool,
    /// Linekeeper and the system.
    pub app: App,
    /// Waiting messages per endpoint; empty without an agent.
    pub buffers: Vec<BufferFacts>,
    /// Another copy that holds the data folder, where that matters.
    pub other_owner: Option<OtherOwner>,
    /// Recent sleep and change of network.
    pub recent: Recent,
    /// Names that no report says.
    pub who: Who,
    /// Looks at a live connection once more when everything is checked. None: what [`Subject::live`] says stands.
    pub live_now: Option<LiveNow>,
    /// How long a deep check keeps a session silent; [`SILENCE`] but in tests.
    pub silence: Duration,
}

/// Whose computer this is: taken out of every text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// Login name.
    pub user: Option<String>,
    /// Name of this computer.
    pub computer: Option<String>,
}

/// Asks what a live connection is doing now. Answers at once.
#[derive(Clone)]
pub struct LiveNow(Arc<Look>);

type Look = dyn Fn(&EndpointId) -> Option<LiveFacts> + Send + Sync;

impl LiveNow {
    /// From whoever knows.
    pub fn new(look: impl Fn(&EndpointId) -> Option<LiveFacts> + Send + Sync + 'static) -> Self {
        Self(Arc::new(look))
    }

    /// What this endpoint's live connection is doing.
    pub fn look(&self, id: &EndpointId) -> Option<LiveFacts> {
        (self.0)(id)
    }
}

impl fmt::Debug for LiveNow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveNow")
    }
}

/// One endpoint to be checked.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its id.
    pub id: EndpointId,
    /// Its name for people.
    pub name: String,
    /// Exactly what live traffic dials: URL, headers, credential, subprotocols, trust, proxy. `Err` says why the
    /// configuration makes no such request.
    pub request: Result<DialRequest, Unusable>,
    /// The URL as it may be shown.
    pub shown_url: String,
    /// Hosts that stand in for it when it does not answer, in order. Each is reached and left without a request.
    pub backups: Vec<Url>,
    /// Where the ordinary web request goes; the endpoint's own URL without one.
    pub health_url: Option<Url>,
    /// The server allows one session per user: no second WebSocket is opened while the live one is up.
    pub single_session: bool,
    /// Heartbeat interval, for advice.
    pub heartbeat: Duration,
    /// What the live connection is doing; `None` without an agent.
    pub live: Option<LiveFacts>,
}

/// Why an endpoint cannot be dialed at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unusable {
    /// The URL, in one sentence.
    Url(String),
    /// A credential is missing: where it should be.
    Credential(String),
    /// Any other setting: what is wrong.
    Setting(String),
}
