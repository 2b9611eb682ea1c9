//! Lines of an input, in bounded batches as they come. Knows nothing of agents.
//!
//! A line ends with LF or CRLF and is otherwise left as it is. Empty lines are skipped, but counted.

use std::io::{self, BufRead, BufReader, Read};

use tokio::sync::mpsc;

/// Most a message may have. A longer line is refused here: nobody takes it.
const MAX_LINE: u64 = 1 << 20;
/// A batch goes off at this many lines...
pub(crate) const MAX_LINES: usize = 512;
/// ... or this many bytes.
pub(crate) const MAX_BYTES: usize = 512 << 10;
/// Read at once. What waits in here decides whether a batch goes on.
const BUFFER: usize = 64 << 10;
/// Pieces that wait for the sender; then the reader waits, and with it whoever writes the input.
const WAITING: usize = 4;

/// A message to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its place in the input, the first is 1.
    pub(crate) number: u64,
    pub(crate) text: String,
}

/// The input cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error("line {number} is not text in UTF-8")]
    NotText { number: u64 },
    #[error("line {number} is longer than {} MiB, the most a message may have", MAX_LINE >> 20)]
    TooLong { number: u64 },
    #[error("the input cannot be read behind line {number}: {source}")]
    Read { number: u64, source: io::Error },
}

/// The lines of an input, read on a thread of its own: a program that waits for a person to type must end when it is
/// told to.
#[derive(Debug)]
pub(crate) struct Lines {
    pieces: mpsc::Receiver<Piece>,
    ahead: Option<Piece>,
}

/// Lines that were there together, and what ended the input behind them.
type Piece = (Vec<Line>, Option<LineError>);

impl Lines {
    pub(crate) fn of(input: impl Read + Send + 'static) -> io::Result<Self> {
        let (sender, pieces) = mpsc::channel(WAITING);
        let mut input = Input { reader: BufReader::with_capacity(BUFFER, input), number: 0 };
        std::thread::Builder::new().name("lines".to_owned()).spawn(move || {
            loop {
                let (piece, go_on) = match input.piece() {
                    Ok(lines) => {
                        let go_on = !lines.is_empty();
                        ((lines, None), go_on)
                    }
                    Err((lines, error)) => ((lines, Some(error)), false),
                };
                // The sender may have given up.
                if sender.blocking_send(piece).is_err() || !go_on {
                    return;
                }
            }
        })?;
        Ok(Self { pieces, ahead: None })
    }

    /// What is there now, at least a line; nothing at the end. An error comes behind the lines before it.
    pub(crate) async fn batch(&mut self) -> Result<Vec<Line>, LineError> {
        let Some((mut lines, mut error)) = self.next().await else { return Ok(Vec::new()) };
        let mut bytes: usize = lines.iter().map(|line| line.text.len()).sum();
        while error.is_none()
            && let Ok((more, end)) = self.pieces.try_recv()
        {
            let more_bytes: usize = more.iter().map(|line| line.text.len()).sum();
            if lines.len() + more.len() > MAX_LINES || bytes + more_bytes > MAX_BYTES {
                self.ahead = Some((more, end));
                break;
            }
            bytes += more_bytes;
            lines.extend(more);
            error = end;
        }
        match error {
            Some(error) if lines.is_empty() => Err(error),
            Some(error) => {
                self.ahead = Some((Vec::new(), Some(error)));
                Ok(lines)
            }
            None => Ok(lines),
        }
    }

    async fn next(&mut self) -> Option<Piece> {
        match self.ahead.take() {
            Some(piece) => Some(piece),
            None => self.pieces.recv().await,
        }
    }
}

struct Input<R> {
    reader: BufReader<R>,
    number: u64,
}

impl<R: Read> Input<R> {
    /// Waits for a line and takes those that came with it; none at the end.
    fn piece(&mut self) -> Result<Vec<Line>, (Vec<Line>, LineError)> {
        let mut lines = Vec::new();
        let mut bytes = 0;
        loop {
            match self.line() {
                Ok(None) => return Ok(lines),
                Ok(Some(line)) if line.text.is_empty() => {}
                Ok(Some(line)) => {
                    bytes += line.text.len();
                    lines.push(line);
                }
                Err(error) => return Err((lines, error)),
            }
            let full = lines.len() >= MAX_LINES || bytes >= MAX_BYTES;
            // Whether the next line is here already, all of it: reading on could wait for ever.
            let more = self.reader.buffer().contains(&b'\n');
            if full || (!more && !lines.is_empty()) {
                return Ok(lines);
            }
        }
    }

