//! The terminal as a canvas: whole frames on the alternate screen, and everything as it was afterwards.

use std::io;

use terminal_size::{Height, Width};

use crate::output::{on_terminal, write};

const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l";
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";
/// Terminals that know this show a frame at once; others ignore it.
const BEGIN_FRAME: &str = "\u{1b}[?2026h\u{1b}[H";
const END_FRAME: &str = "\u{1b}[J\u{1b}[?2026l";

/// Columns and rows now; the classic size where nobody knows.
pub(crate) fn size() -> (usize, usize) {
    terminal_size::terminal_size()
        .map_or((80, 24), |(Width(columns), Height(rows))| (usize::from(columns), usize::from(rows)))
}

/// Whether frames can be drawn: a terminal that moves its cursor.
pub(crate) fn can_draw() -> bool {
    on_terminal()
        && anstyle_query::windows::enable_ansi_colors().unwrap_or(true)
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The alternate screen while it is ours; dropping this, also in a panic, gives the terminal back.
#[derive(Debug)]
pub(crate) struct Screen(());

impl Screen {
    pub(crate) fn enter() -> io::Result<Self> {
        write(ENTER)?;
        Ok(Self(()))
    }

    /// Draws over what is there, line by line, without clearing first: nothing flickers.
    pub(crate) fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        let mut frame = String::from(BEGIN_FRAME);
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                frame.push_str("\r\n");
            }
            frame.push_str(line);
            frame.push_str("\u{1b}[K");
        }
        frame.push_str(END_FRAME);
        write(&frame)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = write(LEAVE);
    }
}
