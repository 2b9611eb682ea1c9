//! A JSON text as a tree that remembers where everything stands and keeps duplicate keys.
//!
//! Syntax is judged by `serde_json`; this only keeps what its own tree forgets. Knows nothing of settings.

use std::fmt;

use serde::{
    Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value, value::RawValue};

/// Deepest nesting read; the deepest valid file, a message in `on_connect` aside, has seven levels.
const MAX_DEPTH: usize = 64;

/// A parsed text.
#[derive(Debug)]
pub(super) struct Document<'a> {
    text: &'a str,
    pub(super) root: Node<'a>,
}

/// One value and where it starts.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) at: usize,
    pub(super) content: Content<'a>,
    raw: &'a str,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Null,
    Bool,
    Number(Number),
    Text(String),
    Array(Vec<Node<'a>>),
    Object(Vec<Member<'a>>),
}

/// One member of an object; several may have the same key.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) key: String,
    pub(super) key_at: usize,
    pub(super) node: Node<'a>,
}

/// The text is not JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) position: Position,
    pub(super) message: String,
}

/// Both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// One step from a value to a value inside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// The way from the top of the document to a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct JsonPath(pub(super) Vec<Step>);

impl JsonPath {
    pub(super) fn keys<const N: usize>(keys: [&str; N]) -> Self {
        Self(keys.into_iter().map(|key| Step::Key(key.to_owned())).collect())
    }

    pub(super) fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    pub(super) fn index(&self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    fn then(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// The endpoint a path leads into.
    pub(super) fn endpoint(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Step::Key(a), Step::Key(b), Step::Key(id), ..] if a == "websocket" && b == "connections" => {
                Some(id)
            }
            _ => None,
        }
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key)
                    if key.chars().all(|c| c.is_ascii_alphanumeric() || "_-$".contains(c))
                        && !key.is_empty() =>
                {
                    write!(f, "{}{key}", if place == 0 { "" } else { "." })?;
                }
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

impl<'a> Document<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, SyntaxError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| syntax(text, 0, &error))?;
        Ok(Self { text, root: node(text, raw, 0)? })
    }

    pub(super) fn position(&self, at: usize) -> Position {
        position(self.text, at)
    }

    /// Where the value at `path` stands, or the innermost value around it that exists.
    pub(super) fn locate(&self, path: &JsonPath) -> Position {
        let mut here = &self.root;
        let mut at = here.at;
        for step in &path.0 {
            let next = match (step, &here.content) {
                (Step::Key(key), Content::Object(members)) => members
                    .iter()
                    .find(|member| member.key == *key)
                    .map(|member| (&member.node, member.key_at)),
                (Step::Index(index), Content::Array(items)) => items.get(*index).map(|item| (item, item.at)),
                _ => None,
            };
            let Some((inner, inner_at)) = next else { break };
            (here, at) = (inner, inner_at);
        }
        self.position(at)
    }
}

impl<'a> Node<'a> {
    /// The first member with this key.
    pub(super) fn member(&self, key: &str) -> Option<&Node<'a>> {
        match &self.content {
            Content::Object(members) => {
                members.iter().find(|member| member.key == key).map(|member| &member.node)
            }
            Content::Null | Content::Bool | Content::Number(_) | Content::Text(_) | Content::Array(_) => None,
        }
    }

    /// The value as `serde_json` reads it: the last of duplicate keys wins.
    pub(super) fn value(&self) -> Value {
        serde_json::from_str(self.raw).unwrap_or_default()
    }
}

fn position(text: &str, at: usize) -> Position {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: count(before.bytes().filter(|byte| *byte == b'\n').count() + 1),
        column: count(before[line_start..].chars().count() + 1),
    }
}

/// `serde_json` counts lines and columns (bytes, from 1) from the start of the slice it was given.
fn syntax(text: &str, slice_at: usize, error: &serde_json::Error) -> SyntaxError {
    let slice = &text[slice_at..];
    let line_start: usize =
        slice.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut at = (slice_at + line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let message = error.to_string();
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(what, _)| what)
        .replace("EOF while parsing", "the text ends inside");
    SyntaxError { position: position(text, at), message }
}

