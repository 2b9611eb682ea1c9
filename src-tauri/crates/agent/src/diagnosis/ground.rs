//! The ground a check stands on: settings, secrets, the way out, and what is known of a running agent.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use diagnostics::{History, Inquiry, LiveNow, SILENCE, Subject, run};
use dial::{Dialer, ProxyChoice, SystemProxies};
use futures_util::future::join_all;
use jiff::Timestamp;
use model::{
    EndpointId, StatusSnapshot,
    check::{CheckProgress, Mode, Report, Trigger},
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    chronicle::ChronicleFile,
    here::{self, Lately},
    live, private,
    subject::subject,
    support::{self, Known, Support},
};
use crate::{
    paths::{Environment, Paths},
    secrets::{EndpointCredential, Secrets},
    settings::{DiagnosticsSettings, EndpointSettings, Loaded},
};

/// What somebody asks for that differs from the settings, for this check alone.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// PEM file with additional trusted issuers.
    pub ca_file: Option<PathBuf>,
    /// The way out.
    pub proxy: Option<ProxyChoice>,
}

/// A check made outside an agent.
#[derive(Debug)]
pub struct Ground {
    /// What is checked.
    pub endpoints: Vec<EndpointSettings>,
    /// Other configured endpoints: one knock at each.
    pub controls: Vec<EndpointSettings>,
    /// The environment, for secrets and proxies.
    pub environment: Environment,
    /// What differs from the endpoints' settings.
    pub way: Way,
    /// What checks may do beside asking endpoints.
    pub rules: DiagnosticsSettings,
    /// How thoroughly.
    pub mode: Mode,
    /// The check may take so long.
    pub limit: Duration,
    /// What a running agent says, where there is one, as it changes.
    pub agent: Option<watch::Receiver<Arc<StatusSnapshot>>>,
    /// Where the buffers are, and the log files.
    pub paths: Paths,
}

/// A check that was made.
#[derive(Debug)]
pub struct Checked {
    /// What came of it.
    pub report: Report,
    known: Known,
    environment: Environment,
    logs: PathBuf,
    chronicle: ChronicleFile,
    runtime: PathBuf,
}

impl Checked {
    /// What a support bundle about it is made from.
    pub fn support(&self, loaded: &Loaded, history: Option<History>) -> Support {
        Support {
            report: self.report.clone(),
            known: self.known.clone().and(private::more(loaded, &self.environment, &self.runtime)),
            settings: support::settings(loaded),
            logs: self.logs.clone(),
            chronicle: self.chronicle.clone(),
            history,
            environment: support::environment(&self.report.app, &self.environment),
        }
    }
}

impl Ground {
    /// Makes the check.
    pub async fn check(
        self,
        history: Option<&History>,
        watchers: Option<mpsc::Sender<CheckProgress>>,
        cancel: CancellationToken,
    ) -> Checked {
        let variables = self.environment.clone().into_iter().collect();
        let dialer = Dialer::new().with_system_proxies(SystemProxies::of(&variables));
        let secrets = Secrets::start(self.environment.clone());
        let mine = |mut settings: EndpointSettings| {
            if self.way.ca_file.is_some() {
                settings.tls.ca_file.clone_from(&self.way.ca_file);
            }
            if let Some(proxy) = &self.way.proxy {
                settings.proxy = proxy.clone();
            }
            let credential = settings.auth.as_ref().map(|auth| secrets.credential(auth));
            (settings, credential)
        };
        let terrain = Terrain {
            endpoints: self.endpoints.into_iter().map(mine).collect(),
            controls: self.controls.into_iter().map(mine).collect(),
            dialer: dialer.clone(),
            environment: self.environment.clone(),
            status: self.agent,
            asked: BTreeMap::new(),
            lately: Lately::default(),
            data: self.paths.data,
            rules: self.rules,
        };
        let chronicle = ChronicleFile::of(&terrain.data);
        let asked = (Trigger::Cli, self.mode, self.limit);
        let inquiry = terrain.inquiry(asked).await;
        let known = Known::of(&inquiry);
        let report = run(inquiry, &dialer, history, watchers, cancel).await;
        Checked {
            report,
            known,
            environment: self.environment,
            logs: self.paths.logs,
            chronicle,
            runtime: self.paths.runtime,
        }
    }
}

/// Everything an inquiry is made from.
#[derive(Debug)]
pub(crate) struct Terrain {
    pub(crate) endpoints: Vec<(EndpointSettings, Option<Arc<EndpointCredential>>)>,
    pub(crate) controls: Vec<(EndpointSettings, Option<Arc<EndpointCredential>>)>,
    pub(crate) dialer: Dialer,
    pub(crate) environment: Environment,
    pub(crate) status: Option<watch::Receiver<Arc<StatusSnapshot>>>,
    /// When a person last asked for a connection.
    pub(crate) asked: BTreeMap<EndpointId, Instant>,
    pub(crate) lately: Lately,
    pub(crate) data: PathBuf,
    pub(crate) rules: DiagnosticsSettings,
}

impl Terrain {
    /// Reads the secrets and puts the inquiry together.
    pub(super) async fn inquiry(self, (trigger, mode, limit): (Trigger, Mode, Duration)) -> Inquiry {
        let snapshot = self.status.as_ref().map(|status| Arc::clone(&status.borrow()));
        let now = Timestamp::now();
        let of = |id: &EndpointId| snapshot.as_ref()?.endpoints.iter().find(|endpoint| endpoint.id == *id);
        let subjects = |all: Vec<(EndpointSettings, Option<Arc<EndpointCredential>>)>| {
            join_all(all.into_iter().map(|(settings, credential)| {
                let asked = self.asked.get(&settings.id).copied();
                let live = of(&settings.id).map(|snapshot| live::live(snapshot, now, asked));
                async move { subject(&settings, credential, live).await }
            }))
        };
        let buffers = self.endpoints.iter().chain(&self.controls);
        let problems = snapshot.as_ref().map(|snapshot| snapshot.problems.as_slice()).unwrap_or_default();
        let buffers = buffers
            .filter_map(|(settings, _)| {
                Some(live::buffer(of(&settings.id)?, problems, &settings.buffer, &self.data))
            })
            .collect();
        let uptime = snapshot.as_ref().map(|snapshot| Duration::from_millis(snapshot.agent.uptime_ms));
        let (asked, status) = (self.asked.clone(), self.status.clone());
        let (endpoints, controls): (Vec<Subject>, Vec<Subject>) =
            (subjects(self.endpoints).await, subjects(self.controls).await);
        Inquiry {
            run: None,
            trigger,
            mode,
            limit,
            subjects: endpoints,
            controls,
            control_url: self.rules.control_url,
            correlate: self.rules.correlate,
            app: here::app(&self.environment, uptime),
            buffers,
            other_owner: None,
            recent: self.lately.recent(),
            who: here::who(&self.environment),
            live_now: status.map(|status| {
                LiveNow::new(move |id| {
                    let snapshot = Arc::clone(&status.borrow());
                    let found = snapshot.endpoints.iter().find(|endpoint| endpoint.id == *id)?;
                    Some(live::live(found, Timestamp::now(), asked.get(id).copied()))
                })
            }),
            silence: SILENCE,
        }
    }
}
