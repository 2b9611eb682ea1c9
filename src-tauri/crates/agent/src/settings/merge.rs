//! Layers of JSON values laid over one another, and values looked up by path.

use serde_json::{Map, Value};

use super::document::{JsonPath, Step};

/// Lays `upper` over `lower`: objects key by key, everything else whole.
pub(super) fn over(lower: Value, upper: Value) -> Value {
    match (lower, upper) {
        (Value::Object(mut lower), Value::Object(upper)) => {
            for (key, value) in upper {
                let below = lower.get_mut(&key).map(Value::take).unwrap_or_default();
                let merged = match key.as_str() {
                    "heartbeat" => heartbeat(below, value),
                    // Half of one credential and half of another is neither.
                    "auth" => {
                        if value.is_null() {
                            below
                        } else {
                            value
                        }
                    }
                    _ => over(below, value),
                };
                lower.insert(key, merged);
            }
            Value::Object(lower)
        }
        (lower, Value::Null) => lower,
        (_, upper) => upper,
    }
}

/// A heartbeat's message is one value, however it is built: half of one and half of another is neither.
fn heartbeat(lower: Value, upper: Value) -> Value {
    let message = upper.get("message").cloned();
    let mut merged = over(lower, upper);
    if let Some(message) = message.filter(|message| !message.is_null()) {
        merged["message"] = message;
    }
    merged
}

/// Gives every connection its whole heartbeat and reconnection: the common ones with its own laid over.
pub(super) fn inherit(mut settings: Value) -> Value {
    for section in ["heartbeat", "reconnection"] {
        let common = settings["websocket"][section].clone();
        let connections = settings.pointer_mut("/websocket/connections").and_then(Value::as_object_mut);
        for connection in connections.into_iter().flat_map(Map::values_mut) {
            if common.is_object() {
                let own = connection[section].take();
                connection[section] = match section {
                    "heartbeat" => heartbeat(common.clone(), own),
                    _ => over(common.clone(), own),
                };
            }
        }
    }
    settings
}

/// The value at a path.
pub(super) fn at<'v>(value: &'v Value, path: &JsonPath) -> Option<&'v Value> {
    path.0.iter().try_fold(value, |here, step| match step {
        Step::Key(key) => here.get(key),
        Step::Index(index) => here.get(index),
    })
}

/// Puts a value at a path of keys, making the objects on the way.
pub(super) fn put(root: &mut Value, path: &JsonPath, value: Value) {
    let mut here = root;
    for step in &path.0 {
        let Step::Key(key) = step else { return };
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        here = &mut here[key.as_str()];
    }
    *here = value;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_merge_and_lists_and_messages_are_replaced_whole() {
        let lower = json!({"a": {"x": 1, "y": [1, 2]}, "heartbeat": {"message": {"type": "ping", "n": 1}, "timeout": 1}});
        let upper = json!({"a": {"y": [3]}, "heartbeat": {"message": {"type": "hello"}}, "b": true});
        let merged = json!({"a": {"x": 1, "y": [3]}, "heartbeat": {"message": {"type": "hello"}, "timeout": 1}, "b": true});
        assert_eq!(over(lower, upper), merged);
    }

    #[test]
    fn an_endpoint_inherits_what_it_does_not_say() {
        let settings = json!({"websocket": {
            "heartbeat": {"interval": 5, "timeout": 6},
            "connections": {"a": {"heartbeat": {"interval": 1}}, "b": {}},
        }});
        let settings = inherit(settings);
        let connections = &settings["websocket"]["connections"];
        assert_eq!(connections["a"]["heartbeat"], json!({"interval": 1, "timeout": 6}));
        assert_eq!(connections["b"]["heartbeat"], json!({"interval": 5, "timeout": 6}));
    }

    #[test]
    fn what_was_put_is_found_again() {
        let mut root = Value::Null;
        let path = JsonPath::keys(["a", "b"]);
        put(&mut root, &path, json!(1));
        assert_eq!(at(&root, &path), Some(&json!(1)));
        assert_eq!(at(&root, &JsonPath::keys(["a", "c"])), None);
    }
}
