//! Requests about checks: what is checked, and from what their reports are collected. Makes none itself.

use std::sync::Arc;

use model::EndpointId;

use super::{Endpoint, Supervisor};
use crate::{
    diagnosis::{CheckRequest, Checking, DiagnoseRequest, Terrain},
    handle::AgentError,
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
