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
    /// Shortened first when the table is too wide.
    pub(crate) gives: bool,
    /// Left out, from the last one on, when the table is still too wide.
    pub(crate) optional: bool,
    /// One for each row.
    pub(crate) cells: Vec<Cell>,
}

/// Title line and one line per row, none wider than `columns` as far as shortening allows.
pub(crate) fn lay_out(mut table: Vec<Column>, columns: usize, painter: Painter) -> Vec<String> {
    let natural = |column: &Column| {
        let cells = column
            .cells
            .iter()
            .map(|cell| width(&cell.text))
            .max()
            .unwrap_or(0);
        cells.max(width(column.title)).max(column.least)
    };
    let total = |table: &[Column]| {
        table.iter().map(natural).sum::<usize>() + GAP.len() * table.len().saturating_sub(1)
    };
    while total(&table) > columns
        && let Some(last) = table.iter().rposition(|column| column.optional)
    {
        table.remove(last);
    }
    let mut excess = total(&table).saturating_sub(columns);
    let mut widths: Vec<usize> = table.iter().map(natural).collect();
    for (column, width) in table.iter().zip(&mut widths).filter(|(column, _)| column.gives) {
        let given = excess.min(width.saturating_sub(column.least));
        *width -= given;
        excess -= given;
    }

    let titles = table.iter().map(|column| Cell {
        text: column.title.to_owned(),
        ink: Ink::Quiet,
    });
    let mut lines = vec![line(&table, &widths, titles, painter)];
    for row in 0..table.first().map_or(0, |column| column.cells.len()) {
        let cells = table.iter().map(|column| column.cells[row].clone());
        lines.push(line(&table, &widths, cells, painter));
    }
    lines
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

    fn column(title: &'static str, cells: &[&str]) -> Column {
        let cells = cells
            .iter()
            .map(|text| Cell {
                text: (*text).to_owned(),
                ink: Ink::Good,
            })
            .collect();
        Column {
            title,
            least: 4,
            right: false,
            gives: false,
            optional: false,
            cells,
        }
    }

    const PLAIN: Painter = Painter { colour: false };

    #[test]
    fn columns_are_aligned_and_no_line_ends_in_spaces() {
        let table = vec![
            column("Name", &["pulse", "a"]),
            Column {
                right: true,
                ..column("RTT", &["38 ms", ""])
            },
        ];
        assert_eq!(lay_out(table, 80, PLAIN), ["Name     RTT", "pulse  38 ms", "a"]);
    }

    #[test]
    fn optional_columns_go_first_and_then_those_that_give() {
        let table = || {
            vec![
                Column {
                    gives: true,
                    ..column("Name", &["market_data"])
                },
                column("State", &["connected"]),
                Column {
                    optional: true,
                    ..column("Received", &["1"])
                },
            ]
        };
        assert_eq!(lay_out(table(), 40, PLAIN)[1], "market_data  connected  1");
        assert_eq!(lay_out(table(), 22, PLAIN)[1], "market_data  connected");
        assert_eq!(lay_out(table(), 18, PLAIN)[1], "market…  connected");
    }

    #[test]
    fn colour_takes_no_width() {
        let table = || vec![column("Name", &["pulse"]), column("State", &["up"])];
        let coloured = lay_out(table(), 80, Painter { colour: true });
        assert_eq!(coloured[1], "\u{1b}[32mpulse\u{1b}[0m  \u{1b}[32mup\u{1b}[0m");
    }
}
