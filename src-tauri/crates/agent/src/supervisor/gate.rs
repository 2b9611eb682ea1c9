//! The supervisor's gateway: started, replaced and closed as the settings have it. Answers nothing itself.

use tracing::warn;

use super::Supervisor;
use crate::{gateway::Gateway, settings::GatewaySettings};

impl Supervisor {
    pub(super) async fn apply_gateway(&mut self, wanted: &GatewaySettings) {
        if self.state.gateway_settings.as_ref() == Some(wanted) {
            return;
        }
        self.close_gateway().await;
        self.state.gateway_settings = Some(wanted.clone());
        self.state.gateway_problem = None;
        if !wanted.enabled {
            return;
        }
        match Gateway::start(wanted, &self.runtime_folder, self.handle.clone()).await {
            Ok(gateway) => {
                self.state.gateway_clients = Some(gateway.connections());
                self.state.gateway = Some(gateway);
            }
            Err(error) => {
                warn!(%error, "the gateway could not start");
                self.state.gateway_problem = Some(error.problem());
            }
        }
    }

    /// What programs have handed over by now is still taken: its answer goes out before the gateway closes.
    pub(super) async fn close_gateway(&mut self) {
        self.state.gateway_clients = None;
        let Some(gateway) = self.state.gateway.take() else { return };
        let mut closing = std::pin::pin!(gateway.shutdown());
        loop {
            tokio::select! {
                () = closing.as_mut() => return,
                Some(request) = self.requests.recv() => self.answer(request).await,
            }
        }
    }
}
