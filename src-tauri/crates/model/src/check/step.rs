//! Steps of a check: what is looked at, in which order, and how it ended.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::reason::StepReason;
use crate::EndpointId;

macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal, $each:literal;)+) => {
        /// A step. The letter is its group: A this computer, B names, C controls, D the way, E TLS, F HTTP, G real time,
        /// H quality, I idle survival.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub enum StepId {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $name,)+
        }

        impl StepId {
            /// Every step, in the order they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The step as it stands in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// Whether it is done once for every endpoint.
            pub fn is_per_endpoint(self) -> bool {
                match self { $(Self::$name => $each),+ }
            }
        }
    };
}

steps! {
    /// Interfaces and routes.
    A1 = "A1", false;
    /// The router next door.
    A2 = "A2", false;
    /// Clock. Judged when servers have told theirs.
    A3 = "A3", false;
    /// Which proxy is set, and by whom.
    A4 = "A4", false;
    /// VPN and virtual interfaces.
    A5 = "A5", false;
    /// Buffer and disk.
    A6 = "A6", false;
    /// Recent sleep, recent change of network.
    A7 = "A7", false;
    /// What the live connections are doing.
    A8 = "A8", false;
    /// The system's resolver.
    B1 = "B1", true;
    /// Each name server by itself.
    B2 = "B2", true;
    /// The hosts file.
    B3 = "B3", true;
    /// Other endpoints: TCP only.
    C1 = "C1", false;
    /// Sign-in page; only with a configured control URL.
    C2 = "C2", false;
    /// TCP to every address.
    D1 = "D1", true;
    /// The way through the proxy.
    D2 = "D2", true;
    /// Do large packets pass.
    D3 = "D3", true;
    /// Backup hosts: reached and left.
    D4 = "D4", true;
    /// TLS handshake as live traffic does it.
    E1 = "E1", true;
    /// A second opinion on the certificate.
    E2 = "E2", true;
    /// TLS over the other address family.
    E3 = "E3", true;
    /// An ordinary web request.
    F1 = "F1", true;
    /// WebSocket upgrade.
    G1 = "G1", true;
    /// Does anything pass: ping.
    G2 = "G2", true;
    /// A clean close.
    G3 = "G3", true;
    /// Server-sent events.
    G4 = "G4", true;
    /// Long polling.
    G5 = "G5", true;
    /// Polling.
    G6 = "G6", true;
    /// Socket.IO.
    G7 = "G7", true;
    /// Response times.
    H1 = "H1", true;
    /// Throughput.
    H2 = "H2", true;
    /// Survives silence.
    I1 = "I1", true;
    /// Comparison with the last good check.
    J = "J", false;
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// As it should be.
    Pass,
    /// Works, but not as it should.
    Warn,
    /// Does not work.
    Fail,
    /// Not done, because something it needs failed.
    Skip,
    /// Does not apply here.
    Na,
    /// The person cancelled, or the time was over.
    Cancelled,
    /// The step itself broke.
    Error,
}

/// A step that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Step {
    /// Which.
    pub id: StepId,
    /// For which endpoint, where it is done for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointId>,
    /// How it ended.
    pub status: StepStatus,
    /// Why it was skipped or does not apply, in English: "needs TLS, which failed".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same as a code, so that it can be said in any language. Absent in reports of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<StepReason>,
    /// Milliseconds from the start of the check.
    #[cfg_attr(test, ts(type = "number"))]
    pub start_ms: u64,
    /// How long it took, milliseconds; whole ones in a document.
    #[serde(serialize_with = "in_whole")]
    #[schemars(with = "u64")]
    pub ms: f64,
    /// How often it was tried; more than one where the first attempt failed.
    pub attempts: u32,
    /// What it learned, thresholds included, by name.
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    pub detail: serde_json::Map<String, serde_json::Value>,
    /// The raw error on one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_raw: Option<String>,
}

/// What is promised to readers is an integer.
fn in_whole<S: Serializer>(ms: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(ms.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_step_took_is_an_integer_in_a_document() {
        for (ms, whole) in [(0.233_939, "0"), (0.6, "1"), (57.304, "57"), (1_000.0, "1000")] {
            let step = Step {
                id: StepId::B1,
                endpoint: None,
                status: StepStatus::Pass,
                reason: None,
                reason_code: None,
                start_ms: 0,
                ms,
                attempts: 1,
                detail: serde_json::Map::new(),
                error_raw: None,
            };
            let document = serde_json::to_string(&step).unwrap();
            assert!(document.contains(&format!(r#""ms":{whole},"#)), "{document}");
        }
    }
}
