//! How the program ends: exit status and the sentence for it.

use std::{io, process::ExitCode};

use crate::{diagnose::Usage, output::say};

/// Nobody answers who could. Ends the program with status 3.
#[derive(Debug, thiserror::Error)]
#[error("no agent is running ({because}); start one with `linekeeper run`, or try `linekeeper run --demo`")]
pub(crate) struct NoAgent {
    /// How that was found out.
    pub(crate) because: String,
}

/// A way to end that is not an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0
    Done,
    /// 1; what is wrong was said already.
    Failed,
    /// 3; that the agent ended was said already.
    AgentEnded,
    /// What a check came to: 0, 10, 20 or 30.
    Verdict(u8),
    /// 130; somebody pressed Ctrl-C.
    Interrupted,
}

/// Says what went wrong and picks the exit status.
pub(crate) fn conclude(result: anyhow::Result<Exit>) -> ExitCode {
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Failed) => ExitCode::from(1),
        Ok(Exit::AgentEnded) => ExitCode::from(3),
        Ok(Exit::Verdict(code)) => ExitCode::from(code),
        Ok(Exit::Interrupted) => ExitCode::from(130),
        // The reader of a pipe went away, `head` for one: it has what it wanted.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("linekeeper: {error:#}"));
            ExitCode::from(match () {
                () if error.is::<NoAgent>() => 3,
                () if error.is::<Usage>() => 2,
                () => 1,
            })
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
