//! Simulated moods: a fear-and-greed index, two social networks and the market as a whole.

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Generator, Item, Topic,
    walk::{Walk, rounded},
};
use crate::envelope::{Envelope, text};

#[derive(Serialize)]
struct Mood {
    fear_greed: FearGreed,
    social: Social,
    market: Overall,
}

#[derive(Serialize)]
struct FearGreed {
    value: u8,
    classification: &'static str,
    timestamp: Timestamp,
}

#[derive(Serialize)]
struct Social {
    twitter: Network,
    reddit: Network,
}

#[derive(Serialize)]
struct Network {
    sentiment: &'static str,
    score: f64,
    mentions: u32,
}

#[derive(Serialize)]
struct Overall {
    overall: &'static str,
    confidence: f64,
}

pub(super) struct Sentiment {
    rng: Rng,
    index: Walk,
    twitter: (Walk, Walk),
    reddit: (Walk, Walk),
    confidence: Walk,
}

impl Sentiment {
    pub(super) fn new(mut rng: Rng) -> Self {
        let score = |rng: &mut Rng| Walk::new(rng, 0.1, 0.12, (-1.0, 1.0));
        Self {
            index: Walk::new(&mut rng, 52.0, 5.0, (3.0, 97.0)),
            twitter: (score(&mut rng), Walk::new(&mut rng, 18_000.0, 900.0, (2_000.0, 60_000.0))),
            reddit: (score(&mut rng), Walk::new(&mut rng, 4_200.0, 250.0, (500.0, 15_000.0))),
            confidence: Walk::new(&mut rng, 0.72, 0.03, (0.4, 0.98)),
            rng,
        }
    }
}

impl Generator for Sentiment {
    fn gap(&mut self) -> Duration {
        Duration::from_secs(60)
    }

    fn next(&mut self, now: Timestamp) -> Vec<Item> {
        let rng = &mut self.rng;
        let value = self.index.step(rng).round() as u8;
        let twitter = network(&mut self.twitter, rng);
        let reddit = network(&mut self.reddit, rng);
        let mood = (f64::from(value) - 50.0) / 50.0 + twitter.score + reddit.score;
        let data = Mood {
            fear_greed: FearGreed { value, classification: classification(value), timestamp: now },
            social: Social { twitter, reddit },
            market: Overall { overall: label(mood / 3.0), confidence: rounded(self.confidence.step(rng), 2) },
        };
        vec![Item { topic: Topic::General, text: text(&Envelope::new("sentiment_update", now, data)) }]
    }
}

fn network(walks: &mut (Walk, Walk), rng: &mut Rng) -> Network {
    let score = rounded(walks.0.step(rng), 2);
    Network { sentiment: label(score), score, mentions: walks.1.step(rng).round() as u32 }
}

fn label(score: f64) -> &'static str {
    if score > 0.1 {
        "positive"
    } else if score < -0.1 {
        "negative"
    } else {
        "neutral"
    }
}

fn classification(value: u8) -> &'static str {
    match value {
        0..=24 => "Extreme Fear",
        25..=44 => "Fear",
        45..=55 => "Neutral",
        56..=75 => "Greed",
        76.. => "Extreme Greed",
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use jiff::Timestamp;
    use serde_json::Value;

    use super::Sentiment;
    use crate::feed::Generator;

    #[test]
    fn moods_carry_all_fields_and_stay_in_range() {
        let mut sentiment = Sentiment::new(Rng::with_seed(4));
        for _ in 0..2_000 {
            let update: Value =
                serde_json::from_str(&sentiment.next(Timestamp::UNIX_EPOCH)[0].text).expect("JSON");
            let data = &update["data"];
            assert!((0..=100).contains(&data["fear_greed"]["value"].as_i64().expect("a number")));
            assert!(data["fear_greed"]["classification"].is_string());
            assert!(data["fear_greed"]["timestamp"].is_string());
            for network in ["twitter", "reddit"] {
                let network = &data["social"][network];
                assert!((-1.0..=1.0).contains(&network["score"].as_f64().expect("a number")));
                assert!(network["mentions"].as_u64().expect("a number") > 0);
                assert!(
                    ["positive", "neutral", "negative"]
                        .contains(&network["sentiment"].as_str().expect("text"))
                );
            }
            assert!((0.0..=1.0).contains(&data["market"]["confidence"].as_f64().expect("a number")));
            assert!(data["market"]["overall"].is_string());
        }
    }
}
