//! Checks a file's tree against the schema: keys, types, ranges. Reports everything that is wrong, not the first.
//!
//! Knows the schema's keywords, not the settings: what a URL or a header may be is judged in `rules`.

use serde_json::{Map, Value};

use super::document::{Content, JsonPath, Member, Node};

/// Something wrong at a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) path: JsonPath,
    /// Where it stands; else where the path leads, which is the first of two equal keys.
    pub(super) at: Option<usize>,
    pub(super) message: String,
    pub(super) hint: String,
}

/// Likeness (Jaro-Winkler) from which a word is taken for a mistyped one.
const NEAR: f64 = 0.9;

/// Checks `node` and returns what of it is sound, so that the rest can be judged further.
pub(super) fn check(
    schema: &Value,
    node: &Node<'_>,
    path: &JsonPath,
    faults: &mut Vec<Fault>,
) -> Option<Value> {
    Check { schema, path, at: node.at, faults }.node(node)
}

struct Check<'a> {
    schema: &'a Value,
    path: &'a JsonPath,
    /// Where the value's key stands, or the value itself where it has none.
    at: usize,
    faults: &'a mut Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, message: impl Into<String>, hint: impl Into<String>) {
        let hint = match self.schema["x-advice"].as_str() {
            Some(advice) => advice.to_owned(),
            None => hint.into(),
        };
        self.faults.push(Fault { path: self.path.clone(), at: Some(self.at), message: message.into(), hint });
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
                let expected = expectation(self.schema);
                let hint = match self.schema["description"].as_str() {
                    Some(description) => description.to_owned(),
                    None => format!("write {expected}"),
                };
                self.fault(format!("expected {expected}, found {}", kind(found)), hint);
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
                    self.inner(&Value::Bool(true), &self.path.key(&member.key), member.key_at)
                        .anything(&member.node);
                }
            }
            Content::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.inner(&Value::Bool(true), &self.path.index(index), item.at).anything(item);
                }
            }
            Content::Null | Content::Bool | Content::Number(_) | Content::Text(_) => {}
        }
        node.value()
    }

    fn inner<'b>(&'b mut self, schema: &'b Value, path: &'b JsonPath, at: usize) -> Check<'b> {
        Check { schema, path, at, faults: self.faults }
    }

    fn object(&mut self, members: &[Member<'_>]) -> Option<Value> {
        self.duplicates(members);
        let mut sound = Map::new();
        let mut all_known = true;
        let known = self.schema["properties"].as_object();
        let others = &self.schema["additionalProperties"];
        for member in members {
            let path = self.path.key(&member.key);
            let schema = match known.and_then(|known| known.get(&member.key)) {
                Some(schema) => schema,
                None if others.is_object() => others,
                None => {
                    all_known = false;
                    let (message, hint) = unknown(&member.key, known);
                    self.faults.push(Fault { path, at: Some(member.key_at), message, hint });
                    continue;
                }
            };
            if let Some(value) = self.inner(schema, &path, member.key_at).node(&member.node) {
                sound.entry(&member.key).or_insert(value);
            }
        }
        for key in self.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.iter().any(|member| member.key == key) {
                self.fault(format!("{key:?} is missing"), format!("add {key:?}"));
                return None;
            }
        }
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        let miscounted = count < self.schema["minProperties"].as_u64().unwrap_or(0)
            || count > self.schema["maxProperties"].as_u64().unwrap_or(u64::MAX);
        // A mistyped key is one mistake, not two.
        if miscounted && all_known {
            match known {
                Some(_) => self.fault("needs exactly one key", list(known)),
                None => self.fault("nothing is named here", "name at least one, or leave the key out"),
            }
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
                let hint = if is_endpoint { "give one of them another id" } else { "remove one of them" };
                self.faults.push(Fault { path, at: Some(member.key_at), message, hint: hint.to_owned() });
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
                self.inner(&Value::Null, &path, item.at)
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
            self.fault(format!("the text has {length} characters"), format!("at most {max} are allowed"));
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
    (message, near.map_or_else(|| list(known), |near| format!("did you mean {near:?}?")))
}

fn list(known: Option<&Map<String, Value>>) -> String {
    let keys: Vec<&str> =
        known.into_iter().flat_map(Map::keys).map(String::as_str).filter(|key| *key != "$schema").collect();
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
    // A slip or two of the fingers, or the same start; anything further is not worth guessing.
    let slips = (plain.chars().count() / 4).max(1);
    known
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&plain, candidate);
            (distance, strsim::jaro_winkler(&plain, candidate), candidate)
        })
        .filter(|(distance, alike, candidate)| *alike >= NEAR || *distance <= slips && candidate.len() > 2)
        .min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)))
        .map(|(.., candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_other_spellings_are_recognised_and_strangers_are_not() {
        let known =
            ["url", "name", "max_delay", "max_attempts", "fallback_urls", "priority", "poll", "proxy"];
        for (word, meant) in [
            ("ulr", Some("url")),
            ("URL", Some("url")),
            ("nam", Some("name")),
            ("maxDelay", Some("max_delay")),
            ("max-attempts", Some("max_attempts")),
            ("max_atempts", Some("max_attempts")),
            ("fallback_url", Some("fallback_urls")),
            ("FallbackUrls", Some("fallback_urls")),
            ("extra", None),
            ("x", None),
            ("", None),
            ("timeout", None),
        ] {
            assert_eq!(nearest(word, known.into_iter()), meant, "{word}");
        }
    }
}
