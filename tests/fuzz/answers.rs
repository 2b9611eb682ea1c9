//! Any bytes in place of the answer to an upgrade: a verdict, the same however they are cut, and a next try.

#![no_main]

use dial::DialRequest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(answer) = dial::fuzzing::read_answer(bytes) {
        for url in ["ws://h.example/feed", "wss://h.example/feed"] {
            link::fuzzing::judge_answer(&answer, DialRequest::new(url.parse().unwrap()));
        }
    }
});
