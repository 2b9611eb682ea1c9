//! Rows of cells laid out in aligned columns. Knows widths, not what the cells mean.

use crate::{
    paint::{Ink, Painter},
    plain::{fit, width},
};

const GAP: &str = "  ";

/// One value and what it means.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) ink: Ink,
}

/// One column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    /// Never narrower, so that nothing jumps when values change.
    pub(crate) least: usize,
    /// Numbers stand at the right.
    pub(crate) right: bool,
    /// What happens to it when the table is too wide.
    pub(crate) room: Room,
    /// One for each row.
    pub(crate) cells: Vec<Cell>,
}

/// What a column does when there is too little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// Stays as it is.
    Keeps,
    /// Shrinks to its least width.
    Shrinks,
    /// Leaves before anything shrinks.
    Leaves,
    /// Leaves when shrinking is not enough.
    LeavesLast,
}

/// Title line and one line per row, none wider than `columns` as far as shortening allows.
pub(crate) fn lay_out(mut table: Vec<Column>, columns: usize, painter: Painter) -> Vec<String> {
    let natural = |column: &Column| {
        let cells = column.cells.iter().map(|cell| width(&cell.text)).max();
        cells.unwrap_or(0).max(width(column.title)).max(column.least)
    };
    let least = |column: &Column| {
        if column.room == Room::Shrinks { column.least } else { natural(column) }
    };
    drop_while_too_wide(&mut table, columns, Room::Leaves, natural);
    drop_while_too_wide(&mut table, columns, Room::LeavesLast, least);
    let mut excess = total(&table, natural).saturating_sub(columns);
    let widths: Vec<usize> = table
        .iter()
        .map(|column| {
            let given = excess.min(natural(column) - least(column));
            excess -= given;
            natural(column) - given
        })
        .collect();

    let titles = table.iter().map(|column| Cell { text: column.title.to_owned(), ink: Ink::Quiet });
    let mut lines = vec![line(&table, &widths, titles, painter)];
    for row in 0..table.first().map_or(0, |column| column.cells.len()) {
        let cells = table.iter().map(|column| column.cells[row].clone());
        lines.push(line(&table, &widths, cells, painter));
    }
    lines
}

/// Takes columns out, the last first.
fn drop_while_too_wide(table: &mut Vec<Column>, columns: usize, room: Room, wide: impl Fn(&Column) -> usize) {
    while total(table, &wide) > columns
        && let Some(last) = table.iter().rposition(|column| column.room == room)
    {
        table.remove(last);
    }
}

fn total(table: &[Column], wide: impl Fn(&Column) -> usize) -> usize {
    table.iter().map(wide).sum::<usize>() + GAP.len() * table.len().saturating_sub(1)
}

fn line(table: &[Column], widths: &[usize], cells: impl Iterator<Item = Cell>, painter: Painter) -> String {
    let mut line = String::new();
    let mut pending = 0;
    for ((cell, column), &wide) in cells.zip(table).zip(widths) {
        let text = fit(&cell.text, wide);
        let space = wide - width(&text);
        let (before, after) = if column.right { (space, 0) } else { (0, space) };
        if !text.is_empty() {
            line.push_str(&" ".repeat(pending + before));
            line.push_str(&painter.paint(cell.ink, &text));
            pending = after + GAP.len();
        } else {
            pending += wide + GAP.len();
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(title: &'static str, room: Room, cells: &[&str]) -> Column {
        let cells = cells.iter().map(|text| Cell { text: (*text).to_owned(), ink: Ink::Good });
        Column { title, least: 4, right: false, room, cells: cells.collect() }
    }

    const PLAIN: Painter = Painter { colour: false };

    #[test]
    fn columns_are_aligned_and_no_line_ends_in_spaces() {
        let rtt = Column { right: true, ..column("RTT", Room::Keeps, &["38 ms", ""]) };
        let table = vec![column("Name", Room::Keeps, &["pulse", "a"]), rtt];
        assert_eq!(lay_out(table, 80, PLAIN), ["Name     RTT", "pulse  38 ms", "a"]);
    }

    #[test]
    fn room_is_made_in_the_order_of_importance() {
        let row = |columns| {
            let table = vec![
                column("Name", Room::Shrinks, &["market_data"]),
                column("State", Room::Keeps, &["connected"]),
                column("Over", Room::LeavesLast, &["WebSocket"]),
                column("Received", Room::Leaves, &["1"]),
            ];
            lay_out(table, columns, PLAIN).remove(1)
        };
        assert_eq!(row(43), "market_data  connected  WebSocket  1");
        assert_eq!(row(42), "market_data  connected  WebSocket");
        assert_eq!(row(28), "marke…  connected  WebSocket");
        assert_eq!(row(22), "market_data  connected");
        assert_eq!(row(18), "market…  connected");
    }

    #[test]
    fn colour_takes_no_width() {
        let table = vec![column("Name", Room::Keeps, &["pulse"]), column("State", Room::Keeps, &["up"])];
        let coloured = lay_out(table, 80, Painter { colour: true });
        assert_eq!(coloured[1], "\u{1b}[32mpulse\u{1b}[0m  \u{1b}[32mup\u{1b}[0m");
    }
}
