//! Where the body of an HTTP answer ends, and its first bytes. Pure: it is handed what was received so far.

use http::{HeaderMap, StatusCode, header};

/// Bytes of the body of a refusal that are kept.
pub(crate) const BODY_BYTES: usize = 1024;

/// How the end of a body is recognised (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// The start of a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// At most as many as were asked for.
    pub(crate) bytes: Vec<u8>,
    /// The body ends here, so nothing was cut.
    pub(crate) complete: bool,
}

impl Framing {
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
            return Self::Length(0);
        }
        let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        if text(header::TRANSFER_ENCODING).is_some_and(|coding| coding.trim().eq_ignore_ascii_case("chunked"))
        {
            return Self::Chunked;
        }
        match text(header::CONTENT_LENGTH).and_then(|length| length.trim().parse().ok()) {
            Some(length) => Self::Length(length),
            None => Self::UntilClose,
        }
    }

    /// The body's first bytes in `received`, `most` at most.
    pub(crate) fn start(self, received: &[u8], most: usize) -> Start {
        match self {
            Self::Length(length) => {
                let end = usize::try_from(length).unwrap_or(usize::MAX).min(received.len());
                let kept = &received[..end.min(most)];
                Start { bytes: kept.to_vec(), complete: kept.len() as u64 == length }
            }
            Self::Chunked => joined_chunks(received, most),
            Self::UntilClose => {
                Start { bytes: received[..received.len().min(most)].to_vec(), complete: false }
            }
        }
    }
}

/// Chunks joined, as far as they came. Broken framing ends the body: this is evidence, not data.
fn joined_chunks(mut rest: &[u8], most: usize) -> Start {
    let mut bytes = Vec::new();
    while bytes.len() < most {
        let Ok(httparse::Status::Complete((head, size))) = httparse::parse_chunk_size(rest) else {
            return Start { bytes, complete: false };
        };
        if size == 0 {
            return Start { bytes, complete: true };
        }
        rest = &rest[head..];
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let here = size.min(rest.len());
        bytes.extend_from_slice(&rest[..here.min(most - bytes.len())]);
        rest = &rest[here..];
        match rest {
            [b'\r', b'\n', ..] => rest = &rest[2..],
            _ => {
                return Start { bytes, complete: false };
            }
        }
    }
    Start { bytes, complete: false }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framing(status: u16, headers: &[(&'static str, &'static str)]) -> Framing {
        let headers = headers.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        });
        Framing::of(StatusCode::from_u16(status).unwrap(), &headers.collect())
    }

    #[test]
    fn the_end_is_found_by_the_headers() {
        assert_eq!(framing(204, &[]), Framing::Length(0));
        assert_eq!(framing(404, &[("content-length", "12")]), Framing::Length(12));
        assert_eq!(framing(404, &[("content-length", "no")]), Framing::UntilClose);
        assert_eq!(
            framing(404, &[("transfer-encoding", "chunked"), ("content-length", "1")]),
            Framing::Chunked
        );
        assert_eq!(framing(404, &[]), Framing::UntilClose);
    }

    #[test]
    fn a_known_length_is_complete_when_it_is_there_and_fits() {
        let start = Framing::Length(3).start(b"abcdef", BODY_BYTES);
        assert_eq!(start, Start { bytes: b"abc".to_vec(), complete: true });
        assert!(!Framing::Length(7).start(b"abc", BODY_BYTES).complete);
        let long = Framing::Length(5000).start(&[b'x'; 5000], BODY_BYTES);
        assert_eq!((long.bytes.len(), long.complete), (BODY_BYTES, false));
    }

    #[test]
    fn chunks_are_joined() {
        let start = Framing::Chunked.start(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", BODY_BYTES);
        assert_eq!(start, Start { bytes: b"abcde".to_vec(), complete: true });
        let cut = Framing::Chunked.start(b"3\r\nabc\r\nffffffffffffffff\r\nde", BODY_BYTES);
        assert_eq!(cut, Start { bytes: b"abcde".to_vec(), complete: false });
        assert_eq!(Framing::Chunked.start(b"zz\r\nabc", BODY_BYTES).bytes, b"");
    }

    proptest! {
        #[test]
        fn any_bytes_give_at_most_the_kept_size(bytes in prop::collection::vec(any::<u8>(), 0..3000), length in any::<u64>()) {
            for framing in [Framing::Length(length), Framing::Chunked, Framing::UntilClose] {
                prop_assert!(framing.start(&bytes, BODY_BYTES).bytes.len() <= BODY_BYTES);
            }
        }

        #[test]
        fn a_body_comes_out_of_its_chunks_unchanged(parts in prop::collection::vec("[a-z]{1,40}", 0..10)) {
            let mut wire = String::new();
            for part in &parts {
                wire += &format!("{:x}\r\n{part}\r\n", part.len());
            }
            wire += "0\r\n\r\n";
            let start = Framing::Chunked.start(wire.as_bytes(), BODY_BYTES);
            prop_assert_eq!(start, Start { bytes: parts.concat().into_bytes(), complete: true });
        }
    }
}
