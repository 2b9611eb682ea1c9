//! The OpenAPI document against the gateway it describes: every route of one is a route of the other, and every answer
//! has the shape that was promised.

use serde_json::json;

use super::*;
use crate::gateway::operations::operations;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

async fn document(scene: &Scene) -> Value {
    let answer = scene.ask("GET /openapi.json").await;
    assert_eq!((answer.status(), answer.header("content-type")), (200, Some("application/json")));
    answer.json()
}

/// Fails unless the document knows this answer, and its body is as promised.
fn check(document: &Value, method: &str, path: &str, answer: &Answer) {
    let what = format!("{method} {path} → {answer:?}");
    let operation = &document["paths"][path][method.to_ascii_lowercase()];
    let response = &operation["responses"][answer.status().to_string()];
    assert!(response.is_object(), "not documented: {what}");
    let Some(content_type) = answer.header("content-type") else { return };
    let media = &response["content"][content_type];
    assert!(media.is_object(), "this content type is not documented: {what}");
    if content_type == "application/json" {
        let schema = json!({ "allOf": [media["schema"]], "components": document["components"] });
        let validator = jsonschema::validator_for(&schema).unwrap();
        let body = answer.json();
        let faults: Vec<String> = validator.iter_errors(&body).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?}: {what}");
    }
}

fn fill_in(path: &str) -> String {
    path.replace("{id}", "pulse").replace("{mid}", "m-1").replace("{action}", "connect")
}

#[tokio::test]
async fn every_documented_route_answers_and_every_other_method_does_not() {
    let scene = Scene::set().await;
    let document = document(&scene).await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in METHODS {
            let known = methods.get(method.to_ascii_lowercase()).is_some();
            // The stream of events never ends.
            if path == "/v1/events" && method == "GET" {
                continue;
            }
            let answer = scene.ask(&format!("{method} {}", fill_in(path))).await;
            if known {
                assert!(answer.status() != 405, "{method} {path}: {answer:?}");
                let unknown_route = answer.status() >= 400 && answer.refusal().1 == "unknown_route";
                assert!(!unknown_route, "{method} {path}: {answer:?}");
                check(&document, method, path, &answer);
            } else {
                assert_eq!(answer.refusal(), (405, "unknown_route"), "{method} {path}");
            }
        }
    }
    let documented =
        document["paths"].as_object().unwrap().values().flat_map(|methods| methods.as_object().unwrap());
    assert_eq!(documented.count(), operations().len());
}

#[tokio::test]
async fn every_schema_of_the_document_is_one() {
    let document = document(&Scene::set().await).await;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(schemas.contains_key("Report"), "{:?}", schemas.keys());
    for (name, schema) in schemas {
        let judged = jsonschema::meta::validate(schema);
        assert!(judged.is_ok(), "{name}: {judged:?}");
    }
}

#[tokio::test]
async fn answers_have_the_promised_shapes() {
    let scene = Scene::set().await;
    let document = document(&scene).await;
    let messages = "/v1/endpoints/{id}/messages";
    for (body, headers) in [
        ("{\"a\":1}", "Content-Type: application/json\r\nIdempotency-Key: m-1\r\n"),
        ("{\"a\":1}", "Content-Type: application/json\r\nIdempotency-Key: m-1\r\n"),
        ("{", "Content-Type: application/json\r\n"),
        ("1", "Content-Type: image/png\r\n"),
    ] {
        let answer = scene.post(&fill_in(messages), headers, body.as_bytes()).await;
        check(&document, "POST", messages, &answer);
    }
    for (method, path) in [
        ("GET", "/v1/status"),
        ("GET", messages),
        ("GET", "/v1/outbox/{id}"),
        ("GET", "/v1/outbox/{id}/dead"),
        ("POST", "/v1/outbox/{id}/dead/{mid}/retry"),
        ("DELETE", "/v1/outbox/{id}/messages/{mid}"),
        ("GET", "/v1/connections"),
        ("GET", "/ws"),
    ] {
        let query = if path == "/v1/outbox/{id}" { "?data=true" } else { "" };
        let answer = scene.ask(&format!("{method} {}{query}", fill_in(path))).await;
        check(&document, method, path, &answer);
    }
}

#[tokio::test]
async fn the_document_is_whole_in_itself() {
    let scene = Scene::set().await;
    let document = document(&scene).await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = std::collections::HashSet::new();
    for operation in operations() {
        assert!(names.insert(operation.id), "{} twice", operation.id);
        assert!(operation.about.ends_with('.'), "{}", operation.id);
        assert!(!operation.answers.is_empty(), "{}", operation.id);
    }
    fn references<'d>(value: &'d Value, found: &mut Vec<&'d str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let target = document.pointer(reference.strip_prefix('#').unwrap());
        assert!(target.is_some(), "{reference} leads nowhere");
    }
    for frame in ["ClientFrame", "ServerFrame"] {
        assert!(document["components"]["schemas"][frame].is_object(), "{frame}");
    }
}
