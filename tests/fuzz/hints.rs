//! Any `Retry-After` and `Date`: a wait within its bounds.

#![no_main]

use dial::DialRequest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|headers: (u8, Vec<u8>, Vec<u8>)| {
    let (status, hint, date) = headers;
    let status = [429, 502, 503, 504, 401, 200][usize::from(status) % 6];
    let mut bytes = format!("HTTP/1.1 {status} S\r\nRetry-After: ").into_bytes();
    bytes.extend(hint);
    bytes.extend(b"\r\nDate: ");
    bytes.extend(date);
    bytes.extend(b"\r\n\r\n");
    if let Some(answer) = dial::fuzzing::read_answer(&bytes) {
        link::fuzzing::judge_answer(&answer, DialRequest::new("ws://h.example/feed".parse().unwrap()));
    }
});
