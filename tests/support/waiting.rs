//! Waiting for a condition instead of for luck.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Looks until `condition` gives a value, and returns it.
///
/// # Panics
/// When it has given none by the deadline; the message names `what` was waited for.
pub async fn eventually<T>(
    deadline: Duration,
    what: &str,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(started.elapsed() < deadline, "waited {deadline:?} in vain for {what}");
        sleep(PAUSE).await;
    }
}
