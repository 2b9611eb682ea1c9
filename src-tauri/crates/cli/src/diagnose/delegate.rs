//! Endpoints that only the running agent knows, because it was started with `--demo` or another configuration: the agent
//! makes the check, and this program prints its report.

use std::{path::Path, sync::Arc, time::Duration};

use model::{Language, StatusSnapshot, check::Report};
use serde_json::json;
use tokio::sync::watch;

use super::{Usage, code, limit, mode, print};
use crate::{args::DiagnoseArgs, client::Client, exit::Exit, signals::Interrupts};

/// What the agent may take beyond the check itself.
const GRACE: Duration = Duration::from_secs(5);

/// Asks the agent for the check, if it knows what is asked for; else `usage` says why there is nothing to check.
pub(super) async fn ask(
    args: DiagnoseArgs,
    agent: Option<watch::Receiver<Arc<StatusSnapshot>>>,
    runtime: &Path,
    usage: Usage,
    mut interrupts: Interrupts,
) -> anyhow::Result<Exit> {
    let known = agent.is_some_and(|agent| knows(&agent.borrow(), &args.targets));
    if !known {
        return Err(usage.into());
    }
    if let Some(option) = only_here(&args) {
        return Err(Usage(format!(
            "{option} works for endpoints of the configuration and for URLs; these are known to the running agent alone"
        ))
        .into());
    }
    let client = Client::find(runtime)?;
    let order = json!({ "endpoints": args.targets, "mode": mode(&args) });
    let report = tokio::select! {
        report = client.post::<Report>("/v1/diagnostics", &order, limit(&args) + GRACE) => report?,
        // Hanging up cancels the check.
        () = interrupts.next() => return Ok(Exit::Interrupted),
    };
    print(&args, &report, Language::from(args.language))?;
    Ok(Exit::Verdict(code(report.verdict.class)))
}

fn knows(agent: &StatusSnapshot, named: &[String]) -> bool {
    let mut all = named.iter();
    !agent.endpoints.is_empty() && all.all(|name| agent.endpoints.iter().any(|one| one.id.as_str() == name))
}

/// An option that the agent's own check does not take.
fn only_here(args: &DiagnoseArgs) -> Option<&'static str> {
    let given = [
        (args.ca_file.is_some(), "--ca-file"),
        (args.proxy.is_some(), "--proxy"),
        (args.control_url.is_some(), "--control-url"),
        (args.bundle.is_some(), "--bundle"),
        (args.timeout.is_some(), "--timeout"),
    ];
    given.into_iter().find(|(given, _)| *given).map(|(_, option)| option)
}
