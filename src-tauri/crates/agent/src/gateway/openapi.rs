//! The OpenAPI 3.1 document, made from the table of operations and the shapes their handlers use.

use model::ErrorResponse;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    hub::{ClientFrame, ServerFrame},
    operation::{Heeded, Operation, Payload},
};

/// Where shapes with a name are kept.
const SHAPES: &str = "/components/schemas";

/// What every operation may answer, beside its own: the guard's word and defects.
const ALWAYS: [u16; 4] = [400, 403, 500, 504];

/// The document.
pub(super) fn document(operations: &[Operation]) -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = SHAPES.into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for operation in operations {
        let described = describe(operation, &mut generator);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described;
    }
    // Frames of the hub are no part of an HTTP answer, but they are shapes of this API.
    for frame in [generator.subschema_for::<ClientFrame>(), generator.subschema_for::<ServerFrame>()] {
        debug_assert!(frame.get("$ref").is_some());
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Linekeeper gateway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The local gateway of Linekeeper. Listens on loopback only. run/gateway.json in Linekeeper's \
                folder says where it listens and has the bearer token, which is new at every start.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    })
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    for answer in &operation.answers {
        let mut response = json!({ "description": answer.about });
        if let Some(payload) = answer.payload {
            response["content"] = content(&[payload], generator);
        }
        responses.insert(answer.status.to_string(), response);
    }
    let error = generator.subschema_for::<ErrorResponse>();
    let token = (!operation.public).then_some(401);
    for status in ALWAYS.into_iter().chain(token).chain(operation.refusals.iter().copied()) {
        let phrase = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let refusal = json!({
            "description": phrase.unwrap_or("Refused"),
            "content": { "application/json": { "schema": error } },
        });
        responses.insert(status.to_string(), refusal);
    }
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.about,
        "parameters": parameters(operation, generator),
        "responses": responses,
    });
    if operation.public {
        described["security"] = json!([]);
    }
    if !operation.takes.is_empty() {
        described["requestBody"] =
            json!({ "required": operation.needs_body, "content": content(&operation.takes, generator) });
    }
    described
}

fn content(payloads: &[Payload], generator: &mut SchemaGenerator) -> Value {
    let entry = |payload: &Payload| {
        // Of bytes and lines the content type says all there is to say.
        let media = if payload.content_type == "application/octet-stream" {
            json!({})
        } else {
            json!({ "schema": (payload.shape)(generator) })
        };
        (payload.content_type.to_owned(), media)
    };
    Value::Object(payloads.iter().map(entry).collect())
}

fn parameters(operation: &Operation, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut parameters: Vec<Value> = operation
        .path_names()
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": path_schema(name) }))
        .collect();
    if let Some(query) = operation.query {
        let schema: Schema = query(generator);
        let fields = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        parameters.extend(fields.into_iter().map(|(name, mut schema)| {
            let about = schema.get("description").cloned().unwrap_or_default();
            not_null(&mut schema);
            json!({ "name": name, "in": "query", "required": false, "description": about, "schema": schema })
        }));
    }
    parameters.extend(operation.headers.iter().map(|header| {
        let schema = json!({ "type": "string", "pattern": header.pattern });
        let Heeded { name, about, .. } = header;
        json!({ "name": name, "in": "header", "required": false, "description": about, "schema": schema })
    }));
    parameters
}

fn path_schema(name: &str) -> Value {
    match name {
        "id" => json!({ "type": "string", "pattern": "^[a-z0-9_-]{1,64}$" }),
        "mid" => json!({ "type": "string", "pattern": "^[!-~]{1,64}$" }),
        "action" => json!({ "type": "string", "enum": ["connect", "reconnect", "pause", "resume"] }),
        _ => json!({ "type": "string" }),
    }
}

/// A parameter is left out rather than null.
fn not_null(schema: &mut Value) {
    if let Some(types) = schema.get_mut("type") {
        if let Some(list) = types.as_array_mut() {
            list.retain(|one| one != "null");
        }
        if let Some([only]) = types.as_array().map(Vec::as_slice) {
            *types = only.clone();
        }
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        let kept: Vec<&Value> = choices.iter().filter(|one| one["type"] != "null").collect();
        if let [only] = kept[..] {
            *schema = only.clone();
        }
    }
}
