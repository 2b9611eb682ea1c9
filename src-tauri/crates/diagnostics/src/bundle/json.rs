//! JSON as it stands in a bundle: for people to read, with numbers that cannot be taken for somebody's.

use serde::Serialize;
use serde_json::{Number, Value};

/// `value` on many lines.
pub(super) fn pretty(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).map(rounded).unwrap_or_default();
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

/// Every fraction to three digits. A time of 0.34108900000000003 ms says no more, and its digits would be taken for the
/// number of a card; what that leaves is no JSON.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(exact) => {
                Number::from_f64((exact * 1000.0).round() / 1000.0).map_or(Value::Null, Value::Number)
            }
            None => Value::Number(number),
        },
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(members) => members.into_iter().map(|(key, item)| (key, rounded(item))).collect(),
        plain @ (Value::Null | Value::Bool(_) | Value::String(_)) => plain,
    }
}
