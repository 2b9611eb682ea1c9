//! The published JSON Schema of the report.

use model::check::Report;
use serde_json::{Value, json};

/// JSON Schema, draft 2020-12, of [`Report`].
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Report).to_value();
    schema["title"] = json!("diagnostics-report");
    schema["properties"]["schema_version"] = json!({ "const": 1, "description": "1." });
    schema["properties"]["run_id"]["format"] = json!("uuid");
    schema["properties"]["ref"]["pattern"] = json!("^[0-9A-HJKMNP-TV-Z]{4}$");
    schema
}
