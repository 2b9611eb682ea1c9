//! Live reload: publishes the settings again whenever one of their files changes.
//!
//! Watches folders, because editors replace files. A folder that does not exist yet is waited for at its nearest
//! parent. Where the platform's watcher does not start, the files are read every two seconds instead.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{Loaded, SettingsStore, store::Source};

/// Changes come in bursts; a burst is over after this much quiet.
const QUIET: Duration = Duration::from_millis(200);
/// A burst without end is read after this all the same.
const LONGEST_BURST: Duration = Duration::from_secs(2);
/// Between looks where there is no watcher.
const POLL: Duration = Duration::from_secs(2);

impl SettingsStore {
    /// Loads now and again on every change, until `token` is cancelled or nobody listens. The receiver holds the
    /// first result at once. Must be called inside a tokio runtime.
    pub fn watch(self, token: CancellationToken) -> watch::Receiver<Arc<Loaded>> {
        let (sender, receiver) = watch::channel(Arc::new(self.load()));
        tokio::spawn(async move {
            tokio::select! {
                () = token.cancelled() => {}
                () = sender.closed() => {}
                () = Arc::new(self).keep_loading(&sender, arm) => {}
            }
        });
        receiver
    }

    pub(super) async fn keep_loading<W>(
        self: Arc<Self>,
        sender: &watch::Sender<Arc<Loaded>>,
        arm: impl Fn(&[&Path], &Arc<Notify>) -> Option<W>,
    ) {
        let files: Vec<&Path> = match &self.source {
            Source::Fixed(_) => return std::future::pending().await,
            Source::Files { file, managed, .. } => vec![file, managed],
        };
        let changed = Arc::new(Notify::new());
        loop {
            // Armed before reading: a change in between is seen. Armed anew each time: the folder may be another.
            let watcher = arm(&files, &changed);
            let (store, previous) = (Arc::clone(&self), Arc::clone(&sender.borrow()));
            // A load that panicked is a defect; the settings in force stay and the next change tries again.
            if let Ok(loaded) = tokio::task::spawn_blocking(move || store.load_after(Some(&previous))).await {
                sender.send_if_modified(|current| {
                    let differs = **current != loaded;
                    if differs {
                        *current = Arc::new(loaded);
                    }
                    differs
                });
            }
            if watcher.is_some() {
                changed.notified().await;
                quiet(&changed).await;
            } else {
                let _ = timeout(POLL, changed.notified()).await;
            }
        }
    }
}

async fn quiet(changed: &Notify) {
    let end = Instant::now() + LONGEST_BURST;
    while timeout_at(end.min(Instant::now() + QUIET), changed.notified()).await.is_ok() {}
}

/// Watches the folders of `files`. `None`: the platform cannot.
fn arm(files: &[&Path], changed: &Arc<Notify>) -> Option<RecommendedWatcher> {
    let targets: BTreeSet<Target> = files.iter().flat_map(|file| Target::of(file)).collect();
    let (paths, changed) = (targets.clone(), Arc::clone(changed));
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !concerns(&event, &paths)) {
            return;
        }
        changed.notify_one();
    })
    .inspect_err(|error| tracing::warn!(%error, "settings files cannot be watched, they are read every 2 s"))
    .ok()?;
    for target in &targets {
        if let Err(error) = watcher.watch(&target.folder, RecursiveMode::NonRecursive) {
            let folder = target.folder.display();
            tracing::warn!(%error, %folder, "the settings folder cannot be watched, it is read every 2 s");
            return None;
        }
    }
    Some(watcher)
}

/// A file to watch and the existing folder nearest to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    folder: PathBuf,
    file: PathBuf,
}

impl Target {
    /// The file by its own name and, behind symbolic links, by the name of what it links to.
    fn of(file: &Path) -> impl Iterator<Item = Self> {
        let linked = file.canonicalize().ok();
        let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        [Some(absolute), linked].into_iter().flatten().filter_map(|file| {
            let (folder, rest) = file.ancestors().skip(1).find_map(|folder| {
                let rest = file.strip_prefix(folder).ok()?;
                Some((folder.canonicalize().ok().filter(|folder| folder.is_dir())?, rest))
            })?;
            Some(Self { file: folder.join(rest), folder })
        })
    }
}

/// Reading a file is an event too, and is not a change.
fn concerns(event: &notify::Event, targets: &BTreeSet<Target>) -> bool {
    if matches!(event.kind, EventKind::Access(_)) {
        return false;
    }
    let on_the_way = |path: &PathBuf| targets.iter().any(|target| target.file.starts_with(path));
    event.need_rescan() || event.paths.iter().any(on_the_way)
}
