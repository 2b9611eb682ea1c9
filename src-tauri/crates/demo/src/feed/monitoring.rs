//! The `system_status` feed: simulated models, data sources, database and request figures.

use std::time::Duration;

use fastrand::Rng;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Generator, Item, Topic,
    models::{ModelStatus, Pool},
    walk::Walk,
};
use crate::envelope::{FlatEnvelope, text};

/// Categories of data sources and how many each has.
const CATEGORIES: [(&str, u32); 5] =
    [("market", 24), ("news", 18), ("sentiment", 9), ("on_chain", 14), ("research", 7)];

#[derive(Serialize)]
struct Status<'a> {
    ai_models: AiModels<'a>,
    data_sources: DataSources,
    database: Database,
    stats: Stats,
    agent_running: bool,
}

#[derive(Serialize)]
struct AiModels<'a> {
    total: usize,
    available: usize,
    failed: usize,
    loading: usize,
    models: Vec<ModelRow<'a>>,
}

#[derive(Serialize)]
struct ModelRow<'a> {
    id: &'a str,
    status: ModelStatus,
    success_rate: f64,
}

#[derive(Serialize)]
struct DataSources {
    total: u32,
    active: u32,
    inactive: u32,
    categories: Categories,
    pools: u32,
}

#[derive(Serialize)]
struct Categories {
    market: Category,
    news: Category,
    sentiment: Category,
    on_chain: Category,
    research: Category,
}

#[derive(Clone, Copy, Serialize)]
struct Category {
    total: u32,
    active: u32,
}

#[derive(Serialize)]
struct Database {
    online: bool,
    last_check: Timestamp,
}

#[derive(Serialize)]
struct Stats {
    total_sources: u32,
    active_sources: u32,
    total_models: usize,
    available_models: usize,
    requests_last_minute: u32,
    requests_last_hour: u32,
}

pub(super) struct Monitoring {
    rng: Rng,
    pool: Pool,
    /// The models live in steps of 10 s, this feed in steps of 5 s.
    odd_tick: bool,
    active: [u32; CATEGORIES.len()],
    per_minute: Walk,
    outage: u8,
}

impl Monitoring {
    pub(super) fn new(mut rng: Rng, models: Rng) -> Self {
        Self {
            pool: Pool::new(models),
            odd_tick: false,
            active: CATEGORIES.map(|(_, total)| total - rng.u32(0..=2)),
            per_minute: Walk::new(&mut rng, 420.0, 25.0, (60.0, 1_200.0)),
            outage: 0,
            rng,
        }
    }

    fn step(&mut self) {
        if !self.odd_tick {
            self.pool.step();
        }
        self.odd_tick = !self.odd_tick;
        for (active, (_, total)) in self.active.iter_mut().zip(CATEGORIES) {
            match self.rng.u8(0..12) {
                0 => *active = active.saturating_sub(1).max(total / 2),
                1..=2 => *active = (*active + 1).min(total),
                _ => {}
            }
        }
        self.per_minute.step(&mut self.rng);
        // Rarely the database is away for a few ticks, so that both values of `online` are seen.
        self.outage = if self.outage > 0 {
            self.outage - 1
        } else if self.rng.u16(0..500) == 0 {
            3
        } else {
            0
        };
    }

    fn data_sources(&self) -> DataSources {
        let of = |at: usize| Category { total: CATEGORIES[at].1, active: self.active[at] };
        let total = CATEGORIES.iter().map(|(_, total)| total).sum();
        let active = self.active.iter().sum();
        DataSources {
            total,
            active,
            inactive: total - active,
            categories: Categories {
                market: of(0),
                news: of(1),
                sentiment: of(2),
                on_chain: of(3),
                research: of(4),
            },
            pools: 6,
        }
    }
}

impl Generator for Monitoring {
    fn gap(&mut self) -> Duration {
        Duration::from_secs(5)
    }

    fn next(&mut self, now: Timestamp) -> Vec<Item> {
        self.step();
        let available = self.pool.count(ModelStatus::Available);
        let data_sources = self.data_sources();
        let per_minute = self.per_minute.value();
        let stats = Stats {
            total_sources: data_sources.total,
            active_sources: data_sources.active,
            total_models: self.pool.models.len(),
            available_models: available,
            requests_last_minute: per_minute.round() as u32,
            requests_last_hour: (0.7 * 60.0 * 420.0 + 0.3 * 60.0 * per_minute).round() as u32,
        };
        let status = Status {
            ai_models: AiModels {
                total: self.pool.models.len(),
                available,
                failed: self.pool.count(ModelStatus::Failed),
                loading: self.pool.count(ModelStatus::Loading),
                models: self
                    .pool
                    .models
                    .iter()
                    .map(|model| ModelRow {
                        id: model.id,
                        status: model.status,
                        success_rate: model.success_rate(),
                    })
                    .collect(),
            },
            data_sources,
            database: Database { online: self.outage == 0, last_check: now },
            stats,
            agent_running: true,
        };
        vec![Item { topic: Topic::General, text: text(&FlatEnvelope::new("system_status", now, status)) }]
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use jiff::Timestamp;
    use serde_json::Value;

    use super::Monitoring;
    use crate::feed::Generator;

    #[test]
    fn a_status_carries_its_fields_at_the_top_and_adds_up() {
        let mut monitoring = Monitoring::new(Rng::with_seed(1), Rng::with_seed(2));
        for _ in 0..2_000 {
            let status: Value =
                serde_json::from_str(&monitoring.next(Timestamp::UNIX_EPOCH)[0].text).expect("JSON");
            let fields: Vec<&str> = status.as_object().expect("object").keys().map(String::as_str).collect();
            assert_eq!(
                fields,
                [
                    "type",
                    "timestamp",
                    "simulated",
                    "ai_models",
                    "data_sources",
                    "database",
                    "stats",
                    "agent_running"
                ]
            );
            let sources = &status["data_sources"];
            let active: u64 = sources["categories"]
                .as_object()
                .expect("object")
                .values()
                .map(|category| category["active"].as_u64().expect("a number"))
                .sum();
            assert_eq!(sources["active"], active);
            assert_eq!(status["stats"]["active_sources"], active);
            assert_eq!(status["ai_models"]["available"], status["stats"]["available_models"]);
        }
    }
}