fn node<'a>(text: &'a str, raw: &'a RawValue, depth: usize) -> Result<Node<'a>, SyntaxError> {
    let raw = raw.get();
    let at = offset(text, raw);
    if depth > MAX_DEPTH {
        let message = format!("nested deeper than {MAX_DEPTH} levels");
        return Err(SyntaxError { position: position(text, at), message });
    }
    let failed = |error| syntax(text, at, &error);
    let content = match raw.as_bytes().first() {
        Some(b'{') => Content::Object(
            members(raw)
                .map_err(failed)?
                .into_iter()
                .map(|(key, inner)| {
                    let key_at = offset(text, key.get());
                    let key =
                        serde_json::from_str(key.get()).map_err(|error| syntax(text, key_at, &error))?;
                    Ok(Member { key, key_at, node: node(text, inner, depth + 1)? })
                })
                .collect::<Result<_, _>>()?,
        ),
        Some(b'[') => {
            let items: Vec<&'a RawValue> = serde_json::from_str(raw).map_err(failed)?;
            Content::Array(
                items.into_iter().map(|item| node(text, item, depth + 1)).collect::<Result<_, _>>()?,
            )
        }
        Some(b'"') => Content::Text(serde_json::from_str(raw).map_err(failed)?),
        Some(b't' | b'f') => Content::Bool,
        Some(b'n') => Content::Null,
        _ => Content::Number(serde_json::from_str(raw).map_err(failed)?),
    };
    Ok(Node { at, content, raw })
}

/// Where a slice of `text` starts in it.
fn offset(text: &str, slice: &str) -> usize {
    slice.as_ptr().addr().saturating_sub(text.as_ptr().addr()).min(text.len())
}

type RawMembers<'a> = Vec<(&'a RawValue, &'a RawValue)>;

fn members(raw: &str) -> Result<RawMembers<'_>, serde_json::Error> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = RawMembers<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(entry) = map.next_entry()? {
                members.push(entry);
            }
            Ok(members)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, _seq: A) -> Result<Self::Value, A::Error> {
            Err(serde::de::Error::custom("expected an object"))
        }
    }
    serde_json::Deserializer::from_str(raw).deserialize_map(Members)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(node: &Node<'_>) -> Vec<String> {
        let Content::Object(members) = &node.content else { panic!("not an object: {node:?}") };
        members.iter().map(|member| member.key.clone()).collect()
    }

    #[test]
    fn duplicate_keys_are_kept_and_every_value_knows_its_place() {
        let text = "{\n  \"a\": {\"ü\": 1, \"x\": [true,\n null]},\n  \"a\": 2\n}";
        let document = Document::parse(text).unwrap();
        assert_eq!(keys(&document.root), ["a", "a"]);
        let at = |path: JsonPath| document.locate(&path);
        assert_eq!(at(JsonPath::keys(["a"])), Position { line: 2, column: 3 });
        assert_eq!(at(JsonPath::keys(["a", "x"])), Position { line: 2, column: 17 });
        assert_eq!(at(JsonPath::keys(["a", "x"]).index(1)), Position { line: 3, column: 2 });
        assert_eq!(at(JsonPath::keys(["a", "missing"])), Position { line: 2, column: 3 });
    }

    #[test]
    fn a_syntax_error_names_line_and_column() {
        let error = Document::parse("{\n  \"a\": tru }").unwrap_err();
        assert_eq!(error.position.line, 2);
        assert!(!error.message.contains("line"), "{}", error.message);
        let lone_surrogate = Document::parse("{\n\"a\": [\n  \"\\ud800\"]}").unwrap_err();
        assert_eq!(lone_surrogate.position.line, 3);
    }

    #[test]
    fn nesting_without_end_is_refused_and_not_followed() {
        let text = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(Document::parse(&text).unwrap_err().message.contains("nested deeper"));
    }

    #[test]
    fn a_path_quotes_what_is_not_a_plain_word() {
        let path = JsonPath::keys(["headers", "x.y"]).index(2).key("z");
        assert_eq!(path.to_string(), "headers[\"x.y\"][2].z");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_exactly_as_serde_json_does(text in "[\\[\\]{}:,\"a\\\\u0-9 \ntruefalsn-]{0,24}") {
            let whole = serde_json::from_str::<Value>(&text);
            match Document::parse(&text) {
                Ok(document) => prop_assert_eq!(document.root.value(), whole.unwrap()),
                Err(_) => prop_assert!(whole.is_err(), "{:?}", whole),
            }
        }

        #[test]
        fn any_text_at_all_is_survived(text in "\\PC{0,40}") {
            let _ = Document::parse(&text);
        }
    }
}
