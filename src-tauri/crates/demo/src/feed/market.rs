//! Simulated prices: one geometric random walk per symbol, pulled gently back to where it started.

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Generator, Item, Topic,
    walk::{bell, rounded},
};
use crate::envelope::{Envelope, text};

/// Symbols that can be subscribed to.
pub(crate) const SYMBOLS: [&str; 10] =
    ["BTC", "ETH", "SOL", "BNB", "XRP", "ADA", "DOGE", "DOT", "AVAX", "LINK"];

/// Where each walk starts and how many coins there are.
const HOMES: [(f64, f64); 10] = [
    (64_000.0, 19.8e6),
    (3_200.0, 120.4e6),
    (148.0, 468e6),
    (585.0, 145e6),
    (0.58, 56.5e9),
    (0.41, 35.8e9),
    (0.13, 146e9),
    (5.9, 1.45e9),
    (27.0, 407e6),
    (13.2, 608e6),
];

#[derive(Serialize)]
struct PriceUpdate<'a> {
    #[serde(flatten)]
    envelope: Envelope<Price<'a>>,
    source: &'static str,
}

#[derive(Serialize)]
struct Price<'a> {
    symbol: &'a str,
    price: f64,
    change_24h: f64,
    change_7d: f64,
    volume_24h: f64,
    market_cap: f64,
    timestamp: Timestamp,
}

struct Coin {
    symbol: &'static str,
    home: f64,
    supply: f64,
    price: f64,
    /// What the changes are measured against; they follow the price slowly, as yesterday follows today.
    day_ago: f64,
    week_ago: f64,
    volume: f64,
}

pub(super) struct Market {
    rng: Rng,
    coins: Vec<Coin>,
}

impl Market {
    pub(super) fn new(mut rng: Rng) -> Self {
        let coins = SYMBOLS
            .into_iter()
            .zip(HOMES)
            .map(|(symbol, (home, supply))| {
                let price = home * (0.02 * bell(&mut rng)).exp();
                Coin {
                    symbol,
                    home,
                    supply,
                    price,
                    day_ago: price * (0.02 * bell(&mut rng)).exp(),
                    week_ago: price * (0.05 * bell(&mut rng)).exp(),
                    volume: home * supply * 0.03 * (0.3 * bell(&mut rng)).exp(),
                }
            })
            .collect();
        Self { rng, coins }
    }
}

impl Coin {
    fn step(&mut self, rng: &mut Rng) {
        let pull = -0.000_5 * (self.price / self.home).ln();
        self.price *= (0.000_8 * bell(rng) + pull).exp();
        self.day_ago += (self.price - self.day_ago) / 86_400.0;
        self.week_ago += (self.price - self.week_ago) / 604_800.0;
        let usual = self.home * self.supply * 0.03;
        self.volume *= (0.001 * bell(rng) - 0.001 * (self.volume / usual).ln()).exp();
    }

    fn item(&self, now: Timestamp) -> Item {
        let places = if self.price >= 100.0 { 2 } else { 5 };
        let price = rounded(self.price, places);
        let change = |before: f64| rounded((self.price / before - 1.0) * 100.0, 2);
        let data = Price {
            symbol: self.symbol,
            price,
            change_24h: change(self.day_ago),
            change_7d: change(self.week_ago),
            volume_24h: self.volume.round(),
            market_cap: (price * self.supply).round(),
            timestamp: now,
        };
        let update =
            PriceUpdate { envelope: Envelope::new("price_update", now, data), source: "linekeeper-demo" };
        Item { topic: Topic::Symbol(self.symbol), text: text(&update) }
    }
}

impl Generator for Market {
    fn gap(&mut self) -> Duration {
        Duration::from_secs(1)
    }

    fn next(&mut self, now: Timestamp) -> Vec<Item> {
        for coin in &mut self.coins {
            coin.step(&mut self.rng);
        }
        self.coins.iter().map(|coin| coin.item(now)).collect()
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use jiff::Timestamp;
    use serde_json::Value;

    use super::{Market, SYMBOLS};
    use crate::feed::Generator;

    #[test]
    fn prices_stay_believable_for_a_day_of_ticks() {
        let mut market = Market::new(Rng::with_seed(11));
        for _ in 0..86_400 {
            for coin in &mut market.coins {
                coin.step(&mut market.rng);
            }
        }
        for coin in &market.coins {
            assert!((0.5..2.0).contains(&(coin.price / coin.home)), "{} {}", coin.symbol, coin.price);
            assert!(coin.volume.is_finite() && coin.volume > 0.0);
        }
    }

    #[test]
    fn a_batch_has_one_update_per_symbol_with_all_fields() {
        let batch = Market::new(Rng::with_seed(1)).next(Timestamp::UNIX_EPOCH);
        assert_eq!(batch.len(), SYMBOLS.len());
        let update: Value = serde_json::from_str(&batch[0].text).expect("JSON");
        assert_eq!(update["source"], "linekeeper-demo");
        let fields: Vec<&str> =
            update["data"].as_object().expect("object").keys().map(String::as_str).collect();
        assert_eq!(
            fields,
            ["symbol", "price", "change_24h", "change_7d", "volume_24h", "market_cap", "timestamp"]
        );
    }
}
