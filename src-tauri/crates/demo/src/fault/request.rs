//! The body of `POST /fault`: parsed by hand so that every refusal names the key, what is wrong and what is allowed.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Fault, Scope};
use crate::{DemoPath, envelope::Refusal};

const KEYS: [&str; 4] = ["path", "mode", "value", "for_ms"];
const MODES: [&str; 7] =
    ["refuse", "close_after_open", "silent", "slow", "http_status", "no_websocket", "drop_random"];

/// Longest delay a fault may ask for, in milliseconds.
const LONGEST_DELAY: u64 = 600_000;
/// Longest life of a fault that ends by itself, in milliseconds.
const LONGEST_LIFE: u64 = 86_400_000;

/// A fault to stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultRequest {
    /// Where.
    pub scope: Scope,
    /// What.
    pub fault: Fault,
    /// For how long; `None` until it is taken back.
    pub lasts: Option<Duration>,
}

impl FaultRequest {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| wrong("body", format!("the body is not JSON: {error}"), json!(KEYS)))?;
        let Value::Object(object) = value else {
            return Err(wrong("body", "the body must be a JSON object", json!(KEYS)));
        };
        if let Some(unknown) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(wrong(unknown, format!("unknown key {unknown:?}"), json!(KEYS)));
        }
        let fault = fault(&object)?;
        Ok(Self { scope: scope(&object)?, fault, lasts: lasts(&object)? })
    }
}

fn scope(object: &Map<String, Value>) -> Result<Scope, Refusal> {
    let allowed = || {
        let paths = DemoPath::ALL.into_iter().map(DemoPath::as_str);
        json!(paths.chain(["*"]).collect::<Vec<_>>())
    };
    let text = required_text(object, "path", allowed)?;
    Scope::parse(text).ok_or_else(|| wrong("path", format!("unknown path {text:?}"), allowed()))
}

fn fault(object: &Map<String, Value>) -> Result<Fault, Refusal> {
    let mode = required_text(object, "mode", || json!(MODES))?;
    let value = object.get("value").filter(|value| !value.is_null());
    match mode {
        "refuse" => without_value(mode, value, Fault::Refuse),
        "silent" => without_value(mode, value, Fault::Silent),
        "no_websocket" => without_value(mode, value, Fault::NoWebsocket),
        "close_after_open" => delay(mode, value).map(Fault::CloseAfterOpen),
        "slow" => delay(mode, value).map(Fault::Slow),
        "http_status" => status(value),
        "drop_random" => probability(value),
        _ => Err(wrong("mode", format!("unknown mode {mode:?}"), json!(MODES))),
    }
}

fn lasts(object: &Map<String, Value>) -> Result<Option<Duration>, Refusal> {
    let Some(value) = object.get("for_ms").filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    match value.as_u64() {
        Some(ms @ 1..=LONGEST_LIFE) => Ok(Some(Duration::from_millis(ms))),
        Some(_) | None => Err(wrong(
            "for_ms",
            format!("for_ms must be whole milliseconds, not {value}"),
            json!({"min": 1, "max": LONGEST_LIFE}),
        )),
    }
}

fn without_value(mode: &str, value: Option<&Value>, fault: Fault) -> Result<Fault, Refusal> {
    match value {
        None => Ok(fault),
        Some(_) => Err(wrong("value", format!("mode {mode:?} takes no value"), Value::Null)),
    }
}

fn delay(mode: &str, value: Option<&Value>) -> Result<Duration, Refusal> {
    match value.and_then(Value::as_u64) {
        Some(ms @ 0..=LONGEST_DELAY) => Ok(Duration::from_millis(ms)),
        Some(_) | None => {
            let message = format!("mode {mode:?} needs a value in whole milliseconds{}", given(value));
            Err(wrong("value", message, json!({"min": 0, "max": LONGEST_DELAY})))
        }
    }
}

fn status(value: Option<&Value>) -> Result<Fault, Refusal> {
    let code = value.and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    match code.filter(|code| (200..=599).contains(code)).and_then(|code| StatusCode::from_u16(code).ok()) {
        Some(status) => Ok(Fault::HttpStatus(status)),
        None => {
            let message = format!("mode \"http_status\" needs an HTTP status as value{}", given(value));
            Err(wrong("value", message, json!({"min": 200, "max": 599})))
        }
    }
}

fn probability(value: Option<&Value>) -> Result<Fault, Refusal> {
    match value.and_then(Value::as_f64) {
        Some(probability) if (0.0..=1.0).contains(&probability) => Ok(Fault::DropRandom(probability)),
        Some(_) | None => {
            let message = format!("mode \"drop_random\" needs a probability as value{}", given(value));
            Err(wrong("value", message, json!({"min": 0.0, "max": 1.0})))
        }
    }
}

