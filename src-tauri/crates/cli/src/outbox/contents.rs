//! The messages of a buffer as rows: those that wait, and those that were given up.

use agent::gateway::{DeadMessage, DeadPage, OutboxReport, WaitingMessage};
use jiff::Timestamp;
use model::MessageFormat;

use super::path;
use crate::{
    args::{DeadArgs, ListArgs},
    client::Client,
    exit::Exit,
    output::{self, say},
    paint::{Ink, Painter},
    plain::{fit, one_line},
    table::{Cell, Column, Room, lay_out},
    terminal,
    view::UNBOUNDED,
    words,
};

/// Most messages the agent gives at once.
const PAGE: u64 = 100;
/// Columns of a body that is shown to be recognised.
const GLIMPSE: usize = 60;

pub(super) async fn waiting(client: &Client, args: &ListArgs) -> anyhow::Result<Exit> {
    let (mut after, mut left) = (Some(0), args.limit);
    let (mut rows, mut damaged) = (Vec::new(), 0);
    while let Some(from) = after.filter(|_| left > 0) {
        let page = left.min(PAGE);
        let query = format!("?limit={page}&after={from}&data={}", !args.json);
        let report: OutboxReport = client.get(&path(&args.endpoint, &query)).await?;
        left = left.saturating_sub(report.waiting.len() as u64);
        (after, damaged) = (report.next, damaged + report.damaged);
        if args.json {
            for message in &report.waiting {
                output::print_line(message)?;
            }
        } else {
            rows.extend(report.waiting.into_iter().map(Waiting::of));
        }
    }
    if damaged > 0 {
        let damaged = words::count_of(damaged, "message");
        say(&format!(
            "linekeeper: beside these, {damaged} could not be read: damaged, and with the dead letters now"
        ));
    }
    if !args.json {
        print(waiting_table(&rows, Timestamp::now()), rows.len())?;
        // Where a table goes on in another program there is no room for remarks.
        if after.is_some() && output::on_terminal() {
            say("There are more; --limit shows them.");
        }
    }
    Ok(Exit::Done)
}

pub(super) async fn dead(client: &Client, args: &DeadArgs) -> anyhow::Result<Exit> {
    let letters = all_dead(client, &args.endpoint).await?;
    if args.json {
        for letter in &letters {
            output::print_line(letter)?;
        }
    } else {
        print(dead_table(&letters, Timestamp::now()), letters.len())?;
    }
    Ok(Exit::Done)
}

/// Every dead letter without its body; their number is bounded.
pub(super) async fn all_dead(
    client: &Client,
    endpoint: &model::EndpointId,
) -> anyhow::Result<Vec<DeadMessage>> {
    let mut letters = Vec::new();
    let mut after = Some(0);
    while let Some(from) = after {
        let query = format!("/dead?limit={PAGE}&after={from}");
        let page: DeadPage = client.get(&path(endpoint, &query)).await?;
        after = page.next;
        letters.extend(page.letters);
    }
    Ok(letters)
}

fn print(table: Vec<Column>, rows: usize) -> anyhow::Result<()> {
    if rows == 0 {
        say("There are none.");
        return Ok(());
    }
    let columns = if output::on_terminal() { terminal::size().0 } else { UNBOUNDED };
    for line in lay_out(table, columns, Painter { colour: output::has_colour() }) {
        output::print(&line)?;
    }
    Ok(())
}

/// A message that waits, with so much of its body as is shown.
struct Waiting {
    message: WaitingMessage,
    glimpse: String,
}

impl Waiting {
    fn of(mut message: WaitingMessage) -> Self {
        let glimpse = match (message.format, message.data.take()) {
            (MessageFormat::Binary, _) | (_, None) => "binary".to_owned(),
            (MessageFormat::Text | MessageFormat::Json, Some(text)) => {
                // Cut before it is looked at: a body can have a megabyte.
                let start: String = text.chars().take(GLIMPSE * 4).collect();
                fit(&one_line(&start), GLIMPSE)
            }
        };
        Self { message, glimpse }
    }
}

