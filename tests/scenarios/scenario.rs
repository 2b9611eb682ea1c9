//! Scenarios as their data files say them, and where the files are.

use std::{collections::BTreeMap, fs, net::IpAddr, path::Path};

use anyhow::{Context as _, Result, ensure};
use model::check::{Confidence, FindingCode, FindingOwner, VerdictClass};
use serde::Deserialize;
use serde_json::Value;

use crate::plan::Ingredient;

/// What a scenario needs of this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) enum Level {
    /// Loopback alone: runs everywhere.
    L,
    /// Namespaces.
    N,
    /// Namespaces and TUN devices.
    T,
}

/// One scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// Its number in the list of acceptance scenarios, with a letter where there are several cases.
    pub(crate) number: String,
    /// What is staged, in one line.
    pub(crate) name: String,
    /// What it needs.
    pub(crate) level: Level,
    /// The computer it happens on; this one without.
    pub(crate) computer: Option<ComputerPlan>,
    /// Everything a check may meet, by name. Servers and what stands for one are endpoints of the same name.
    #[serde(default)]
    pub(crate) stage: BTreeMap<String, Ingredient>,
    /// Ingredients that are no endpoints.
    #[serde(default)]
    pub(crate) aside: Vec<String>,
    /// More of an endpoint's configuration, by name. `{name}` stands for the address of an ingredient.
    #[serde(default)]
    pub(crate) endpoints: BTreeMap<String, Value>,
    /// More of the configuration.
    #[serde(default)]
    pub(crate) config: Value,
    /// Names and their addresses, where the check is made by the library and not by the program.
    #[serde(default)]
    pub(crate) names: BTreeMap<String, Vec<IpAddr>>,
    /// Environment variables.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// How the check is made.
    #[serde(default)]
    pub(crate) check: CheckPlan,
    /// What it must say.
    pub(crate) expect: Expectation,
}

/// A computer in namespaces of its own.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ComputerPlan {
    /// How it is connected.
    pub(crate) network: Network,
    /// Words for `ip` in it, one command a line.
    pub(crate) ip: Vec<String>,
    /// Further addresses of the other end, where servers may be.
    pub(crate) far: Vec<String>,
    /// Lines of its hosts file.
    pub(crate) hosts: Vec<String>,
    /// Its name servers, in order.
    pub(crate) name_servers: Vec<NameServerPlan>,
    /// Its data folder is a disk of so many KiB, which is filled when the agent runs.
    pub(crate) disk_kib: Option<u64>,
    /// The wire, where that is one of TUN devices.
    pub(crate) wire: Option<WirePlan>,
    /// The wire while an earlier check is made.
    pub(crate) wire_before: Option<WirePlan>,
}

/// How a computer is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Network {
    /// Not at all.
    None,
    /// By a wire to a router.
    #[default]
    Wired,
    /// By a wire that delays and loses.
    Tun,
}

/// A wire of TUN devices.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WirePlan {
    /// Milliseconds each way.
    pub(crate) delay_ms: u32,
    /// Share of packets lost each way.
    pub(crate) loss: f64,
    /// Larger packets vanish; 0 for none.
    pub(crate) largest: u32,
}

/// A name server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NameServerPlan {
    /// Its address.
    pub(crate) at: String,
    /// What it knows: addresses by name, either family.
    #[serde(default)]
    pub(crate) knows: BTreeMap<String, Vec<String>>,
    /// What it answers to any other name.
    #[serde(default)]
    pub(crate) otherwise: NameAnswer,
}

/// An answer without an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NameAnswer {
    /// NXDOMAIN.
    #[default]
    Nxdomain,
    /// SERVFAIL.
    Servfail,
    /// REFUSED.
    Refused,
    /// NOERROR, nothing in it.
    Empty,
    /// None.
    Silence,
}

/// How the check is made.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CheckPlan {
    /// What `diagnose` is asked about: endpoints and URLs.
    pub(crate) of: Vec<String>,
    /// Further words for it.
    pub(crate) options: Vec<String>,
    /// `--deep`.
    pub(crate) deep: bool,
    /// An agent runs; the state its endpoint `of[0]` is in before the check is made.
    pub(crate) agent: Option<String>,
    /// Messages are handed to that agent, and then its disk is filled.
    pub(crate) full_disk: bool,
    /// Such a check was made before, when everything was as the `before` of the ingredients says.
    pub(crate) after_a_good_one: bool,
    /// Interrupted after so many milliseconds.
    pub(crate) interrupted_ms: Option<u64>,
    /// A step breaks off in this part: `proxies`.
    pub(crate) panics: Option<String>,
}

impl CheckPlan {
    /// Whether something happens before the check, while ingredients are as their `before` says.
    pub(crate) fn has_a_before(&self) -> bool {
        self.after_a_good_one || self.agent.is_some()
    }
}

impl Default for CheckPlan {
    fn default() -> Self {
        Self {
            of: vec!["subject".to_owned()],
            options: Vec::new(),
            deep: false,
            agent: None,
            full_disk: false,
            after_a_good_one: false,
            interrupted_ms: None,
            panics: None,
        }
    }
}

/// What a check must say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    /// The verdict's class.
    pub(crate) class: VerdictClass,
    /// The finding it rests on.
    pub(crate) primary: FindingCode,
    /// Who is to act.
    pub(crate) owner: FindingOwner,
    /// How sure.
    pub(crate) confidence: Confidence,
    /// Findings that may stand beside it. Those suppressed and those for information may always.
    #[serde(default)]
    pub(crate) beside: Vec<FindingCode>,
    /// Findings that must stand beside it.
    #[serde(default)]
    pub(crate) with: Vec<FindingCode>,
    /// Words that must occur: in sentence, remedy, evidence or the text report. Small and capital letters are the same.
    #[serde(default)]
    pub(crate) says: Vec<String>,
    /// Words that may not occur in what a person reads: sentences, remedies, the text report.
    #[serde(default)]
    pub(crate) never_says: Vec<String>,
    /// Steps that must have ended so: status, or several with `|` between them.
    #[serde(default)]
    pub(crate) steps: BTreeMap<String, String>,
    /// What must stand in the report.
    #[serde(default)]
    pub(crate) report: Vec<Claim>,
    /// Most requests an ingredient may have got.
    #[serde(default)]
    pub(crate) requests: BTreeMap<String, usize>,
    /// Time the check may take.
    pub(crate) limit_ms: u64,
}

/// Something that must stand in the report.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    /// Where: a JSON pointer.
    pub(crate) at: String,
    /// A number not above this.
    pub(crate) at_most: Option<f64>,
    /// A number not below this.
    pub(crate) at_least: Option<f64>,
    /// Exactly this.
    pub(crate) is: Option<Value>,
    /// Written as JSON, it holds this.
    pub(crate) holds: Option<String>,
}

/// A data file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    scenario: Vec<Scenario>,
}

/// Every scenario of the data files, by number.
pub(crate) fn all() -> Result<Vec<Scenario>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/scenarios/data");
    let mut scenarios = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let page: Page = toml::from_str(&fs::read_to_string(&path)?)
            .with_context(|| format!("{} is not as it should be", path.display()))?;
        scenarios.extend(page.scenario);
    }
    scenarios.sort_by_key(|scenario| order(&scenario.number));
    for pair in scenarios.windows(2) {
        ensure!(pair[0].number != pair[1].number, "two scenarios are {}", pair[0].number);
    }
    Ok(scenarios)
}

/// Sorts numbers with letters behind them.
pub(crate) fn order(number: &str) -> (u32, String) {
    let digits = number.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    (digits.parse().unwrap_or(u32::MAX), number.to_owned())
}
