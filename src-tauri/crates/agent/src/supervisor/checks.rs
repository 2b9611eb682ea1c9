//! Requests about checks: what is checked, and from what their reports are collected; and which endpoints are well, for
//! checks that nobody asks for. Makes none itself.

use std::sync::Arc;

use jiff::Timestamp;
use link::Signal;
use model::{EndpointId, EndpointState, Reason};

use super::{Endpoint, Supervisor};
use crate::{
    diagnosis::{CheckRequest, Checking, DiagnoseRequest, Terrain},
    handle::AgentError,
    settings::DiagnosticsSettings,
};

impl Supervisor {
    /// A caller that has gone away no longer needs its answer.
    pub(super) fn answer_about_checks(&self, request: CheckRequest) {
        let checks = self.checks.clone();
        match request {
            CheckRequest::Begin { request, reply } => {
                let _ = reply.send(self.diagnose(&request));
            }
            CheckRequest::Cancel { reply } => {
                let _ = reply.send(Ok(checks.cancel()));
            }
            // Reading the disk may take a moment.
            CheckRequest::Last { reply } => self.checks.spawn(async move {
                let _ = reply.send(Ok(checks.last().await));
            }),
            CheckRequest::Find { run, reply } => self.checks.spawn(async move {
                let _ = reply.send(Ok(checks.find(run).await));
            }),
            CheckRequest::Support { report, reply } => {
                let (terrain, loaded) = (self.terrain(&[]), Arc::clone(&self.settings.borrow()));
                let chronicle = self.chronicle.clone();
                self.checks.spawn(async move {
                    chronicle.written().await;
                    let _ = reply.send(Ok(checks.support(*report, terrain, &loaded).await));
                });
            }
        }
    }

    /// Begins a check of what is asked for; the other endpoints serve as controls.
    fn diagnose(&self, request: &DiagnoseRequest) -> Result<Checking, AgentError> {
        let wanted = &request.endpoints;
        if let Some(id) = wanted.iter().find(|id| !self.state.endpoints.contains_key(*id)) {
            return Err(self.unknown(id));
        }
        self.checks.ask(request, self.terrain(wanted), self.stop.child_token())
    }

    /// Something happened around the connections.
    pub(super) fn heed(&mut self, signal: Signal) {
        self.state.lately.note(signal);
        match signal {
            Signal::Woke(_) | Signal::NetworkChanged => self.checks.unsettled(),
            Signal::CredentialChanged | Signal::CheckRoute => {}
        }
    }

    /// Has one calm endpoint checked, if it is time for that, although nobody asks.
    pub(super) fn consider_checks(&self) {
        let Some(id) = self.checks.whose_turn(&self.well()) else { return };
        let terrain = self.terrain(std::slice::from_ref(&id));
        // Nobody but the endpoint itself is asked.
        let rules = DiagnosticsSettings { control_url: None, ..terrain.rules };
        let terrain = Terrain { controls: Vec::new(), rules, ..terrain };
        self.checks.use_turn(id, terrain, self.stop.child_token());
    }

    /// Endpoints that are open where they should be, with nothing waiting, and since when. None while the network is away.
    fn well(&self) -> Vec<(EndpointId, Timestamp)> {
        if !self.settings.borrow().settings.diagnostics.baselines {
            return Vec::new();
        }
        let mut well = Vec::new();
        for (id, endpoint) in &self.state.endpoints {
            let report = endpoint.report.borrow();
            if matches!(report.view.reason, Some(Reason::Offline | Reason::CaptivePortal)) {
                return Vec::new();
            }
            let up = report.view.state == EndpointState::Connected && !report.view.is_on_backup();
            let waiting = self.state.couriers.get(id).map_or(0, |courier| courier.standing().info.queued);
            if up && !endpoint.paused && waiting == 0 {
                well.push((id.clone(), report.since));
            }
        }
        well
    }

    /// What a check of these endpoints, or of all, stands on.
    fn terrain(&self, wanted: &[EndpointId]) -> Terrain {
        let (endpoints, controls) = self
            .state
            .endpoints
            .values()
            .partition(|one| wanted.is_empty() || wanted.contains(&one.settings.id));
        // Credentials of their own: what a link was given stays what it was given.
        let dialed = |endpoints: Vec<&Endpoint>| {
            let dialed = |one: &Endpoint| {
                let credential = one.settings.auth.as_ref().map(|auth| self.secrets.credential(auth));
                (one.settings.clone(), credential)
            };
            endpoints.into_iter().map(dialed).collect()
        };
        let asked = self.state.endpoints.iter().filter_map(|(id, one)| Some((id.clone(), one.asked?)));
        Terrain {
            endpoints: dialed(endpoints),
            controls: dialed(controls),
            dialer: self.state.dialer.clone(),
            environment: self.checks.environment().clone(),
            status: Some(self.handle.watch_status()),
            asked: asked.collect(),
            lately: self.state.lately,
            rules: self.settings.borrow().settings.diagnostics.clone(),
            data: self.checks.data().to_owned(),
        }
    }
}
