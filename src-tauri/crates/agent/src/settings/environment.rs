//! Settings from environment variables: over the file, under the managed file.
//!
//! Works on a map it is given. A bad value is a problem with the variable's name, and the value is ignored;
//! values are never quoted, they may be secrets.

use std::collections::BTreeMap;

use model::{EndpointId, ErrorCode, Problem};
use serde_json::Value;

use super::{
    document::JsonPath,
    merge,
    rules::{self, Broken},
};
use crate::paths::Environment;

/// What the environment says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct EnvironmentLayer {
    pub(super) value: Value,
    /// Which variable set which value.
    pub(super) names: BTreeMap<JsonPath, String>,
    pub(super) problems: Vec<Problem>,
}

/// Reads the variables Linekeeper knows. `file_ids` are the endpoints of the files: a variable's name cannot hold
/// a `-`, so `WEBSOCKET_MY_FEED_URL` also means the endpoint `my-feed` where there is one and no `my_feed`.
pub(super) fn read(environment: &Environment, file_ids: &[&str]) -> EnvironmentLayer {
    let mut layer = EnvironmentLayer::default();
    for (name, value) in environment.iter().filter(|(_, value)| !value.is_empty()) {
        match name.as_str() {
            "WEBSOCKET_MAX_RECONNECT" => {
                layer.number(
                    name,
                    value,
                    JsonPath::keys(["websocket", "reconnection", "max_attempts"]),
                    0,
                    1_000_000,
                );
            }
            "WEBSOCKET_HEARTBEAT_INTERVAL" => {
                layer.number(
                    name,
                    value,
                    JsonPath::keys(["websocket", "heartbeat", "interval"]),
                    1,
                    86_400_000,
                );
            }
            "WEBSOCKET_LOG_LEVEL" => {
                let level = rules::level(value).map(|_| Value::from(value.as_str()));
                layer.take(name, level, JsonPath::keys(["logging", "level"]));
            }
            "WEBSOCKET_ENABLE_METRICS" => layer.switch(name, value, "No metrics are served."),
            "WEBSOCKET_ENABLE_ALERTS" => layer.switch(name, value, "No alerts are sent."),
            "SLACK_WEBHOOK_URL" | "PAGERDUTY_API_KEY" => layer.unsupported(name, "No alerts are sent."),
            other => {
                if let Some(id) = other.strip_prefix("WEBSOCKET_").and_then(|rest| rest.strip_suffix("_URL"))
                {
                    layer.endpoint(name, id, value, file_ids);
                }
            }
        }
    }
    layer
}

impl EnvironmentLayer {
    fn take(&mut self, name: &str, value: Result<Value, Broken>, path: JsonPath) {
        match value {
            Ok(value) => {
                merge::put(&mut self.value, &path, value);
                self.names.insert(path, name.to_owned());
            }
            Err(broken) => self.problem(
                ErrorCode::EnvInvalid,
                format!("{name}: {}", broken.message),
                format!("The variable is ignored. What to do: {}.", broken.hint),
                path.endpoint(),
            ),
        }
    }

    fn number(&mut self, name: &str, value: &str, path: JsonPath, min: u32, max: u32) {
        let number = match value.trim().parse::<u32>() {
            Ok(number) if (min..=max).contains(&number) => Ok(Value::from(number)),
            _ => Err(Broken {
                message: format!("not a whole number from {min} to {max}"),
                hint: "correct the variable or unset it".to_owned(),
            }),
        };
        self.take(name, number, path);
    }

