//! The report: everything one check learned. `schema_version` 1; fields are added, never renamed or removed, and readers
//! ignore what they do not know. What was not looked at is absent, not `null`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    finding::{Confidence, Finding, FindingCode, FindingOwner},
    kind::{Mode, Package, TransportResult, Tray, Trigger, VerdictClass},
    step::{Step, StepStatus},
};
use crate::{EndpointId, EndpointState, Transport};

macro_rules! shape {
    ($($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* })+) => {
        $(#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(test, derive(ts_rs::TS), ts(rename = concat!("Check", stringify!($name))))]
        $(#[$meta])*
        pub struct $name { $($body)* })+
    };
}

shape! {
    /// One check.
    pub struct Report {
        /// 1.
        pub schema_version: u32,
        /// UUID.
        pub run_id: String,
        /// Four characters of Crockford's base 32, to be read out.
        #[serde(rename = "ref")]
        pub reference: String,
        /// Linekeeper and the system.
        pub app: App,
        /// Who asked.
        pub trigger: Trigger,
        /// How much was checked.
        pub mode: Mode,
        /// When it began.
        #[cfg_attr(test, ts(type = "string"))]
        pub started_at: Timestamp,
        /// How long it took, milliseconds.
        #[cfg_attr(test, ts(type = "number"))]
        pub duration_ms: u64,
        /// The answer.
        pub verdict: Verdict,
        /// Everything found, the primary one first.
        pub findings: Vec<Finding>,
        /// This computer and its network.
        pub environment: Environment,
        /// Every endpoint that was checked.
        pub endpoints: Vec<Endpoint>,
        /// Every step, in order.
        pub steps: Vec<Step>,
        /// Whether its requests carried `run_id` in the header `X-Diag-Run`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub correlated: Option<bool>,
        /// What was taken out.
        pub redaction: RedactionSummary,
    }

    /// Linekeeper and the system it runs on.
    pub struct App {
        /// Version.
        pub version: String,
        /// Commit, where it was built from one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub commit: Option<String>,
        /// Operating system and version.
        pub os: String,
        /// Desktop environment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub desktop: Option<String>,
        /// How it was installed.
        pub package: Package,
        /// State of the tray icon, where there is a desktop.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tray: Option<Tray>,
        /// Seconds since the agent started; absent without an agent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(type = "number", optional))]
        pub uptime_s: Option<u64>,
    }

    /// The answer.
    pub struct Verdict {
        /// In one word.
        pub class: VerdictClass,
        /// Who can mend it.
        pub owner: FindingOwner,
        /// How sure it is.
        pub confidence: Confidence,
        /// The finding it rests on.
        pub primary: Option<FindingCode>,
        /// The sentence, English, at most 160 characters.
        pub line: String,
        /// What to do next, English.
        pub next_action: String,
    }

    /// This computer and its network.
    pub struct Environment {
        /// Interfaces that are up, loopback aside.
        pub interfaces: Vec<Interface>,
        /// Routers of the default routes.
        pub gateways: Vec<String>,
        /// Name servers.
        pub resolvers: Vec<String>,
        /// Which proxy the system names, without credentials.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub proxy: Option<ProxyUse>,
        /// Our clock minus the servers', milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(type = "number", optional))]
        pub clock_skew_ms: Option<i64>,
        /// Tunnel interfaces that are up.
        pub vpn: Vec<String>,
        /// Seconds since the computer woke up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(type = "number", optional))]
        pub resumed_s_ago: Option<u64>,
        /// Seconds since the network changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(type = "number", optional))]
        pub network_changed_s_ago: Option<u64>,
        /// Waiting messages of all endpoints.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(type = "number", optional))]
        pub waiting: Option<u64>,
        /// Free bytes where messages are kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(type = "number", optional))]
        pub free_bytes: Option<u64>,
    }

    /// A network interface.
    pub struct Interface {
        /// Its name.
        pub name: String,
        /// Its addresses.
        pub addresses: Vec<String>,
        /// Whether it is a tunnel.
        pub tunnel: bool,
    }

    /// A proxy and who set it.
    pub struct ProxyUse {
        /// URL without credentials; absent where none is used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub url: Option<String>,
        /// `configuration`, `environment`, `desktop` or `none`.
        pub source: String,
        /// URL of an automatic proxy script that was not run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub pac: Option<String>,
    }

    /// One endpoint.
    #[schemars(transform = live_is_there)]
    pub struct Endpoint {
        /// Its id; for a URL given by hand, one made from its host.
        pub id: EndpointId,
        /// Its name for people.
        pub name: String,
        /// URL without credentials and secrets.
        pub url: String,
        /// What the live connection was doing; an empty object without an agent.
        #[serde(default, with = "standing")]
        #[schemars(with = "Standing")]
        #[cfg_attr(test, ts(as = "Standing"))]
        pub live: Option<Live>,
        /// Phases, milliseconds.
        pub timing_ms: Timing,
        /// Every address and what became of it.
        pub addresses: Vec<Address>,
        /// Each name server's answer.
        pub name_servers: Vec<NameServer>,
        /// The proxy on the way, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub proxy: Option<ProxyUse>,
        /// TLS with the server.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub tls: Option<Tls>,
        /// The ordinary web request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub http: Option<Http>,
        /// Every transport.
        pub transports: Vec<TransportTry>,
        /// Response times.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub quality: Option<QualityFigures>,
        /// What changed since the last good check in this network.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub versus_last_good: Option<Comparison>,
    }

    /// A live connection, as it was when the check ended.
    pub struct Live {
        /// State.
        pub state: EndpointState,
        /// Transport in use, while connected.
        pub transport: Option<Transport>,
        /// In this state since.
        #[cfg_attr(test, ts(type = "string"))]
        pub since: Timestamp,
        /// Last error: code and text.
        pub last_error: Option<String>,
        /// Milliseconds to the next try.
        #[cfg_attr(test, ts(type = "number | null"))]
        pub retry_in_ms: Option<u64>,
        /// Waiting messages.
        #[cfg_attr(test, ts(type = "number"))]
        pub waiting: u64,
    }

    /// Phases of the WebSocket dial, milliseconds; absent where a phase was not reached or does not apply.
    pub struct Timing {
        /// Name lookup.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub dns: Option<f64>,
        /// TCP.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub tcp: Option<f64>,
        /// The way through the proxy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub proxy: Option<f64>,
        /// TLS.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub tls: Option<f64>,
        /// WebSocket upgrade.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub upgrade: Option<f64>,
        /// First byte of the ordinary web answer, from its request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub first_byte: Option<f64>,
        /// The whole dial.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub total: Option<f64>,
    }

    /// One address.
    pub struct Address {
        /// IP address.
        pub ip: String,
        /// 4 or 6.
        pub family: u8,
        /// `connected`, `refused`, `timeout`, `unreachable`, `denied` or `failed`.
        pub result: String,
        /// Milliseconds, where it ended.
        pub ms: Option<f64>,
        /// Whether the WebSocket went through it.
        pub used: bool,
    }

    /// What one name server said.
    pub struct NameServer {
        /// Its address.
        pub server: String,
        /// Answer for IPv4 addresses: `ok`, `nxdomain`, `servfail`, `refused`, `no_data`, `timeout` or an error.
        pub a: String,
        /// Answer for IPv6 addresses.
        pub aaaa: String,
        /// Milliseconds of the slower answer.
        pub ms: Option<f64>,
    }

    /// TLS with the server.
    pub struct Tls {
        /// Version, such as `TLSv1_3`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub version: Option<String>,
        /// Cipher suite.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cipher: Option<String>,
        /// Certificates, the server's own first.
        pub chain: Vec<Certificate>,
        /// Whether the public issuers that browsers ship would accept it too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub publicly_trusted: Option<bool>,
        /// Days until the first certificate of the chain expires.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(type = "number", optional))]
        pub days_left: Option<i64>,
    }

    /// A certificate.
    pub struct Certificate {
        /// Common name, or the whole subject.
        pub subject: String,
        /// Common name of the issuer, or the whole.
        pub issuer: String,
        /// Valid from.
        #[cfg_attr(test, ts(type = "string"))]
        pub not_before: Timestamp,
        /// Valid until.
        #[cfg_attr(test, ts(type = "string"))]
        pub not_after: Timestamp,
        /// Names it is for, at most five.
        pub names: Vec<String>,
    }

    /// An HTTP answer: allow-listed headers only.
    pub struct Http {
        /// Status.
        pub status: u16,
        /// `Server`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub server: Option<String>,
        /// `Via`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub via: Option<String>,
        /// The server's own id of the request: `X-Request-Id`, `CF-Ray` or `traceparent`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub request_id: Option<String>,
        /// Title of a page, where one came.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub title: Option<String>,
    }

    /// One transport.
    pub struct TransportTry {
        /// `websocket`, `sse`, `long_poll`, `poll` or `socketio`.
        pub name: String,
        /// Its result.
        pub result: TransportResult,
        /// Milliseconds until it was open.
        pub ms: Option<f64>,
        /// What was found about it.
        pub finding: Option<FindingCode>,
    }

    /// Response times. Jitter is the mean absolute difference of successive samples.
    pub struct QualityFigures {
        /// Answers that came.
        pub samples: u32,
        /// Milliseconds.
        pub min: f64,
        /// Milliseconds.
        pub median: f64,
        /// Milliseconds; absent with fewer than 20 samples.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub p95: Option<f64>,
        /// Milliseconds.
        pub max: f64,
        /// Milliseconds.
        pub jitter_ms: f64,
        /// Share of samples over three times the median and 150 ms above it, 0 to 1.
        pub delayed_share: f64,
        /// Retransmissions the kernel counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, ts(optional))]
        pub tcp_retransmits: Option<u32>,
        /// What the kernel's figures describe: `end_to_end`, `to_proxy` or `unavailable`.
        pub tcp_info_scope: String,
    }

    /// Compared with the last good check in this network.
    pub struct Comparison {
        /// That check.
        pub run_id: String,
        /// How long ago, seconds.
        #[cfg_attr(test, ts(type = "number"))]
        pub age_s: u64,
        /// What differs.
        pub changes: Vec<Change>,
    }

    /// One difference.
    pub struct Change {
        /// What: `issuer`, `addresses`, `websocket`, `dns`, `tcp`, `tls`, `upgrade`, `median`, `proxy`.
        pub what: String,
        /// As it was.
        pub before: String,
        /// As it is.
        pub now: String,
        /// How much it matters, as a step would say it.
        pub status: StepStatus,
    }

    /// What was taken out of the report.
    pub struct RedactionSummary {
        /// Version of the rules.
        pub policy: u32,
        /// How often each rule took something out.
        pub counts: std::collections::BTreeMap<String, u32>,
        /// True when the last scan of the finished text found nothing.
        pub clean: bool,
    }
}

