//! What a client asks for: text in, a request or a refusal out. Pure; the session carries it out.

use serde_json::{Map, Value, json};

use crate::{DemoPath, envelope::Refusal, feed::SYMBOLS};

/// Most keywords of one filter, and most characters of one.
const KEYWORDS: (usize, usize) = (32, 64);

/// A client's request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ask {
    /// `{"type":"ping"}`, any path.
    Ping { id: Option<Value> },
    /// Market data: these symbols too.
    Subscribe(Vec<&'static str>),
    /// Market data: these no longer.
    Unsubscribe(Vec<&'static str>),
    /// Market data: every symbol once, now.
    GetAll,
    /// News: only items with one of these words, lower case; empty means all.
    Filter(Vec<String>),
    /// The hub: acknowledge if there is an id, and echo.
    Echo { id: Option<Value>, data: Value },
}

impl Ask {
    pub(crate) fn parse(path: DemoPath, text: &str) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_str(text).map_err(|error| {
            Refusal::bad_request("the message is not JSON", json!({"reason": error.to_string()}))
        })?;
        let Value::Object(object) = value else {
            return match path {
                DemoPath::Hub => Ok(Self::Echo { id: None, data: value }),
                DemoPath::Monitoring
                | DemoPath::MarketData
                | DemoPath::News
                | DemoPath::Sentiment
                | DemoPath::HuggingFace => {
                    Err(Refusal::bad_request("the message must be a JSON object", understood(path)))
                }
            };
        };
        if let Some(action) = object.get("action") {
            return Self::action(path, action, &object);
        }
        if object.get("type").is_some_and(|kind| kind == "ping") {
            return Ok(Self::Ping { id: id(&object) });
        }
        if path == DemoPath::Hub {
            return Ok(Self::echo(object));
        }
        Err(Refusal::bad_request("the message has neither a known type nor an action", understood(path)))
    }

    fn action(path: DemoPath, action: &Value, object: &Map<String, Value>) -> Result<Self, Refusal> {
        let known = action.as_str().filter(|action| path.actions().contains(action));
        match known {
            Some("subscribe") => symbols(object).map(Self::Subscribe),
            Some("unsubscribe") => symbols(object).map(Self::Unsubscribe),
            Some("get_all") => Ok(Self::GetAll),
            Some("filter") => keywords(object).map(Self::Filter),
            Some(_) | None => Err(Refusal::bad_request(format!("unknown action {action}"), understood(path))),
        }
    }

    /// A `message` is echoed by its `data`, anything else as it is.
    fn echo(mut object: Map<String, Value>) -> Self {
        let id = id(&object);
        let is_message = object.get("type").is_some_and(|kind| kind == "message");
        let data = if is_message { object.remove("data") } else { None };
        Self::Echo { id, data: data.unwrap_or(Value::Object(object)) }
    }
}

fn understood(path: DemoPath) -> Value {
    json!({"actions": path.actions(), "types": ["ping"]})
}

fn id(object: &Map<String, Value>) -> Option<Value> {
    object.get("id").filter(|id| id.is_string() || id.is_number()).cloned()
}

fn symbols(object: &Map<String, Value>) -> Result<Vec<&'static str>, Refusal> {
    let wanted = texts(object, "symbols")?;
    let known = |text: &str| SYMBOLS.into_iter().find(|symbol| symbol.eq_ignore_ascii_case(text));
    let unknown: Vec<&&str> =
        wanted.iter().filter(|text| known(text).is_none()).take(SYMBOLS.len()).collect();
    if !unknown.is_empty() {
        return Err(Refusal::bad_request("unknown symbols", json!({"unknown": unknown, "known": SYMBOLS})));
    }
    Ok(wanted.into_iter().filter_map(known).collect())
}

fn keywords(object: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let words: Vec<String> =
        texts(object, "keywords")?.iter().map(|word| word.trim().to_lowercase()).collect();
    if words.len() > KEYWORDS.0
        || words.iter().any(|word| word.is_empty() || word.chars().count() > KEYWORDS.1)
    {
        return Err(Refusal::bad_request(
            "a filter has at most 32 keywords of 1 to 64 characters",
            json!({"key": "keywords"}),
        ));
    }
    Ok(words)
}

