//! Every code has words in every language, and every tray state has its icons.

use std::fs;

use model::{ErrorCode, Overall};

use crate::checkout::root;

const LANGUAGES: [&str; 3] = ["en", "ru", "fa"];

#[test]
fn every_error_code_has_words_in_every_language_for_window_and_desktop() {
    for language in LANGUAGES {
        for file in [format!("{language}.ftl"), format!("{language}.desktop.ftl")] {
            let text =
                fs::read_to_string(root().join("ui/locales").join(&file)).expect("the locale file is there");
            for code in ErrorCode::ALL {
                let key = format!("error-{} =", code.as_str().replace('_', "-"));
                assert!(
                    text.lines().any(|line| line.starts_with(&key)),
                    "{file} has no words for {code}"
                );
            }
        }
    }
}

#[test]
fn every_tray_state_has_its_drawing_and_its_pictures() {
    let tray = root().join("icons/tray");
    for overall in Overall::ALL {
        let drawing = tray.join(format!("{overall}.svg"));
        assert!(drawing.is_file(), "{} is missing", drawing.display());
        for size in [16, 20, 22, 24, 32, 48] {
            let picture = tray.join("png").join(format!("{overall}-{size}.png"));
            assert!(picture.is_file(), "{} is missing", picture.display());
        }
    }
}
