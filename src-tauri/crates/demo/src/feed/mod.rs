//! Feeds: one pure generator per path, one loop that runs it, one shared sequence for all its subscribers.
//!
//! A generator draws from its own seeded rng and is told the time, so the same seed gives the same sequence
//! (timestamps excepted) whatever else the server does. Sessions choose from a batch what their client wants.

mod headlines;
mod market;
mod models;
mod monitoring;
mod news;
mod sentiment;
mod walk;

use std::{sync::Arc, time::Duration};

use fastrand::Rng;
use jiff::Timestamp;
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, sleep_until},
};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;

pub(crate) use market::SYMBOLS;

use crate::{DemoPath, envelope::wall_clock};

/// Batches a client may fall behind before it loses some.
const QUEUE: usize = 64;

/// What happens to a client that falls further behind than its queue holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhenFull {
    /// It loses the oldest batches: every message of a feed replaces the one before it.
    DropOldest,
}

/// The policy of all feeds.
pub(crate) const WHEN_FULL: WhenFull = WhenFull::DropOldest;

/// What a message is about, for clients that asked for a part of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// For every subscriber.
    General,
    /// One traded symbol.
    Symbol(&'static str),
    /// The words of a news item, lower case.
    Words(Arc<str>),
}

/// One message of a feed, ready to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) topic: Topic,
    pub(crate) text: Utf8Bytes,
}

/// The messages of one tick.
pub(crate) type Batch = Arc<[Item]>;

/// A source of simulated data.
trait Generator: Send {
    /// Time until the next batch.
    fn gap(&mut self) -> Duration;
    /// The next batch, made at `now`.
    fn next(&mut self, now: Timestamp) -> Vec<Item>;
}

fn generator(path: DemoPath, seed: u64) -> Option<Box<dyn Generator>> {
    let rng = stream(seed, path);
    match path {
        // Both tell of the same simulated models, so both walk them with the same rng.
        DemoPath::Monitoring => {
            Some(Box::new(monitoring::Monitoring::new(rng, stream(seed, DemoPath::HuggingFace))))
        }
        DemoPath::HuggingFace => Some(Box::new(models::Models::new(rng))),
        DemoPath::MarketData => Some(Box::new(market::Market::new(rng))),
        DemoPath::News => Some(Box::new(news::News::new(rng))),
        DemoPath::Sentiment => Some(Box::new(sentiment::Sentiment::new(rng))),
        DemoPath::Hub => None,
    }
}

/// The part of the seed's randomness that belongs to one path.
fn stream(seed: u64, path: DemoPath) -> Rng {
    // FNV-1a of the path: stable across builds, unlike the standard library's hashes.
    let salt = path.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Rng::with_seed(seed ^ salt)
}

/// Where sessions get a path's messages.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    batches: broadcast::Sender<Batch>,
    latest: watch::Sender<Batch>,
}

impl Feed {
    /// Everything from now on.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Batch> {
        self.batches.subscribe()
    }

    /// The newest batch; there is one from the start.
    pub(crate) fn latest(&self) -> Batch {
        Arc::clone(&self.latest.borrow())
    }
}

/// The loop that runs one generator.
pub(crate) struct FeedLoop {
    generator: Box<dyn Generator>,
    feed: Feed,
    pace: f64,
}

impl FeedLoop {
    /// A feed and its loop; `None` for the hub, which has nothing to tell by itself.
    pub(crate) fn new(path: DemoPath, seed: u64, pace: f64) -> Option<(Feed, Self)> {
        let mut generator = generator(path, seed)?;
        let first = generator.next(wall_clock());
        let feed = Feed { batches: broadcast::Sender::new(QUEUE), latest: watch::Sender::new(first.into()) };
        Some((feed.clone(), Self { generator, feed, pace }))
    }

    /// Sends batches until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut due = Instant::now();
        loop {
            due += paced(self.generator.gap(), self.pace);
            // After the computer slept, the ticks it missed stay missed.
            due = due.max(Instant::now());
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(due) => {}
            }
            let batch: Batch = self.generator.next(wall_clock()).into();
            self.feed.latest.send_replace(Arc::clone(&batch));
            // Without a subscriber nobody misses it.
            let _ = self.feed.batches.send(batch);
        }
    }
}

/// An interval under the server's pace, never zero.
pub(crate) fn paced(interval: Duration, pace: f64) -> Duration {
    Duration::try_from_secs_f64(interval.as_secs_f64() * pace)
        .unwrap_or(Duration::MAX / 4)
        .clamp(Duration::from_millis(1), Duration::from_secs(86_400 * 365))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};
    use serde_json::Value;

    use super::{generator, paced};
    use crate::DemoPath;

    fn sequence(path: DemoPath, seed: u64, ticks: i64) -> Vec<String> {
        let mut generator = generator(path, seed).expect("a feed");
        (0..ticks)
            .flat_map(|tick| {
                let gap = generator.gap();
                let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(tick);
                let items = generator.next(now);
                items.into_iter().map(move |item| format!("{gap:?} {}", item.text))
            })
            .collect()
    }

    fn feeds() -> impl Iterator<Item = DemoPath> {
        DemoPath::ALL.into_iter().filter(|path| *path != DemoPath::Hub)
    }

    #[test]
    fn the_same_seed_gives_the_same_sequence_and_another_seed_another() {
        for path in feeds() {
            assert_eq!(sequence(path, 7, 50), sequence(path, 7, 50), "{path}");
            assert_ne!(sequence(path, 7, 50), sequence(path, 8, 50), "{path}");
        }
    }

    #[test]
    fn every_message_is_json_in_the_common_envelope() {
        for path in feeds() {
            for line in sequence(path, 1, 20) {
                let (_, text) = line.split_once(' ').expect("gap and text");
                let message: Value = serde_json::from_str(text).expect("JSON");
                assert_eq!(message["type"], path.message_type(), "{path}");
                assert_eq!(message["simulated"], true, "{path}");
                message["timestamp"].as_str().expect("text").parse::<Timestamp>().expect("RFC 3339");
                assert_eq!(message.get("data").is_some(), path != DemoPath::Monitoring, "{path}");
            }
        }
    }

    #[test]
    fn monitoring_and_model_status_tell_of_the_same_models() {
        let mut monitoring = generator(DemoPath::Monitoring, 3).expect("a feed");
        let mut models = generator(DemoPath::HuggingFace, 3).expect("a feed");
        for _ in 0..100 {
            let one: Value =
                serde_json::from_str(&monitoring.next(Timestamp::UNIX_EPOCH)[0].text).expect("JSON");
            monitoring.next(Timestamp::UNIX_EPOCH);
            let other: Value =
                serde_json::from_str(&models.next(Timestamp::UNIX_EPOCH)[0].text).expect("JSON");
            assert_eq!(one["ai_models"]["available"], other["data"]["available"]);
            assert_eq!(one["ai_models"]["failed"], other["data"]["failed"]);
        }
    }

    #[test]
    fn a_pace_scales_an_interval_and_never_makes_it_zero_or_endless() {
        assert_eq!(paced(Duration::from_secs(60), 0.5), Duration::from_secs(30));
        assert_eq!(paced(Duration::from_secs(1), 1e-12), Duration::from_millis(1));
        assert!(paced(Duration::from_secs(60), 1e300) <= Duration::from_secs(86_400 * 365));
    }
}