fn given(value: Option<&Value>) -> String {
    value.map_or_else(String::new, |value| format!(", not {value}"))
}

fn required_text<'a>(
    object: &'a Map<String, Value>,
    key: &str,
    allowed: impl Fn() -> Value,
) -> Result<&'a str, Refusal> {
    match object.get(key) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => Err(wrong(key, format!("{key} must be text, not {other}"), allowed())),
        None => Err(wrong(key, format!("{key} is missing"), allowed())),
    }
}

fn wrong(key: &str, message: impl Into<String>, allowed: Value) -> Refusal {
    Refusal::bad_request(message, json!({"key": key, "allowed": allowed}))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;
    use proptest::prelude::*;

    use super::{Fault, FaultRequest, Scope};
    use crate::DemoPath;

    fn parse(body: &str) -> Result<FaultRequest, String> {
        FaultRequest::parse(body.as_bytes()).map_err(|refusal| refusal.message().to_owned())
    }

    #[test]
    fn every_mode_is_understood() {
        for (body, fault) in [
            (r#"{"path":"*","mode":"refuse"}"#, Fault::Refuse),
            (r#"{"path":"*","mode":"silent","value":null}"#, Fault::Silent),
            (r#"{"path":"*","mode":"no_websocket"}"#, Fault::NoWebsocket),
            (r#"{"path":"*","mode":"slow","value":20}"#, Fault::Slow(Duration::from_millis(20))),
            (r#"{"path":"*","mode":"close_after_open","value":0}"#, Fault::CloseAfterOpen(Duration::ZERO)),
            (
                r#"{"path":"*","mode":"http_status","value":503}"#,
                Fault::HttpStatus(StatusCode::SERVICE_UNAVAILABLE),
            ),
            (r#"{"path":"*","mode":"drop_random","value":1}"#, Fault::DropRandom(1.0)),
        ] {
            assert_eq!(
                parse(body),
                Ok(FaultRequest { scope: Scope::Everywhere, fault, lasts: None }),
                "{body}"
            );
        }
        let timed = parse(r#"{"path":"/ws/news","mode":"silent","for_ms":1500}"#).expect("valid");
        assert_eq!(timed.scope, Scope::Path(DemoPath::News));
        assert_eq!(timed.lasts, Some(Duration::from_millis(1500)));
    }

    #[test]
    fn a_bad_body_is_refused_with_the_key_and_the_reason() {
        for (body, reason) in [
            ("", "the body is not JSON"),
            ("[]", "the body must be a JSON object"),
            (r#"{"mode":"silent"}"#, "path is missing"),
            (r#"{"path":7,"mode":"silent"}"#, "path must be text, not 7"),
            (r#"{"path":"/nowhere","mode":"silent"}"#, "unknown path \"/nowhere\""),
            (r#"{"path":"*"}"#, "mode is missing"),
            (r#"{"path":"*","mode":"explode"}"#, "unknown mode \"explode\""),
            (r#"{"path":"*","mode":"silent","value":1}"#, "mode \"silent\" takes no value"),
            (r#"{"path":"*","mode":"slow"}"#, "mode \"slow\" needs a value in whole milliseconds"),
            (
                r#"{"path":"*","mode":"slow","value":-1}"#,
                "mode \"slow\" needs a value in whole milliseconds, not -1",
            ),
            (
                r#"{"path":"*","mode":"http_status","value":42}"#,
                "mode \"http_status\" needs an HTTP status as value, not 42",
            ),
            (
                r#"{"path":"*","mode":"http_status","value":101}"#,
                "mode \"http_status\" needs an HTTP status as value, not 101",
            ),
            (
                r#"{"path":"*","mode":"drop_random","value":1.5}"#,
                "mode \"drop_random\" needs a probability as value, not 1.5",
            ),
            (r#"{"path":"*","mode":"silent","for_ms":0}"#, "for_ms must be whole milliseconds, not 0"),
            (r#"{"path":"*","mode":"silent","until":1}"#, "unknown key \"until\""),
        ] {
            let message = parse(body).expect_err(body);
            assert!(message.starts_with(reason), "{body}: {message}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_the_parser_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = FaultRequest::parse(&body);
        }

        #[test]
        fn no_number_makes_the_parser_panic(mode in "slow|http_status|drop_random|close_after_open", value: f64, life: i64) {
            let body = serde_json::json!({"path": "*", "mode": mode, "value": value, "for_ms": life});
            let _ = FaultRequest::parse(body.to_string().as_bytes());
        }
    }
}
