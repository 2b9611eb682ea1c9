//! Progress of a check on a terminal: one line on standard error that gives way to the report.

use std::io::{self, IsTerminal as _, Write as _};

use agent::diagnosis::Words;
use model::{Language, check::CheckProgress};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    plain::{fit, plain},
    terminal,
};

/// Erases the line the cursor is on.
const ERASE: &str = "\r\u{1b}[K";

/// Draws until the check ends.
#[derive(Debug)]
pub(super) struct Progress(JoinHandle<()>);

impl Progress {
    /// Nothing is drawn where no terminal shows standard error.
    pub(super) fn begin(mut news: mpsc::Receiver<CheckProgress>, language: Language) -> Self {
        let drawn = io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self(tokio::spawn(async move {
            let words = Words::new(language);
            while let Some(progress) = news.recv().await {
                // A step that ends says less than the one that begins after it.
                if drawn && progress.ended.is_none() {
                    let line = fit(&plain(&line(&progress, &words)), terminal::size().0.saturating_sub(1));
                    let _ = write!(io::stderr(), "{ERASE}{line}");
                }
            }
            if drawn {
                let _ = write!(io::stderr(), "{ERASE}");
            }
        }))
    }

    /// Waits until the line is gone.
    pub(super) async fn end(self) {
        let _ = self.0.await;
    }
}

/// `step 7 of 19 – checking the certificate (pulse)`.
fn line(progress: &CheckProgress, words: &Words) -> String {
    let doing = words.doing(progress.step);
    let step = format!("step {} of {} – {doing}", (progress.done + 1).min(progress.total), progress.total);
    match &progress.endpoint {
        Some(endpoint) => format!("{step} ({endpoint})"),
        None => step,
    }
}

#[cfg(test)]
mod tests {
    use model::check::StepId;

    use super::*;

    #[test]
    fn progress_says_which_step_of_how_many_and_what_it_does() {
        let progress = CheckProgress {
            run_id: "r".into(),
            done: 6,
            total: 19,
            step: StepId::E1,
            endpoint: Some("pulse".parse().unwrap()),
            ended: None,
            elapsed_ms: 5,
        };
        let line = line(&progress, &Words::new(Language::English));
        assert!(line.starts_with("step 7 of 19 – ") && line.ends_with(" (pulse)"), "{line}");
        assert!(line.contains("certificate"), "{line}");
    }
}
