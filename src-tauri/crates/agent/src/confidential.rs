//! What of an endpoint's settings is secret beside what one request of it carries: other URLs, and what is said first on
//! every session. No text about the endpoint may repeat it. The credential itself is not known here.

use dial::DialRequest;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::settings::EndpointSettings;

/// What stands in the name of a member that holds a secret.
const TELLING: [&str; 7] = ["token", "secret", "password", "passphrase", "auth", "key", "session"];
/// Shorter values are words, and hiding them would spoil every text.
const SHORTEST: usize = 6;
/// A word as long as this may be a token.
const SHORTEST_TOKEN: usize = 16;

/// Secrets of every URL of the endpoint, of its first messages and of its own heartbeat.
pub(crate) fn of_endpoint(settings: &EndpointSettings) -> Vec<SecretString> {
    let urls = settings.fallback_urls.iter().chain([&settings.url]).chain(&settings.health_url);
    let mut found: Vec<SecretString> = urls.flat_map(|url| DialRequest::new(url.clone()).secrets()).collect();
    found
        .extend(settings.on_connect.iter().chain(&settings.heartbeat.message).flat_map(|text| in_text(text)));
    found.retain(|one| one.expose_secret().len() >= SHORTEST);
    found
}

/// Whether a message may hold a secret.
pub(crate) fn is_in(message: &Value) -> bool {
    let found = match message {
        Value::String(text) => in_text(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            in_tree(message)
        }
    };
    !found.is_empty()
}

/// Whether a word may be a token.
pub(crate) fn may_be_a_token(word: &str) -> bool {
    word.len() >= SHORTEST_TOKEN
}

fn in_text(text: &str) -> Vec<SecretString> {
    match serde_json::from_str(text) {
        Ok(message) => in_tree(&message),
        Err(_) => {
            text.split_whitespace().filter(|word| may_be_a_token(word)).map(SecretString::from).collect()
        }
    }
}

fn in_tree(message: &Value) -> Vec<SecretString> {
    let mut found = Vec::new();
    told(message, false, &mut found);
    found
}

/// Texts below names that speak of secrets.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_heartbeat_holds_no_secret() {
        for (text, secret) in [
            (r#"{"type":"ping"}"#, false),
            (r#"{"type":"ping","token":"s3cret"}"#, true),
            ("PING", false),
            ("PING 0123456789abcdef", true),
        ] {
            assert_eq!(is_in(&Value::from(text)), secret, "{text}");
            assert!(serde_json::from_str(text).is_ok_and(|tree| is_in(&tree)) <= secret, "{text}");
        }
    }

    #[test]
    fn what_is_sent_first_and_other_urls_give_away_their_secrets_and_nothing_else() {
        let mut settings = EndpointSettings::by_hand("wss://h/p?a=1st-s3cret", &[]).unwrap();
        settings.fallback_urls = vec!["wss://other/p?a=2nd-s3cret".parse().unwrap()];
        settings.health_url = Some("https://h/check?a=3rd-s3cret".parse().unwrap());
        settings.on_connect = vec![
            r#"{"action":"subscribe","auth":{"user":"ada","codes":["4th-s3cret"]},"n":1,"ApiKey":"5th-s3cret"}"#.into(),
            "LOGIN 6th-s3cret-token".into(),
        ];
        settings.heartbeat.message = Some(r#"{"type":"ping","token":"7th-s3cret"}"#.into());
        let found = of_endpoint(&settings);
        let found: Vec<&str> = found.iter().map(|one| one.expose_secret()).collect();
        for number in ["1st", "2nd", "3rd", "4th", "5th", "6th", "7th"] {
            assert!(found.iter().any(|one| one.starts_with(number)), "{number}");
        }
        assert!(!found.iter().any(|one| ["subscribe", "ada", "ping", "LOGIN"].contains(one)));
    }
}
