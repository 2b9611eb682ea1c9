//! The languages Linekeeper speaks on the desktop, and how a system's locale names become one of them.

/// A language with a full set of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, also for every language without words of its own.
    #[default]
    English,
    /// Russian.
    Russian,
    /// Persian, right to left.
    Persian,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::English, Self::Russian, Self::Persian];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
            Self::Persian => "fa",
        }
    }

    /// Whether it is written from right to left.
    pub fn is_right_to_left(self) -> bool {
        self == Self::Persian
    }

    /// Reads a locale name in POSIX or BCP 47 form (`fa_IR.UTF-8`, `ru-RU`, `en`). `None` for a language without
    /// words.
    pub fn parse(locale: &str) -> Option<Self> {
        let language = locale.trim().split(['_', '-', '.', '@']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "en" | "c" | "posix" => Some(Self::English),
            "ru" => Some(Self::Russian),
            "fa" | "prs" => Some(Self::Persian),
            _ => None,
        }
    }

    /// The language a person asked for (`LINEKEEPER_LANGUAGE`), else that of the desktop session.
    pub fn choose(wanted: Option<&str>) -> Self {
        wanted.and_then(Self::parse).unwrap_or_else(Self::from_system)
    }

    /// The language of the desktop session: as the environment says, else as the system says where it keeps that
    /// elsewhere (Windows, macOS). English when none fits.
    pub fn from_system() -> Self {
        Self::from_environment(|name| std::env::var(name).ok())
            .or_else(|| sys_locale::get_locales().find_map(|locale| Self::parse(&locale)))
            .unwrap_or_default()
    }

    /// What the variables say that gettext reads: `LC_ALL`, `LC_MESSAGES` and `LANG` name the locale, and unless
    /// that is `C`, the list in `LANGUAGE` goes before it. `None` when they say nothing; English when they name
    /// only languages without words.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set)?;
        let untranslated = matches!(locale.split('.').next(), Some("C" | "POSIX"));
        let preferred = set("LANGUAGE").filter(|_| !untranslated).unwrap_or_default();
        Some(preferred.split(':').chain([locale.as_str()]).find_map(Self::parse).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(environment: &[(&str, &str)]) -> Option<Language> {
        Language::from_environment(|name| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn locale_names_in_both_forms_are_understood() {
        assert_eq!(Language::parse("fa_IR.UTF-8"), Some(Language::Persian));
        assert_eq!(Language::parse("ru-RU"), Some(Language::Russian));
        assert_eq!(Language::parse("RU"), Some(Language::Russian));
        assert_eq!(Language::parse("en_GB@euro"), Some(Language::English));
        assert_eq!(Language::parse("de_DE"), None);
        assert_eq!(Language::parse(""), None);
    }

    #[test]
    fn what_a_person_asked_for_goes_first() {
        assert_eq!(Language::choose(Some("fa")), Language::Persian);
        assert_eq!(Language::choose(Some("ru_RU.UTF-8")), Language::Russian);
        assert_eq!(Language::choose(Some("nonsense")), Language::from_system());
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
