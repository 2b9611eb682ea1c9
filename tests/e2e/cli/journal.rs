//! The agent's log files, as a record of what it did and when.

use std::{collections::HashSet, fs};

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use serde_json::Value;

use crate::stage::Home;

/// A configuration whose agent writes down every try.
pub(crate) const LEVEL: &str = "debug";

/// One line.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) message: String,
    pub(crate) fields: Value,
}

/// Everything an agent on this home has written so far, in order.
pub(crate) fn read(home: &Home) -> Result<Vec<Entry>> {
    let mut files = Vec::new();
    for file in fs::read_dir(home.path("logs"))? {
        files.push(file?.path());
    }
    let mut entries = Vec::new();
    for file in files {
        for line in fs::read_to_string(file)?.lines() {
            let fields: Value = serde_json::from_str(line).context("a line of the log is a JSON document")?;
            let text = |key: &str| fields[key].as_str().unwrap_or_default().to_owned();
            entries.push(Entry { at: text("timestamp").parse()?, message: text("message"), fields });
        }
    }
    entries.sort_by_key(|entry| entry.at);
    Ok(entries)
}

/// When tries began. Knocks are none, nor are those that the budget sent back.
pub(crate) fn tries(journal: &[Entry]) -> Vec<Timestamp> {
    let which = |entry: &Entry| (entry.fields["span"]["id"].to_string(), entry.fields["attempt"].as_u64());
    let deferred = journal.iter().filter(|entry| entry.message == "deferred");
    let deferred: HashSet<_> = deferred.map(which).collect();
    let begun = journal.iter().filter(|entry| entry.message == "dialing");
    begun.filter(|entry| !deferred.contains(&which(entry))).map(|entry| entry.at).collect()
}

/// The states an endpoint went through after a moment.
pub(crate) fn states(journal: &[Entry], after: Timestamp) -> Vec<String> {
    let later = journal.iter().filter(|entry| entry.message == "state" && entry.at >= after);
    later.filter_map(|entry| Some(entry.fields["to"].as_str()?.to_owned())).collect()
}
