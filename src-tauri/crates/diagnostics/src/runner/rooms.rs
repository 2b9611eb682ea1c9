//! The parts of a check, each a task of its own, and which steps belong to which.

use std::{future::Future, sync::Arc};

use dial::Dialer;
use model::check::StepId;

use super::clock;
use crate::{
    Inquiry, Notebook, computer, controls,
    facts::{AddressEnd, TlsEnd, UpgradeEnd},
    names, path,
};

/// A part of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// This computer and its network.
    Computer,
    /// Other endpoints, and the sign-in page.
    Controls,
    /// What name servers say about an endpoint.
    Names(usize),
    /// The way to an endpoint.
    Path(usize),
    /// What can be judged only when everything else is known.
    Settling,
    /// The runner itself.
    Runner,
}

impl Part {
    /// The part that does a step.
    pub(super) fn of(step: StepId, at: Option<usize>) -> Self {
        match (step, at) {
            (StepId::A3, _) => Self::Settling,
            (StepId::A8 | StepId::J, _) => Self::Runner,
            (StepId::C1 | StepId::C2, _) => Self::Controls,
            (StepId::B2 | StepId::B3, Some(at)) => Self::Names(at),
            (_, Some(at)) => Self::Path(at),
            (_, None) => Self::Computer,
        }
    }
}

/// Does the parts. A trait, so that tests can put parts that break or hang in their place.
pub(super) trait Rooms: Send + Sync + 'static {
    /// Does one part: writes what it sees into the notebook.
    fn enter(
        &self,
        part: Part,
        notebook: Notebook,
        inquiry: Arc<Inquiry>,
    ) -> impl Future<Output = ()> + Send + 'static;
}

/// The parts as they are.
#[derive(Clone, Debug)]
pub(super) struct Production {
    pub(super) dialer: Dialer,
}

impl Rooms for Production {
    fn enter(
        &self,
        part: Part,
        notebook: Notebook,
        inquiry: Arc<Inquiry>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let dialer = self.dialer.clone();
        async move {
            match part {
                Part::Computer => computer::look(&notebook, &inquiry, &dialer).await,
                Part::Controls => controls::knock(&notebook, &inquiry, &dialer).await,
                Part::Names(at) => names::ask(&notebook, &inquiry.subjects[at], at, &dialer).await,
                Part::Path(at) => path::walk(&notebook, &inquiry, &inquiry.subjects[at], at, &dialer).await,
                Part::Settling => {
                    clock::judge(&notebook);
                    computer::note_ways(&notebook);
                    if a_stranger_may_answer(&notebook) {
                        controls::ghost(&notebook, &dialer).await;
                    }
                }
                Part::Runner => {}
            }
        }
    }
}

/// Whether something that is not the server may have answered: then it is worth asking for a host that cannot exist.
fn a_stranger_may_answer(notebook: &Notebook) -> bool {
    notebook.known(|facts| {
        facts.endpoints.iter().any(|endpoint| {
            let open = endpoint.addresses.iter().any(|address| address.end == AddressEnd::Connected);
            let refused = endpoint
                .tls
                .as_ref()
                .is_some_and(|tls| tls.end.as_ref().is_some_and(|end| *end != TlsEnd::Open));
            let not_switched = endpoint.upgrade.as_ref().is_some_and(|upgrade| match upgrade.end {
                UpgradeEnd::Switched | UpgradeEnd::LiveOnly => false,
                UpgradeEnd::Status(_)
                | UpgradeEnd::Redirected { .. }
                | UpgradeEnd::Broken(..)
                | UpgradeEnd::Cut { .. }
                | UpgradeEnd::TimedOut { .. } => true,
            });
            let far = !endpoint.addresses.iter().any(|address| address.address.is_loopback());
            open && far && endpoint.proxy.is_none() && (refused || not_switched)
        })
    })
}
