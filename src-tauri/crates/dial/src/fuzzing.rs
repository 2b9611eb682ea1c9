//! Doors for the fuzz targets; only their builds have them.

use bytes::Bytes;

use crate::{
    DialRequest, HttpAnswer,
    head::{Answer, Ask},
    target::Target,
};

/// Reads bytes as the answer to an upgrade, as they come from a socket. `None` where that is an error or not whole.
///
/// # Panics
///
/// When the verdict depends on how the bytes were cut.
pub fn read_answer(bytes: &[u8]) -> Option<HttpAnswer> {
    let whole = Answer::parse(bytes);
    for end in 0..bytes.len() {
        match (Answer::parse(&bytes[..end]), &whole) {
            (Ok(None), _) | (Err(_), Err(_)) => {}
            (Ok(Some(early)), Ok(Some(late))) => assert_eq!(early.length, late.length),
            (early, late) => panic!("{early:?} after {end} bytes and {late:?} after all"),
        }
    }
    let answer = whole.ok().flatten()?;
    let request = DialRequest::new("wss://h.example/feed".parse().ok()?);
    // What the verdict is does not matter, that there is one does.
    let _ = Ask::new(&Target::of(&request).ok()?, &request).verify(&answer.headers);
    Some(HttpAnswer {
        status: answer.status,
        headers: answer.headers,
        body: Bytes::copy_from_slice(&bytes[answer.length..]),
        truncated: false,
        excerpt: String::new(),
    })
}
