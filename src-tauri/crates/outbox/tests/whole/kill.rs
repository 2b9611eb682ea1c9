//! kill -9 at random moments under load.

use std::{path::Path, sync::Arc, time::Duration};

use outbox::{Clock, Outbox, OutboxOptions, Reading, SystemClock};

use super::{
    child::{Told, command, output},
    drain, options,
};

/// The clock of a computer that was started anew.
#[derive(Debug)]
struct NextRun;

impl Clock for NextRun {
    fn now(&self) -> Reading {
        SystemClock.now()
    }

    fn boot(&self) -> i64 {
        SystemClock.boot() ^ 1
    }
}

/// What the judge has to know about the end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct End {
    /// The computer started anew.
    pub(crate) rebooted: bool,
    /// The disk could not be told any more what was sent.
    pub(crate) unmarked: bool,
}

/// What a folder must hold after its program died: all that was promised and not given away, each once, in order,
/// and nothing that was deleted. How many came.
pub(crate) fn judge(folder: &Path, told: &Told, end: End) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut options = options();
        if end.rebooted {
            options.clock = Arc::new(NextRun);
        }
        let (outbox, _) = Outbox::open(folder.to_owned(), options).await.unwrap();
        let handle = outbox.handle();
        let left = drain(&handle).await;
        let ids: std::collections::HashSet<_> = left.iter().map(|queued| queued.id.to_string()).collect();
        assert_eq!(ids.len(), left.len(), "a message came twice");
        let lost: Vec<_> = told.accepted.difference(&told.started).filter(|id| !ids.contains(*id)).collect();
        assert!(lost.is_empty(), "{} accepted messages are lost, such as {:?}", lost.len(), lost[0]);
        let back: Vec<_> = told.deleted.intersection(&ids).collect();
        assert!(back.is_empty(), "{} deleted messages came back, such as {:?}", back.len(), back[0]);
        let repeated = left.iter().filter(|queued| told.started.contains(&queued.id.to_string()));
        for queued in repeated.filter(|_| !end.unmarked) {
            assert!(queued.redelivered, "{} was sent before and does not say so", queued.id);
        }
        let verified = handle.verify().await.unwrap();
        assert_eq!(verified.problem, None);
        assert!(handle.stats().await.unwrap().tally.balanced());
        outbox.close().await;
        left.len()
    })
}

fn kills(count: usize) {
    let mut random = fastrand::Rng::new();
    let (mut accepted, mut deleted, mut folder) = (0, 0, tempfile::tempdir().unwrap());
    for run in 0..count {
        // Often the same folder again: what one crash leaves, the next one meets.
        if random.u8(..4) == 0 {
            folder = tempfile::tempdir().unwrap();
        }
        let mut child = command(folder.path(), run).spawn().unwrap();
        let pause = Duration::from_millis(random.u64(1..400));
        let killer = {
            let (tell, told) = std::sync::mpsc::channel::<()>();
            let id = child.id();
            let handle = std::thread::spawn(move || {
                // Ends early only when the child did.
                let _ = told.recv_timeout(pause);
                let _ = std::process::Command::new("kill").args(["-9", &id.to_string()]).status();
            });
            (tell, handle)
        };
        let text = output(&mut child);
        drop(killer.0);
        killer.1.join().unwrap();
        child.wait().unwrap();
        let mut told = Told::default();
        told.read(&text);
        accepted += told.accepted.len();
        deleted += told.deleted.len();
        judge(folder.path(), &told, End::default());
    }
    assert!(accepted > 0 && deleted > 0, "the children did nothing");
    println!(
        "{count} kills, {accepted} messages accepted, {deleted} delivered and forgotten, 0 lost, 0 back"
    );
}

#[test]
#[cfg(unix)]
fn nothing_accepted_is_lost_when_the_program_is_killed() {
    kills(12);
}

/// OUTBOX_KILLS=1000.
#[test]
#[cfg(unix)]
#[ignore = "minutes"]
fn nothing_accepted_is_lost_in_a_thousand_kills() {
    kills(std::env::var("OUTBOX_KILLS").map_or(1_000, |count| count.parse().unwrap()));
}

/// What is left after a power cut of what was not promised to survive one, in order, and whether a notice tells of
/// damage.
pub(crate) fn judge_weak(folder: &Path) -> (Vec<String>, bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (outbox, _) =
            Outbox::open(folder.to_owned(), OutboxOptions { clock: Arc::new(NextRun), ..options() })
                .await
                .unwrap();
        let handle = outbox.handle();
        let left = drain(&handle).await;
        assert_eq!(handle.verify().await.unwrap().problem, None);
        let stats = handle.stats().await.unwrap();
        assert!(stats.tally.balanced(), "{:?}", stats.tally);
        outbox.close().await;
        (left.iter().map(|queued| queued.id.to_string()).collect(), !stats.notices.is_empty())
    })
}
