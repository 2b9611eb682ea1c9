//! What was before: earlier checks, states of connections, problems that were recorded; as they stand in a bundle.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::json::pretty;

/// A stretch of time for which somebody had the log say more, to show a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// As both its marks in the log say.
    #[serde(rename = "ref")]
    pub reference: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; `None` while it goes on, or where the program ended without a word.
    pub ended: Option<Timestamp>,
    /// What ended it.
    pub by: Option<String>,
}

/// `history.json`. A line for each transition: there may be thousands.
pub(super) fn history(checks: &[Value], transitions: &[Value], recordings: &[Recorded]) -> String {
    let lines: Vec<String> = transitions.iter().map(|one| format!("\n    {one}")).collect();
    let rest = pretty(&json!({ "checks": checks, "recordings": recordings }));
    // Both are JSON, so their end is known.
    let rest = rest.trim_end().strip_suffix("\n}").unwrap_or_default();
    format!("{rest},\n  \"transitions\": [{}\n  ]\n}}\n", lines.join(","))
}

/// The read-me's words about recordings; none where there was none.
pub(super) fn marks(recordings: &[Recorded]) -> String {
    let Some(lines) = recordings.iter().map(mark).reduce(|all, one| all + &one) else { return String::new() };
    format!("Recorded problems (UTC): read the log between the two marks with the reference.\n{lines}\n")
}

fn mark(recorded: &Recorded) -> String {
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let ended = recorded.ended.map_or("no end: it goes on, or the program was ended".to_owned(), time);
    format!("  {}  {} to {ended}\n", recorded.reference, time(recorded.began))
}
