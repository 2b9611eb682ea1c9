//! Every code has words in every language, and every tray state has its icons.

use std::fs;

use model::{ErrorCode, Overall, Owner, RemedyCode, check::FindingCode};

use crate::checkout::root;

const LANGUAGES: [&str; 3] = ["en", "ru", "fa"];

#[test]
fn every_error_and_every_remedy_has_words_in_every_language() {
    for language in LANGUAGES {
        let file = format!("{language}.ftl");
        let text =
            fs::read_to_string(root().join("ui/locales").join(&file)).expect("the locale file is there");
        let codes = ErrorCode::ALL.iter().map(|code| ("error", code.as_str()));
        let remedies = RemedyCode::ALL.iter().map(|code| ("remedy", code.as_str()));
        let owners = Owner::ALL.into_iter().map(|owner| ("owner", owner.as_str()));
        for (kind, code) in codes.chain(remedies).chain(owners) {
            let key = format!("{kind}-{} =", code.replace('_', "-"));
            assert!(text.lines().any(|line| line.starts_with(&key)), "{file} has no words for {kind} {code}");
        }
    }
}

#[test]
fn every_finding_has_a_sentence_and_a_remedy_in_every_language() {
    for language in LANGUAGES {
        let file = format!("{language}.findings.ftl");
        let text =
            fs::read_to_string(root().join("ui/locales").join(&file)).expect("the locale file is there");
        for code in FindingCode::ALL {
            let key = format!("\nfinding-{} =", code.as_str().to_ascii_lowercase());
            let rest = text.split(&key).nth(1).unwrap_or_else(|| panic!("{file} has no words for {code}"));
            let message = rest.split("\nfinding-").next().unwrap_or_default();
            assert!(message.contains("\n    .remedy ="), "{file} has no remedy for {code}");
        }
    }
}

#[test]
fn every_tray_state_has_its_drawing_and_its_pictures() {
    let tray = root().join("icons/tray");
    let pictures: Vec<String> = fs::read_dir(tray.join("png"))
        .expect("there are pictures")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    for overall in Overall::ALL {
        let drawing = tray.join(format!("{overall}.svg"));
        assert!(drawing.is_file(), "{} is missing", drawing.display());
        for size in [16, 20, 22, 24, 32, 48] {
            // States that mean trouble exist with a badge only.
            let fits = |name: &&String| {
                name.starts_with(&format!("{overall}-")) && name.ends_with(&format!("-{size}.png"))
            };
            assert!(pictures.iter().any(|name| fits(&name)), "{overall} has no picture of {size} px");
        }
    }
}
