//! A status snapshot as lines of text: one verdict, what is wrong with the agent, one row per endpoint.
//!
//! Pure: the time, the width and whether there is colour are passed in.

use std::time::Duration;

use jiff::Timestamp;
use model::{EndpointSnapshot, EndpointState, Overall, Problem, Quality, Reason, StatusSnapshot};

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
            format!("  {} {}", paint(ink, glyph), paint(Ink::Strong, &words::verdict(self.status))),
            format!("{INDENT}{}", paint(Ink::Quiet, &fit(&about, self.columns.saturating_sub(INDENT.len())))),
        ];
        lines.extend(self.recording());
        if let Some(link) = self.link {
            lines.extend(whole(&plain(link), self.columns));
        }
        lines
    }

    /// The recording that is under way.
    fn recording(&self) -> Option<String> {
        let recording = self.status.agent.recording.as_ref()?;
        let left = Duration::try_from(recording.until.duration_since(self.now)).unwrap_or_default();
        let about = format!(
            "Recording a problem, reference {}, {} left",
            plain(&recording.reference),
            words::long(left)
        );
        let about = fit(&about, self.columns.saturating_sub(INDENT.len()));
        Some(format!("{INDENT}{}", self.painter.paint(Ink::Notice, &about)))
    }

    /// What is wrong with the agent itself.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.status.problems.iter().flat_map(|problem| self.problem(problem)).collect()
    }

    fn problem(&self, problem: &Problem) -> Vec<String> {
        let columns = self.columns.saturating_sub(INDENT.len()).clamp(20, LONGEST_TEXT);
        let message = wrap(&plain(&problem.message), columns);
        let detail = wrap(&plain(&problem.detail), columns);
        let message = message.iter().enumerate().map(|(at, line)| match at {
            0 => format!("  {} {line}", self.painter.paint(Ink::Trouble, "!")),
            _ => format!("{INDENT}{line}"),
        });
        let detail = detail.iter().map(|line| format!("{INDENT}{}", self.painter.paint(Ink::Quiet, line)));
        message.chain(detail).collect()
    }

    /// Titles, a row per endpoint, and under a row that is not as it should be: why, and what to do.
    pub(crate) fn endpoints(&self) -> Vec<String> {
        if self.status.endpoints.is_empty() {
            return Vec::new();
        }
        let table = lay_out(self.table(), self.columns.saturating_sub(INDENT.len()), self.painter);
        let mut rows = table.into_iter();
        let mut lines: Vec<String> =
            rows.next().into_iter().map(|titles| format!("{INDENT}{titles}")).collect();
        for (row, endpoint) in rows.zip(&self.status.endpoints) {
            let (glyph, ink) = mark(endpoint);
            lines.push(format!("  {} {row}", self.painter.paint(ink, glyph)));
            lines.extend(self.error(endpoint));
            lines.extend(self.below(endpoint));
        }
        lines
    }

    /// What is waited for or falls short, and what a person can do.
    fn below(&self, endpoint: &EndpointSnapshot) -> Vec<String> {
        let resting = endpoint.reason == Some(Reason::Paused);
        let columns = self.columns.saturating_sub(INDENT.len() + 2).clamp(20, LONGEST_ERROR);
        let mut lines: Vec<String> = words::shortcoming(endpoint, self.now)
            .or_else(|| words::waiting(endpoint))
            .iter()
            .flat_map(|text| wrap(text, columns))
            .map(|line| format!("{INDENT}  {}", self.painter.paint(Ink::Quiet, &line)))
            .collect();
        let up = endpoint.state == EndpointState::Connected;
        let remedy = endpoint.remedy.as_ref().filter(|_| !resting && !up);
        let remedy = remedy.map(|remedy| wrap(&plain(&remedy.text), columns)).unwrap_or_default();
        lines.extend(remedy.iter().enumerate().map(|(at, line)| match at {
            0 => format!("{INDENT}{} {line}", self.painter.paint(Ink::Notice, "→")),
            _ => format!("{INDENT}  {line}"),
        }));
        lines
    }

    fn error(&self, endpoint: &EndpointSnapshot) -> Option<String> {
        let resting = endpoint.state == EndpointState::Connected || endpoint.reason == Some(Reason::Paused);
        let error = endpoint.last_error.as_ref().filter(|_| !resting)?;
        let columns = self.columns.saturating_sub(INDENT.len() + 2).min(LONGEST_ERROR);
        let message = fit(&plain(&error.message), columns);
        let room = columns.saturating_sub(crate::plain::width(&message) + 1);
        // Half a word of the raw cause helps nobody.
        let detail = if room < 12 { String::new() } else { fit(&plain(&error.detail), room) };
        let detail = self.painter.paint(Ink::Quiet, &detail);
        Some(
            format!("{INDENT}{} {message} {detail}", self.painter.paint(Ink::Quiet, "└"))
                .trim_end()
                .to_owned(),
        )
    }

    fn table(&self) -> Vec<Column> {
        let up = |endpoint: &EndpointSnapshot| endpoint.state == EndpointState::Connected;
        // The last value stays visible, quiet, while the line is down.
        let live = |endpoint: &EndpointSnapshot| if up(endpoint) { Ink::Text } else { Ink::Quiet };
        let number = |column: Column| Column { right: true, ..column };
        vec![
            self.column("Endpoint", 12, Room::Shrinks, |e| (e.id.to_string(), Ink::Text)),
            self.column("State", 12, Room::Keeps, |e| {
                (words::state(e.state, e.reason).to_owned(), mark(e).1)
            }),
            self.column("For", 10, Room::LeavesLast, |e| (words::age(e.since, self.now), Ink::Quiet)),
            self.column("Transport", 9, Room::LeavesLast, |e| (e.transport.name().to_owned(), live(e))),
            number(self.column("RTT", 7, Room::Keeps, |e| {
                (e.rtt_ms.last.map(words::rtt).unwrap_or_default(), live(e))
            })),
            self.column("Quality", 7, Room::Leaves, |e| {
                (if up(e) { words::quality(e.quality) } else { "" }.to_owned(), quality_ink(e))
            }),
            number(self.column("Next try", 8, Room::Keeps, |e| (words::next_try(e, self.now), Ink::Text))),
            number(
                self.column("Received", 9, Room::Leaves, |e| (words::count(e.counters.received), live(e))),
            ),
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
        let cells = self.status.endpoints.iter().map(cell).map(|(text, ink)| Cell { text, ink });
        Column { title, least, right: false, room, cells: cells.collect() }
    }
}

