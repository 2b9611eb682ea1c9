//! The JSON Schema of `config.json`, derived from the file model.
//!
//! One schema serves editors (`linekeeper config schema`) and the check of every file that is loaded.

use schemars::{
    Schema,
    generate::SchemaSettings,
    transform::{Transform, transform_subschemas},
};
use serde_json::{Value, json};

use super::file::File;

/// The published JSON Schema (draft 2020-12), with descriptions, ranges, patterns and defaults.
///
/// A connection needs a `url` here; the loader also takes it from `WEBSOCKET_<ID>_URL`.
pub fn schema() -> Value {
    let mut schema = checked();
    let connection = "/properties/websocket/properties/connections/additionalProperties";
    if let Some(connection) = schema.pointer_mut(connection) {
        connection["required"] = json!(["url"]);
    }
    schema["title"] = json!("Linekeeper configuration");
    schema
}

/// The schema files are checked against.
pub(super) fn checked() -> Value {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(Tidy)
        .into_generator()
        .into_root_schema_for::<File>()
        .to_value()
}

/// Absent is not null: a key that may be left out is simply left out. And what only Rust cares about (the names
/// of types, the formats of integers) says nothing to a reader of the schema.
#[derive(Clone, Debug)]
struct Tidy;

impl Transform for Tidy {
    fn transform(&mut self, schema: &mut Schema) {
        unwrap_nullable(schema);
        if let Some(object) = schema.as_object_mut() {
            object.shift_remove("title");
            object.shift_remove("format");
            if object.get("default") == Some(&Value::Null) {
                object.shift_remove("default");
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = object.get_mut("enum") {
                choices.retain(|choice| !choice.is_null());
            }
        }
        transform_subschemas(self, schema);
    }
}

/// `{"anyOf":[X,{"type":"null"}], ...}` becomes X with what stood beside it.
fn unwrap_nullable(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    let Some(Value::Array(choices)) = object.get("anyOf") else {
        return;
    };
    let [Value::Object(inner), Value::Object(null)] = choices.as_slice() else {
        return;
    };
    if null.get("type") != Some(&json!("null")) {
        return;
    }
    let inner = inner.clone();
    object.shift_remove("anyOf");
    for (keyword, value) in inner {
        object.entry(keyword).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keywords<'a>(schema: &'a Value, found: &mut Vec<&'a str>) {
        let Value::Object(object) = schema else { return };
        for (keyword, value) in object {
            found.push(keyword);
            match keyword.as_str() {
                "properties" => value.as_object().unwrap().values().for_each(|inner| keywords(inner, found)),
                "additionalProperties" | "items" | "propertyNames" => keywords(value, found),
                _ => {}
            }
        }
    }

    #[test]
    fn the_schema_uses_only_keywords_the_check_of_files_knows() {
        let schema = checked();
        let mut found = Vec::new();
        keywords(&schema, &mut found);
        found.sort_unstable();
        found.dedup();
        let known = [
            "$schema",
            "additionalProperties",
            "default",
            "description",
            "enum",
            "items",
            "maxLength",
            "maxProperties",
            "maximum",
            "minItems",
            "minLength",
            "minProperties",
            "minimum",
            "pattern",
            "properties",
            "propertyNames",
            "required",
            "type",
            "uniqueItems",
            "x-advice",
        ];
        for keyword in found {
            assert!(known.contains(&keyword), "{keyword} is not checked: {schema:#}");
        }
    }

    #[test]
    fn every_key_has_a_description_and_nothing_is_nullable() {
        fn visit(schema: &Value, path: &str) {
            assert!(!schema.to_string().contains("\"null\""), "{path} is nullable");
            for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
                let path = format!("{path}.{key}");
                assert!(inner["description"].is_string(), "{path} has no description: {inner}");
                visit(inner, &path);
                visit(&inner["additionalProperties"], &path);
                visit(&inner["items"], &path);
            }
        }
        visit(&schema(), "");
    }

    #[test]
    fn a_published_connection_needs_a_url_and_shows_its_defaults() {
        let schema = schema();
        let websocket = &schema["properties"]["websocket"]["properties"];
        assert_eq!(websocket["connections"]["additionalProperties"]["required"], json!(["url"]));
        assert_eq!(websocket["reconnection"]["properties"]["max_attempts"]["default"], 10);
        assert_eq!(websocket["connection_timeout"]["default"], 15_000);
        assert_eq!(websocket["heartbeat"]["properties"]["interval"]["minimum"], 1);
    }
}
