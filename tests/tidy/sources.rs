//! Rules for single files.

use crate::checkout::{root, sources};

/// Longest source file, lines; longer ones hold two nouns.
const MAX_LINES: usize = 500;
/// Names that say nothing about what a file holds.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "manager", "service", "misc"];

fn complain(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{rule}:\n  {}", offenders.join("\n  "));
}

#[test]
fn every_rust_file_opens_by_saying_what_it_owns() {
    let offenders: Vec<String> = sources(&[".rs"])
        .into_iter()
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| file.path)
        .collect();
    complain("these files do not open with //!", &offenders);
}

#[test]
fn files_stay_short_enough_to_hold_one_noun() {
    let offenders: Vec<String> = sources(&[".rs", ".ts", ".svelte"])
        .into_iter()
        .map(|file| (file.text.lines().count(), file.path))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    complain("these files are longer than 500 lines", &offenders);
}

#[test]
fn names_of_files_say_what_they_hold() {
    let offenders: Vec<String> = sources(&[".rs", ".ts", ".svelte"])
        .into_iter()
        .map(|file| file.path)
        .filter(|path| path.split(['/', '.']).any(|part| EMPTY_NAMES.contains(&part)))
        .collect();
    complain("these names say nothing", &offenders);
}

#[test]
fn pure_code_reads_no_clock_and_touches_no_socket() {
    let pure = [
        "crates/link/src/machine/",
        "crates/link/src/backoff.rs",
        "crates/link/src/baseline.rs",
        "crates/link/src/rtt.rs",
        "crates/model/src/",
    ];
    // In pieces, so that this file does not offend against itself.
    let banned = ["Instant::", "SystemTime", "Timestamp::now", "tokio::", "std::net", "std::fs", "thread::"];
    let mut offenders = Vec::new();
    for file in sources(&[".rs"]) {
        if !pure.iter().any(|pure| file.path.contains(pure)) || file.path.ends_with("generated.rs") {
            continue;
        }
        for (number, line) in file.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if banned.iter().any(|word| code.contains(word)) {
                offenders.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    complain("pure code may not do this", &offenders);
}

/// What a link knows of time is its own clock, and a date in `Retry-After` is read against the server's own. So a
/// step of the wall clock has no way in, as long as nobody makes one.
#[test]
fn a_step_of_the_wall_clock_cannot_reach_a_link() {
    let banned = ["SystemTime", "Timestamp::now", "Zoned::now", "ClockId::Realtime"];
    let files = sources(&[".rs"]).into_iter().filter(|file| file.path.contains("crates/link/src/"));
    let offenders: Vec<String> = files
        .filter(|file| banned.iter().any(|word| file.text.contains(word)))
        .map(|file| file.path)
        .collect();
    complain("a link reads no wall clock", &offenders);
}

#[test]
fn no_file_names_the_machine_it_was_written_on_or_a_registry() {
    let banned = [
        ["/work", "/main"].concat(),
        ["/ro", "ot/"].concat(),
        ["registry.npm", "js.org"].concat(),
        ["pypi", ".org"].concat(),
        ["index.crates", ".io"].concat(),
    ];
    let endings = [
        ".rs", ".ts", ".svelte", ".json", ".toml", ".md", ".sh", ".py", ".js", ".mjs", ".txt", ".ftl",
        "Makefile", "run",
    ];
    let offenders: Vec<String> = sources(&endings)
        .into_iter()
        .filter(|file| banned.iter().any(|word| file.text.contains(word.as_str())))
        .map(|file| file.path)
        .collect();
    complain("these files name a path of a machine or a registry host", &offenders);
}

#[test]
fn the_changelog_has_a_place_for_what_comes_next() {
    let text = std::fs::read_to_string(root().join("CHANGELOG.md")).expect("there is a changelog");
    assert!(text.contains("\n## Unreleased\n"));
}
