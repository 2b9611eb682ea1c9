//! A real link on its own task, watched from outside: every view in order, every message, every poll of its task.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow};
use dial::{DialRequest, Dialer};
use link::{
    Link, LinkConfig, LinkCounters, LinkHandle, LinkView, Moment, Observer, Order, Payload, SessionId, Signal,
};
use model::{EndpointState, ErrorCode};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
    time::timeout,
};

use crate::running_agent::DEADLINE;

/// A view and the link's clock when it was shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What a person could see.
    pub view: LinkView,
    /// When.
    pub now: Moment,
}

impl Shown {
    /// The time until the next try, if one is scheduled.
    pub fn wait(&self) -> Option<Duration> {
        Some(self.view.next_attempt?.since(self.now))
    }

    /// Code of the newest failure.
    pub fn code(&self) -> Option<ErrorCode> {
        Some(self.view.last_failure.as_ref()?.code)
    }

    /// Detail of the newest failure; empty when there was none.
    pub fn detail(&self) -> &str {
        self.view.last_failure.as_ref().map_or("", |failure| &failure.detail)
    }
}

struct Reporter {
    views: UnboundedSender<Shown>,
    payloads: UnboundedSender<Payload>,
}

impl Observer for Reporter {
    fn changed(&mut self, view: &LinkView, now: Moment) {
        let view = view.clone();
        // A test that looks no longer needs no more views.
        let _ = self.views.send(Shown { view, now });
    }

    fn received(&mut self, payload: Payload) {
        let _ = self.payloads.send(payload);
    }
}

/// A running link. Dropping it drops the link's task and its sockets.
#[derive(Debug)]
pub struct RunningLink {
    handle: LinkHandle,
    views: UnboundedReceiver<Shown>,
    payloads: UnboundedReceiver<Payload>,
    counters: Arc<LinkCounters>,
    polls: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Drop for RunningLink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl RunningLink {
    /// A link to `url` with the product's defaults as `change` leaves them, ordered to connect.
    pub async fn start(url: &str, change: impl FnOnce(&mut LinkConfig)) -> Result<Self> {
        Self::start_with(Dialer::new(), url, change).await
    }

    /// The same with a dialer of the test's own: other names, other proxies.
    pub async fn start_with(dialer: Dialer, url: &str, change: impl FnOnce(&mut LinkConfig)) -> Result<Self> {
        let mut config = LinkConfig::new(DialRequest::new(url.parse()?));
        config.retry.crowd = false;
        config.seed = 1;
        change(&mut config);
        let ((view_sender, views), (payload_sender, payloads)) = (unbounded_channel(), unbounded_channel());
        let reporter = Reporter { views: view_sender, payloads: payload_sender };
        let counters = Arc::new(LinkCounters::default());
        let (link, handle) = Link::new(config, dialer, reporter, Arc::clone(&counters));
        let polls = Arc::new(AtomicU64::new(0));
        let counted = counting(link.run(), Arc::clone(&polls));
        let running = Self { handle, views, payloads, counters, polls, task: tokio::spawn(counted) };
        running.order(Order::Connect).await;
        Ok(running)
    }

    /// Gives an order.
    pub async fn order(&self, order: Order) {
        self.handle.order(order).await;
    }

    /// Tells what happened on this computer.
    pub async fn signal(&self, signal: Signal) {
        self.handle.signal(signal).await;
    }

    /// What programs hold.
    pub fn handle(&self) -> LinkHandle {
        self.handle.clone()
    }

    /// Waits for a session that takes messages and is not `other`.
    pub async fn session(&self, other: Option<SessionId>) -> Result<SessionId> {
        let mut proven = self.handle.proven();
        let found = timeout(DEADLINE, proven.wait_for(|one| one.is_some() && *one != other)).await;
        let session = *found.context("no session takes messages")?.context("the link ended")?;
        session.context("it was looked for")
    }

    /// How often the link's task has run: what a hot loop makes grow without bound.
    pub fn polls(&self) -> u64 {
        self.polls.load(Relaxed)
    }

    /// The totals.
    pub fn counters(&self) -> model::Counters {
        self.counters.read()
    }

    /// Waits for a view that fits. Views come in order and each is looked at once.
    pub async fn until(&mut self, what: &str, fits: impl Fn(&Shown) -> bool) -> Result<Shown> {
        self.until_within(DEADLINE, what, fits).await
    }

    /// Waits for a view that fits, which may take longer or must not take so long.
    pub async fn until_within(
        &mut self,
        limit: Duration,
        what: &str,
        fits: impl Fn(&Shown) -> bool,
    ) -> Result<Shown> {
        let mut last = None;
        let search = async {
            loop {
                let shown = self.views.recv().await.context("the link ended")?;
                if fits(&shown) {
                    return Ok(shown);
                }
                last = Some(shown);
            }
        };
        match timeout(limit, search).await {
            Ok(found) => found,
            Err(_) => Err(anyhow!("never: {what}; last seen: {last:#?}")),
        }
    }

    /// Waits for a view with this state.
    pub async fn until_state(&mut self, state: EndpointState) -> Result<Shown> {
        self.until(state.as_str(), |shown| shown.view.state == state).await
    }

    /// Waits for the next failure after `failures` earlier ones.
    pub async fn until_failure(&mut self, failures: u64) -> Result<Shown> {
        self.until("a failure", |shown| shown.view.failures_total > failures).await
    }

    /// Waits for the next message.
    pub async fn payload(&mut self) -> Result<Payload> {
        timeout(DEADLINE, self.payloads.recv()).await.context("no message came")?.context("the link ended")
    }
}

/// Runs a future and counts how often it is polled.
async fn counting(work: impl Future<Output = ()>, polls: Arc<AtomicU64>) {
    let mut work = pin!(work);
    poll_fn(|cx| {
        polls.fetch_add(1, Relaxed);
        work.as_mut().poll(cx)
    })
    .await;
}