    fn line(&mut self) -> Result<Option<Line>, LineError> {
        let mut bytes = Vec::new();
        let before = self.number;
        let read = (&mut self.reader).take(MAX_LINE + 2).read_until(b'\n', &mut bytes);
        if read.map_err(|source| LineError::Read { number: before, source })? == 0 {
            return Ok(None);
        }
        let number = before + 1;
        self.number = number;
        if bytes.pop_if(|last| *last == b'\n').is_some() {
            bytes.pop_if(|last| *last == b'\r');
        }
        if bytes.len() as u64 > MAX_LINE {
            return Err(LineError::TooLong { number });
        }
        let text = String::from_utf8(bytes).map_err(|_| LineError::NotText { number })?;
        Ok(Some(Line { number, text }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives its bytes in pieces cut anywhere.
    struct Cut {
        bytes: Vec<u8>,
        at: usize,
        most: usize,
    }

    impl Read for Cut {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let size = self.most.min(into.len()).min(self.bytes.len() - self.at);
            into[..size].copy_from_slice(&self.bytes[self.at..self.at + size]);
            self.at += size;
            Ok(size)
        }
    }

    fn all(bytes: &[u8], most: usize) -> (Vec<Line>, Option<LineError>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut input = Lines::of(Cut { bytes: bytes.to_vec(), at: 0, most }).unwrap();
            let mut all = Vec::new();
            loop {
                match input.batch().await {
                    Ok(lines) if lines.is_empty() => return (all, None),
                    Ok(lines) => {
                        assert!(lines.len() <= MAX_LINES);
                        all.extend(lines);
                    }
                    Err(error) => return (all, Some(error)),
                }
            }
        })
    }

    fn texts(bytes: &[u8]) -> Vec<(u64, String)> {
        let (lines, error) = all(bytes, usize::MAX);
        assert!(error.is_none(), "{error:?}");
        lines.into_iter().map(|line| (line.number, line.text)).collect()
    }

    #[test]
    fn a_line_is_left_as_it_is_but_for_its_end() {
        let lines = [(1, " {\"a\": 1} "), (2, "text\r"), (4, "tab\t"), (5, "no end")];
        let lines = lines.map(|(number, text)| (number, text.to_owned()));
        assert_eq!(texts(b" {\"a\": 1} \r\ntext\r\r\n\ntab\t\nno end"), lines);
        assert!(texts(b"").is_empty());
        assert!(texts(b"\n\r\n\n").is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_named_behind_the_lines_before_it() {
        let (lines, error) = all(b"one\ntwo\n\xff\xfe\nfour\n", usize::MAX);
        assert_eq!(lines.len(), 2);
        assert_eq!(error.unwrap().to_string(), "line 3 is not text in UTF-8");

        let long = |bytes: u64| format!("one\n{}\r\nlast\n", "x".repeat(usize::try_from(bytes).unwrap()));
        assert!(all(long(MAX_LINE).as_bytes(), usize::MAX).1.is_none());
        let (lines, error) = all(long(MAX_LINE + 1).as_bytes(), usize::MAX);
        assert_eq!(lines.len(), 1);
        assert!(error.unwrap().to_string().starts_with("line 2 is longer than 1 MiB"));
    }

    proptest! {
        #[test]
        fn every_line_comes_once_in_order_however_the_input_is_cut(
            lines in proptest::collection::vec("[a-zä ]{0,12}", 0..1_500),
            most in 1_usize..5_000,
        ) {
            let input = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            let (read, error) = all(input.as_bytes(), most);
            prop_assert!(error.is_none());
            let expected: Vec<Line> = (1..)
                .zip(&lines)
                .filter(|(_, text)| !text.is_empty())
                .map(|(number, text)| Line { number, text: text.clone() })
                .collect();
            prop_assert_eq!(read, expected);
        }
    }
}
