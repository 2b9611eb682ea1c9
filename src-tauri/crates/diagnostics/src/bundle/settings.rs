//! Settings in a bundle: a list of keys whose values say nothing about anybody; of every other key only that it is there.

use serde_json::{Map, Value};

const PRESENT: &str = "<present>";
const ABSENT: &str = "<absent>";

/// Keys that get in with their values; `*` is any key. URLs lose login and query to the redactor.
const HARMLESS: [&str; 31] = [
    "websocket.connection_timeout",
    "websocket.reconnection.*",
    "websocket.heartbeat.enabled",
    "websocket.heartbeat.interval",
    "websocket.heartbeat.timeout",
    "websocket.connections.*.url",
    "websocket.connections.*.fallback_urls",
    "websocket.connections.*.name",
    "websocket.connections.*.priority",
    "websocket.connections.*.enabled",
    "websocket.connections.*.protocol",
    "websocket.connections.*.transports",
    "websocket.connections.*.proxy",
    "websocket.connections.*.reconnection.*",
    "websocket.connections.*.heartbeat.enabled",
    "websocket.connections.*.heartbeat.interval",
    "websocket.connections.*.heartbeat.timeout",
    "websocket.connections.*.buffer.durability",
    "websocket.connections.*.buffer.ack",
    "websocket.connections.*.buffer.max_messages",
    "websocket.connections.*.buffer.max_bytes",
    "websocket.connections.*.buffer.ttl",
    "websocket.connections.*.buffer.overflow",
    "websocket.connections.*.close_codes.*",
    "gateway.enabled",
    "gateway.listen",
    "notifications.*",
    "logging.*",
    "diagnostics.correlate",
    "diagnostics.baselines",
    "diagnostics.control_url",
];

/// Keys of a connection whose absence says something too.
const TELLING: [&str; 6] = ["auth", "headers", "subprotocols", "tls", "proxy", "on_connect"];

/// `settings` as they may leave.
pub(super) fn harmless(settings: &Value) -> Value {
    let mut shown = walk(settings, &mut Vec::new());
    let connections = shown.pointer_mut("/websocket/connections").and_then(Value::as_object_mut);
    for one in connections.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        for key in TELLING {
            one.entry(key).or_insert_with(|| ABSENT.into());
        }
    }
    shown
}

fn walk<'a>(value: &'a Value, path: &mut Vec<&'a str>) -> Value {
    match value {
        Value::Object(members) if leads_on(path) => Value::Object(
            members
                .iter()
                .map(|(key, member)| {
                    path.push(key);
                    let shown = walk(member, path);
                    path.pop();
                    (key.clone(), shown)
                })
                .collect(),
        ),
        plain if gets_in(path) && is_plain(plain) => plain.clone(),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => PRESENT.into(),
    }
}

/// Values, and lists of them. An object where none is expected is not looked into.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(|item| !item.is_array() && !item.is_object()),
        Value::Object(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn leads_on(path: &[&str]) -> bool {
    HARMLESS.iter().any(|rule| {
        let rule: Vec<&str> = rule.split('.').collect();
        rule.len() > path.len() && fits(&rule[..path.len()], path)
    })
}

fn gets_in(path: &[&str]) -> bool {
    HARMLESS.iter().any(|rule| {
        let rule: Vec<&str> = rule.split('.').collect();
        rule.len() == path.len() && fits(&rule, path)
    })
}

fn fits(rule: &[&str], path: &[&str]) -> bool {
    rule.iter().zip(path).all(|(rule, key)| *rule == "*" || rule == key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_keys_say_only_that_they_are_there() {
        let shown = harmless(&json!({
            "websocket": {"connections": {"pulse": {
                "url": "wss://h/", "priority": 1, "headers": {"X-Api-Key": "s3cret"},
                "auth": {"bearer": {"env": "TOKEN"}}, "future": {"deep": "s3cret"}, "name": {"not": "text"}
            }}},
            "websocket_typo": "s3cret"
        }));
        let pulse = &shown["websocket"]["connections"]["pulse"];
        assert_eq!((&pulse["url"], &pulse["priority"]), (&json!("wss://h/"), &json!(1)));
        for key in ["headers", "auth", "future", "name"] {
            assert_eq!(pulse[key], PRESENT, "{key}");
        }
        assert_eq!((&pulse["tls"], &shown["websocket_typo"]), (&json!(ABSENT), &json!(PRESENT)));
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(json!("c4nary")), Just(json!(1)), Just(Value::Null)];
        leaf.prop_recursive(5, 40, 5, |inner| {
            let key = prop_oneof![
                "websocket",
                "connections",
                "auth",
                "bearer",
                "headers",
                "tls",
                "on_connect",
                "x"
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(key, inner, 0..4).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_secret_below_any_key_that_is_not_on_the_list_stays_here(tree in tree()) {
            prop_assert!(!harmless(&tree).to_string().contains("c4nary") || tree == json!("c4nary"));
        }
    }
}
