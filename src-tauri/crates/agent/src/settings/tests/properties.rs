//! What holds for every file, not only for those somebody thought of.

use proptest::{collection::vec, prelude::*, sample};
use serde_json::{Map, Value, json};

use super::*;
use crate::settings::{layer, schema};

fn load(text: &str) -> Result<Value, Vec<Issue>> {
    let layer = layer::check(std::path::Path::new("/etc/x/config.json"), text);
    if layer.issues.is_empty() { Ok(layer.value) } else { Err(layer.issues) }
}

/// Pointers of all values in a tree, or of the objects alone.
fn pointers(value: &Value, objects_alone: bool, at: &str, found: &mut Vec<String>) {
    if value.is_object() || !objects_alone {
        found.push(at.to_owned());
    }
    let mut deeper = |key: &str, inner: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        pointers(inner, objects_alone, &format!("{at}/{key}"), found);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, inner)| deeper(key, inner)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, inner)| deeper(&index.to_string(), inner))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        sample::select(vec!["ws://x", "http://[", "websocket", "info", "127.0.0.1:1", "/", "4001"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("\\PC{0,8}", inner), 0..4)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

prop_compose! {
    /// A valid file: some endpoints, some settings.
    fn valid_file()(
        ids in proptest::collection::btree_set("[a-z0-9_-]{1,12}", 0..5),
        port in 1u16..,
        priority in 1u32..1000,
        interval in 1u64..=86_400_000,
        first in 1u64..=30_000,
        growth in 1.0f64..=100.0,
        level in sample::select(vec!["error", "warn", "INFO", "info,link=debug"]),
        message in any_json(),
    ) -> Value {
        let connection = json!({
            "url": format!("wss://h.example:{port}/p"), "priority": priority, "headers": {"X-A": "b"},
            "on_connect": [message], "reconnection": {"initial_delay": first},
        });
        json!({
            "websocket": {
                "connections": ids.into_iter().map(|id| (id, connection.clone())).collect::<Map<_, _>>(),
                "reconnection": {"backoff_multiplier": growth},
                "heartbeat": {"interval": interval},
            },
            "gateway": {"listen": format!("127.0.0.1:{port}")},
            "logging": {"level": level},
        })
    }
}

proptest! {
    #[test]
    fn a_valid_file_holds_however_it_is_laid_out(file in valid_file()) {
        let compact = load(&file.to_string()).unwrap();
        let pretty = load(&serde_json::to_string_pretty(&file).unwrap()).unwrap();
        prop_assert_eq!(&compact, &pretty);
        prop_assert_eq!(&compact, &file, "nothing is lost or changed on the way");
        prop_assert!(jsonschema::draft202012::new(&schema()).unwrap().is_valid(&file));
        let layers = crate::settings::resolve::Layers { file: compact, ..Default::default() };
        let resolved = layers.resolve();
        prop_assert_eq!(resolved.problems, []);
        prop_assert_eq!(resolved.settings.endpoints.len(), file["websocket"]["connections"].as_object().unwrap().len());
    }

    #[test]
    fn a_replaced_value_never_breaks_the_loader_and_what_it_accepts_fits_the_schema(
        place in any::<sample::Index>(), value in any_json(),
    ) {
        let mut file: Value = serde_json::from_str(EVERYTHING).unwrap();
        let mut places = Vec::new();
        pointers(&file, false, "", &mut places);
        *file.pointer_mut(place.get(&places).as_str()).unwrap() = value;
        match load(&file.to_string()) {
            Ok(file_value) => {
                // A missing URL may come from the environment, so the loader asks for it later.
                let mut schema = crate::settings::schema::checked();
                schema["title"] = json!("checked");
                let errors: Vec<String> =
                    jsonschema::draft202012::new(&schema).unwrap().iter_errors(&file).map(|e| e.to_string()).collect();
                prop_assert_eq!(errors, Vec::<String>::new(), "{}", place.get(&places));
                let layers = crate::settings::resolve::Layers { file: file_value, ..Default::default() };
                let internal = layers.resolve().problems.into_iter().find(|p| p.code == model::ErrorCode::Internal);
                prop_assert_eq!(internal, None);
            }
            Err(issues) => {
                prop_assert!(issues.iter().all(|issue| issue.line.is_some() && !issue.message.is_empty()));
            }
        }
    }

    #[test]
    fn every_unknown_key_is_reported_exactly_once_with_its_path(
        place in any::<sample::Index>(), key in "[A-Za-z_]{1,10}[0-9]{3}", value in any_json(),
    ) {
        let mut file: Value = serde_json::from_str(EVERYTHING).unwrap();
        let mut places = Vec::new();
        pointers(&file, true, "", &mut places);
        // Maps take any key, and messages are the server's.
        places.retain(|at| !["/connections", "/headers", "/close_codes", "/message", "/query", "/token"].iter()
            .any(|map| at.ends_with(map)) && !at.contains("on_connect") && !at.ends_with("/socketio/auth"));
        let at = place.get(&places);
        file.pointer_mut(at).unwrap()[key.as_str()] = value;
        let issues = load(&file.to_string()).unwrap_err();
        let path = format!("{at}/{key}").trim_start_matches('/').replace('/', ".");
        let unknown: Vec<&Issue> = issues.iter().filter(|issue| issue.message.contains("not known")).collect();
        prop_assert_eq!(unknown.len(), 1, "{:?}", issues);
        prop_assert_eq!(&unknown[0].path, &path);
        prop_assert_eq!(issues.len(), 1, "one mistake, one issue");
    }

    #[test]
    fn a_torn_text_never_breaks_the_loader(cut in any::<sample::Index>(), more in "\\PC{0,6}") {
        let boundaries: Vec<usize> = EVERYTHING.char_indices().map(|(at, _)| at).collect();
        let at = *cut.get(&boundaries);
        let _ = load(&EVERYTHING[..at]);
        let _ = load(&format!("{}{more}{}", &EVERYTHING[..at], &EVERYTHING[at..]));
    }
}
