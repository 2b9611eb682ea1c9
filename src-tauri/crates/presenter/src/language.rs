//! Which language the desktop session speaks: what a person asked for, the environment, the system.

use model::Language;

/// The language a person asked for (`LINEKEEPER_LANGUAGE`), else that of the desktop session.
pub fn choose_language(wanted: Option<&str>) -> Language {
    wanted.and_then(Language::parse).unwrap_or_else(from_system)
}

/// The language of the desktop session: as the environment says, else as the system says where it keeps that
/// elsewhere (Windows, macOS). English when none fits.
fn from_system() -> Language {
    from_environment(|name| std::env::var(name).ok())
        .or_else(|| sys_locale::get_locales().find_map(|locale| Language::parse(&locale)))
        .unwrap_or_default()
}

/// What the variables say that gettext reads: `LC_ALL`, `LC_MESSAGES` and `LANG` name the locale, and unless
/// that is `C`, the list in `LANGUAGE` goes before it. `None` when they say nothing; English when they name
/// only languages without words.
fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Language> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set)?;
    let untranslated = matches!(locale.split('.').next(), Some("C" | "POSIX"));
    let preferred = set("LANGUAGE").filter(|_| !untranslated).unwrap_or_default();
    Some(preferred.split(':').chain([locale.as_str()]).find_map(Language::parse).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(environment: &[(&str, &str)]) -> Option<Language> {
        from_environment(|name| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_a_person_asked_for_goes_first() {
        assert_eq!(choose_language(Some("fa")), Language::Persian);
        assert_eq!(choose_language(Some("ru_RU.UTF-8")), Language::Russian);
        assert_eq!(choose_language(Some("nonsense")), from_system());
    }

    #[test]
    fn the_session_speaks_the_first_language_that_has_words() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("LANG", "fa_IR.UTF-8")]), Some(Language::Persian));
        assert_eq!(of(&[("LANG", "fa_IR"), ("LC_ALL", "ru_RU")]), Some(Language::Russian));
        assert_eq!(of(&[("LANG", "en_US"), ("LANGUAGE", "de:ru:en")]), Some(Language::Russian));
        assert_eq!(of(&[("LANG", "C.UTF-8"), ("LANGUAGE", "ru")]), Some(Language::English));
        assert_eq!(of(&[("LANG", "de_DE")]), Some(Language::English));
        assert_eq!(of(&[("LC_ALL", ""), ("LANG", "ru_RU")]), Some(Language::Russian));
    }
}
