//! Buffers of endpoints that nobody is configured to send to: removed or disabled ones. Nothing in them is lost, and
//! while messages wait in one, a problem says so.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use model::{EndpointId, ErrorCode, Problem};
use tokio::sync::watch;

use super::{Depot, standing::problem};
use crate::endpoint::Bell;

/// Looks after them; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Leftovers {
    served: watch::Sender<BTreeSet<EndpointId>>,
    problems: watch::Receiver<Vec<Problem>>,
}

impl Leftovers {
    /// Starts looking once it is told who is served.
    pub(crate) fn watch(depot: Depot, bell: Arc<Bell>) -> Self {
        let (served, wanted) = watch::channel(BTreeSet::new());
        let (tell, problems) = watch::channel(Vec::new());
        tokio::spawn(look(depot, bell, wanted, tell));
        Self { served, problems }
    }

    /// These endpoints have a courier; all other buffers are leftovers.
    pub(crate) fn except(&self, served: BTreeSet<EndpointId>) {
        self.served.send_if_modified(|known| {
            // The first time also without any endpoint.
            let changed = *known != served || served.is_empty();
            *known = served;
            changed
        });
    }

    /// One for each buffer in which messages wait.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        self.problems.borrow().clone()
    }
}

async fn look(
    depot: Depot,
    bell: Arc<Bell>,
    mut wanted: watch::Receiver<BTreeSet<EndpointId>>,
    tell: watch::Sender<Vec<Problem>>,
) {
    let mut found: BTreeMap<EndpointId, Option<Problem>> = BTreeMap::new();
    while wanted.changed().await.is_ok() {
        let served = wanted.borrow_and_update().clone();
        found.retain(|id, _| !served.contains(id));
        for id in depot.known() {
            if !served.contains(&id)
                && let Entry::Vacant(unseen) = found.entry(id)
            {
                let problem = waiting(&depot, unseen.key()).await;
                unseen.insert(problem);
            }
        }
        let fresh: Vec<Problem> = found.values().flatten().cloned().collect();
        let changed = tell.send_if_modified(|told| {
            let changed = *told != fresh;
            *told = fresh;
            changed
        });
        if changed {
            bell.changed.notify_one();
        }
    }
}

/// Says so when messages wait in a buffer that has no courier.
async fn waiting(depot: &Depot, id: &EndpointId) -> Option<Problem> {
    let holding = match depot.look_into(id).await {
        Ok(holding) => holding,
        Err(error) => {
            tracing::warn!(endpoint = %id, %error, "its buffer cannot be looked into");
            return None;
        }
    };
    let queued = holding.handle.stats().await.map_or(0, |stats| stats.tally.queued);
    holding.close().await;
    let place = depot.place(id);
    (queued > 0).then(|| {
        let detail = format!(
            "{queued} messages are kept in {}. Configure and enable {id} to send them, or delete the folder to give them up.",
            place.display()
        );
        problem(id, ErrorCode::MessagesLeft, detail)
    })
}