    fn switch(&mut self, name: &str, value: &str, instead: &str) {
        match value.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => self.unsupported(name, instead),
            "0" | "false" | "no" | "off" => {}
            _ => self.problem(
                ErrorCode::EnvInvalid,
                format!("{name}: neither true nor false"),
                "The variable is ignored. Set it to true or false.".to_owned(),
                None,
            ),
        }
    }

    fn unsupported(&mut self, name: &str, instead: &str) {
        self.problem(
            ErrorCode::Unsupported,
            format!("{name} is set, but this version cannot do that."),
            instead.to_owned(),
            None,
        );
    }

    fn endpoint(&mut self, name: &str, id: &str, value: &str, file_ids: &[&str]) {
        let lower = id.to_lowercase();
        let dashed = || file_ids.iter().copied().find(|id| id.replace('-', "_") == lower);
        let id = if file_ids.contains(&lower.as_str()) { lower.as_str() } else { dashed().unwrap_or(&lower) };
        match id.parse::<EndpointId>() {
            Ok(id) => {
                let path = JsonPath::keys(["websocket", "connections", id.as_str(), "url"]);
                let url = rules::url(value, rules::ENDPOINT_SCHEMES).map(|_| Value::from(value));
                self.take(name, url, path);
            }
            Err(error) => self.problem(
                ErrorCode::EnvInvalid,
                format!("{name}: {error}"),
                "The variable is ignored. Rename it.".to_owned(),
                None,
            ),
        }
    }

    fn problem(&mut self, code: ErrorCode, message: String, detail: String, endpoint: Option<&str>) {
        let endpoint = endpoint.and_then(|id| id.parse().ok());
        self.problems.push(Problem { code, message, detail, endpoint });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn layer(pairs: &[(&str, &str)], ids: &[&str]) -> EnvironmentLayer {
        read(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(), ids)
    }

    #[test]
    fn every_variable_lands_at_its_place_and_leaves_its_name() {
        let layer = layer(
            &[
                ("WEBSOCKET_PULSE_URL", "ws://localhost:3001"),
                ("WEBSOCKET_MAX_RECONNECT", "5"),
                ("WEBSOCKET_HEARTBEAT_INTERVAL", "9000"),
                ("WEBSOCKET_LOG_LEVEL", "DEBUG"),
                ("PATH", "/bin"),
            ],
            &[],
        );
        assert_eq!(layer.problems, []);
        assert_eq!(layer.value["websocket"]["connections"], json!({"pulse": {"url": "ws://localhost:3001"}}));
        assert_eq!(layer.value["websocket"]["reconnection"]["max_attempts"], 5);
        assert_eq!(layer.value["websocket"]["heartbeat"]["interval"], 9000);
        assert_eq!(layer.value["logging"]["level"], "DEBUG");
        assert_eq!(layer.names[&JsonPath::keys(["logging", "level"])], "WEBSOCKET_LOG_LEVEL");
    }

    #[test]
    fn a_bad_value_is_a_problem_with_the_variables_name_and_is_ignored() {
        let layer = layer(
            &[
                ("WEBSOCKET_A_URL", "hunter2://user:hunter2@x"),
                ("WEBSOCKET_B.C_URL", "ws://x"),
                ("WEBSOCKET_MAX_RECONNECT", "-1"),
                ("WEBSOCKET_HEARTBEAT_INTERVAL", "0"),
                ("WEBSOCKET_LOG_LEVEL", "loud"),
                ("WEBSOCKET_ENABLE_ALERTS", "maybe"),
            ],
            &[],
        );
        assert_eq!(layer.value, Value::Null);
        assert_eq!(layer.problems.len(), 6);
        for problem in &layer.problems {
            assert_eq!(problem.code, ErrorCode::EnvInvalid);
            assert!(problem.message.starts_with("WEBSOCKET_"), "{problem:?}");
            assert!(!problem.detail.contains("hunter2"), "{problem:?}");
        }
    }

    #[test]
    fn what_this_version_cannot_do_is_named_when_it_is_switched_on() {
        let on = [("WEBSOCKET_ENABLE_METRICS", "true"), ("SLACK_WEBHOOK_URL", "https://s/hunter2")];
        let problems = layer(&on, &[]).problems;
        assert_eq!(problems.len(), 2);
        assert!(problems.iter().all(|problem| problem.code == ErrorCode::Unsupported));
        assert!(!format!("{problems:?}").contains("hunter2"));
        assert_eq!(
            layer(&[("WEBSOCKET_ENABLE_METRICS", "false"), ("PAGERDUTY_API_KEY", "")], &[]).problems,
            []
        );
    }

    #[test]
    fn an_underscore_in_a_variable_stands_for_a_dash_where_only_that_endpoint_exists() {
        let set = [("WEBSOCKET_MY_FEED_URL", "ws://x")];
        let ids = |ids: &[&str]| -> Vec<String> {
            let layer = layer(&set, ids);
            layer.value["websocket"]["connections"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(ids(&["my-feed"]), ["my-feed"]);
        assert_eq!(ids(&["my-feed", "my_feed"]), ["my_feed"]);
        assert_eq!(ids(&[]), ["my_feed"]);
    }
}
