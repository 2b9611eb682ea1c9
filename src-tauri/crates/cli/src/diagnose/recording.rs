//! `linekeeper diagnose --record`: has the running agent record a problem while somebody makes it happen, before the check
//! is made.

use std::{
    io::{self, IsTerminal as _},
    path::Path,
    time::Duration,
};

use http::Method;
use jiff::Timestamp;
use model::RecordingInfo;
use serde_json::json;
use tokio::{sync::oneshot, time::sleep};

use crate::{
    client::{ANSWER_WITHIN, Client},
    output::say,
    signals::Interrupts,
};

const ROUTE: &str = "/v1/diagnostics/recording";

/// Records until Enter, an interruption, or the end of its time.
pub(super) async fn make(runtime: &Path, minutes: u16, interrupts: &mut Interrupts) -> anyhow::Result<()> {
    let client = Client::find(runtime)?;
    let wanted = json!({ "seconds": minutes * 60 });
    let recording: RecordingInfo = client.post(ROUTE, &wanted, ANSWER_WITHIN).await?;
    let reads = io::stdin().is_terminal();
    let how = if reads { "press Enter" } else { "press Ctrl-C" };
    say(&format!(
        "Recording, reference {}: the log says more, for {} at most. Make the problem happen, then {how}.",
        recording.reference,
        left(&recording)
    ));
    let until = Duration::try_from(recording.until.duration_since(Timestamp::now())).unwrap_or_default();
    tokio::select! {
        () = enter(reads) => {}
        () = interrupts.next() => {}
        () = sleep(until) => {}
    }
    client.fetch(Method::DELETE, ROUTE, ANSWER_WITHIN).await?;
    say(&format!(
        "Recorded. A support bundle (--bundle) names the times of {} in its README.txt; now the check.",
        recording.reference
    ));
    Ok(())
}

/// One that was under way before may have less than what was asked for.
fn left(recording: &RecordingInfo) -> String {
    let seconds = recording.until.duration_since(Timestamp::now()).as_secs().max(0);
    match (seconds + 30) / 60 {
        0 => format!("{seconds} s"),
        minutes => format!("{minutes} min"),
    }
}

/// A line of somebody at the keyboard; without one it never comes.
async fn enter(reads: bool) {
    let (tell, told) = oneshot::channel();
    if reads {
        // A thread of its own, because reading cannot be given up: it ends with the program.
        std::thread::spawn(move || {
            let read = io::stdin().read_line(&mut String::new());
            drop(read.map(|_| tell.send(())));
        });
        if told.await.is_ok() {
            return;
        }
    }
    std::future::pending().await
}
