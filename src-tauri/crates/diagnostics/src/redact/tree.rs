//! Redaction of data: every text in a tree, whatever its place.

use model::check::{RedactionSummary, Report};
use serde_json::Value;

use super::{POLICY, Redactor};

impl Redactor {
    /// `value` with every text in it redacted, keys of objects included.
    pub fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(key, item)| (self.text(&key), self.value(item))).collect()
            }
            plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
        }
    }
}

/// The report as it may be shown, stored and handed on, and what that took out.
///
/// # Errors
///
/// The rule by which even the redacted report may not leave. Never what it found.
pub fn redact_report(report: &Report, redactor: &Redactor) -> Result<Report, &'static str> {
    let tree = serde_json::to_value(report).map_err(|_| "shape")?;
    let mut clean: Report = serde_json::from_value(redactor.value(tree)).map_err(|_| "shape")?;
    let bytes = serde_json::to_vec(&clean).map_err(|_| "shape")?;
    if let Some(rule) = redactor.leak_in(&bytes) {
        return Err(rule);
    }
    clean.redaction = RedactionSummary { policy: POLICY, counts: redactor.counts(), clean: true };
    Ok(clean)
}
