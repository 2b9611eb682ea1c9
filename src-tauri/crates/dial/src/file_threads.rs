//! Work with files that may be on another computer, on threads of its own: one that does not answer holds up neither other
//! files, nor the few threads a runtime has for what blocks, nor the runtime's end.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use tokio::sync::{Semaphore, oneshot};

/// Threads that may be at one file, hanging ones included. Further ones wait within their own limit.
const EACH: usize = 2;

/// The threads at each file. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct FileThreads(Arc<Mutex<BTreeMap<PathBuf, Arc<Semaphore>>>>);

impl FileThreads {
    /// Does some work with a file. Dropping the future leaves the thread to end by itself; until then it counts.
    ///
    /// # Errors
    ///
    /// No thread can be started, or the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        file: &Path,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let place = self.places_at(file).acquire_owned().await.map_err(io::Error::other)?;
        let (tell, told) = oneshot::channel();
        thread::Builder::new().name("dial-file".to_owned()).spawn(move || {
            let _place = place;
            // Nobody may be waiting any more.
            let _ = tell.send(work());
        })?;
        told.await.map_err(|_| io::Error::other("the thread ended without a result"))
    }

    fn places_at(&self, file: &Path) -> Arc<Semaphore> {
        // The map is whole after every statement, so a panic elsewhere cannot have torn it.
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody is at, or waits for, begin anew.
        files.retain(|_, places| Arc::strong_count(places) > 1 || places.available_permits() < EACH);
        Arc::clone(files.entry(file.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(EACH))))
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use tokio::{task::spawn_blocking, time::timeout};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn a_file_that_hangs_holds_up_no_other_one_and_not_the_end() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().max_blocking_threads(1).build().unwrap();
        let (release, hold) = mpsc::channel::<()>();
        let hold = Arc::new(Mutex::new(hold));
        let (threads, far, near) = (FileThreads::default(), Path::new("/net/token"), Path::new("/token"));
        runtime.block_on(async {
            for _ in 0..8 {
                let hold = Arc::clone(&hold);
                let hangs = threads.run(far, move || drop(hold.lock().map(|hold| hold.recv())));
                assert!(timeout(Duration::from_millis(5), hangs).await.is_err());
            }
            let read = timeout(PATIENCE, threads.run(near, || 7)).await;
            assert_eq!(read.expect("it is read").unwrap(), 7);
            assert_eq!(threads.places_at(far).available_permits(), 0);
            assert!(timeout(PATIENCE, spawn_blocking(|| ())).await.is_ok());
        });
        // Waits for whatever blocks one of the runtime's own threads.
        drop(runtime);
        drop(release);
    }

    #[tokio::test]
    async fn nothing_is_kept_of_files_that_nobody_is_at() {
        let threads = FileThreads::default();
        for number in 0..20 {
            threads.run(Path::new(&format!("/{number}")), || ()).await.unwrap();
        }
        // A thread gives its place back a moment after it told.
        let forgotten = async {
            loop {
                drop(threads.places_at(Path::new("/last")));
                if threads.0.lock().unwrap().len() == 1 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, forgotten).await.expect("only the last is known");
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error() {
        let threads = FileThreads::default();
        assert!(threads.run(Path::new("/x"), || panic!("staged by the test")).await.is_err());
        threads.run(Path::new("/x"), || ()).await.unwrap();
    }
}
