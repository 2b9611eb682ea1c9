//! What is told on standard output: a line for each message that is safe, in order.

use std::io;

use agent::gateway::ReceiptEntry;
use model::BufferLevel;
use serde::Serialize;

use super::lines::Line;
use crate::output;

/// Prints, until nobody reads any more. Then it is silent: messages are sent for their own sake.
#[derive(Debug)]
pub(super) struct Printer {
    json: bool,
    open: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    line: u64,
    id: &'a str,
    seq: u64,
    duplicate: bool,
    /// What it survives; `null` for a message that was known.
    level: Option<BufferLevel>,
}

impl Printer {
    pub(super) fn new(json: bool) -> Self {
        Self { json, open: true }
    }

    pub(super) fn print(&mut self, lines: &[Line], taken: &[ReceiptEntry]) -> io::Result<()> {
        if !self.open {
            return Ok(());
        }
        let told: String =
            lines.iter().zip(taken).map(|(line, taken)| self.line(line, taken) + "\n").collect();
        match output::write(&told) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.open = false;
                Ok(())
            }
            written => written,
        }
    }

    fn line(&self, line: &Line, taken: &ReceiptEntry) -> String {
        let ReceiptEntry { id, seq, duplicate, level, .. } = taken;
        if self.json {
            let told = Told { line: line.number, id, seq: *seq, duplicate: *duplicate, level: *level };
            serde_json::to_string(&told).unwrap_or_default()
        } else {
            format!("{id} {seq}")
        }
    }
}

#[cfg(test)]
mod tests {
    use agent::gateway::ReceiptFate;

    use super::*;

    #[test]
    fn a_line_says_the_id_and_the_place() {
        let line = Line { number: 3, text: "x".to_owned() };
        let (id, fate) = ("a-1".to_owned(), ReceiptFate::Stored);
        let taken = ReceiptEntry { id, seq: 7, duplicate: false, fate, level: Some(BufferLevel::Power) };
        assert_eq!(Printer::new(false).line(&line, &taken), "a-1 7");
        assert_eq!(
            Printer::new(true).line(&line, &taken),
            r#"{"line":3,"id":"a-1","seq":7,"duplicate":false,"level":"power"}"#
        );
    }
}
