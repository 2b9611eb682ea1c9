//! Where the buffers of all endpoints are kept, and how one is opened. Knows folders and options, not connections.

use std::{path::PathBuf, time::Duration};

use model::EndpointId;
use outbox::{
    Bounds, DiskRules, OpenError, Outbox, OutboxHandle, OutboxOptions, OutboxStats, SharedBound, Terms,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    paths::{Paths, private_folder},
    settings::BufferSettings,
};

/// Bytes that all buffers hold together.
const MAX_BYTES: u64 = 2 << 30;
/// A buffer of a removed endpoint may still be closing when the endpoint is back.
const HANDOVER: Duration = Duration::from_secs(3);
/// Longer than any message waits: what nobody is configured to send is not given up for its age.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The buffers of one agent; clones share the bound.
#[derive(Clone, Debug)]
pub(crate) struct Depot {
    folder: PathBuf,
    shared: SharedBound,
}

/// An open buffer.
#[derive(Debug)]
pub(crate) struct Holding {
    outbox: Outbox,
    pub(crate) handle: OutboxHandle,
    pub(crate) stats: watch::Receiver<std::sync::Arc<OutboxStats>>,
    pub(crate) work: watch::Receiver<u64>,
}

impl Depot {
    /// The buffers in this agent's data folder. The demo has some of its own: its endpoints may be named like real
    /// ones, and must not get their messages.
    pub(crate) fn of(paths: &Paths, demo: bool) -> Self {
        let name = if demo { "demo-buffer" } else { "buffer" };
        Self { folder: paths.data.join(name), shared: SharedBound::new(MAX_BYTES) }
    }

    /// Where an endpoint's buffer is kept.
    pub(crate) fn place(&self, endpoint: &EndpointId) -> PathBuf {
        self.folder.join(endpoint.as_str())
    }

    /// Whether a buffer was ever made for this endpoint.
    pub(crate) fn knows(&self, endpoint: &EndpointId) -> bool {
        self.place(endpoint).is_dir()
    }

    /// Every endpoint a buffer was ever made for.
    pub(crate) fn known(&self) -> Vec<EndpointId> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()?.parse().ok()).collect()
    }

    /// Opens an endpoint's buffer, or makes one.
    pub(crate) async fn open(
        &self,
        endpoint: &EndpointId,
        settings: &BufferSettings,
    ) -> Result<Holding, OpenError> {
        self.open_with(endpoint, self.options(endpoint, settings)).await
    }

    /// Opens the buffer of an endpoint that nobody is configured to send to. Nothing in it grows old.
    pub(crate) async fn look_into(&self, endpoint: &EndpointId) -> Result<Holding, OpenError> {
        let settings = BufferSettings {
            max_messages: u64::from(u32::MAX),
            max_bytes: MAX_BYTES,
            ttl: FOR_EVER,
            ..BufferSettings::default()
        };
        let mut options = self.options(endpoint, &settings);
        options.disk = DiskRules { ballast_bytes: 0, ..DiskRules::default() };
        self.open_with(endpoint, options).await
    }

    async fn open_with(&self, endpoint: &EndpointId, options: OutboxOptions) -> Result<Holding, OpenError> {
        let patience = Instant::now() + HANDOVER;
        let place = self.place(endpoint);
        // What is wrong with the folder the buffer finds out itself, survives, and reports.
        let _ = private_folder(&self.folder);
        loop {
            match Outbox::open(place.clone(), options.clone()).await {
                Ok((outbox, report)) => {
                    tracing::debug!(%endpoint, ?report, "buffer opened");
                    let handle = outbox.handle();
                    let (stats, work) = (handle.watch(), handle.work());
                    return Ok(Holding { outbox, handle, stats, work });
                }
                Err(OpenError::Owned { .. }) if Instant::now() < patience => {
                    sleep(Duration::from_millis(20)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn options(&self, endpoint: &EndpointId, settings: &BufferSettings) -> OutboxOptions {
        let Terms { level, overflow, bounds } = terms(settings);
        let shared = Some(self.shared.clone());
        OutboxOptions { level, overflow, bounds, shared, ..OutboxOptions::new(endpoint.as_str()) }
    }
}

/// What an endpoint's settings ask of its buffer.
pub(super) fn terms(settings: &BufferSettings) -> Terms {
    let default = Bounds::default();
    let bounds = Bounds {
        max_messages: settings.max_messages,
        max_bytes: settings.max_bytes,
        max_memory_bytes: default.max_memory_bytes.min(settings.max_bytes),
        max_message_bytes: default.max_message_bytes.min(settings.max_bytes),
        max_age: settings.ttl,
        max_dead: default.max_dead,
    };
    Terms { level: settings.durability, overflow: settings.overflow, bounds }
}

impl Holding {
    /// Gives the folder back; how many messages were in memory only and are gone.
    pub(crate) async fn close(self) -> u64 {
        self.outbox.close().await.lost
    }
}
