//! What `linekeeper outbox` accepts.

use clap::{Args, Subcommand};
use model::EndpointId;

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// How much waits where, and how safe it is; for one endpoint also where every message went
    #[command(after_help = "Example:\n  linekeeper outbox stats hub --json | jq .books")]
    Stats {
        /// The endpoint's id; all of them when left out
        endpoint: Option<EndpointId>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// The messages that wait, first to last
    #[command(after_help = "Example:\n  linekeeper outbox list hub --limit 5")]
    List(ListArgs),
    /// The messages that were given up
    #[command(after_help = "Example:\n  linekeeper outbox dead hub")]
    Dead(DeadArgs),
    /// Let messages that were given up wait again, at the end
    #[command(after_help = "Example:\n  linekeeper outbox retry hub --all")]
    Retry(RetryArgs),
    /// Throw messages away; asks first
    #[command(
        after_help = "Example:\n  linekeeper outbox drop hub 0192e4a0-7e2c-7d11-8000-0123456789ab\n  linekeeper outbox drop hub --dead --yes"
    )]
    Drop(DropArgs),
    /// Print messages that wait, or were given up, as lines of JSON with their bodies
    #[command(after_help = "Example:\n  linekeeper outbox export hub --dead > dead.ndjson")]
    Export {
        /// The endpoint's id
        endpoint: EndpointId,
        /// Those that were given up
        #[arg(long)]
        dead: bool,
    },
    /// Read and check everything on disk; exit status 1 when something is wrong
    #[command(after_help = "Example:\n  linekeeper outbox verify")]
    Verify {
        /// The endpoint's id; all of them when left out
        endpoint: Option<EndpointId>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// The endpoint's id
    pub(crate) endpoint: EndpointId,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: u64,
    /// Print a line of JSON for each
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeadArgs {
    /// The endpoint's id
    pub(crate) endpoint: EndpointId,
    /// Print a line of JSON for each
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// The endpoint's id
    pub(crate) endpoint: EndpointId,
    /// Ids of messages that were given up
    #[arg(required_unless_present = "all", value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// All that were given up
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DropArgs {
    /// The endpoint's id
    pub(crate) endpoint: EndpointId,
    /// Ids of messages, waiting or given up
    #[arg(required_unless_present_any = ["waiting", "dead"], value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// All that wait
    #[arg(long, conflicts_with = "ids")]
    pub(crate) waiting: bool,
    /// All that were given up
    #[arg(long, conflicts_with_all = ["ids", "waiting"])]
    pub(crate) dead: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}
