//! Which part of a feed a client wants. Pure.

use std::collections::BTreeSet;

use crate::{DemoPath, feed::Topic};

/// A client's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    /// Every message.
    Everything,
    /// Updates of these symbols; none to begin with.
    Symbols(BTreeSet<&'static str>),
    /// News with one of these words.
    Words(Vec<String>),
}

impl Interest {
    /// What a client gets before it asks for anything.
    pub(crate) fn at_first(path: DemoPath) -> Self {
        match path {
            DemoPath::MarketData => Self::Symbols(BTreeSet::new()),
            DemoPath::Monitoring
            | DemoPath::News
            | DemoPath::Sentiment
            | DemoPath::HuggingFace
            | DemoPath::Hub => Self::Everything,
        }
    }

    /// Adds symbols, or takes them away, and says which are subscribed now.
    pub(crate) fn change_symbols(&mut self, symbols: &[&'static str], subscribe: bool) -> Vec<&'static str> {
        let mut chosen = match self {
            Self::Symbols(chosen) => std::mem::take(chosen),
            Self::Everything | Self::Words(_) => BTreeSet::new(),
        };
        for symbol in symbols {
            if subscribe {
                chosen.insert(symbol);
            } else {
                chosen.remove(symbol);
            }
        }
        let now = chosen.iter().copied().collect();
        *self = Self::Symbols(chosen);
        now
    }

    /// Keeps only news with one of the words; none means all news again.
    pub(crate) fn choose_words(&mut self, words: Vec<String>) {
        *self = if words.is_empty() { Self::Everything } else { Self::Words(words) };
    }

    /// Whether a message is wanted.
    pub(crate) fn wants(&self, topic: &Topic) -> bool {
        match (self, topic) {
            (Self::Everything, _) | (_, Topic::General) => true,
            (Self::Symbols(chosen), Topic::Symbol(symbol)) => chosen.contains(symbol),
            (Self::Words(words), Topic::Words(text)) => words.iter().any(|word| text.contains(word)),
            (Self::Symbols(_), Topic::Words(_)) | (Self::Words(_), Topic::Symbol(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Interest;
    use crate::{DemoPath, feed::Topic};

    #[test]
    fn subscribing_again_adds_and_unsubscribing_takes_away() {
        let mut interest = Interest::at_first(DemoPath::MarketData);
        assert!(!interest.wants(&Topic::Symbol("BTC")));
        assert_eq!(interest.change_symbols(&["BTC"], true), ["BTC"]);
        assert_eq!(interest.change_symbols(&["ETH", "BTC"], true), ["BTC", "ETH"]);
        assert!(interest.wants(&Topic::Symbol("BTC")) && interest.wants(&Topic::Symbol("ETH")));
        assert_eq!(interest.change_symbols(&["BTC"], false), ["ETH"]);
        assert!(!interest.wants(&Topic::Symbol("BTC")));
    }

    #[test]
    fn a_filter_replaces_the_one_before_and_an_empty_one_lifts_it() {
        let mut interest = Interest::at_first(DemoPath::News);
        let story = Topic::Words("bitcoin network finishes upgrade".into());
        assert!(interest.wants(&story));
        interest.choose_words(vec!["ethereum".to_owned()]);
        assert!(!interest.wants(&story));
        interest.choose_words(vec!["solana".to_owned(), "bitcoin".to_owned()]);
        assert!(interest.wants(&story));
        interest.choose_words(Vec::new());
        assert!(interest.wants(&story));
    }
}
