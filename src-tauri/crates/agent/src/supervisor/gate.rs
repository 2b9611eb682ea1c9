//! The supervisor's gateway: started, replaced and closed as the settings have it. Answers nothing itself.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use super::Supervisor;
use crate::{gateway::Gateway, settings::GatewaySettings};

/// Between two tries to start a gateway that could not: the program on its port may end, a disk may get room.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Waits for the next try; for ever where none is due.
pub(super) async fn next_try(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl Supervisor {
    pub(super) async fn apply_gateway(&mut self, wanted: &GatewaySettings) {
        if self.state.gateway_settings.as_ref() == Some(wanted) {
            return;
        }
        self.close_gateway().await;
        self.state.gateway_settings = Some(wanted.clone());
        self.state.gateway_problem = None;
        self.state.gateway_again = None;
        if wanted.enabled {
            self.open_gateway(wanted).await;
        }
    }

    /// Tries what failed before.
    pub(super) async fn open_gateway_again(&mut self) {
        self.state.gateway_again = None;
        if let Some(wanted) = self.state.gateway_settings.clone() {
            self.open_gateway(&wanted).await;
        }
    }

    async fn open_gateway(&mut self, wanted: &GatewaySettings) {
        match Gateway::start(wanted, &self.runtime_folder, self.handle.clone()).await {
            Ok(gateway) => {
                self.state.gateway_clients = Some(gateway.connections());
                self.state.gateway = Some(gateway);
                self.state.gateway_problem = None;
            }
            Err(error) => {
                match &self.state.gateway_problem {
                    None => warn!(%error, "the gateway could not start"),
                    Some(_) => debug!(%error, "the gateway still cannot start"),
                }
                self.state.gateway_problem = Some(error.problem());
                self.state.gateway_again = Some(Instant::now() + AGAIN_AFTER);
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