fn quality_ink(endpoint: &EndpointSnapshot) -> Ink {
    if endpoint.quality == Quality::Poor { Ink::Notice } else { Ink::Text }
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
    chars.chunks(columns.max(1)).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use model::{
        AgentInfo, Counters, ErrorCode, ErrorInfo, GatewayInfo, OutboxInfo, RemedyCode, RttInfo, Transport,
        WaitCause,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::plain::width;

    fn endpoint(id: &str, state: EndpointState, reason: Option<Reason>) -> EndpointSnapshot {
        let error = ErrorInfo {
            code: ErrorCode::ConnectionRefused,
            message: "No program answers at the server's address.".to_owned(),
            detail: "refused\u{1b}[2J by 127.0.0.1:1".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        EndpointSnapshot {
            id: id.parse().unwrap(),
            name: format!("Name of {id}\u{202e}\u{7}"),
            url: "ws://localhost:1".to_owned(),
            priority: 1,
            state,
            reason,
            transport: Transport::Websocket,
            degraded: false,
            host: "ws://localhost:1".to_owned(),
            primary_check_at: None,
            since: Timestamp::UNIX_EPOCH,
            attempt: 0,
            next_attempt_at: None,
            waiting: None,
            last_error: Some(error),
            remedy: None,
            rtt_ms: RttInfo::default(),
            quality: Quality::Unknown,
            counters: Counters::default(),
            outbox: OutboxInfo::default(),
            last_pong: None,
            text: String::new(),
        }
    }

    fn status(endpoints: Vec<EndpointSnapshot>) -> StatusSnapshot {
        StatusSnapshot {
            version: 1,
            agent: AgentInfo { pid: 1, version: "0.1.0".to_owned(), uptime_ms: 0, recording: None },
            overall: Overall::of(endpoints.iter().map(|e| (e.state, e.reason, e.degraded))),
            endpoints,
            gateway: GatewayInfo { connections: 0, url: None },
            problems: Vec::new(),
        }
    }

    fn mixed() -> StatusSnapshot {
        let mut mixed = status(vec![
            endpoint("up", EndpointState::Connected, None),
            endpoint("down", EndpointState::Reconnecting, None),
            endpoint("resting", EndpointState::Disconnected, Some(Reason::Paused)),
            endpoint("a-rather-long-name-for-an-endpoint", EndpointState::Failed, Some(Reason::MaxAttempts)),
        ]);
        mixed.endpoints[1].remedy = Some(RemedyCode::LetWebsocketThrough.into());
        mixed.endpoints[1].waiting = Some(WaitCause::Budget);
        mixed.problems.push(Problem {
            code: ErrorCode::GatewayUnavailable,
            message: ErrorCode::GatewayUnavailable.plain().to_owned(),
            detail: "The gateway cannot listen on 127.0.0.1:7878. Another program uses that port.".to_owned(),
            endpoint: None,
        });
        mixed
    }

    fn lines(status: &StatusSnapshot, columns: usize) -> Vec<String> {
        let painter = Painter { colour: false };
        View { status, link: None, uptime: Duration::ZERO, now: Timestamp::UNIX_EPOCH, columns, painter }
            .lines()
    }

    #[test]
    fn what_is_wrong_stands_above_the_endpoints_and_errors_below_their_own() {
        let lines = lines(&mixed(), 80);
        assert_eq!(lines[0], "  ○ 1 of 4 endpoints are connected");
        let at = |text: &str| lines.iter().position(|line| line.contains(text)).unwrap();
        assert!(at("could not start") < at("Endpoint"), "{lines:#?}");
        assert_eq!(
            lines[at("○ down") + 1].trim_start(),
            "└ No program answers at the server's address. refused[2J by 127.0.0.1:1"
        );
        let errors = lines.iter().filter(|line| line.contains('└')).count();
        assert_eq!(errors, 2, "none for what is up or paused: {lines:#?}");
    }

    #[test]
    fn under_a_row_that_is_down_stands_what_is_waited_for_and_what_to_do() {
        let mut asked = endpoint("asked", EndpointState::Reconnecting, None);
        asked.waiting = Some(WaitCause::ServerAsked);
        asked.next_attempt_at = Some(Timestamp::UNIX_EPOCH + Duration::from_secs(1_200));
        asked.remedy = Some(RemedyCode::RespectWait.into());
        let mut resting = endpoint("resting", EndpointState::Disconnected, Some(Reason::Paused));
        resting.remedy = Some(RemedyCode::Resume.into());
        let lines = lines(&status(vec![asked, resting]), 80);
        let at = lines.iter().position(|line| line.contains('└')).unwrap();
        assert!(lines[at + 1].trim_start().starts_with("The server asked us to wait until "), "{lines:#?}");
        assert_eq!(
            [lines[at + 2].as_str(), lines[at + 3].as_str()],
            [
                "    → Linekeeper keeps the time that the server asked for. Reconnecting by hand",
                "      tries at once."
            ]
        );
        let advised = lines.iter().filter(|line| line.contains('→')).count();
        assert_eq!(advised, 1, "a pause needs no advice: {lines:#?}");
    }

    #[test]
    fn a_backup_host_and_a_poor_line_are_told_though_connected() {
        let mut backup = endpoint("backup", EndpointState::Connected, None);
        backup.degraded = true;
        backup.host = "ws://other.example".to_owned();
        backup.primary_check_at = Some(Timestamp::UNIX_EPOCH + Duration::from_secs(20));
        let mut poor = endpoint("poor", EndpointState::Connected, None);
        poor.quality = Quality::Poor;
        poor.rtt_ms =
            RttInfo { last: Some(900.0), p50: Some(1_200.0), p95: Some(2_200.0), ..RttInfo::default() };
        let lines = lines(&status(vec![backup, poor]), 120);
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        assert!(
            has("On backup host ws://other.example; the main host is checked again in 20 s."),
            "{lines:#?}"
        );
        assert!(has("A poor line: half of the answers need over 1.2 s, 5 of 100 over 2.2 s."), "{lines:#?}");
    }

    #[test]
    fn without_endpoints_the_verdict_says_why() {
        assert!(lines(&status(Vec::new()), 80)[0].contains("No endpoint is configured"));
        let mut broken = mixed();
        broken.endpoints.clear();
        broken.overall = Overall::Connecting;
        broken.problems[0].code = ErrorCode::ConfigInvalid;
        assert!(lines(&broken, 80)[0].contains("The configuration cannot be used"));
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal_and_none_carries_control_characters(columns in 52_usize..200) {
            for line in lines(&mixed(), columns) {
                prop_assert!(width(&line) <= columns, "{} of {columns}: {line}", width(&line));
                prop_assert!(!line.chars().any(char::is_control) && !line.contains('\u{202e}'), "{line:?}");
            }
        }
    }
}
