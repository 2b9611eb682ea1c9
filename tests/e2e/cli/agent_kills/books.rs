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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepted(number: u64) -> Accepted {
        let (endpoint, id) = ("hub".to_owned(), format!("id-{number}"));
        Accepted { endpoint, id, seq: number, text: format!("text {number}") }
    }

    fn receipt(id: &str, redelivered: bool, data: &str, session: u64) -> Receipt {
        let text = json!({ "id": id, "redelivered": redelivered, "data": data }).to_string();
        Receipt { text, session }
    }

    /// What the books say about three messages of which these came.
    fn fault(receipts: &[Receipt]) -> Option<String> {
        let mut books = Books::default();
        books.audit("hub", &[1, 2, 3].map(accepted), receipts);
        books.balance().err().map(|error| error.to_string())
    }

    #[test]
    fn books_that_do_not_balance_are_noticed() {
        let came = |number: u64| receipt(&format!("id-{number}"), false, &format!("text {number}"), 1);
        assert_eq!(fault(&[came(1), came(2), came(3)]), None);
        let again = |number: u64| receipt(&format!("id-{number}"), true, &format!("text {number}"), 2);
        assert_eq!(fault(&[came(1), came(2), again(1), again(2), again(3)]), None);
        let noticed = |receipts: &[Receipt], what: &str| {
            let fault = fault(receipts).expect(what);
            assert!(fault.starts_with(&format!("1 {what}")), "{fault}");
        };
        noticed(&[came(1), came(3)], "lost");
        noticed(&[came(1), came(2), came(3), receipt("id-9", false, "text 3", 1)], "under unknown ids");
        noticed(&[came(1), came(2), receipt("id-3", false, "text 2", 1)], "altered");
        noticed(&[came(1), came(3), came(2)], "overtaken");
        noticed(&[came(1), came(2), came(2), came(3)], "repeated without a mark");
        let mut books = Books::default();
        books.audit("hub", &[accepted(1), accepted(1)], &[came(1)]);
        assert!(books.balance().unwrap_err().to_string().contains("ambiguous"));
    }
}
