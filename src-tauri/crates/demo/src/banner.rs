//! What `GET /` says: who answers, that its data is simulated, and which paths there are.

use serde::Serialize;

use crate::DemoPath;

/// How a Linekeeper demo is recognised by another.
pub(crate) const NAME: &str = "linekeeper-demo";

/// The banner.
#[derive(Debug, Serialize)]
pub(crate) struct Banner {
    name: &'static str,
    version: &'static str,
    simulated: bool,
    seed: u64,
    paths: Vec<Row>,
    faults: &'static str,
    connections: &'static str,
}

#[derive(Debug, Serialize)]
struct Row {
    path: DemoPath,
    title: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    every: &'static str,
    actions: &'static [&'static str],
}

impl Banner {
    pub(crate) fn new(seed: u64) -> Self {
        let row = |path: DemoPath| Row {
            path,
            title: path.title(),
            kind: path.message_type(),
            every: path.every(),
            actions: path.actions(),
        };
        Self {
            name: NAME,
            version: env!("CARGO_PKG_VERSION"),
            simulated: true,
            seed,
            paths: DemoPath::ALL.map(row).into(),
            faults: "/fault",
            connections: "/connections",
        }
    }
}
