//! Standard output and standard error: results go to the one, words for people to the other.

use std::io::{self, IsTerminal as _, Write as _};
#[cfg(unix)]
use std::time::Duration;

use serde::Serialize;
use tokio::task::{block_in_place, spawn_blocking};

use crate::plain::plain_json;

/// Between two looks at whether somebody still reads.
#[cfg(unix)]
const READER_LOOKED_AT: Duration = Duration::from_millis(500);

/// Writes to standard output as a whole. A reader that does not read holds up this task alone.
pub(crate) fn write(text: &str) -> io::Result<()> {
    write_bytes(text.as_bytes())
}

/// Writes what another program made, as it is.
pub(crate) fn write_bytes(bytes: &[u8]) -> io::Result<()> {
    block_in_place(|| write_now(bytes))
}

fn write_now(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Writes lines, in a task that writes for as long as the program runs: blocking in place would move everything else
/// to another thread at each line, and a hundred connections that come up at once would leave a hundred threads.
pub(crate) async fn print_lines(lines: Vec<String>) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let text = lines.join("\n") + "\n";
    spawn_blocking(move || write_now(text.as_bytes())).await?
}

/// Writes a line of results. A closed pipe is an error that ends the program quietly.
pub(crate) fn print(line: &str) -> io::Result<()> {
    write(&format!("{line}\n"))
}

/// Writes one JSON document, spread over lines.
pub(crate) fn print_document(value: &impl Serialize) -> io::Result<()> {
    print(&plain_json(serde_json::to_string_pretty(value)?))
}

/// Writes one JSON document on one line, for streams.
pub(crate) fn print_line(value: &impl Serialize) -> io::Result<()> {
    print(&plain_json(serde_json::to_string(value)?))
}

/// Waits until nobody reads standard output any more. Whoever has nothing to write would not learn of it.
#[cfg(unix)]
pub(crate) async fn reader_gone() -> io::Error {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    loop {
        let out = io::stdout();
        let mut state = [PollFd::new(&out, PollFlags::empty())];
        let known = poll(&mut state, Some(&at_once)).is_ok();
        let [out] = &state;
        if known && out.revents().intersects(PollFlags::ERR | PollFlags::HUP) {
            return io::ErrorKind::BrokenPipe.into();
        }
        tokio::time::sleep(READER_LOOKED_AT).await;
    }
}

#[cfg(not(unix))]
pub(crate) async fn reader_gone() -> io::Error {
    std::future::pending().await
}

/// Tells a person something. Where nobody listens any more there is nobody to tell.
pub(crate) fn say(text: &str) {
    let _ = block_in_place(|| writeln!(io::stderr(), "{text}"));
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
