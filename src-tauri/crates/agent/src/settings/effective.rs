//! Effective settings: every default filled in, every source merged, every value checked.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

use dial::ProxyChoice;
use link::CloseCodes;
use model::EndpointId;
use serde_json::Value;
use url::Url;

use super::{AuthSettings, BufferSettings, RedactedUrl, file};

/// Everything the agent obeys.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Enabled and disabled endpoints, by priority and then by id.
    pub endpoints: Vec<EndpointSettings>,
    /// The local gateway.
    pub gateway: GatewaySettings,
    /// Native notifications.
    pub notifications: NotificationSettings,
    /// Log files.
    pub logging: LoggingSettings,
    /// Checks.
    pub diagnostics: DiagnosticsSettings,
}

/// One endpoint. Its `Debug` shows no header value, no message and no secret part of the URL.
#[derive(Clone, PartialEq)]
pub struct EndpointSettings {
    /// Key in the file.
    pub id: EndpointId,
    /// Name for people; the id when none is configured.
    pub name: String,
    /// ws, wss, http or https.
    pub url: Url,
    /// Backup hosts, in order of preference; everything else is as with `url`.
    pub fallback_urls: Vec<Url>,
    /// 1 comes first.
    pub priority: u32,
    /// Whether it is connected at all.
    pub enabled: bool,
    /// Who it says it is.
    pub auth: Option<AuthSettings>,
    /// Extra request headers, in order.
    pub headers: Vec<(String, String)>,
    /// WebSocket subprotocols offered, in order.
    pub subprotocols: Vec<String>,
    /// TLS material.
    pub tls: TlsSettings,
    /// The way out: the system's proxy settings, a proxy of its own, or none.
    pub proxy: ProxyChoice,
    /// Payloads sent first on every session: JSON values in compact form, strings as they are.
    pub on_connect: Vec<String>,
    /// What the server means by its close codes, where that differs from the usual.
    pub close_codes: CloseCodes,
    /// Probing.
    pub heartbeat: HeartbeatSettings,
    /// Retrying.
    pub reconnection: ReconnectionSettings,
    /// Limit for one whole attempt.
    pub connection_timeout: Duration,
    /// How messages wait until they can be sent.
    pub buffer: BufferSettings,
    /// Whether each payload goes out as `{"id","redelivered","data"}`.
    pub envelope: bool,
    /// Whether the server allows one session only: then a check opens none beside the live one.
    pub single_session: bool,
    /// Where the ordinary web request of a check goes.
    pub health_url: Option<Url>,
}

impl fmt::Debug for EndpointSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fallback_urls: Vec<RedactedUrl<'_>> = self.fallback_urls.iter().map(RedactedUrl::new).collect();
        let header_names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("EndpointSettings")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("url", &RedactedUrl::new(&self.url))
            .field("fallback_urls", &fallback_urls)
            .field("priority", &self.priority)
            .field("enabled", &self.enabled)
            .field("auth", &self.auth)
            .field("headers", &header_names)
            .field("subprotocols", &self.subprotocols)
            .field("tls", &self.tls)
            .field("proxy", &self.proxy)
            .field("on_connect", &self.on_connect.len())
            .field("close_codes", &self.close_codes)
            .field("heartbeat", &self.heartbeat)
            .field("reconnection", &self.reconnection)
            .field("connection_timeout", &self.connection_timeout)
            .field("buffer", &self.buffer)
            .field("envelope", &self.envelope)
            .field("single_session", &self.single_session)
            .field("health_url", &self.health_url.as_ref().map(RedactedUrl::new))
            .finish()
    }
}

/// TLS material; verification itself is the platform's and is never off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// PEM file with additional trusted issuers.
    pub ca_file: Option<PathBuf>,
    /// PEM file with the client certificate.
    pub client_cert: Option<PathBuf>,
    /// PEM file with its key.
    pub client_key: Option<PathBuf>,
}

/// Probing of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeartbeatSettings {
    /// Off: sessions count as proven when they open, and only the socket's end is noticed.
    pub enabled: bool,
    /// Time between probes.
    pub interval: Duration,
    /// Silence after a probe that ends the session.
    pub timeout: Duration,
    /// Application heartbeat sent beside each probe, compact JSON or text.
    pub message: Option<String>,
}

/// Retrying.
#[derive(Clone, Debug, PartialEq)]
pub struct ReconnectionSettings {
    /// Failed tries in a row before `failed` and slow probing; 0 means never.
    pub max_attempts: u32,
    /// Ceiling of the first wait.
    pub initial_delay: Duration,
    /// Growth of the ceiling per failed try.
    pub backoff_multiplier: f64,
    /// Largest ceiling.
    pub max_delay: Duration,
}

/// The local gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewaySettings {
    /// Off: no port is opened.
    pub enabled: bool,
    /// Loopback address and port.
    pub listen: SocketAddr,
    /// True when `listen` was configured: then a taken port is a problem instead of a reason to move.
    pub listen_configured: bool,
}

/// Native notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationSettings {
    /// Off: none are shown.
    pub enabled: bool,
}

/// Log files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggingSettings {
    /// A level (`info`) or a filter in tracing's syntax (`info,link=debug`).
    pub level: String,
}

/// Checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagnosticsSettings {
    /// The organisation's page that answers 204; without it nobody is asked for one.
    pub control_url: Option<Url>,
    /// Whether requests carry the check's id.
    pub correlate: bool,
    /// Whether calm connections are checked now and then although nobody asks.
    pub baselines: bool,
}

/// Nothing configured: no endpoints, every default.
impl Default for Settings {
    fn default() -> Self {
        let gateway = file::Gateway::default();
        Self {
            endpoints: Vec::new(),
            gateway: GatewaySettings {
                enabled: gateway.enabled,
                listen: SocketAddr::from(([127, 0, 0, 1], 7878)),
                listen_configured: false,
            },
            notifications: NotificationSettings { enabled: file::Notifications::default().enabled },
            logging: LoggingSettings { level: file::Logging::default().level },
            diagnostics: DiagnosticsSettings {
                control_url: None,
                correlate: file::Diagnostics::default().correlate,
                baselines: file::Diagnostics::default().baselines,
            },
        }
    }
}

impl Default for HeartbeatSettings {
    fn default() -> Self {
        Self::from(&file::Heartbeat::default())
    }
}

impl From<&file::Heartbeat> for HeartbeatSettings {
    fn from(heartbeat: &file::Heartbeat) -> Self {
        Self {
            enabled: heartbeat.enabled,
            interval: Duration::from_millis(heartbeat.interval),
            timeout: Duration::from_millis(heartbeat.timeout),
            message: heartbeat.message.as_ref().map(payload),
        }
    }
}

impl Default for ReconnectionSettings {
    fn default() -> Self {
        Self::from(&file::Reconnection::default())
    }
}

impl From<&file::Reconnection> for ReconnectionSettings {
    fn from(reconnection: &file::Reconnection) -> Self {
        Self {
            max_attempts: reconnection.max_attempts,
            // The smaller one is the ceiling of both when layers disagree.
            initial_delay: Duration::from_millis(reconnection.initial_delay.min(reconnection.max_delay)),
            backoff_multiplier: reconnection.backoff_multiplier,
            max_delay: Duration::from_millis(reconnection.max_delay),
        }
    }
}

/// A message as it goes out: text as it is, anything else as compact JSON.
pub(super) fn payload(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
