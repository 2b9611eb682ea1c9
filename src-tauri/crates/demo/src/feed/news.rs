//! Simulated news: invented headlines in a shuffled order, each once before any comes again.

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Generator, Item, Topic,
    headlines::{HEADLINES, Headline, SOURCES, Tone},
    walk::rounded,
};
use crate::envelope::{Envelope, text};

#[derive(Serialize)]
struct Story<'a> {
    title: &'a str,
    description: &'a str,
    url: String,
    source: &'a str,
    published_at: Timestamp,
    sentiment: Tone,
    sentiment_score: f64,
}

pub(super) struct News {
    rng: Rng,
    deck: Vec<&'static Headline>,
}

impl News {
    pub(super) fn new(rng: Rng) -> Self {
        Self { rng, deck: Vec::new() }
    }

    fn draw(&mut self) -> &'static Headline {
        if self.deck.is_empty() {
            self.deck.extend(&HEADLINES);
            self.rng.shuffle(&mut self.deck);
        }
        self.deck.pop().unwrap_or(&HEADLINES[0])
    }
}

impl Generator for News {
    fn gap(&mut self) -> Duration {
        Duration::from_millis(self.rng.u64(2_000..=15_000))
    }

    fn next(&mut self, now: Timestamp) -> Vec<Item> {
        let headline = self.draw();
        let (source, host) = SOURCES[self.rng.usize(0..SOURCES.len())];
        let strength = 0.2 + 0.7 * self.rng.f64();
        let score = match headline.tone {
            Tone::Positive => strength,
            Tone::Neutral => 0.1 * (self.rng.f64() - 0.5),
            Tone::Negative => -strength,
        };
        let story = Story {
            title: headline.title,
            description: headline.description,
            url: format!("https://{host}/{}", slug(headline.title)),
            source,
            published_at: now,
            sentiment: headline.tone,
            sentiment_score: rounded(score, 2),
        };
        let words: Arc<str> = format!("{} {}", headline.title, headline.description).to_lowercase().into();
        vec![Item { topic: Topic::Words(words), text: text(&Envelope::new("news", now, story)) }]
    }
}

/// The title as the last part of a URL.
fn slug(title: &str) -> String {
    let words = title.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, time::Duration};

    use fastrand::Rng;
    use jiff::Timestamp;
    use serde_json::Value;

    use super::{HEADLINES, News, slug};
    use crate::feed::Generator;

    #[test]
    fn every_headline_comes_once_before_any_comes_again() {
        let mut news = News::new(Rng::with_seed(9));
        for _ in 0..3 {
            let titles: HashSet<String> =
                (0..HEADLINES.len()).map(|_| news.next(Timestamp::UNIX_EPOCH)[0].text.to_string()).collect();
            assert_eq!(titles.len(), HEADLINES.len());
        }
    }

    #[test]
    fn stories_come_2_to_15_seconds_apart_with_all_fields_and_a_fitting_score() {
        let mut news = News::new(Rng::with_seed(10));
        for _ in 0..200 {
            let gap = news.gap();
            assert!((Duration::from_secs(2)..=Duration::from_secs(15)).contains(&gap), "{gap:?}");
            let story: Value = serde_json::from_str(&news.next(Timestamp::UNIX_EPOCH)[0].text).expect("JSON");
            let data = &story["data"];
            let fields: Vec<&str> = data.as_object().expect("object").keys().map(String::as_str).collect();
            assert_eq!(
                fields,
                ["title", "description", "url", "source", "published_at", "sentiment", "sentiment_score"]
            );
            let score = data["sentiment_score"].as_f64().expect("a number");
            match data["sentiment"].as_str().expect("text") {
                "positive" => assert!((0.2..=0.9).contains(&score)),
                "negative" => assert!((-0.9..=-0.2).contains(&score)),
                other => assert!(other == "neutral" && score.abs() <= 0.05),
            }
        }
    }

    #[test]
    fn a_title_becomes_the_end_of_a_url() {
        assert_eq!(slug("Bitcoin: up 2 %, again"), "bitcoin-up-2-again");
    }
}
