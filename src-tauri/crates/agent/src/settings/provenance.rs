//! Where each effective value comes from, for `linekeeper config show`.

use std::fmt;

use serde_json::{Map, Value};
use url::Url;

use super::{
    RedactedUrl,
    document::{JsonPath, Step},
    merge,
    resolve::Layers,
    rules, schema,
};
use crate::confidential;

/// What stands for a value that may be a secret.
const HIDDEN: &str = "(hidden)";

/// One value as it is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveValue {
    /// `websocket.connections.pulse.url`.
    pub path: String,
    /// The value; what may carry a secret is hidden or shortened.
    pub value: Value,
    /// Who set it.
    pub provenance: Provenance,
}

impl EffectiveValue {
    /// True when the administrator set it: nothing below changes it.
    pub fn locked(&self) -> bool {
        self.provenance == Provenance::Managed
    }
}

/// Who set a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Nobody: it is the default.
    Default,
    /// The configuration file.
    File,
    /// An environment variable, by its name.
    Environment(String),
    /// The managed file.
    Managed,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File => f.write_str("file"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Managed => f.write_str("managed"),
        }
    }
}

/// Every value in force, in the order of the schema; of an endpoint those that are set, and its name, place and
/// switch.
pub(super) fn values(layers: &Layers) -> Vec<EffectiveValue> {
    let merged = layers.merged();
    let schema = schema::checked();
    let mut show = Show { layers, merged: &merged, values: Vec::new() };
    show.section(&schema, &JsonPath::default(), true);
    show.values
}

struct Show<'a> {
    layers: &'a Layers,
    merged: &'a Value,
    values: Vec<EffectiveValue>,
}

impl Show<'_> {
    fn section(&mut self, schema: &Value, path: &JsonPath, defaults: bool) {
        for (key, inner) in
            schema["properties"].as_object().into_iter().flatten().filter(|(key, _)| *key != "$schema")
        {
            let path = path.key(key);
            if inner["properties"].is_object() {
                self.section(inner, &path, defaults);
            } else if path == JsonPath::keys(["websocket", "connections"]) {
                self.connections(&inner["additionalProperties"], &path);
            } else if inner["additionalProperties"].is_object() {
                for key in
                    merge::at(self.merged, &path).and_then(Value::as_object).into_iter().flat_map(Map::keys)
                {
                    self.leaf(&path.key(key), None);
                }
            } else {
                self.leaf(&path, inner.get("default").filter(|_| defaults));
            }
        }
    }

    fn connections(&mut self, schema: &Value, path: &JsonPath) {
        for id in merge::at(self.merged, path).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            let path = path.key(id);
            self.section(schema, &path, false);
            let name = Value::from(id.as_str());
            for (key, default) in [
                ("name", &name),
                ("priority", &schema["properties"]["priority"]["default"]),
                ("enabled", &schema["properties"]["enabled"]["default"]),
            ] {
                if merge::at(self.merged, &path.key(key)).is_none() {
                    self.leaf(&path.key(key), Some(default));
                }
            }
        }
    }

    fn leaf(&mut self, path: &JsonPath, default: Option<&Value>) {
        let Some(value) = merge::at(self.merged, path).or(default) else {
            return;
        };
        let provenance = self.provenance(path);
        self.values.push(EffectiveValue { path: path.to_string(), value: redact(path, value), provenance });
    }

    fn provenance(&self, path: &JsonPath) -> Provenance {
        if merge::at(&self.layers.managed, path).is_some() {
            return Provenance::Managed;
        }
        if let Some(name) = self.layers.environment.names.get(path) {
            return Provenance::Environment(name.clone());
        }
        match merge::at(&self.layers.file, path) {
            Some(_) => Provenance::File,
            None => Provenance::Default,
        }
    }
}

fn is_heartbeat(path: &JsonPath) -> bool {
    let key = |key: &str| Step::Key(key.to_owned());
    path.0.ends_with(&[key("heartbeat"), key("message")])
}

/// Headers and first messages carry credentials, and so do URLs in their user part and query, long subprotocols, and what
/// an application sends as its heartbeat.
fn redact(path: &JsonPath, value: &Value) -> Value {
    let of_endpoint = path.endpoint().and_then(|_| match path.0.get(3) {
        Some(Step::Key(key)) => Some(key.as_str()),
        Some(Step::Index(_)) | None => None,
    });
    match value {
        _ if of_endpoint == Some("headers") => Value::from(HIDDEN),
        Value::Array(items) if of_endpoint == Some("on_connect") => {
            items.iter().map(|_| Value::from(HIDDEN)).collect()
        }
        Value::Array(items) if of_endpoint == Some("subprotocols") => {
            let shown = |item: &Value| !item.as_str().is_some_and(confidential::may_be_a_token);
            items.iter().map(|item| if shown(item) { item.clone() } else { Value::from(HIDDEN) }).collect()
        }
        message if is_heartbeat(path) && confidential::is_in(message) => Value::from(HIDDEN),
        Value::Array(items) => items.iter().map(|item| redact(path, item)).collect(),
        Value::String(text) if rules::holds_pem(text) => Value::from(HIDDEN),
        Value::String(text) if text.contains("://") => match Url::parse(text) {
            Ok(url) => Value::from(RedactedUrl::new(&url).to_string()),
            Err(_) => Value::from(HIDDEN),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            value.clone()
        }
    }
}
