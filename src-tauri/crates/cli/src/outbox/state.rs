//! How much waits where, how safe it is, and where every message went.

use std::time::Duration;

use agent::gateway::{Books, OutboxReport};
use model::{BufferLevel, BufferState, EndpointId, OutboxInfo};
use serde::Serialize;

use super::path;
use crate::{
    client::Client,
    exit::Exit,
    output,
    paint::{Ink, Painter},
    plain::plain,
    table::{Cell, Column, Room, lay_out},
    terminal,
    view::UNBOUNDED,
    words,
};

#[derive(Serialize)]
struct Entry {
    endpoint: EndpointId,
    #[serde(flatten)]
    outbox: OutboxInfo,
}

pub(super) async fn all(client: &Client, json: bool) -> anyhow::Result<Exit> {
    let endpoints = client.status().await?.endpoints;
    let entries: Vec<Entry> =
        endpoints.into_iter().map(|one| Entry { endpoint: one.id, outbox: one.outbox }).collect();
    if json {
        output::print_document(&entries)?;
    } else if entries.is_empty() {
        output::print("No endpoint is configured")?;
    } else {
        print_table(&entries)?;
    }
    Ok(Exit::Done)
}

pub(super) async fn one(client: &Client, endpoint: &EndpointId, json: bool) -> anyhow::Result<Exit> {
    let report: OutboxReport = client.get(&path(endpoint, "?limit=0")).await?;
    if json {
        output::print_document(&report)?;
        return Ok(Exit::Done);
    }
    let outbox = OutboxInfo {
        queued: report.queued,
        bytes: report.bytes,
        oldest_ms: report.oldest_ms,
        in_flight: report.in_flight,
        dead: report.dead,
        level: report.level,
        state: report.state,
    };
    print_table(&[Entry { endpoint: endpoint.clone(), outbox }])?;
    output::print("")?;
    for line in account(&report.books) {
        output::print(&line)?;
    }
    if let Some(seq) = report.paused_at {
        output::print(&format!("Held up by message {seq}, which nothing may overtake"))?;
    }
    for notice in &report.notices {
        let facts = serde_json::to_string(&notice.facts)?;
        output::print(&plain(&format!("{}  {}  {facts}", notice.at, notice.kind)))?;
    }
    Ok(Exit::Done)
}

fn print_table(entries: &[Entry]) -> anyhow::Result<()> {
    let columns = if output::on_terminal() { terminal::size().0 } else { UNBOUNDED };
    for line in lay_out(table(entries), columns, Painter { colour: output::has_colour() }) {
        output::print(&line)?;
    }
    Ok(())
}

fn table(entries: &[Entry]) -> Vec<Column> {
    let column = |title, right, room, cell: &dyn Fn(&Entry) -> (String, Ink)| Column {
        title,
        least: 0,
        right,
        room,
        cells: entries.iter().map(cell).map(|(text, ink)| Cell { text, ink }).collect(),
    };
    let number = |number: u64| if number == 0 { String::new() } else { words::count(number) };
    vec![
        column("Endpoint", false, Room::Keeps, &|one| (one.endpoint.to_string(), Ink::Text)),
        column("Waiting", true, Room::Keeps, &|one| (words::count(one.outbox.queued), Ink::Text)),
        column("Size", true, Room::Keeps, &|one| (words::size(one.outbox.bytes), Ink::Text)),
        column("Oldest", true, Room::Leaves, &|one| (oldest(&one.outbox), Ink::Text)),
        column("In flight", true, Room::Leaves, &|one| (number(one.outbox.in_flight), Ink::Text)),
        column("Given up", true, Room::Keeps, &|one| (number(one.outbox.dead), Ink::Trouble)),
        column("Survives", false, Room::LeavesLast, &|one| (level(one.outbox.level).to_owned(), Ink::Text)),
        column("State", false, Room::Keeps, &|one| {
            let (word, ink) = state(one.outbox.state);
            (word.to_owned(), ink)
        }),
    ]
}

fn oldest(outbox: &OutboxInfo) -> String {
    outbox.oldest_ms.map(|age| words::long(Duration::from_millis(age))).unwrap_or_default()
}

fn level(level: BufferLevel) -> &'static str {
    match level {
        BufferLevel::Memory => "nothing",
        BufferLevel::Process => "a crash",
        BufferLevel::Power => "a power cut",
    }
}

fn state(state: BufferState) -> (&'static str, Ink) {
    match state {
        BufferState::Ok => ("ok", Ink::Good),
        BufferState::Full => ("full", Ink::Trouble),
        BufferState::Unavailable => ("cannot store", Ink::Trouble),
    }
}

/// Where every message went, as a sum.
fn account(Books { tally: books, balanced }: &Books) -> Vec<String> {
    let parts = [
        (books.delivered, "delivered"),
        (books.queued, "waiting"),
        (books.dead, "given up"),
        (books.dropped_oldest, "dropped to make room"),
        (books.dropped_newest, "dropped for want of room"),
        (books.coalesced, "replaced by newer ones"),
        (books.expired, "too old"),
        (books.discarded, "thrown away"),
        (books.corrupt, "damaged"),
        (books.lost, "lost with a file"),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", words::count(*number)))
        .collect();
    let sum = if told.is_empty() { String::new() } else { format!(" = {}", told.join(" + ")) };
    let mut lines = vec![format!("{} accepted{sum}", words::count(books.accepted))];
    if !balanced {
        lines.push("The sum is wrong: `linekeeper outbox verify` says more".to_owned());
    }
    if books.duplicates > 0 {
        lines.push(format!("{} more were known already", words::count(books.duplicates)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use agent::gateway::Tally;

    use super::*;

    fn entry(queued: u64, state: BufferState) -> Entry {
        let outbox = OutboxInfo {
            queued,
            bytes: queued * 700,
            oldest_ms: (queued > 0).then_some(61_000),
            in_flight: queued.min(3),
            dead: 0,
            level: BufferLevel::Power,
            state,
        };
        Entry { endpoint: "hub".parse().unwrap(), outbox }
    }

    #[test]
    fn a_buffer_is_a_row() {
        let entries = [entry(0, BufferState::Ok), entry(1_204, BufferState::Full)];
        let lines = lay_out(table(&entries), UNBOUNDED, Painter { colour: false });
        assert_eq!(
            lines,
            [
                "Endpoint  Waiting      Size  Oldest  In flight  Given up  Survives     State",
                "hub             0       0 B                               a power cut  ok",
                "hub         1,204  842.8 kB   1 min          3            a power cut  full",
            ]
        );
    }

    #[test]
    fn the_account_names_only_what_there_is() {
        let mut books = Books { tally: Tally::default(), balanced: true };
        assert_eq!(account(&books), ["0 accepted"]);
        books.tally.accepted = 1_204;
        books.tally.delivered = 1_200;
        books.tally.queued = 4;
        books.tally.duplicates = 2;
        assert_eq!(
            account(&books),
            ["1,204 accepted = 1,200 delivered + 4 waiting", "2 more were known already"]
        );
    }
}
