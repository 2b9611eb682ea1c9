//! Buffers of endpoints that nobody is configured to send to: removed or disabled ones. Nothing in them is lost, and
//! while messages wait in one, or it cannot be looked into, a problem says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use model::{EndpointId, ErrorCode, Problem};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{Depot, standing::problem};
use crate::endpoint::Bell;

/// Between looks at whether what was wrong still is.
const AGAIN: Duration = Duration::from_secs(5);
/// Time to end in.
const ENDING: Duration = Duration::from_millis(2_500);

/// Looks after them; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Leftovers {
    served: watch::Sender<BTreeSet<EndpointId>>,
    problems: watch::Receiver<Vec<Problem>>,
    task: JoinHandle<()>,
}

/// What is known of one.
#[derive(Debug)]
enum Found {
    /// Looked into; nobody but us changes it, but it may be deleted.
    Known(Option<Problem>),
    /// It did not open; it is tried again.
    Closed(Problem),
}

impl Leftovers {
    /// Starts looking once it is told who is served.
    pub(crate) fn watch(depot: Depot, bell: Arc<Bell>) -> Self {
        Self::watch_every(AGAIN, depot, bell)
    }

    fn watch_every(again: Duration, depot: Depot, bell: Arc<Bell>) -> Self {
        let (served, wanted) = watch::channel(BTreeSet::new());
        let (tell, problems) = watch::channel(Vec::new());
        let task = tokio::spawn(look(again, depot, bell, wanted, tell));
        Self { served, problems, task }
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

    /// Lets go of the buffer that is being looked into, if there is one.
    pub(crate) async fn end(self) {
        drop(self.served);
        let abort = self.task.abort_handle();
        match timeout(ENDING, self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "looking after left buffers ended badly"),
            Err(_) => abort.abort(),
        }
    }
}

async fn look(
    again: Duration,
    depot: Depot,
    bell: Arc<Bell>,
    mut wanted: watch::Receiver<BTreeSet<EndpointId>>,
    tell: watch::Sender<Vec<Problem>>,
) {
    let mut found: BTreeMap<EndpointId, Found> = BTreeMap::new();
    loop {
        let something_is_wrong = found.values().any(|found| found.problem().is_some());
        tokio::select! {
            changed = wanted.changed() => if changed.is_err() { return },
            () = sleep(again), if something_is_wrong => {}
        }
        let served = wanted.borrow_and_update().clone();
        found.retain(|id, _| !served.contains(id) && depot.knows(id));
        for id in depot.known().into_iter().filter(|id| !served.contains(id)) {
            let before = found.get(&id);
            if !matches!(before, Some(Found::Known(_))) {
                let now = look_into(&depot, &id, before.is_none()).await;
                found.insert(id, now);
            }
        }
        let fresh: Vec<Problem> = found.values().filter_map(Found::problem).cloned().collect();
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

impl Found {
    fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Known(problem) => problem.as_ref(),
            Self::Closed(problem) => Some(problem),
        }
    }
}

async fn look_into(depot: &Depot, id: &EndpointId, first: bool) -> Found {
    let place = depot.place(id);
    let place = place.display();
    match queued(depot, id).await {
        Ok(0) => Found::Known(None),
        Ok(queued) => {
            let detail = format!(
                "{queued} messages are kept in {place}. Configure and enable {id} to send them, or delete the folder to give \
                 them up."
            );
            Found::Known(Some(problem(id, ErrorCode::MessagesLeft, detail)))
        }
        Err(error) => {
            let error = dial::one_line(&error, 300);
            if first {
                tracing::warn!(endpoint = %id, error, "its buffer cannot be looked into");
            }
            let detail = format!("Nobody knows whether messages are kept in {place}: {error}.");
            Found::Closed(problem(id, ErrorCode::BufferUnavailable, detail))
        }
    }
}

/// How many messages wait in a buffer that has no courier.
async fn queued(depot: &Depot, id: &EndpointId) -> Result<u64, String> {
    let holding = depot.look_into(id).await.map_err(|error| error.to_string())?;
    let stats = holding.handle.stats().await;
    holding.close().await;
    Ok(stats.map_err(|error| error.to_string())?.tally.queued)
}

#[cfg(test)]
mod tests {
    use outbox::{NewMessage, Outbox, OutboxOptions};

    use super::*;
    use crate::paths::Paths;

    #[tokio::test]
    async fn a_problem_goes_away_with_the_folder_that_it_asked_to_delete() {
        let home = tempfile::tempdir().unwrap();
        let depot = Depot::of(&Paths::under(home.path()), false);
        let (kept, busy): (EndpointId, EndpointId) = ("kept".parse().unwrap(), "busy".parse().unwrap());
        for id in [&kept, &busy] {
            let mut options = OutboxOptions::new(id.as_str());
            (options.disk.min_free_bytes, options.disk.min_free_percent) = (0, 0);
            let (outbox, _) = Outbox::open(depot.place(id), options).await.unwrap();
            outbox.handle().append(vec![NewMessage::text("a")]).await.unwrap();
            outbox.close().await;
        }
        // Somebody else has this one.
        let held = depot.look_into(&busy).await.unwrap();
        let mut leftovers = Leftovers::watch_every(Duration::from_millis(50), depot.clone(), Arc::default());
        leftovers.except(BTreeSet::new());
        let mut until = async |codes: &[ErrorCode]| {
            let fits =
                |told: &Vec<Problem>| told.iter().map(|problem| problem.code).eq(codes.iter().copied());
            let told = timeout(Duration::from_secs(60), leftovers.problems.wait_for(fits)).await;
            told.unwrap_or_else(|_| panic!("{codes:?}")).unwrap();
        };
        until(&[ErrorCode::BufferUnavailable, ErrorCode::MessagesLeft]).await;
        held.close().await;
        until(&[ErrorCode::MessagesLeft, ErrorCode::MessagesLeft]).await;
        std::fs::remove_dir_all(depot.place(&kept)).unwrap();
        until(&[ErrorCode::MessagesLeft]).await;
        std::fs::remove_dir_all(depot.place(&busy)).unwrap();
        until(&[]).await;
        leftovers.end().await;
    }
}
