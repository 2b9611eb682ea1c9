//! What must not leave beside what a check itself carried: whatever else of the settings and the environment is a secret.

use std::path::Path;

use dial::DialRequest;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use crate::{endpoint::dial_request, gateway::GatewayFile, paths::Environment, settings::Loaded};

/// Variables that are secrets as a whole.
const SECRET_VARIABLES: [&str; 2] = ["SLACK_WEBHOOK_URL", "PAGERDUTY_API_KEY"];
/// What stands in the name of a member that holds a secret.
const TELLING: [&str; 6] = ["token", "secret", "password", "auth", "key", "session"];

/// Secrets that stand in the settings, also of endpoints that are off; the gateway's token; those of the environment.
pub(super) fn more(loaded: &Loaded, environment: &Environment, runtime: &Path) -> Vec<SecretString> {
    let mut secrets = of_environment(environment);
    if let Ok(Some(file)) = GatewayFile::read(runtime) {
        secrets.push(file.token.into());
    }
    for settings in &loaded.settings.endpoints {
        secrets.extend(dial_request(settings).secrets());
        for url in &settings.fallback_urls {
            secrets.extend(DialRequest::new(url.clone()).secrets());
        }
        let sent = settings.on_connect.iter().chain(&settings.heartbeat.message);
        for message in sent.filter_map(|text| serde_json::from_str(text).ok()) {
            told(&message, false, &mut secrets);
        }
    }
    secrets
}

/// Texts below names that speak of secrets, in what is sent first on every session.
fn told(message: &Value, telling: bool, secrets: &mut Vec<SecretString>) {
    match message {
        Value::String(text) if telling => secrets.push(text.clone().into()),
        Value::Array(items) => items.iter().for_each(|item| told(item, telling, secrets)),
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.to_lowercase();
                told(member, telling || TELLING.iter().any(|word| name.contains(word)), secrets);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Variables that are secrets, and the logins of proxies.
fn of_environment(environment: &Environment) -> Vec<SecretString> {
    let proxies = environment.iter().filter(|(name, _)| name.to_lowercase().ends_with("_proxy"));
    let passwords = proxies.filter_map(|(_, value)| Url::parse(value).ok()?.password().map(str::to_owned));
    let whole = environment.iter().filter(|(name, _)| SECRET_VARIABLES.contains(&name.as_str()));
    whole.map(|(_, value)| value.clone()).chain(passwords).map(SecretString::from).collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_sent_first_gives_away_its_secrets_and_nothing_else() {
        let mut secrets = Vec::new();
        let message = json!({ "action": "login", "auth": { "user": "ada", "codes": ["c4nary"] }, "n": 1, "ApiKey": "k3y" });
        told(&message, false, &mut secrets);
        let mut found: Vec<&str> = secrets.iter().map(|secret| secret.expose_secret()).collect();
        found.sort_unstable();
        assert_eq!(found, ["ada", "c4nary", "k3y"]);
    }
}
