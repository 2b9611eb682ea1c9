//! Standard output and standard error: results go to the one, words for people to the other.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

/// Writes a line of results. A closed pipe is an error that ends the program quietly.
pub(crate) fn print(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Writes one JSON document, spread over lines.
pub(crate) fn print_document(value: &impl Serialize) -> io::Result<()> {
    print(&serde_json::to_string_pretty(value)?)
}

/// Writes one JSON document on one line, for streams.
pub(crate) fn print_line(value: &impl Serialize) -> io::Result<()> {
    print(&serde_json::to_string(value)?)
}

/// Tells a person something. Where nobody listens any more there is nobody to tell.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether a terminal shows standard output.
pub(crate) fn on_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard output shows colour: a terminal that can, and nobody said no.
pub(crate) fn has_colour() -> bool {
    on_terminal()
        && !anstyle_query::no_color()
        && anstyle_query::windows::enable_ansi_colors().unwrap_or(true)
        && anstyle_query::term_supports_color()
}
