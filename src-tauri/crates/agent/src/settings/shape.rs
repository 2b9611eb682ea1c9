//! Checks a file's tree against the schema: keys, types, ranges. Reports everything that is wrong, not the first.
//!
//! Knows the schema's keywords, not the settings: what a URL or a header may be is judged in `rules`.

use serde_json::{Map, Value};

use super::document::{Content, JsonPath, Member, Node};

/// Something wrong at a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) path: JsonPath,
    /// Where it stands, when that is not where the path leads: the second of two equal keys.
    pub(super) at: Option<usize>,
    pub(super) message: String,
    pub(super) hint: String,
}

/// What a word is called when it is this far from a known one, and no nearer to another.
const NEAR: f64 = 0.8;

/// Checks `node` and returns what of it is sound, so that the rest can be judged further.
pub(super) fn check(
    schema: &Value,
    node: &Node<'_>,
    path: &JsonPath,
    faults: &mut Vec<Fault>,
) -> Option<Value> {
    let mut check = Check { schema, path, faults };
    check.node(node)
}

struct Check<'a> {
    schema: &'a Value,
    path: &'a JsonPath,
    faults: &'a mut Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, message: impl Into<String>, hint: impl Into<String>) {
        let hint = match self.schema["x-advice"].as_str() {
            Some(advice) => advice.to_owned(),
            None => hint.into(),
        };
        self.faults.push(Fault {
            path: self.path.clone(),
            at: None,
            message: message.into(),
            hint,
        });
    }

    fn node(&mut self, node: &Node<'_>) -> Option<Value> {
        let Some(expected) = self.schema["type"].as_str() else {
            return Some(self.anything(node));
        };
        match (expected, &node.content) {
            ("object", Content::Object(members)) => self.object(members),
            ("array", Content::Array(items)) => self.array(items),
            ("string", Content::Text(text)) => self.text(text),
            ("boolean", Content::Bool) => Some(node.value()),
            ("integer" | "number", Content::Number(number)) => self.number(expected == "integer", number),
            (_, found) => {
                let description = self.schema["description"].as_str().unwrap_or_default();
                self.fault(
                    format!("expected {}, found {}", expectation(self.schema), kind(found)),
                    description,
                );
                None
            }
        }
    }

    /// A message for a server: any JSON, but not ambiguous JSON.
    fn anything(&mut self, node: &Node<'_>) -> Value {
        match &node.content {
            Content::Object(members) => {
                self.duplicates(members);
                for member in members {
                    self.inner(&Value::Bool(true), &self.path.key(&member.key))
                        .anything(&member.node);
                }
            }
            Content::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.inner(&Value::Bool(true), &self.path.index(index))
                        .anything(item);
                }
            }
            Content::Null | Content::Bool | Content::Number(_) | Content::Text(_) => {}
        }
        node.value()
    }

    fn inner<'b>(&'b mut self, schema: &'b Value, path: &'b JsonPath) -> Check<'b> {
        Check {
            schema,
            path,
            faults: self.faults,
        }
    }

    fn object(&mut self, members: &[Member<'_>]) -> Option<Value> {
        self.duplicates(members);
        let mut sound = Map::new();
        let known = self.schema["properties"].as_object();
        let others = &self.schema["additionalProperties"];
        for member in members {
            let path = self.path.key(&member.key);
            let schema = match known.and_then(|known| known.get(&member.key)) {
                Some(schema) => schema,
                None if others.is_object() => others,
                None => {
                    let (message, hint) = unknown(&member.key, known);
                    self.faults.push(Fault {
                        path,
                        at: Some(member.key_at),
                        message,
                        hint,
                    });
                    continue;
                }
            };
            if let Some(value) = check(schema, &member.node, &path, self.faults) {
                sound.entry(&member.key).or_insert(value);
            }
        }
        for key in self.schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !members.iter().any(|member| member.key == key) {
                self.fault(format!("{key:?} is missing"), format!("add {key:?}"));
                return None;
            }
        }
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        if count < self.schema["minProperties"].as_u64().unwrap_or(0)
            || count > self.schema["maxProperties"].as_u64().unwrap_or(u64::MAX)
        {
            self.fault("needs exactly one key", list(known));
            return None;
        }
        Some(Value::Object(sound))
    }

    fn duplicates(&mut self, members: &[Member<'_>]) {
        for (index, member) in members.iter().enumerate() {
            if members[..index].iter().any(|earlier| earlier.key == member.key) {
                let path = self.path.key(&member.key);
                let is_endpoint = path.0.len() == 3 && path.endpoint().is_some();
                let message = match is_endpoint {
                    true => format!("two endpoints have the id {:?}", member.key),
                    false => "this key stands here twice".to_owned(),
                };
                let hint = if is_endpoint {
                    "give one of them another id"
                } else {
                    "remove one of them"
                };
                self.faults.push(Fault {
                    path,
                    at: Some(member.key_at),
                    message,
                    hint: hint.to_owned(),
                });
            }
        }
    }

    fn array(&mut self, items: &[Node<'_>]) -> Option<Value> {
        let mut sound = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = self.path.index(index);
            let value = check(&self.schema["items"], item, &path, self.faults);
            if self.schema["uniqueItems"] == true && value.as_ref().is_some_and(|value| sound.contains(value))
            {
                self.inner(&Value::Null, &path)
                    .fault("stands in this list twice", "remove one of them");
            }
            sound.extend(value);
        }
        if items.is_empty() && self.schema["minItems"].as_u64().is_some_and(|min| min > 0) {
            self.fault("the list is empty", "name at least one, or leave the key out");
            return None;
        }
        Some(Value::Array(sound))
    }

    fn text(&mut self, text: &str) -> Option<Value> {
        if let Some(choices) = self.schema["enum"].as_array() {
            let choices: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
            if !choices.contains(&text) {
                let hint = match nearest(text, choices.iter().copied()) {
                    Some(near) => format!("did you mean {near:?}? It can be {}", words(&choices)),
                    None => format!("it can be {}", words(&choices)),
                };
                self.fault(format!("{text:?} is not a value for this key"), hint);
                return None;
            }
        }
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        let max = self.schema["maxLength"].as_u64().unwrap_or(u64::MAX);
        if length < self.schema["minLength"].as_u64().unwrap_or(0) {
            self.fault("the text is empty", "write something, or leave the key out");
            return None;
        }
        if length > max {
            self.fault(
                format!("the text has {length} characters"),
                format!("at most {max} are allowed"),
            );
            return None;
        }
        Some(Value::from(text))
    }

    fn number(&mut self, whole: bool, number: &serde_json::Number) -> Option<Value> {
        let value = number.as_f64().unwrap_or(f64::NAN);
        let min = self.schema["minimum"].as_f64().unwrap_or(f64::MIN);
        let max = self.schema["maximum"].as_f64().unwrap_or(f64::MAX);
        if whole && value.fract() != 0.0 {
            self.fault(format!("{number} is not a whole number"), range(self.schema));
            return None;
        }
        if !(min..=max).contains(&value) {
            let side = if value < min { "small" } else { "large" };
            self.fault(format!("{number} is too {side}"), range(self.schema));
            return None;
        }
        // 25000.0 and 2.5e4 are whole numbers in JSON, and serde wants to see an integer.
        match whole.then(|| format!("{value:.0}").parse::<i64>()) {
            Some(Ok(integer)) => Some(Value::from(integer)),
            _ => Some(Value::Number(number.clone())),
        }
    }
}

