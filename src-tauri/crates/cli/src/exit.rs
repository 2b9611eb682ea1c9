//! How the program ends: exit status and the sentence for it.

use std::{io, path::PathBuf, process::ExitCode};

use crate::{diagnose::Usage, output::say};

/// Nobody answers who could.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAgent {
    /// Ends the program with status 3.
    #[error(
        "no agent is running ({because}); start one with `linekeeper run`, or try `linekeeper run --demo`"
    )]
    Running {
        /// How that was found out.
        because: String,
    },
    /// One runs that cannot be asked. Ends the program with status 1.
    #[error("the running agent, pid {pid}, has no gateway: it is starting or ending, its gateway is turned off in the configuration, or could not start; {} has more", logs.display())]
    Reachable {
        /// Who holds the home.
        pid: u32,
        /// Its log files.
        logs: PathBuf,
    },
}

impl NoAgent {
    /// What is the matter, without what to do about it.
    pub(crate) fn because(&self) -> String {
        match self {
            Self::Running { because } => because.clone(),
            Self::Reachable { pid, .. } => format!("the one that runs, pid {pid}, has no gateway"),
        }
    }
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
            say(&format!("linekeeper: {}", sentence(&error)));
            ExitCode::from(match error.downcast_ref() {
                Some(NoAgent::Running { .. }) => 3,
                Some(NoAgent::Reachable { .. }) => 1,
                None if error.is::<Usage>() => 2,
                None => 1,
            })
        }
    }
}

/// The error and its causes, each said once: some errors name their cause themselves.
fn sentence(error: &anyhow::Error) -> String {
    error.chain().skip(1).fold(error.to_string(), |said, cause| {
        let cause = cause.to_string();
        if said.ends_with(&cause) { said } else { format!("{said}: {cause}") }
    })
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind::NotFound};

    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("the folder x cannot be used: {source}")]
        struct Named {
            source: Error,
        }
        let named = anyhow::Error::new(Named { source: Error::new(NotFound, "not there") });
        assert_eq!(sentence(&named), "the folder x cannot be used: not there");
        let plain = Err::<(), _>(Error::new(NotFound, "not there")).context("x cannot be read").unwrap_err();
        assert_eq!(sentence(&plain), "x cannot be read: not there");
    }
}