fn waiting_table(rows: &[Waiting], now: Timestamp) -> Vec<Column> {
    let column = |title, right, room, cell: &dyn Fn(&Waiting) -> String| {
        of_text(title, right, room, rows.iter().map(cell).collect())
    };
    vec![
        column("Seq", true, Room::Keeps, &|row| row.message.seq.to_string()),
        column("Id", false, Room::Keeps, &|row| row.message.id.clone()),
        column("Waits", true, Room::Keeps, &|row| words::age(row.message.enqueued_at, now)),
        column("Size", true, Room::Keeps, &|row| words::size(row.message.bytes)),
        column("Failed", true, Room::Leaves, &|row| times(row.message.attempts)),
        Column { least: 10, ..column("Message", false, Room::Shrinks, &|row| row.glimpse.clone()) },
    ]
}

fn dead_table(letters: &[DeadMessage], now: Timestamp) -> Vec<Column> {
    let column = |title, right, room, cell: &dyn Fn(&DeadMessage) -> String| {
        of_text(title, right, room, letters.iter().map(cell).collect())
    };
    vec![
        column("Seq", true, Room::Keeps, &|letter| letter.seq.to_string()),
        column("Id", false, Room::Keeps, &|letter| letter.id.clone()),
        column("Given up", true, Room::Keeps, &|letter| format!("{} ago", words::age(letter.died_at, now))),
        column("Size", true, Room::Leaves, &|letter| words::size(letter.bytes)),
        column("Failed", true, Room::Leaves, &|letter| times(letter.attempts)),
        column("Cause", false, Room::Keeps, &|letter| cause(&letter.cause)),
        Column { least: 10, ..column("Said", false, Room::Shrinks, &|letter| one_line(&letter.detail)) },
    ]
}

fn of_text(title: &'static str, right: bool, room: Room, cells: Vec<String>) -> Column {
    let cells = cells.into_iter().map(|text| Cell { text, ink: Ink::Text }).collect();
    Column { title, least: 0, right, room, cells }
}

fn times(attempts: u32) -> String {
    if attempts == 0 { String::new() } else { format!("{attempts}×") }
}

fn cause(cause: &str) -> String {
    match cause {
        "poison" => "broke its connection".to_owned(),
        "refused" => "refused".to_owned(),
        "corrupt" => "damaged".to_owned(),
        other => one_line(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_row_whatever_it_holds() {
        let message = WaitingMessage {
            id: "order-17".to_owned(),
            seq: 7,
            format: MessageFormat::Text,
            bytes: 1_200,
            priority: 4,
            attempts: 2,
            redelivered: true,
            enqueued_at: Timestamp::UNIX_EPOCH,
            data: Some("two\nlines \u{1b}[31mred ".to_owned() + &"x".repeat(1_000_000)),
        };
        let now = Timestamp::from_second(90).unwrap();
        let lines =
            lay_out(waiting_table(&[Waiting::of(message)], now), UNBOUNDED, Painter { colour: false });
        assert_eq!(lines[0], "Seq  Id        Waits    Size  Failed  Message");
        assert!(
            lines[1].starts_with("  7  order-17  1 min  1.2 kB      2×  two\\nlines [31mred xxx"),
            "{}",
            lines[1]
        );
        assert!(lines[1].ends_with('…'));
    }

    #[test]
    fn a_dead_letter_says_why() {
        let letter = DeadMessage {
            id: "a".to_owned(),
            seq: 3,
            format: MessageFormat::Binary,
            bytes: 0,
            cause: "poison".to_owned(),
            detail: "close 1009".to_owned(),
            attempts: 5,
            enqueued_at: Timestamp::UNIX_EPOCH,
            died_at: Timestamp::UNIX_EPOCH,
            data: None,
        };
        let now = Timestamp::from_second(3_600).unwrap();
        let lines = lay_out(dead_table(&[letter], now), UNBOUNDED, Painter { colour: false });
        assert_eq!(lines[1], "  3  a    1 h ago   0 B      5×  broke its connection  close 1009");
    }
}
