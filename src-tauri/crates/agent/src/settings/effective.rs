//! Effective settings: every default filled in, every source merged, every value checked.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use model::EndpointId;
use url::Url;

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
}

/// One endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointSettings {
    /// Key in the file.
    pub id: EndpointId,
    /// Name for people; the id when none is configured.
    pub name: String,
    /// ws, wss, http or https.
    pub url: Url,
    /// 1 comes first.
    pub priority: u32,
    /// Whether it is connected at all.
    pub enabled: bool,
    /// Extra request headers, in order.
    pub headers: Vec<(String, String)>,
    /// WebSocket subprotocols offered, in order.
    pub subprotocols: Vec<String>,
    /// TLS material.
    pub tls: TlsSettings,
    /// Payloads sent first on every session: JSON values in compact form, strings as they are.
    pub on_connect: Vec<String>,
    /// Probing.
    pub heartbeat: HeartbeatSettings,
    /// Retrying.
    pub reconnection: ReconnectionSettings,
    /// Limit for one whole attempt.
    pub connection_timeout: Duration,
}

/// TLS material; verification itself is the platform's and is never off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSettings {
    /// PEM file with additional trusted issuers.
    pub ca_file: Option<PathBuf>,
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
