//! What `linekeeper send` accepts.

use std::path::PathBuf;

use clap::Args;
use model::EndpointId;

use crate::send::id;

/// What scripts must know.
pub(super) const HELP: &str = "\
Each line travels unchanged, JSON or not, without its line end; empty lines are skipped. ID and SEQ are printed when the \
message survives what the endpoint's buffer promises (a power cut, unless configured otherwise), in the order of the lines.

An agent that goes away in between is waited for, and so is room in a full buffer. What was on its way then is repeated \
under the same ids, and the buffer takes no id twice. Standard error says so, and after a failure which line was the last \
one accepted.

A run that is repeated with the same --id and input adds only what is missing: ids that wait are known, and of those \
delivered the last 10,000 for a day. Its lines go one by one, which is slower.

Exit status: 0 all lines are accepted, 1 a line was refused or the buffer stayed full, 2 wrong usage, 3 no agent is running, \
or it did not come back.

Example:
  echo '{\"action\":\"buy\"}' | linekeeper send hub
  tail -F app.log | linekeeper send logs
  linekeeper send hub --file orders.ndjson --id orders-2026-11-20";

#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// The endpoint's id, as in the configuration
    pub(crate) endpoint: EndpointId,
    /// File to read; - is standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) file: PathBuf,
    /// Id of the first message; the next ones get ID-2, ID-3 and so on
    #[arg(long, value_name = "ID", value_parser = id)]
    pub(crate) id: Option<String>,
    /// How long to wait for an agent to come back, or for room in a full buffer; 0 for not at all
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) wait: u64,
    /// Print a line of JSON for each message
    #[arg(long)]
    pub(crate) json: bool,
}
