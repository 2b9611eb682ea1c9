//! The live view: the status as frames on a terminal, redrawn in place for as long as the agent runs.

use std::{collections::VecDeque, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use model::{AgentEvent, ErrorInfo, StatusSnapshot, Transition};
use tokio::time::{Instant, sleep_until};

use crate::{
    client::Told,
    feed::Feed,
    output,
    paint::{Ink, Painter},
    plain::{fit, plain},
    signals::Resizes,
    terminal::{self, Screen},
    view::View,
    words,
};

/// Shortest time between two frames.
const FRAME_GAP: Duration = Duration::from_millis(100);

/// Longest: counts of seconds must move.
const FRAME_EVERY: Duration = Duration::from_secs(1);

/// Transitions remembered for the end of a frame.
const LATELY: usize = 12;

/// Draws frames until the agent ends.
pub(crate) async fn show(
    mut feed: Feed,
    link: impl Fn() -> Option<String> + Send,
    foot: &str,
) -> anyhow::Result<()> {
    let mut resizes = Resizes::listen()?;
    let mut canvas = Canvas { screen: Screen::enter()?, status: None, lately: VecDeque::new(), link, foot };
    let (mut drawn, mut due) = (Instant::now(), Instant::now());
    loop {
        tokio::select! {
            told = feed.next() => match told? {
                None => return Ok(()),
                Some(Told::Event(event)) => {
                    if canvas.note(event) {
                        due = due.min(drawn + FRAME_GAP);
                    }
                }
                Some(Told::Missed(_)) => {}
            },
            () = sleep_until(due) => {
                canvas.draw()?;
                drawn = Instant::now();
                due = drawn + FRAME_EVERY;
            }
            () = resizes.next() => due = Instant::now(),
        }
    }
}

/// What a frame shows, and where.
struct Canvas<'a, L> {
    screen: Screen,
    status: Option<(StatusSnapshot, Instant)>,
    lately: VecDeque<Transition>,
    link: L,
    foot: &'a str,
}

impl<L: Fn() -> Option<String>> Canvas<'_, L> {
    /// True when the frame changes.
    fn note(&mut self, event: AgentEvent) -> bool {
        match event {
            AgentEvent::Status(status) => self.status = Some((*status, Instant::now())),
            AgentEvent::Transition(transition) => {
                self.lately.truncate(LATELY - 1);
                self.lately.push_front(transition);
            }
            AgentEvent::Message(_) | AgentEvent::Delivered(_) => return false,
        }
        true
    }

    fn draw(&mut self) -> std::io::Result<()> {
        let Some((status, received)) = &self.status else {
            return Ok(());
        };
        let (columns, rows) = terminal::size();
        // Erasing the rest of a line would take the last column with it if the line ended there.
        let columns = columns.saturating_sub(1);
        let painter = Painter { colour: output::has_colour() };
        let link = (self.link)();
        let view = View {
            status,
            link: link.as_deref(),
            uptime: Duration::from_millis(status.agent.uptime_ms) + received.elapsed(),
            now: Timestamp::now(),
            columns,
            painter,
        };
        let lately = lately(&self.lately, columns, painter);
        let foot = format!("    {}", painter.paint(Ink::Quiet, &fit(self.foot, columns.saturating_sub(4))));
        self.screen.draw(&frame(view.lines(), lately, foot, rows, painter))
    }
}

/// Fits a frame into the window's rows: the past gives way first, then the end of the table.
fn frame(
    mut lines: Vec<String>,
    lately: Vec<String>,
    foot: String,
    rows: usize,
    painter: Painter,
) -> Vec<String> {
    // An empty line at the top and one before the foot.
    let room = rows.saturating_sub(3);
    if lines.len() > room {
        let hidden = lines.len() - room.saturating_sub(1);
        lines.truncate(room.saturating_sub(1));
        lines.push(format!("    {}", painter.paint(Ink::Quiet, &format!("and {hidden} more lines"))));
    }
    let left = room.saturating_sub(lines.len() + 1);
    if left >= 2 && lately.len() > 1 {
        lines.push(String::new());
        lines.extend(lately.into_iter().take(left));
    }
    lines.insert(0, String::new());
    lines.push(String::new());
    lines.push(foot);
    lines
}

fn lately(transitions: &VecDeque<Transition>, columns: usize, painter: Painter) -> Vec<String> {
    let longest = transitions.iter().map(|transition| transition.endpoint.as_str().len()).max().unwrap_or(0);
    let zone = TimeZone::system();
    let mut lines = vec![format!("    {}", painter.paint(Ink::Quiet, "Lately"))];
    for transition in transitions {
        let at = transition.at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string();
        let id = format!("{:longest$}", transition.endpoint.as_str());
        let told = fit(&outcome(transition), columns.saturating_sub(16 + longest));
        lines.push(format!("    {}  {id}  {told}", painter.paint(Ink::Quiet, &at)));
    }
    lines
}

/// The new state, and why.
fn outcome(transition: &Transition) -> String {
    let mut outcome = words::state(transition.to, transition.reason).to_owned();
    if let Some(ErrorInfo { message, .. }) = &transition.error {
        outcome = format!("{outcome}: {}", plain(message));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Painter = Painter { colour: false };

    fn lines(prefix: &str, count: usize) -> Vec<String> {
        (0..count).map(|n| format!("{prefix}{n}")).collect()
    }

    #[test]
    fn a_frame_is_never_taller_than_the_window() {
        for rows in 4..40 {
            for (status, past) in [(3, 1), (10, 12), (60, 12)] {
                let frame = frame(lines("s", status), lines("l", past), "foot".to_owned(), rows, PLAIN);
                assert!(frame.len() <= rows, "{} lines in {rows} rows", frame.len());
                assert_eq!(frame.last().unwrap(), "foot");
            }
        }
    }

    #[test]
    fn the_past_gives_way_to_the_present() {
        let tight = frame(lines("s", 10), lines("l", 5), "foot".to_owned(), 14, PLAIN);
        assert!(tight.contains(&"s9".to_owned()) && !tight.contains(&"l0".to_owned()), "{tight:?}");
        let roomy = frame(lines("s", 10), lines("l", 5), "foot".to_owned(), 30, PLAIN);
        assert!(roomy.contains(&"l4".to_owned()), "{roomy:?}");
    }
}
