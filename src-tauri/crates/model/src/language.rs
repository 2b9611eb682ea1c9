//! The languages Linekeeper speaks, and how a locale's name becomes one of them. Reads no environment: see `presenter`.

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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locale_names_in_both_forms_are_understood() {
        assert_eq!(Language::parse("fa_IR.UTF-8"), Some(Language::Persian));
        assert_eq!(Language::parse("ru-RU"), Some(Language::Russian));
        assert_eq!(Language::parse("RU"), Some(Language::Russian));
        assert_eq!(Language::parse("en_GB@euro"), Some(Language::English));
        assert_eq!(Language::parse("de_DE"), None);
        assert_eq!(Language::parse(""), None);
    }
}
