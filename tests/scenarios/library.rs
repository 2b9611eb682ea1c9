//! Makes the check of a staged scenario in this process, where the program has no way in: names that only exist here, a
//! part that breaks, a thousand checks in one process.

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use diagnostics::{Inquiry, SILENCE, Subject, facts::Recent};
use dial::{
    DesktopProxies, DesktopSettings, DesktopUnreadable, DialRequest, Dialer, Lookup, ProxyChoice,
    ProxyEnvironment, ResolveError, ResolveErrorKind, SystemLookup, SystemProxies,
};
use jiff::Timestamp;
use model::check::{App, Mode, Package, Report, Trigger};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{scenario::Scenario, stage::Stage};

/// Names of a scenario; what it does not know, the system may.
struct Names(BTreeMap<String, Vec<IpAddr>>);

impl Lookup for Names {
    fn lookup(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        match self.0.get(host) {
            Some(addresses) => Ok(addresses.clone()),
            None if self.0.is_empty() => SystemLookup.lookup(host),
            None => Err(ResolveError::new(ResolveErrorKind::NotFound, "not staged")),
        }
    }
}

/// Settings of a desktop that has none, or that takes the step that reads them down with it.
#[derive(Debug)]
struct Desktop {
    breaks: bool,
}

impl DesktopProxies for Desktop {
    fn read(&self) -> Result<DesktopSettings, DesktopUnreadable> {
        assert!(!self.breaks, "staged");
        Ok(DesktopSettings::Off)
    }
}

/// One check, without a history.
pub(crate) async fn run(stage: &Stage, scenario: &Scenario) -> Result<Report> {
    let desktop = Desktop { breaks: scenario.check.panics.as_deref() == Some("proxies") };
    let proxies = SystemProxies::new(ProxyEnvironment::default(), Arc::new(desktop));
    let dialer = Dialer::with_lookup(Arc::new(Names(scenario.names.clone()))).with_system_proxies(proxies);
    let inquiry = inquiry(stage, scenario)?;
    Ok(diagnostics::run(inquiry, &dialer, None, None, CancellationToken::new()).await)
}

fn inquiry(stage: &Stage, scenario: &Scenario) -> Result<Inquiry> {
    let of = |wanted: bool| {
        let chosen = stage.endpoints().iter().filter(|(id, _)| scenario.check.of.contains(id) == wanted);
        chosen.map(|(id, endpoint)| subject(id, endpoint)).collect::<Result<Vec<_>>>()
    };
    Ok(Inquiry {
        run: None,
        trigger: Trigger::Cli,
        mode: if scenario.check.deep { Mode::Deep } else { Mode::Quick },
        limit: Duration::from_secs(if scenario.check.deep { 120 } else { 20 }),
        subjects: of(true)?,
        controls: of(false)?,
        control_url: None,
        correlate: true,
        app: App {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: None,
            os: "staged".to_owned(),
            desktop: None,
            package: Package::Dev,
            tray: None,
            uptime_s: None,
        },
        buffers: Vec::new(),
        other_owner: None,
        recent: Recent { now: Some(Timestamp::now()), ..Recent::default() },
        who: Default::default(),
        live_now: None,
        silence: SILENCE,
    })
}

/// An endpoint of the configuration, as far as these scenarios say anything about one.
fn subject(id: &str, endpoint: &Value) -> Result<Subject> {
    let url = endpoint["url"].as_str().context("an endpoint has a URL")?;
    let mut request = DialRequest::new(url.parse()?);
    request.tls.ca_file = endpoint.pointer("/tls/ca_file").and_then(Value::as_str).map(PathBuf::from);
    request.proxy = match endpoint["proxy"].as_str() {
        None | Some("system") => ProxyChoice::System,
        Some("none") => ProxyChoice::Direct,
        Some(url) => ProxyChoice::Url(url.parse()?),
    };
    let names = endpoint["subprotocols"].as_array().into_iter().flatten();
    request.subprotocols = names.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    Ok(Subject {
        id: id.parse()?,
        name: id.to_owned(),
        request: Ok(request),
        shown_url: url.to_owned(),
        backups: Vec::new(),
        health_url: None,
        single_session: false,
        heartbeat: Duration::from_secs(25),
        live: None,
    })
}
