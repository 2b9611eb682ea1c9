//! What a support bundle is made from: the check, settings, logs, earlier checks, the state of the buffers. Collects; what
//! may leave is decided by `diagnostics::redact` and `diagnostics::bundle`.

use std::{collections::BTreeMap, fs, path::PathBuf};

use diagnostics::{
    History, Inquiry, Subject, Who,
    bundle::{Bundle, BundleError, Parts, Recorded},
    redact::{Level, Private, Redactor},
    report::{html, text},
};
use dial::DialRequest;
use jiff::Timestamp;
use model::{
    Language,
    check::{App, Report},
};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::{
    chronicle::{ChronicleFile, Entry, Told},
    private::More,
};
use crate::{clock, paths::Environment, settings::Loaded};

/// Earlier checks in a bundle.
const HISTORY_SHOWN: u32 = 20;

/// Everything for a bundle, before anything is taken out. Prints nothing of it.
pub struct Support {
    pub(super) report: Report,
    pub(super) known: Known,
    pub(super) settings: Value,
    pub(super) logs: PathBuf,
    pub(super) chronicle: ChronicleFile,
    pub(super) history: Option<History>,
    pub(super) environment: BTreeMap<String, Value>,
}

/// What must not be named, and the state of the buffers, from the inquiry of a check. Prints nothing of it.
#[derive(Clone)]
pub(super) struct Known {
    secrets: Vec<SecretString>,
    hosts: Vec<String>,
    who: Who,
    buffers: Vec<Value>,
}

impl std::fmt::Debug for Support {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Support").field("report", &self.report.run_id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

impl Known {
    pub(super) fn of(inquiry: &Inquiry) -> Self {
        let dialed = || inquiry.subjects.iter().chain(&inquiry.controls);
        let request = |subject: &Subject| subject.request.clone().ok();
        let control = inquiry.control_url.clone().map(DialRequest::new);
        let hosts =
            dialed().filter_map(request).filter_map(|request| request.url.host_str().map(str::to_owned));
        Self {
            secrets: dialed()
                .filter_map(request)
                .chain(control)
                .flat_map(|request| request.secrets())
                .collect(),
            hosts: hosts.collect(),
            who: inquiry.who.clone(),
            buffers: inquiry.buffers.iter().filter_map(|buffer| serde_json::to_value(buffer).ok()).collect(),
        }
    }
}

impl Known {
    /// These must not be named either.
    pub(super) fn and(mut self, more: More) -> Self {
        self.secrets.extend(more.secrets);
        self.hosts.extend(more.hosts);
        self
    }
}

impl Support {
    /// Puts the bundle together: reads logs and history, and redacts. Takes a moment; nothing is written.
    ///
    /// # Errors
    ///
    /// The report cannot be made clean.
    pub fn bundle(self, level: Level, language: Language) -> Result<Bundle, BundleError> {
        let mut errors = Vec::new();
        let mut key = [0; 32];
        if let Err(error) = getrandom::fill(&mut key) {
            errors.push(format!("pseudonyms can be guessed, nothing here is random: {error}"));
        }
        let private = Private {
            secrets: self.known.secrets,
            user: self.known.who.user,
            computer: self.known.who.computer,
            hosts: self.known.hosts,
            kept: vec![self.report.run_id.clone()],
        };
        let history = match self.history.map(|history| history.newest(HISTORY_SHOWN)) {
            Some(Ok(reports)) => reports.iter().map(summary).collect(),
            Some(Err(error)) => {
                errors.push(format!("history: {error}"));
                Vec::new()
            }
            None => Vec::new(),
        };
        let (transitions, recordings) = past(&self.chronicle, &mut errors);
        let parts = Parts {
            report: self.report,
            settings: Some(self.settings),
            logs: Some(self.logs).filter(|folder| folder.is_dir()),
            history,
            transitions,
            recordings,
            environment: self.environment,
            buffers: self.known.buffers,
            errors,
        };
        let render = |report: &Report| (text(report, language), html(report, language));
        Bundle::assemble(parts, Redactor::new(level, &private, &key), &render, Timestamp::now())
    }
}

/// How connections went from state to state, and which problems were recorded.
fn past(chronicle: &ChronicleFile, errors: &mut Vec<String>) -> (Vec<Value>, Vec<Recorded>) {
    let told = chronicle.read(clock::now()).unwrap_or_else(|error| {
        errors.push(format!("transitions: {error}"));
        Told::default()
    });
    if told.damaged {
        errors.push("transitions: some of what was kept cannot be read".to_owned());
    }
    let (mut transitions, mut recordings) = (Vec::new(), Vec::<Recorded>::new());
    for entry in told.entries {
        match entry {
            Entry::Transition(passed) => transitions.extend(serde_json::to_value(passed).ok()),
            Entry::RecordingBegan { at, reference } => {
                recordings.push(Recorded { reference, began: at, ended: None, by: None });
            }
            Entry::RecordingEnded { at, reference, by } => {
                if let Some(begun) = recordings.iter_mut().rfind(|one| one.reference == reference) {
                    begun.ended = Some(at);
                    begun.by = serde_json::to_value(by).ok().and_then(|by| by.as_str().map(str::to_owned));
                }
            }
        }
    }
    (transitions, recordings)
}

/// Verdict and phases of an earlier check.
fn summary(report: &Report) -> Value {
    let endpoints = report.endpoints.iter().map(|endpoint| {
        json!({ "id": endpoint.id, "timing_ms": endpoint.timing_ms, "transports": endpoint.transports })
    });
    json!({
        "run_id": report.run_id,
        "ref": report.reference,
        "started_at": report.started_at,
        "mode": report.mode,
        "trigger": report.trigger,
        "verdict": report.verdict,
        "endpoints": endpoints.collect::<Vec<_>>(),
    })
}

/// The values in force as one document. Secrets are not among them.
pub(super) fn settings(loaded: &Loaded) -> Value {
    let mut document = Value::Object(Map::new());
    for value in &loaded.values {
        let mut place = &mut document;
        for key in value.path.split('.') {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[key];
        }
        *place = value.value.clone();
    }
    document
}

/// System, desktop and what this process uses.
pub(super) fn environment(app: &App, environment: &Environment) -> BTreeMap<String, Value> {
    let variable = |name: &str| environment.get(name).map(|value| Value::from(value.as_str()));
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).map(|kb| Value::from(kb.trim()));
    let handles = fs::read_dir("/proc/self/fd").ok().map(|entries| Value::from(entries.count()));
    let app = serde_json::to_value(app).ok();
    let all = [
        ("app", app),
        ("session_type", variable("XDG_SESSION_TYPE")),
        ("locale", variable("LC_ALL").or_else(|| variable("LANG"))),
        ("memory", memory),
        ("open_files", handles),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{EffectiveValue, Provenance, Settings};

    #[test]
    fn settings_become_one_document_again() {
        let value = |path: &str, value: Value| EffectiveValue {
            path: path.to_owned(),
            value,
            provenance: Provenance::File,
        };
        let loaded = Loaded {
            settings: Settings::default(),
            problems: Vec::new(),
            errors: Vec::new(),
            values: vec![
                value("websocket.connections.pulse.url", "ws://h".into()),
                value("websocket.connections.pulse.priority", 1.into()),
                value("logging.level", "info".into()),
            ],
            file: None,
            managed: None,
        };
        let expected = json!({
            "websocket": { "connections": { "pulse": { "url": "ws://h", "priority": 1 } } },
            "logging": { "level": "info" },
        });
        assert_eq!(settings(&loaded), expected);
    }
}
