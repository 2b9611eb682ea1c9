//! What a courier does all day: hands messages over while there is a session, listens to what becomes of them, and keeps
//! the buffer. Each of the three has a file of its own.

mod arrivals;
mod keeping;

use std::{sync::Arc, time::Duration};

use model::EndpointId;
use outbox::AckMode;
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Depot, Reply, acks::Finding, carriage::Carriage, depot::Holding, line::Sessions, standing::Standing,
    window::Landed,
};
use crate::{endpoint::Bell, events::Arrivals, settings::EndpointSettings};

/// Time for messages under way to arrive at the end.
const FAREWELL: Duration = Duration::from_millis(500);
/// Further away than anything that is waited for.
const LONG: Duration = Duration::from_secs(3_600);

/// Whom a courier tells.
#[derive(Debug)]
pub(super) struct Outward {
    pub(super) id: EndpointId,
    pub(super) arrivals: broadcast::Sender<Arrivals>,
    pub(super) bell: Arc<Bell>,
    pub(super) standing: watch::Sender<Standing>,
}

/// What comes to a courier.
#[derive(Debug)]
pub(super) struct Inward {
    pub(super) settings: watch::Receiver<EndpointSettings>,
    pub(super) requests: mpsc::Receiver<Reply>,
    pub(super) sessions: Sessions,
    pub(super) acks: mpsc::Receiver<Finding>,
    pub(super) stop: CancellationToken,
}

/// A courier at work.
#[derive(Debug)]
pub(super) struct Round {
    outward: Outward,
    inward: Inward,
    depot: Depot,
    /// Where acknowledgements are looked for.
    pointer: watch::Sender<Option<Arc<str>>>,
    /// The newest settings that are obeyed.
    settings: EndpointSettings,
    carriage: Carriage,
    holding: Option<Holding>,
    /// Why the buffer did not open.
    trouble: Option<String>,
    /// Before this moment nothing is tried with a buffer that does not work.
    rests_until: Option<Instant>,
    /// Arrived, but the buffer could not be told.
    owed: Vec<Landed>,
    /// Sessions in a row that were given up because nothing was acknowledged.
    silences: u32,
}

impl Round {
    pub(super) fn new(
        outward: Outward,
        inward: Inward,
        depot: Depot,
        pointer: watch::Sender<Option<Arc<str>>>,
    ) -> Box<Self> {
        let settings = inward.settings.borrow().clone();
        Box::new(Self {
            carriage: Carriage::new(keeping::manner(&settings)),
            outward,
            inward,
            depot,
            pointer,
            settings,
            holding: None,
            trouble: None,
            rests_until: None,
            owed: Vec::new(),
            silences: 0,
        })
    }

    /// Works until it is stopped. Boxed, because every future that a value goes through has a place of its own for it.
    pub(super) async fn run(mut self: Box<Self>) {
        self.open_at_start().await;
        loop {
            self.conclude_session().await;
            self.keep().await;
            self.miss_acks().await;
            self.hand_over().await;
            self.tell();
            let wakes_at = self.wakes_at();
            tokio::select! {
                () = self.inward.stop.cancelled() => break,
                session = self.inward.sessions.changed() => self.carriage.change_session(session),
                request = self.inward.requests.recv() => match request {
                    Some(reply) => {
                        // Who asked may be gone.
                        let _ = reply.send(self.hold().await);
                    }
                    None => break,
                },
                Ok(()) = self.inward.settings.changed() => self.follow_settings().await,
                happening = self.carriage.next() => self.on(happening).await,
                Some(finding) = self.inward.acks.recv() => self.acknowledge(finding.ids).await,
                news = next_news(&mut self.holding) => self.carriage.dry &= news != News::Work,
                () = sleep_until(wakes_at) => {}
            }
        }
        self.finish().await;
    }

    /// Takes from the buffer what the session may have, and hands it over.
    async fn hand_over(&mut self) {
        if self.rests_until.is_some() {
            return;
        }
        while let Some(holding) = &mut self.holding
            && let Some(limit) = self.carriage.room()
        {
            // What comes from now on makes it worth asking again.
            holding.work.mark_unchanged();
            match holding.handle.lease(limit).await {
                Ok(messages) if messages.is_empty() => self.carriage.dry = true,
                Ok(messages) => self.carriage.depart(messages),
                Err(error) => return self.on_buffer_error(&error),
            }
        }
    }

    fn by_app(&self) -> bool {
        self.settings.buffer.ack == AckMode::App
    }

    fn wakes_at(&self) -> Instant {
        let works = self.holding.is_some() && self.rests_until.is_none();
        let room_at = if works { self.carriage.room_at() } else { None };
        let moments = [room_at, self.ack_missed_at(), self.rests_until, self.ages_at()];
        moments.into_iter().flatten().min().unwrap_or_else(|| Instant::now() + LONG)
    }

    /// Lets what is under way arrive, for a moment, and closes the buffer. What has not arrived is in the file.
    async fn finish(mut self: Box<Self>) {
        let deadline = Instant::now() + FAREWELL;
        while !self.carriage.window.is_empty() && self.carriage.session().is_some() {
            tokio::select! {
                happening = self.carriage.next() => self.on(happening).await,
                Some(finding) = self.inward.acks.recv() => self.acknowledge(finding.ids).await,
                session = self.inward.sessions.changed() => self.carriage.change_session(session),
                () = sleep_until(deadline) => break,
            }
        }
        self.close().await;
    }
}

/// What a buffer has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    /// There may be something new to hand over.
    Work,
    /// Its figures are others.
    Figures,
}

/// Waits for news of the buffer; for ever without one.
async fn next_news(holding: &mut Option<Holding>) -> News {
    if let Some(holding) = holding {
        tokio::select! {
            Ok(()) = holding.work.changed() => return News::Work,
            Ok(()) = holding.stats.changed() => return News::Figures,
            else => {}
        }
    }
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_task<F: Future>(_: impl FnOnce(Box<Round>) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_task_of_an_idle_courier_is_small_beside_the_courier() {
        let task = size_of_task(Round::run);
        assert!(task <= 1_280, "{task} bytes, and {} in the courier itself", size_of::<Round>());
    }
}
