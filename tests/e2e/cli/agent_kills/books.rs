//! What was accepted beside what came.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use anyhow::{Result, ensure};
use serde_json::Value;
use suites::Receipt;

use super::producer::Accepted;

/// Counts of all endpoints together.
#[derive(Debug, Default)]
pub(crate) struct Books {
    accepted: usize,
    arrived: usize,
    /// Came again under their own id.
    repeated: usize,
    /// Accepted and never came.
    lost: Vec<String>,
    /// Came under an id that nobody was told.
    unknown: Vec<String>,
    /// Came with another content than the one accepted under this id.
    altered: Vec<String>,
    /// Came for the first time behind one with a higher number.
    overtaken: Vec<String>,
    /// Came again without being marked as repeated within the same session.
    unmarked: Vec<String>,
    /// Accepted under an id or a number that another one has.
    ambiguous: Vec<String>,
}

impl Books {
    /// Holds what one server got against what its senders were told.
    pub(crate) fn audit(&mut self, endpoint: &str, accepted: &[Accepted], receipts: &[Receipt]) {
        let accepted: Vec<&Accepted> = accepted.iter().filter(|one| one.endpoint == endpoint).collect();
        let by_id: HashMap<&str, &Accepted> = accepted.iter().map(|one| (one.id.as_str(), *one)).collect();
        let numbers: HashSet<u64> = accepted.iter().map(|one| one.seq).collect();
        if by_id.len() != accepted.len() || numbers.len() != accepted.len() {
            self.ambiguous.push(format!("{endpoint}: {} ids, {} numbers", by_id.len(), numbers.len()));
        }
        self.accepted += accepted.len();
        // Id → the session in which it came last.
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut highest = 0;
        for receipt in receipts {
            self.arrived += 1;
            let Some((id, redelivered, data)) = receipt.opened() else {
                self.unknown.push(receipt.text.clone());
                continue;
            };
            let Some(known) = by_id.get(id.as_str()) else {
                self.unknown.push(receipt.text.clone());
                continue;
            };
            if data != content(&known.text) {
                self.altered.push(receipt.text.clone());
            }
            if let Some(session) = seen.insert(id, receipt.session) {
                self.repeated += 1;
                if session == receipt.session && !redelivered {
                    self.unmarked.push(receipt.text.clone());
                }
            } else if known.seq < highest {
                self.overtaken.push(receipt.text.clone());
            }
            highest = highest.max(known.seq);
        }
        let lost = accepted.iter().filter(|one| !seen.contains_key(&one.id));
        self.lost.extend(lost.map(|one| format!("{} {}: {}", one.id, one.seq, one.text)));
    }

    /// Fails where anything is not as promised.
    pub(crate) fn balance(&self) -> Result<()> {
        ensure!(self.accepted > 0, "nothing was accepted: this test tests nothing");
        let faults = [
            ("lost", &self.lost),
            ("under unknown ids", &self.unknown),
            ("altered", &self.altered),
            ("overtaken", &self.overtaken),
            ("repeated without a mark", &self.unmarked),
            ("ambiguous", &self.ambiguous),
        ];
        for (fault, messages) in faults {
            let some = &messages[..messages.len().min(10)];
            ensure!(messages.is_empty(), "{} {fault}, such as {some:#?}", messages.len());
        }
        Ok(())
    }
}

/// What an envelope holds: JSON as it is, other text as a string.
fn content(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, arrived, repeated, .. } = self;
        write!(
            f,
            "{accepted} accepted, {arrived} arrived, {repeated} of them repeated; {} lost, {} under unknown ids, \
             {} altered, {} overtaken",
            self.lost.len(),
            self.unknown.len(),
            self.altered.len(),
            self.overtaken.len()
        )
    }
}