fn texts<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Vec<&'a str>, Refusal> {
    let list = object.get(key).and_then(Value::as_array);
    list.and_then(|list| list.iter().map(Value::as_str).collect())
        .ok_or_else(|| Refusal::bad_request(format!("{key} must be a list of texts"), json!({"key": key})))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::Ask;
    use crate::DemoPath;

    fn parse(path: DemoPath, text: &str) -> Result<Ask, String> {
        Ask::parse(path, text).map_err(|refusal| refusal.message().to_owned())
    }

    #[test]
    fn symbols_are_known_in_any_case_and_all_or_none_are_taken() {
        let ask = parse(DemoPath::MarketData, r#"{"action":"subscribe","symbols":["btc","ETH"]}"#);
        assert_eq!(ask, Ok(Ask::Subscribe(vec!["BTC", "ETH"])));
        let ask = parse(DemoPath::MarketData, r#"{"action":"unsubscribe","symbols":["BTC","XYZ"]}"#);
        assert_eq!(ask, Err("unknown symbols".to_owned()));
    }

    #[test]
    fn an_action_of_another_path_is_unknown() {
        let ask = parse(DemoPath::News, r#"{"action":"get_all"}"#);
        assert_eq!(ask, Err("unknown action \"get_all\"".to_owned()));
        assert!(parse(DemoPath::Hub, r#"{"action":7}"#).is_err());
    }

    #[test]
    fn keywords_are_lower_case_and_an_empty_list_means_all() {
        let ask = parse(DemoPath::News, r#"{"action":"filter","keywords":[" Bitcoin "]}"#);
        assert_eq!(ask, Ok(Ask::Filter(vec!["bitcoin".to_owned()])));
        assert_eq!(parse(DemoPath::News, r#"{"action":"filter","keywords":[]}"#), Ok(Ask::Filter(vec![])));
        assert!(parse(DemoPath::News, r#"{"action":"filter","keywords":[""]}"#).is_err());
        assert!(parse(DemoPath::News, r#"{"action":"filter","keywords":"bitcoin"}"#).is_err());
    }

    #[test]
    fn a_ping_is_understood_everywhere() {
        for path in DemoPath::ALL {
            assert_eq!(parse(path, r#"{"type":"ping"}"#), Ok(Ask::Ping { id: None }));
        }
        assert_eq!(parse(DemoPath::Hub, r#"{"type":"ping","id":3}"#), Ok(Ask::Ping { id: Some(json!(3)) }));
    }

    #[test]
    fn the_hub_takes_any_json_and_a_feed_does_not() {
        assert_eq!(parse(DemoPath::Hub, "[1]"), Ok(Ask::Echo { id: None, data: json!([1]) }));
        let ask = parse(DemoPath::Hub, r#"{"type":"message","id":"a","data":{"n":1}}"#);
        assert_eq!(ask, Ok(Ask::Echo { id: Some(json!("a")), data: json!({"n": 1}) }));
        let ask = parse(DemoPath::Hub, r#"{"id":"b","n":2}"#);
        assert_eq!(ask, Ok(Ask::Echo { id: Some(json!("b")), data: json!({"id": "b", "n": 2}) }));
        assert!(parse(DemoPath::Sentiment, "[1]").is_err());
        assert!(parse(DemoPath::Sentiment, r#"{"type":"message"}"#).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,200}", path in 0_usize..6) {
            let _ = Ask::parse(DemoPath::ALL[path], &text);
        }

        #[test]
        fn no_action_makes_the_parser_panic(action in "subscribe|unsubscribe|get_all|filter|.{0,9}", list in proptest::collection::vec(".{0,80}", 0..40), path in 0_usize..6) {
            let text = json!({"action": action, "symbols": list, "keywords": list}).to_string();
            let _ = Ask::parse(DemoPath::ALL[path], &text);
        }
    }
}
