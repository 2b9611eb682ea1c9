//! One settings file on its way to a checked tree of values: text, syntax, shape, rules.
//!
//! A layer says only what its file says; defaults and other layers come in `resolve`.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde_json::{Map, Value};

use super::{
    document::{Content, Document, JsonPath, SyntaxError},
    error::{Issue, SettingsError},
    judge::judge,
    schema,
    shape::{self, Fault},
};

/// Largest file read; ten thousand endpoints fit.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What one file says, as far as it is sound. Empty when there is no file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layer {
    pub(super) value: Value,
    /// The endpoints the file names, by id.
    pub(super) endpoints: BTreeMap<String, Named>,
    /// What is wrong, in the order of the file. With any issue the file is not used.
    pub(super) issues: Vec<Issue>,
}

/// Where a file names an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: u32,
    pub(super) column: u32,
    /// True also for a mistyped `url`, which has an issue of its own.
    pub(super) has_url: bool,
}

/// Reads and checks a file. `None`: there is no such file. The error is for a file whose text cannot be had.
pub(super) fn read(file: &Path) -> Result<Option<Layer>, SettingsError> {
    Ok(text(file)?.map(|text| check(file, &text)))
}

fn text(file: &Path) -> Result<Option<String>, SettingsError> {
    let failed = |message: String, hint: &str| Err(SettingsError::unreadable(file.to_owned(), message, hint));
    let metadata = match fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return failed(
                format!("it cannot be opened: {error}"),
                "check the permissions of the file and its folders",
            );
        }
    };
    if metadata.is_dir() {
        return failed("it is a folder".to_owned(), "name the file inside it");
    }
    if !metadata.is_file() {
        return failed("it is not a regular file".to_owned(), "name a plain file");
    }
    if metadata.len() > MAX_BYTES {
        return failed(format!("it is larger than {MAX_BYTES} bytes"), "is it a settings file?");
    }
    match fs::read(file).map(String::from_utf8) {
        Ok(Ok(text)) => Ok(Some(text)),
        Ok(Err(error)) => failed(
            format!("it is not UTF-8: byte {} is wrong", error.utf8_error().valid_up_to() + 1),
            "save it with the encoding UTF-8",
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => failed(format!("it cannot be read: {error}"), "check the permissions of the file"),
    }
}

/// Checks the text of a file; `file` is for relative paths in it.
pub(super) fn check(file: &Path, text: &str) -> Layer {
    // Windows editors put a byte order mark in front (RFC 8259 section 8.1 lets a reader skip it).
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            return Layer { issues: vec![not_json(text, error)], ..Layer::default() };
        }
    };
    let mut faults = Vec::new();
    let sound = shape::check(&schema::checked(), &document.root, &JsonPath::default(), &mut faults);
    let mut value = sound.unwrap_or_else(|| Value::Object(Map::new()));
    judge(&value, &mut faults);
    anchor(&mut value, file);
    Layer { value, endpoints: endpoints(&document), issues: issues(&document, faults) }
}

fn endpoints(document: &Document<'_>) -> BTreeMap<String, Named> {
    let websocket = document.root.member("websocket");
    let connections = websocket.and_then(|node| node.member("connections"));
    let Some(Content::Object(members)) = connections.map(|node| &node.content) else {
        return BTreeMap::new();
    };
    let named = members.iter().rev().filter_map(|member| {
        let Content::Object(keys) = &member.node.content else {
            return None;
        };
        let place = document.position(member.key_at);
        let is_url = |key: &str| shape::nearest(key, ["url"].into_iter()).is_some();
        let named = Named {
            line: place.line,
            column: place.column,
            has_url: keys.iter().any(|key| is_url(&key.key)),
        };
        Some((member.key.clone(), named))
    });
    named.collect()
}

fn not_json(text: &str, error: SyntaxError) -> Issue {
    let (message, hint) = match text.trim().is_empty() {
        true => ("the file is empty".to_owned(), "the smallest valid file is {}"),
        false => (format!("this is not JSON: {}", error.message), "look at this place and just before it"),
    };
    Issue {
        path: String::new(),
        line: Some(error.position.line),
        column: Some(error.position.column),
        message,
        hint: hint.to_owned(),
        endpoint: None,
    }
}

fn issues(document: &Document<'_>, faults: Vec<Fault>) -> Vec<Issue> {
    let issue = |fault: Fault| {
        let place = match fault.at {
            Some(at) => document.position(at),
            None => document.locate(&fault.path),
        };
        Issue {
            path: fault.path.to_string(),
            line: Some(place.line),
            column: Some(place.column),
            message: fault.message,
            hint: fault.hint,
            endpoint: fault.path.endpoint().and_then(|id| id.parse().ok()),
        }
    };
    let mut issues: Vec<Issue> = faults.into_iter().map(issue).collect();
    issues.sort_by_key(|issue| (issue.line, issue.column));
    issues
}

/// Relative paths in a file mean: beside the file.
fn anchor(value: &mut Value, file: &Path) {
    let Some(folder) = file.parent() else { return };
    let connections = value.pointer_mut("/websocket/connections").and_then(Value::as_object_mut);
    for connection in connections.into_iter().flat_map(Map::values_mut) {
        for key in ["ca_file", "client_cert", "client_key"] {
            if let Some(Value::String(path)) = connection.pointer_mut(&format!("/tls/{key}"))
                && let Some(absolute) = folder.join(&*path).to_str()
            {
                *path = absolute.to_owned();
            }
        }
        if let Some(auth) = connection.get_mut("auth") {
            anchor_secrets(auth, folder);
        }
    }
}

/// The files of secrets are named at different depths: `bearer.file`, `basic.password.file`, `query.NAME.file`.
fn anchor_secrets(value: &mut Value, folder: &Path) {
    for (key, inner) in value.as_object_mut().into_iter().flatten() {
        match inner {
            Value::String(path) if key == "file" => {
                if let Some(absolute) = folder.join(&*path).to_str() {
                    *path = absolute.to_owned();
                }
            }
            Value::Object(_) => anchor_secrets(inner, folder),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
        }
    }
}
