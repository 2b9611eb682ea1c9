//! The six paths of the demo server and what is said about each of them.
//!
//! Words only: what a path sends is made in `feed`, what it understands is parsed in `ask`.

use std::fmt;

use serde::{Serialize, Serializer};

/// A path with a feed or the hub behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DemoPath {
    /// `system_status` every 5 s.
    Monitoring,
    /// `price_update` per subscribed symbol every second.
    MarketData,
    /// `news` every 2 to 15 s.
    News,
    /// `sentiment_update` at once and every 60 s.
    Sentiment,
    /// `models_status` every 10 s.
    HuggingFace,
    /// Hub of a plain server: greeting, echo, acknowledgements.
    Hub,
}

impl DemoPath {
    /// All paths, in the order they are listed to people.
    pub const ALL: [Self; 6] =
        [Self::Monitoring, Self::MarketData, Self::News, Self::Sentiment, Self::HuggingFace, Self::Hub];

    /// The path in the URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monitoring => "/api/monitoring/ws",
            Self::MarketData => "/ws/market_data",
            Self::News => "/ws/news",
            Self::Sentiment => "/ws/sentiment",
            Self::HuggingFace => "/ws/huggingface",
            Self::Hub => "/ws",
        }
    }

    /// The path with this spelling, if there is one.
    pub fn parse(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == path)
    }

    /// A name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Monitoring => "System monitoring",
            Self::MarketData => "Market data",
            Self::News => "News",
            Self::Sentiment => "Sentiment",
            Self::HuggingFace => "Model status",
            Self::Hub => "Message hub",
        }
    }

    /// The `type` of the messages the path is there for.
    pub(crate) fn message_type(self) -> &'static str {
        match self {
            Self::Monitoring => "system_status",
            Self::MarketData => "price_update",
            Self::News => "news",
            Self::Sentiment => "sentiment_update",
            Self::HuggingFace => "models_status",
            Self::Hub => "connection_established",
        }
    }

    /// How often they come, in words.
    pub(crate) fn every(self) -> &'static str {
        match self {
            Self::Monitoring => "5 s",
            Self::MarketData => "1 s per subscribed symbol",
            Self::News => "2 to 15 s",
            Self::Sentiment => "at once, then 60 s",
            Self::HuggingFace => "10 s",
            Self::Hub => "once per connection; echoes what it is sent",
        }
    }

    /// Values of `action` a client may send.
    pub(crate) fn actions(self) -> &'static [&'static str] {
        match self {
            Self::MarketData => &["subscribe", "unsubscribe", "get_all"],
            Self::News => &["filter"],
            Self::Monitoring | Self::Sentiment | Self::HuggingFace | Self::Hub => &[],
        }
    }
}

impl fmt::Display for DemoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for DemoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::DemoPath;

    #[test]
    fn every_path_is_found_by_its_own_spelling_and_no_other() {
        for path in DemoPath::ALL {
            assert_eq!(DemoPath::parse(path.as_str()), Some(path));
        }
        assert_eq!(DemoPath::parse("/ws/"), None);
        assert_eq!(DemoPath::parse(""), None);
    }
}
