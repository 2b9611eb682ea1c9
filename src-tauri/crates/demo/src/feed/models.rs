//! Simulated models that load, serve and fail, and the feed that tells of them.

use std::time::Duration;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    Generator, Item, Topic,
    walk::{Walk, rounded},
};
use crate::envelope::{Envelope, text};

/// Invented names; the kinds are those of the field.
const NAMES: [(&str, &str); 8] = [
    ("harbor-sentiment-base", "sentiment-analysis"),
    ("harbor-sentiment-large", "sentiment-analysis"),
    ("lantern-summary", "summarization"),
    ("lantern-summary-small", "summarization"),
    ("quay-entities", "token-classification"),
    ("tidewater-embed", "feature-extraction"),
    ("breakwater-chat", "text-generation"),
    ("mooring-classify", "zero-shot-classification"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ModelStatus {
    Available,
    Loading,
    Failed,
}

pub(super) struct Model {
    pub(super) id: &'static str,
    kind: &'static str,
    pub(super) status: ModelStatus,
    success: Walk,
    response_ms: Walk,
    idle_seconds: i64,
}

/// All models; each step is 10 s of their lives.
pub(super) struct Pool {
    rng: Rng,
    pub(super) models: Vec<Model>,
}

impl Pool {
    pub(super) fn new(mut rng: Rng) -> Self {
        let models = NAMES
            .into_iter()
            .map(|(id, kind)| Model {
                id,
                kind,
                status: if rng.f64() < 0.8 { ModelStatus::Available } else { ModelStatus::Loading },
                success: Walk::new(&mut rng, 0.97, 0.006, (0.8, 1.0)),
                response_ms: Walk::new(&mut rng, 180.0, 15.0, (40.0, 900.0)),
                idle_seconds: rng.i64(0..300),
            })
            .collect();
        Self { rng, models }
    }

    pub(super) fn step(&mut self) {
        for model in &mut self.models {
            let throw = self.rng.f64();
            model.status = match model.status {
                ModelStatus::Available if throw < 0.02 => ModelStatus::Failed,
                ModelStatus::Loading if throw < 0.4 => ModelStatus::Available,
                ModelStatus::Failed if throw < 0.3 => ModelStatus::Loading,
                unchanged @ (ModelStatus::Available | ModelStatus::Loading | ModelStatus::Failed) => {
                    unchanged
                }
            };
            model.success.step(&mut self.rng);
            model.response_ms.step(&mut self.rng);
            let used = model.status == ModelStatus::Available && self.rng.f64() < 0.6;
            model.idle_seconds = if used { self.rng.i64(0..10) } else { model.idle_seconds + 10 };
        }
    }

    pub(super) fn count(&self, status: ModelStatus) -> usize {
        self.models.iter().filter(|model| model.status == status).count()
    }
}

impl Model {
    pub(super) fn success_rate(&self) -> f64 {
        rounded(self.success.value(), 3)
    }
}

#[derive(Serialize)]
struct Status<'a> {
    total: usize,
    available: usize,
    loading: usize,
    failed: usize,
    models: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    status: ModelStatus,
    success_rate: f64,
    /// Milliseconds.
    avg_response_time: f64,
    last_used: Timestamp,
}

/// The `models_status` feed.
pub(super) struct Models {
    pool: Pool,
}

impl Models {
    pub(super) fn new(rng: Rng) -> Self {
        Self { pool: Pool::new(rng) }
    }
}

impl Generator for Models {
    fn gap(&mut self) -> Duration {
        Duration::from_secs(10)
    }

    fn next(&mut self, now: Timestamp) -> Vec<Item> {
        self.pool.step();
        let rows = self.pool.models.iter().map(|model| Row {
            id: model.id,
            kind: model.kind,
            status: model.status,
            success_rate: model.success_rate(),
            avg_response_time: rounded(model.response_ms.value(), 1),
            last_used: now.saturating_sub(SignedDuration::from_secs(model.idle_seconds)).unwrap_or(now),
        });
        let data = Status {
            total: self.pool.models.len(),
            available: self.pool.count(ModelStatus::Available),
            loading: self.pool.count(ModelStatus::Loading),
            failed: self.pool.count(ModelStatus::Failed),
            models: rows.collect(),
        };
        vec![Item { topic: Topic::General, text: text(&Envelope::new("models_status", now, data)) }]
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use jiff::Timestamp;
    use serde_json::Value;

    use super::{ModelStatus, Models, Pool};
    use crate::feed::Generator;

    #[test]
    fn models_fail_and_recover_and_most_are_available_most_of_the_time() {
        let mut pool = Pool::new(Rng::with_seed(5));
        let (mut available, mut failed) = (0, 0);
        for _ in 0..1_000 {
            pool.step();
            available += pool.count(ModelStatus::Available);
            failed += pool.count(ModelStatus::Failed);
        }
        assert!(available > 6_000, "{available}");
        assert!(failed > 100, "{failed}");
    }

    #[test]
    fn a_status_adds_up_and_has_all_fields() {
        let mut models = Models::new(Rng::with_seed(6));
        let status: Value = serde_json::from_str(&models.next(Timestamp::now())[0].text).expect("JSON");
        let data = &status["data"];
        let count = |name: &str| data[name].as_u64().expect("a number");
        assert_eq!(count("total"), count("available") + count("loading") + count("failed"));
        let fields: Vec<&str> =
            data["models"][0].as_object().expect("object").keys().map(String::as_str).collect();
        assert_eq!(fields, ["id", "type", "status", "success_rate", "avg_response_time", "last_used"]);
    }
}
