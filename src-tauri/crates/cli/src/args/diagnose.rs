//! What `linekeeper diagnose` accepts.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, value_parser};
use model::Language;

pub(super) const HELP: &str = "\
Checks every configured endpoint, or the ones named: an id from the configuration, or any ws, wss, http or https URL.
Needs no running agent; one that runs is asked what its connections are doing.

Exit status: 0 everything works, 10 it works but not as it should, 20 something does not work, 30 the check did not
finish, 2 wrong usage, 130 Ctrl-C (what is done by then is printed).

Example:
  linekeeper diagnose
  linekeeper diagnose wss://rt.example.com/live --json | jq -r .verdict.line
  linekeeper diagnose pulse --deep --html check.html
  linekeeper diagnose --record --bundle support.zip";

#[derive(Debug, Args)]
pub(crate) struct DiagnoseArgs {
    /// Endpoint ids or URLs; all enabled endpoints when left out
    #[arg(value_name = "URL|ENDPOINT")]
    pub(crate) targets: Vec<String>,
    /// Also silence, large packets and more pings: up to two minutes
    #[arg(long)]
    pub(crate) deep: bool,
    /// Print the report as JSON
    #[arg(long, group = "form")]
    pub(crate) json: bool,
    /// Print the report as text, without colour
    #[arg(long, group = "form")]
    pub(crate) text: bool,
    /// Write the report as one HTML file, `-` for standard output
    #[arg(long, value_name = "FILE", group = "form")]
    pub(crate) html: Option<PathBuf>,
    /// Write a support bundle, a zip file without secrets, beside the report
    #[arg(long, value_name = "FILE")]
    pub(crate) bundle: Option<PathBuf>,
    /// First record the problem: the running agent's log says more until Enter, Ctrl-C or MINUTES are over
    #[arg(
        long,
        value_name = "MINUTES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "15",
        value_parser = value_parser!(u16).range(1..=15)
    )]
    pub(crate) record: Option<u16>,
    /// Print the JSON Schema of the report
    #[arg(long, group = "form", conflicts_with_all = ["targets", "deep", "record"])]
    pub(crate) schema: bool,
    /// End after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// PEM file with additional trusted issuers
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Proxy to go through: a URL, or `none`
    #[arg(long, value_name = "URL|none")]
    pub(crate) proxy: Option<String>,
    /// A page of your organisation that answers 204, to recognise sign-in pages
    #[arg(long, value_name = "URL")]
    pub(crate) control_url: Option<String>,
    /// Language of text and HTML
    #[arg(long, value_enum, default_value_t = Tongue::En)]
    pub(crate) language: Tongue,
}

/// A language.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Tongue {
    /// English
    En,
    /// Russian
    Ru,
    /// Persian
    Fa,
}

impl From<Tongue> for Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::En => Self::English,
            Tongue::Ru => Self::Russian,
            Tongue::Fa => Self::Persian,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let wrong = "write a number of seconds from 0.1 to 600";
    let seconds: f64 = text.parse().map_err(|_| wrong)?;
    if (0.1..=600.0).contains(&seconds) { Ok(Duration::from_secs_f64(seconds)) } else { Err(wrong) }
}
