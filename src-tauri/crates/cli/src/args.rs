//! What the command line accepts. Describes only; does nothing.

mod diagnose;
mod outbox;
mod send;

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use model::EndpointId;

pub(crate) use self::{
    diagnose::DiagnoseArgs,
    outbox::{DeadArgs, DropArgs, ListArgs, OutboxCommand, RetryArgs},
    send::SendArgs,
};

/// Keeps real-time connections up and says what is wrong with the line.
#[derive(Debug, Parser)]
#[command(
    name = "linekeeper",
    version,
    propagate_version = true,
    after_help = "Start with:\n  linekeeper run --demo\n\nExit status: 0 done, 1 failed, 2 wrong usage, 3 no agent is running."
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the agent in the foreground: live status on a terminal, log lines when piped
    #[command(after_help = "Example:\n  linekeeper run --demo")]
    Run(RunArgs),
    /// Serve the demo endpoints alone
    #[command(after_help = "Example:\n  linekeeper demo --listen 127.0.0.1:7860")]
    Demo {
        /// Loopback address and port
        #[arg(long, value_name = "ADDRESS", default_value_t = demo::DEFAULT_LISTEN)]
        listen: SocketAddr,
        /// The same seed gives the same data
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
    },
    /// Show the status of the running agent
    #[command(
        after_help = "Example:\n  linekeeper status --json | jq -r '.endpoints[] | .id + \" \" + .state'"
    )]
    Status {
        /// Print the snapshot as JSON; with --watch one per line
        #[arg(long)]
        json: bool,
        /// Go on until Ctrl-C
        #[arg(long)]
        watch: bool,
    },
    /// Print incoming messages of an endpoint, one per line, until Ctrl-C
    #[command(
        after_help = "A line break inside a message is printed as \\n; --json prints messages as they are, with time and number.\n\nExample:\n  linekeeper listen market --json | jq .data.data.price"
    )]
    Listen {
        /// The endpoint's id, as in the configuration
        endpoint: EndpointId,
        /// Print each message as JSON, with its number and time of arrival
        #[arg(long)]
        json: bool,
    },
    /// Send lines of standard input or of a file, one message each; prints ID and SEQ once a message is safe
    #[command(after_help = send::HELP)]
    Send(SendArgs),
    /// Find out what is wrong with a connection, who can mend it, and how
    #[command(after_help = diagnose::HELP)]
    Diagnose(DiagnoseArgs),
    /// Connect an endpoint that is not connected; a paused one is resumed
    #[command(after_help = "Example:\n  linekeeper connect pulse")]
    Connect(TargetArgs),
    /// Drop an endpoint's session, if any, and connect anew
    #[command(after_help = "Example:\n  linekeeper reconnect --all")]
    Reconnect(TargetArgs),
    /// Disconnect an endpoint and stay away until resumed
    #[command(after_help = "Example:\n  linekeeper pause pulse")]
    Pause(TargetArgs),
    /// Take a pause back
    #[command(after_help = "Example:\n  linekeeper resume pulse")]
    Resume(TargetArgs),
    /// Look at the messages that wait, and decide about those that were given up
    #[command(subcommand, after_help = "Example:\n  linekeeper outbox stats")]
    Outbox(OutboxCommand),
    /// Look at the configuration
    #[command(subcommand, after_help = "Example:\n  linekeeper config check")]
    Config(ConfigCommand),
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Use the six demo endpoints; starts their server where none runs
    #[arg(long)]
    pub(crate) demo: bool,
    /// Configuration file to use in place of the usual one
    #[arg(long, value_name = "FILE", conflicts_with = "demo")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct TargetArgs {
    /// The endpoint's id, as in the configuration
    pub(crate) endpoint: Option<EndpointId>,
    /// All endpoints
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say everything that is wrong with a configuration file; changes nothing
    #[command(after_help = "Example:\n  linekeeper config check ./config.json")]
    Check {
        /// The file; the usual one when left out
        file: Option<PathBuf>,
    },
    /// Show the effective values and where each comes from
    #[command(after_help = "Example:\n  linekeeper config show --json")]
    Show {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of the configuration file
    #[command(after_help = "Example:\n  linekeeper config schema > config.schema.json")]
    Schema,
    /// Put a secret into the keyring, for the configuration to name; it is asked for unseen, or read when piped
    #[command(
        after_help = "Example:\n  linekeeper config keyring-set feed\n  printf %s \"$TOKEN\" | linekeeper config keyring-set feed"
    )]
    KeyringSet {
        /// Name of the entry, as the configuration names it: {"keyring": "ENTRY"}
        #[arg(value_parser = entry)]
        entry: String,
        /// Delete the entry instead
        #[arg(long)]
        delete: bool,
    },
    /// Print where the configuration file is looked for
    #[command(after_help = "Example:\n  $EDITOR \"$(linekeeper config path)\"")]
    Path {
        /// Where programs find the address and the token of a running agent instead
        #[arg(long)]
        gateway: bool,
    },
}

/// Name of a keyring entry.
fn entry(text: &str) -> Result<String, &'static str> {
    match text {
        "" => Err("name the entry"),
        "-" => Err("name the entry; the secret itself is read from standard input without being asked to"),
        name if name.chars().any(char::is_control) => Err("a name has no control characters"),
        name => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_description_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn visit(command: &clap::Command) {
            for sub in command.get_subcommands() {
                let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("Example:\n  "), "{} has no example", sub.get_name());
                visit(sub);
            }
        }
        visit(&CommandLine::command());
    }

    #[test]
    fn orders_need_exactly_one_target() {
        let parse = |words: &str| CommandLine::try_parse_from(words.split(' ')).is_ok();
        assert!(parse("linekeeper pause pulse"));
        assert!(parse("linekeeper pause --all"));
        assert!(!parse("linekeeper pause"));
        assert!(!parse("linekeeper pause pulse --all"));
        assert!(!parse("linekeeper pause Pulse!"));
        assert!(!parse("linekeeper run --demo --config x"));
    }

    #[test]
    fn a_secret_is_never_an_argument() {
        let parse = |words: &str| CommandLine::try_parse_from(words.split(' ')).is_ok();
        assert!(parse("linekeeper config keyring-set feed"));
        assert!(parse("linekeeper config keyring-set feed --delete"));
        assert!(!parse("linekeeper config keyring-set feed s3cret"));
        assert!(!parse("linekeeper config keyring-set feed --secret s3cret"));
        assert!(!parse("linekeeper config keyring-set -"));
        assert!(!parse("linekeeper config keyring-set"));
    }
}
