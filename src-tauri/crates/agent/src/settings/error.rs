//! What is wrong with a settings file: all of it at once, each with its place and what to do.
//!
//! Texts never quote a value that may be a secret.

use std::{fmt, path::PathBuf};

use model::{EndpointId, ErrorCode, Problem};

/// A settings file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError {
    /// The file.
    pub file: PathBuf,
    /// [`ErrorCode::ConfigInvalid`], or [`ErrorCode::ConfigUnreadable`] when not even its text could be had.
    pub code: ErrorCode,
    /// Everything that is wrong, in the order of the file. Never empty.
    pub issues: Vec<Issue>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// `websocket.connections.pulse.url`; empty when it concerns the file as a whole.
    pub path: String,
    /// Line in the file, from 1.
    pub line: Option<u32>,
    /// Column in the line, in characters from 1.
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// The endpoint concerned, when it is one.
    pub endpoint: Option<EndpointId>,
}

impl SettingsError {
    pub(super) fn unreadable(file: PathBuf, message: String, hint: &str) -> Self {
        let issue = Issue {
            path: String::new(),
            line: None,
            column: None,
            message,
            hint: hint.to_owned(),
            endpoint: None,
        };
        Self { file, code: ErrorCode::ConfigUnreadable, issues: vec![issue] }
    }

    /// One problem per issue.
    pub fn problems(&self) -> Vec<Problem> {
        self.issues
            .iter()
            .map(|issue| Problem {
                code: self.code,
                message: issue.headline(),
                detail: format!("{}: {}", self.place(issue), issue.hint),
                endpoint: issue.endpoint.clone(),
            })
            .collect()
    }

    fn place(&self, issue: &Issue) -> String {
        let file = self.file.display();
        match (issue.line, issue.column) {
            (Some(line), Some(column)) => format!("{file}, line {line}, column {column}"),
            (Some(line), None) => format!("{file}, line {line}"),
            (None, _) => file.to_string(),
        }
    }
}

impl Issue {
    /// Path and message in one line.
    pub fn headline(&self) -> String {
        match self.path.as_str() {
            "" => self.message.clone(),
            path => format!("{path}: {}", self.message),
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        match (self.code, self.issues.len()) {
            (ErrorCode::ConfigUnreadable, _) => write!(f, "{file} cannot be read:")?,
            (_, 1) => write!(f, "{file} has an error:")?,
            (_, count) => write!(f, "{file} has {count} errors:")?,
        }
        for issue in &self.issues {
            write!(f, "\n  ")?;
            if let (Some(line), Some(column)) = (issue.line, issue.column) {
                write!(f, "{line}:{column}  ")?;
            }
            write!(f, "{}", issue.headline())?;
            if !issue.hint.is_empty() {
                write!(f, "\n      {}", issue.hint)?;
            }
        }
        Ok(())
    }
}
