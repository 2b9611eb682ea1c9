//! Layers to effective settings: defaults under the file, under the environment, under the managed file.

use std::{path::PathBuf, time::Duration};

use dial::ProxyChoice;
use link::{CloseAction, CloseCodes};
use model::{ErrorCode, Problem};
use serde_json::{Map, Value};
use url::Url;

use super::{
    AuthSettings, BufferSettings, DiagnosticsSettings, EndpointSettings, GatewaySettings, LoggingSettings,
    NotificationSettings, Settings, TlsSettings,
    document::JsonPath,
    effective::payload,
    environment::EnvironmentLayer,
    file::{CloseAction as Said, Connection, File},
    merge, rules, unsupported,
};

/// Checked layers, lowest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layers {
    pub(super) file: Value,
    pub(super) environment: EnvironmentLayer,
    pub(super) managed: Value,
}

/// What the layers come to.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) settings: Settings,
    /// What cannot be done, and what does not fit together across layers.
    pub(super) problems: Vec<Problem>,
    /// Endpoints no layer gives a URL.
    pub(super) without_url: Vec<String>,
}

impl Layers {
    /// All layers as one, as a file would have to say it.
    pub(super) fn merged(&self) -> Value {
        let lower = merge::over(object(&self.file), self.environment.value.clone());
        merge::over(lower, self.managed.clone())
    }

    pub(super) fn resolve(&self) -> Resolved {
        let merged = self.merged();
        let listen_configured = merge::at(&merged, &JsonPath::keys(["gateway", "listen"])).is_some();
        let mut problems = self.environment.problems.clone();
        let file = match serde_json::from_value::<File>(merge::inherit(merged)) {
            Ok(file) => file,
            // Each layer fits the model, and so does any mixture of them; this is for the day that breaks.
            Err(error) => {
                problems.push(problem(
                    ErrorCode::Internal,
                    "The settings could not be put together.",
                    error.to_string(),
                ));
                let settings = Settings::default();
                return Resolved { settings, problems, without_url: Vec::new() };
            }
        };
        let mut without_url = Vec::new();
        let mut endpoints = Vec::new();
        for (id, connection) in &file.websocket.connections {
            let Some(url) =
                connection.url.as_deref().and_then(|url| rules::url(url, rules::ENDPOINT_SCHEMES).ok())
            else {
                without_url.push(id.clone());
                continue;
            };
            endpoints.extend(endpoint(id, url, connection, &file, &mut problems));
        }
        endpoints.sort_by(|a, b| (a.priority, &a.id).cmp(&(b.priority, &b.id)));
        let defaults = Settings::default();
        let settings = Settings {
            endpoints,
            gateway: GatewaySettings {
                enabled: file.gateway.enabled,
                listen: rules::listen(&file.gateway.listen).unwrap_or(defaults.gateway.listen),
                listen_configured,
            },
            notifications: NotificationSettings { enabled: file.notifications.enabled },
            logging: LoggingSettings { level: file.logging.level.to_ascii_lowercase() },
            diagnostics: DiagnosticsSettings {
                control_url: page(file.diagnostics.control_url.as_deref()),
                correlate: file.diagnostics.correlate,
                baselines: file.diagnostics.baselines,
            },
        };
        Resolved { settings, problems, without_url }
    }
}

fn object(value: &Value) -> Value {
    if value.is_object() { value.clone() } else { Value::Object(Map::new()) }
}

fn problem(code: ErrorCode, message: &str, detail: String) -> Problem {
    Problem { code, message: message.to_owned(), detail, endpoint: None }
}

fn endpoint(
    id: &str,
    url: Url,
    connection: &Connection,
    file: &File,
    problems: &mut Vec<Problem>,
) -> Option<EndpointSettings> {
    let id: model::EndpointId = id.parse().ok()?;
    let (mut found, runs) = unsupported::of(&id, connection);
    let retrying = connection.reconnection.as_ref().unwrap_or(&file.websocket.reconnection);
    if retrying.max_delay < retrying.initial_delay {
        // Each file is sound alone; laid over one another they are not.
        found.push(Problem {
            code: ErrorCode::ConfigInvalid,
            message: format!(
                "{id}: max_delay ({}) is below initial_delay ({}).",
                retrying.max_delay, retrying.initial_delay
            ),
            detail: "They come from different files. The smaller one is used for both.".to_owned(),
            endpoint: Some(id.clone()),
        });
    }
    if connection.enabled {
        problems.extend(found);
    }
    Some(EndpointSettings {
        name: connection.name.clone().unwrap_or_else(|| id.to_string()),
        url,
        fallback_urls: fallback_urls(connection),
        priority: connection.priority,
        enabled: connection.enabled && runs,
        auth: connection.auth.as_ref().and_then(AuthSettings::of),
        headers: headers(&connection.headers),
        subprotocols: connection.subprotocols.clone(),
        tls: TlsSettings {
            ca_file: connection.tls.ca_file.as_ref().map(PathBuf::from),
            client_cert: connection.tls.client_cert.as_ref().map(PathBuf::from),
            client_key: connection.tls.client_key.as_ref().map(PathBuf::from),
        },
        proxy: proxy(&connection.proxy)?,
        close_codes: close_codes(connection),
        on_connect: connection.on_connect.iter().map(payload).collect(),
        heartbeat: connection.heartbeat.as_ref().unwrap_or(&file.websocket.heartbeat).into(),
        reconnection: retrying.into(),
        connection_timeout: Duration::from_millis(file.websocket.connection_timeout.0),
        buffer: connection.buffer.as_ref().map(BufferSettings::from).unwrap_or_default(),
        envelope: connection.envelope,
        single_session: connection.single_session,
        health_url: page(connection.health_url.as_deref()),
        id,
    })
}

/// A file with one that is no URL was refused before.
fn fallback_urls(connection: &Connection) -> Vec<Url> {
    let parsed = connection.fallback_urls.iter().map(|url| rules::url(url, rules::ENDPOINT_SCHEMES));
    parsed.filter_map(Result::ok).collect()
}

/// The same.
fn page(url: Option<&str>) -> Option<Url> {
    url.and_then(|url| rules::url(url, rules::HTTP_SCHEMES).ok())
}

fn headers(headers: &Map<String, Value>) -> Vec<(String, String)> {
    headers.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// `None` for what is no proxy; a file that says so was refused before.
fn proxy(text: &str) -> Option<ProxyChoice> {
    match text {
        "system" => Some(ProxyChoice::System),
        "none" => Some(ProxyChoice::Direct),
        url => url.parse().ok().map(ProxyChoice::Url),
    }
}

fn close_codes(connection: &Connection) -> CloseCodes {
    let action = |action: &Said| match action {
        Said::Stop => CloseAction::Stop,
        Said::Retry => CloseAction::Retry,
        Said::Slow => CloseAction::Slow,
    };
    connection
        .close_codes
        .iter()
        .filter_map(|(code, said)| Some((code.parse().ok()?, action(said))))
        .collect()
}