fn range(schema: &Value) -> String {
    match (&schema["minimum"], &schema["maximum"]) {
        (min, Value::Null) => format!("it can be {min} or more"),
        (min, max) => format!("it can be {min} to {max}"),
    }
}

fn expectation(schema: &Value) -> &'static str {
    match schema["type"].as_str().unwrap_or_default() {
        "object" => "an object {…}",
        "array" => "a list […]",
        "string" => "text in quotes",
        "boolean" => "true or false",
        "integer" => "a whole number",
        _ => "a number",
    }
}

fn kind(found: &Content<'_>) -> &'static str {
    match found {
        Content::Null => "null",
        Content::Bool => "true or false",
        Content::Number(_) => "a number",
        Content::Text(_) => "text",
        Content::Array(_) => "a list",
        Content::Object(_) => "an object",
    }
}

fn unknown(key: &str, known: Option<&Map<String, Value>>) -> (String, String) {
    let message = "this key is not known".to_owned();
    let near = nearest(key, known.into_iter().flat_map(Map::keys).map(String::as_str));
    (
        message,
        near.map_or_else(|| list(known), |near| format!("did you mean {near:?}?")),
    )
}

fn list(known: Option<&Map<String, Value>>) -> String {
    let keys: Vec<&str> = known
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .filter(|key| *key != "$schema")
        .collect();
    format!("it can be {}", words(&keys))
}

fn words(choices: &[&str]) -> String {
    match choices {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The known word a mistyped one most likely stands for; `maxAttempts` and `max-attempts` count as `max_attempts`.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let mut plain = String::new();
    for letter in word.chars() {
        match letter {
            '-' | ' ' => plain.push('_'),
            upper if upper.is_uppercase() => {
                if !plain.is_empty() && word.contains(char::is_lowercase) {
                    plain.push('_');
                }
                plain.extend(upper.to_lowercase());
            }
            other => plain.push(other),
        }
    }
    known
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(&plain, candidate),
                candidate,
            )
        })
        .map(|(alike, candidate)| {
            (
                alike.max(strsim::jaro_winkler(&plain, candidate) - 0.08),
                candidate,
            )
        })
        .filter(|(alike, _)| *alike >= NEAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
