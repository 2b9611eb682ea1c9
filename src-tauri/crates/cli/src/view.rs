//! A status snapshot as lines of text: one verdict, what is wrong with the agent, one row per endpoint.
//!
//! Pure: the time, the width and whether there is colour are passed in.

use std::time::Duration;

use jiff::Timestamp;
use model::{EndpointSnapshot, EndpointState, Overall, Problem, Reason, StatusSnapshot};

use crate::{
    paint::{Ink, Painter, mark},
    plain::{fit, plain, wrap},
    table::{Cell, Column, Room, lay_out},
    words,
};

/// Width for a reader that has none: a pipe, a file.
pub(crate) const UNBOUNDED: usize = 1_000;

/// Text is no easier to read in longer lines.
const LONGEST_TEXT: usize = 100;

/// A raw cause may be a whole page of the server's.
const LONGEST_ERROR: usize = 160;

const INDENT: &str = "    ";

/// What a frame is made of.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) status: &'a StatusSnapshot,
    /// The web UI's address; with the token only where a terminal shows it.
    pub(crate) link: Option<&'a str>,
    pub(crate) uptime: Duration,
    pub(crate) now: Timestamp,
    pub(crate) columns: usize,
    pub(crate) painter: Painter,
}

impl View<'_> {
    /// The whole status.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = self.head();
        for part in [self.problems(), self.endpoints()] {
            if !part.is_empty() {
                lines.push(String::new());
                lines.extend(part);
            }
        }
        lines
    }

    /// Verdict, program, link.
    pub(crate) fn head(&self) -> Vec<String> {
        let paint = |ink, text: &str| self.painter.paint(ink, text);
        let (glyph, ink) = verdict_mark(self.status.overall);
        let agent = &self.status.agent;
        let about = format!(
            "Linekeeper {}, pid {}, up {}",
            plain(&agent.version),
            agent.pid,
            words::long(self.uptime)
        );
        let mut lines = vec![
            format!(
                "  {} {}",
                paint(ink, glyph),
                paint(Ink::Strong, &words::verdict(self.status))
            ),
            format!(
                "{INDENT}{}",
                paint(
                    Ink::Quiet,
                    &fit(&about, self.columns.saturating_sub(INDENT.len()))
                )
            ),
        ];
        if let Some(link) = self.link {
            lines.extend(whole(&plain(link), self.columns));
        }
        lines
    }

    /// What is wrong with the agent itself.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.status
            .problems
            .iter()
            .flat_map(|problem| self.problem(problem))
            .collect()
    }

    fn problem(&self, problem: &Problem) -> Vec<String> {
        let columns = self.columns.saturating_sub(INDENT.len()).clamp(20, LONGEST_TEXT);
        let message = wrap(&plain(&problem.message), columns);
        let detail = wrap(&plain(&problem.detail), columns);
        let message = message.iter().enumerate().map(|(at, line)| match at {
            0 => format!("  {} {line}", self.painter.paint(Ink::Trouble, "!")),
            _ => format!("{INDENT}{line}"),
        });
        let detail = detail
            .iter()
            .map(|line| format!("{INDENT}{}", self.painter.paint(Ink::Quiet, line)));
        message.chain(detail).collect()
    }

    /// Titles, a row per endpoint, and under a row that is down the error behind it.
    pub(crate) fn endpoints(&self) -> Vec<String> {
        if self.status.endpoints.is_empty() {
            return Vec::new();
        }
        let table = lay_out(
            self.table(),
            self.columns.saturating_sub(INDENT.len()),
            self.painter,
        );
        let mut rows = table.into_iter();
        let mut lines: Vec<String> = rows
            .next()
            .into_iter()
            .map(|titles| format!("{INDENT}{titles}"))
            .collect();
        for (row, endpoint) in rows.zip(&self.status.endpoints) {
            let (glyph, ink) = mark(endpoint);
            lines.push(format!("  {} {row}", self.painter.paint(ink, glyph)));
            lines.extend(self.error(endpoint));
        }
        lines
    }

    fn error(&self, endpoint: &EndpointSnapshot) -> Option<String> {
        let resting = endpoint.state == EndpointState::Connected || endpoint.reason == Some(Reason::Paused);
        let error = endpoint.last_error.as_ref().filter(|_| !resting)?;
        let columns = self.columns.saturating_sub(INDENT.len() + 2).min(LONGEST_ERROR);
        let message = fit(&plain(&error.message), columns);
        let room = columns.saturating_sub(crate::plain::width(&message) + 1);
        // Half a word of the raw cause helps nobody.
        let detail = if room < 12 {
            String::new()
        } else {
            fit(&plain(&error.detail), room)
        };
        let detail = self.painter.paint(Ink::Quiet, &detail);
        Some(
            format!(
                "{INDENT}{} {message} {detail}",
                self.painter.paint(Ink::Quiet, "└")
            )
            .trim_end()
            .to_owned(),
        )
    }

    fn table(&self) -> Vec<Column> {
        let up = |endpoint: &EndpointSnapshot| endpoint.state == EndpointState::Connected;
        // The last value stays visible, quiet, while the line is down.
        let live = |endpoint: &EndpointSnapshot| if up(endpoint) { Ink::Text } else { Ink::Quiet };
        let number = |column: Column| Column {
            right: true,
            ..column
        };
        vec![
            self.column("Endpoint", 12, Room::Shrinks, |e| (e.id.to_string(), Ink::Text)),
            self.column("State", 12, Room::Keeps, |e| {
                (words::state(e.state, e.reason).to_owned(), mark(e).1)
            }),
            self.column("For", 10, Room::LeavesLast, |e| {
                (words::age(e.since, self.now), Ink::Quiet)
            }),
            self.column("Transport", 9, Room::LeavesLast, |e| {
                (e.transport.name().to_owned(), live(e))
            }),
            number(self.column("RTT", 7, Room::Keeps, |e| {
                (e.rtt_ms.last.map(words::rtt).unwrap_or_default(), live(e))
            })),
            number(self.column("Next try", 8, Room::Keeps, |e| {
                (words::next_try(e, self.now), Ink::Text)
            })),
            number(self.column("Received", 9, Room::Leaves, |e| {
                (words::count(e.counters.received), live(e))
            })),
            self.column("Name", 8, Room::Leaves, |e| (plain(&e.name), Ink::Quiet)),
        ]
    }

    fn column(
        &self,
        title: &'static str,
        least: usize,
        room: Room,
        cell: impl Fn(&EndpointSnapshot) -> (String, Ink),
    ) -> Column {
        let cells = self
            .status
            .endpoints
            .iter()
            .map(cell)
            .map(|(text, ink)| Cell { text, ink });
        Column {
            title,
            least,
            right: false,
            room,
            cells: cells.collect(),
        }
    }
}

fn verdict_mark(overall: Overall) -> (&'static str, Ink) {
    match overall {
        Overall::Connected => ("●", Ink::Good),
        Overall::Degraded => ("◐", Ink::Notice),
        Overall::Partial => ("○", Ink::Notice),
        Overall::Down | Overall::Offline => ("×", Ink::Trouble),
        Overall::Paused => ("‖", Ink::Quiet),
        Overall::Connecting => ("◌", Ink::Quiet),
    }
}

/// A link is useless when shortened: on a narrow terminal it goes on in the next line.
fn whole(link: &str, columns: usize) -> Vec<String> {
    if link.len() + INDENT.len() <= columns {
        return vec![format!("{INDENT}{link}")];
    }
    let chars: Vec<char> = link.chars().collect();
    chars
        .chunks(columns.max(1))
        .map(|piece| piece.iter().collect())
        .collect()
}
