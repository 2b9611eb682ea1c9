//! Reads a stream of server-sent events, as the HTML standard has it. Pure: bytes in, events out.

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerEvent {
    /// The name; `message` when the stream gives none.
    pub(crate) name: String,
    /// The data lines, joined by line breaks.
    pub(crate) data: String,
}

/// An event is larger than anything the gateway sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gateway sent an event of more than {MOST_BYTES} bytes")]
pub(crate) struct TooLarge;

const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What has arrived of the next event.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    line: Vec<u8>,
    event: ServerEvent,
    has_data: bool,
    after_cr: bool,
}

impl Reader {
    /// Takes the next piece of the stream, cut anywhere, and gives the events that it completes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<ServerEvent>, TooLarge> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ if self.line.len() + self.event.data.len() >= MOST_BYTES => return Err(TooLarge),
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<ServerEvent> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        if line.is_empty() {
            let mut event = std::mem::take(&mut self.event);
            if event.name.is_empty() {
                "message".clone_into(&mut event.name);
            }
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.has_data = true;
                self.event.data.push_str(value);
            }
            // Comments have an empty field name; ids and retry times mean nothing here.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(name: &str, data: &str) -> ServerEvent {
        ServerEvent { name: name.to_owned(), data: data.to_owned() }
    }

    const STREAM: &[u8] =
        b": hello\n\nevent: status\r\ndata: {\"a\":1}\r\n\r\ndata:x\rdata: y\r\revent: none\n\nid: 1\ndata\n\n";

    #[test]
    fn all_line_ends_comments_and_fields_are_understood() {
        let events = Reader::default().push(STREAM).unwrap();
        assert_eq!(events, [event("status", "{\"a\":1}"), event("message", "x\ny"), event("message", "")]);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_stream_is_cut(cuts in proptest::collection::vec(0..STREAM.len(), 0..8)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let mut reader = Reader::default();
            let pieces = cuts.windows(2).flat_map(|cut| reader.push(&STREAM[cut[0]..cut[1]]).unwrap());
            prop_assert_eq!(pieces.collect::<Vec<_>>(), Reader::default().push(STREAM).unwrap());
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Reader::default().push(&bytes).unwrap();
        }
    }
}