/// Reports of older versions are read without it; new ones have it.
fn live_is_there(schema: &mut schemars::Schema) {
    let required = schema.get_mut("required").and_then(serde_json::Value::as_array_mut);
    // What is written has it already; what is read would do without.
    if let Some(required) = required.filter(|all| !all.iter().any(|name| name == "live")) {
        required.push("live".into());
    }
}

/// `live` as it stands in a document: always there, and empty where nobody could be asked.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename = "CheckStanding"))]
enum Standing {
    Known(Live),
    Unknown {
        /// Never there; so TypeScript can tell the two apart.
        #[serde(default, skip_serializing)]
        #[schemars(skip)]
        #[cfg_attr(test, ts(optional, type = "undefined"))]
        state: Option<()>,
    },
}

mod standing {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Live, Standing};

    pub(super) fn serialize<S: Serializer>(live: &Option<Live>, to: S) -> Result<S::Ok, S::Error> {
        match live {
            Some(live) => live.serialize(to),
            None => Standing::Unknown { state: None }.serialize(to),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Live>, D::Error> {
        Ok(match Option::deserialize(from)? {
            Some(Standing::Known(live)) => Some(live),
            Some(Standing::Unknown { .. }) | None => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_live_connection_is_there_or_an_empty_object() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Holder {
            #[serde(default, with = "standing")]
            live: Option<Live>,
        }
        let live = Live {
            state: EndpointState::Connected,
            transport: Some(Transport::Websocket),
            since: Timestamp::UNIX_EPOCH,
            last_error: None,
            retry_in_ms: None,
            waiting: 0,
        };
        for (live, empty) in [(Some(live), false), (None, true)] {
            let holder = Holder { live };
            let document = serde_json::to_value(&holder).unwrap();
            assert_eq!(document["live"].as_object().unwrap().is_empty(), empty, "{document}");
            assert_eq!(serde_json::from_value::<Holder>(document).unwrap(), holder);
        }
        for older in ["{}", r#"{"live":null}"#] {
            assert_eq!(serde_json::from_str::<Holder>(older).unwrap(), Holder { live: None });
        }
    }
}
