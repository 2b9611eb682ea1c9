//! Steps G2, H1 and G3 on the check's own session: does anything pass, how fast, and does it close in good order. Sends
//! pings and a close, and nothing else: no first messages of the application, no buffered ones, no answers.

use std::{net::SocketAddr, time::Duration};

use dial::{Dialed, Stream};
use futures_util::{SinkExt as _, StreamExt as _};
use model::check::{StepId, StepReason, StepStatus};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Bytes, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{Walk, grade, kernel, ms, needs};
use crate::{
    StepEnd,
    facts::{CloseFacts, QualityFacts, SessionFacts, TcpScope},
};

/// Pings of a quick check, and of a deep one or where the first ones show delays or retransmissions.
const FEW: usize = 10;
const MANY: usize = 30;
/// All pings together may take so long.
const QUICK_PINGS: Duration = Duration::from_secs(6);
const DEEP_PINGS: Duration = Duration::from_secs(25);
/// Longest wait for the first pong of a slow server.
const LONGEST_PATIENCE: Duration = Duration::from_secs(5);
/// A server that hangs up at once is given so long to do it.
const STAY: Duration = Duration::from_millis(150);
/// Our close is answered within this time.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);
/// Longest reason of a close that is kept, in characters; the protocol allows 123 bytes.
const REASON_CHARS: usize = 120;

/// The check's own session.
pub(super) struct Session<'a> {
    pub(super) walk: &'a Walk<'a>,
    socket: WebSocketStream<Stream>,
    local: SocketAddr,
    remote: SocketAddr,
    opened: Instant,
    facts: SessionFacts,
}

/// What came next.
pub(super) enum Heard {
    /// A pong with this payload.
    Pong(Bytes),
    /// The session is over.
    End,
    /// Nothing more until then.
    Quiet,
}

impl<'a> Session<'a> {
    pub(super) fn new(walk: &'a Walk<'a>, dialed: Dialed) -> Self {
        let Dialed { stream, remote, local, .. } = dialed;
        Self { walk, socket: stream, local, remote, opened: Instant::now(), facts: SessionFacts::default() }
    }

    /// Everything that is done on a session.
    pub(super) async fn run(mut self) {
        self.pings().await;
        while !self.over() && self.opened.elapsed() < STAY {
            if matches!(self.listen(self.opened + STAY).await, Heard::End | Heard::Quiet) {
                break;
            }
        }
        if self.walk.deep() {
            if self.facts.mute_after_ms.is_some() {
                // What nothing passes through any more tells nothing about silence.
                self.walk.pass(StepId::I1, StepStatus::Skip, needs(StepId::G2));
            } else {
                self.silence().await;
            }
        }
        self.close().await;
    }

    /// The server has closed, or the connection is gone.
    pub(super) fn over(&self) -> bool {
        self.facts.closed.is_some()
    }

    /// How it ended, for a step's detail.
    pub(super) fn end_of(&self, mut end: StepEnd) -> StepEnd {
        let Some(closed) = &self.facts.closed else { return end };
        if let Some(code) = closed.code {
            end = end.with("close_code", code);
        }
        end.with("close_reason", closed.reason.as_str()).with("closed_after_ms", closed.after_ms)
    }

    async fn pings(&mut self) {
        let before = kernel::figures(self.local, self.remote);
        let began = Instant::now();
        let limit = self.patience();
        let first = self.walk.begin(StepId::G2);
        let mut samples = Vec::new();
        let until = began + if self.walk.deep() { DEEP_PINGS } else { QUICK_PINGS };
        let answered = self.first_ping(began + limit, until, before).await;
        let passes = answered.is_some();
        samples.extend(answered.map(ms));
        first.end(match answered {
            Some(took) => StepEnd::new(StepStatus::Pass).with("pong_after_ms", grade::rounded(ms(took))),
            None => self.end_of(StepEnd::new(StepStatus::Fail).with("limit_ms", ms(limit))),
        });
        if !passes && self.over() {
            // It hung up: that says nothing about the line.
            return self.walk.pass(StepId::H1, StepStatus::Skip, needs(StepId::G2));
        }
        let step = self.walk.begin(StepId::H1);
        let mut target = if self.walk.deep() { MANY } else { FEW };
        let mut sent = 1;
        while passes && sent < target && !self.over() && Instant::now() < until {
            if self.walk.deep() {
                sleep(self.walk.limits.deep_gap).await;
            }
            let (asked, acknowledged) = (Instant::now(), self.acknowledged());
            let answered = self.ping(sent, until).await;
            if answered.is_none() {
                self.fell_mute(asked, acknowledged);
            }
            samples.extend(answered.map(ms));
            sent += 1;
            // Ten pings cannot tell a line that loses a tenth from one with one late packet.
            if sent == target && target < MANY && self.looks_lossy(&samples, before) {
                target = MANY;
            }
        }
        let facts = self.quality(samples, sent, before);
        let end = grade::quality(&facts).with("pings", sent);
        self.walk.learn(|endpoint| endpoint.quality = Some(facts));
        step.end(end);
    }

    /// How long the first pong may take: a server that took long to answer before is slow, not silent.
    fn patience(&self) -> Duration {
        let upgrade = self.walk.known(|facts| facts.upgrade.as_ref().and_then(|upgrade| upgrade.ms));
        let twice = Duration::try_from_secs_f64(upgrade.unwrap_or_default() * 2e-3).unwrap_or_default();
        twice.clamp(self.walk.limits.first_pong, LONGEST_PATIENCE.max(self.walk.limits.first_pong))
    }

    /// A ping that never arrived was lost, and the kernel sends it again; one that arrived and is not answered in time was
    /// swallowed. Only the second says that nothing passes, so the first gets longer.
    async fn first_ping(
        &mut self,
        limit: Instant,
        until: Instant,
        before: Option<kernel::Figures>,
    ) -> Option<Duration> {
        let began = Instant::now();
        let payload = self.send_ping(0, limit).await?;
        if self.pong(&payload, limit).await {
            return Some(began.elapsed());
        }
        let now = kernel::figures(self.local, self.remote);
        let lost =
            matches!((before, now), (Some(before), Some(now)) if now.acknowledged <= before.acknowledged);
        (!self.over() && lost && self.pong(&payload, until).await).then(|| began.elapsed())
    }

    /// A ping that arrived and was answered by nothing for as long as a first one would be given. One that was lost on
    /// the way, or an answer that is sent again, is there sooner.
    fn fell_mute(&mut self, asked: Instant, acknowledged: Option<u64>) {
        let arrived =
            matches!((acknowledged, self.acknowledged()), (Some(before), Some(now)) if now > before);
        if !self.over() && arrived && asked.elapsed() >= self.patience() {
            let after = asked.saturating_duration_since(self.opened);
            self.facts.mute_after_ms = Some(u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
            self.write_down();
        }
    }

    fn acknowledged(&self) -> Option<u64> {
        kernel::figures(self.local, self.remote).map(|figures| figures.acknowledged)
    }

    fn looks_lossy(&self, samples: &[f64], before: Option<kernel::Figures>) -> bool {
        grade::delayed(samples) > 0 || self.retransmits(before).is_some_and(|count| count > 0)
    }

    fn retransmits(&self, before: Option<kernel::Figures>) -> Option<u32> {
        let now = kernel::figures(self.local, self.remote)?;
        Some(now.retransmits.saturating_sub(before?.retransmits))
    }

    fn quality(&self, samples: Vec<f64>, sent: usize, before: Option<kernel::Figures>) -> QualityFacts {
        let now = kernel::figures(self.local, self.remote);
        let proxied = self.walk.known(|facts| facts.proxy.is_some());
        let unanswered = u32::try_from(sent.saturating_sub(samples.len())).unwrap_or(u32::MAX);
        QualityFacts {
            samples,
            // A ping that met the end of the session was not lost on the way.
            unanswered: if self.over() { 0 } else { unanswered },
            retransmits: self.retransmits(before),
            kernel_srtt_ms: now.map(|figures| figures.srtt_ms),
            scope: match (now, proxied) {
                (None, _) => TcpScope::Unavailable,
                (Some(_), true) => TcpScope::ToProxy,
                (Some(_), false) => TcpScope::EndToEnd,
            },
            live: false,
        }
    }

    /// Sends a ping and waits for its own pong: how long that took.
    pub(super) async fn ping(&mut self, number: usize, until: Instant) -> Option<Duration> {
        let began = Instant::now();
        let payload = self.send_ping(number, until).await?;
        self.pong(&payload, until).await.then(|| began.elapsed())
    }

    async fn send_ping(&mut self, number: usize, until: Instant) -> Option<Bytes> {
        let payload = Bytes::from(format!("check {number} {:08x}", fastrand::u32(..)));
        self.facts.pings += 1;
        let sent = timeout_at(until, self.socket.send(Message::Ping(payload.clone()))).await;
        if matches!(sent, Ok(Ok(()))) {
            return Some(payload);
        }
        // What the server said before it left may still be there to be read.
        let _ = self.listen(until.min(Instant::now() + CLOSE_LIMIT)).await;
        self.write_down();
        None
    }

    /// Waits for the pong with this payload.
    async fn pong(&mut self, payload: &Bytes, until: Instant) -> bool {
        loop {
            match self.listen(until).await {
                Heard::Pong(heard) if heard == *payload => {
                    self.facts.pongs += 1;
                    self.write_down();
                    return true;
                }
                Heard::Pong(_) => {}
                Heard::End | Heard::Quiet => {
                    self.write_down();
                    return false;
                }
            }
        }
    }

    /// The next thing that matters. Messages are counted and dropped.
    pub(super) async fn listen(&mut self, until: Instant) -> Heard {
        loop {
            let next = timeout_at(until, self.socket.next()).await;
            match next {
                Err(_) => return Heard::Quiet,
                Ok(Some(Ok(Message::Pong(payload)))) => return Heard::Pong(payload),
                Ok(Some(Ok(Message::Close(frame)))) => {
                    // Without a code is a code of its own: RFC 6455 section 7.1.5.
                    let bare = || CloseFrame { code: CloseCode::Status, reason: "".into() };
                    self.ended(Some(&frame.unwrap_or_else(bare)));
                    return Heard::End;
                }
                Ok(Some(Ok(Message::Text(_) | Message::Binary(_)))) => self.facts.frames += 1,
                Ok(Some(Ok(Message::Ping(_) | Message::Frame(_)))) => {}
                Ok(Some(Err(_)) | None) => {
                    self.ended(None);
                    return Heard::End;
                }
            }
            // A server that never stops talking must not hold the check.
            if Instant::now() >= until {
                return Heard::Quiet;
            }
        }
    }

    fn ended(&mut self, frame: Option<&CloseFrame>) {
        if self.facts.closed.is_none() {
            self.facts.closed = Some(CloseFacts {
                code: frame.map(|frame| frame.code.into()),
                reason: frame
                    .map(|frame| self.walk.request.clean(&frame.reason, REASON_CHARS))
                    .unwrap_or_default(),
                after_ms: u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX),
            });
        }
        self.write_down();
    }

    fn write_down(&self) {
        self.walk.learn(|endpoint| endpoint.session = Some(self.facts.clone()));
    }

    async fn close(mut self) {
        if self.over() {
            let end = StepEnd::without(StepStatus::Skip, StepReason::SessionClosed);
            return self.walk.begin(StepId::G3).end(self.end_of(end));
        }
        let step = self.walk.begin(StepId::G3);
        let frame = CloseFrame { code: CloseCode::Normal, reason: "check done".into() };
        let began = Instant::now();
        let until = began + CLOSE_LIMIT;
        let sent = timeout(CLOSE_LIMIT, self.socket.send(Message::Close(Some(frame)))).await;
        let mut clean = false;
        if matches!(sent, Ok(Ok(()))) {
            loop {
                match timeout_at(until, self.socket.next()).await {
                    Ok(Some(Ok(Message::Close(_)))) => {
                        clean = true;
                        break;
                    }
                    Ok(Some(Ok(
                        Message::Text(_)
                        | Message::Binary(_)
                        | Message::Ping(_)
                        | Message::Pong(_)
                        | Message::Frame(_),
                    ))) if Instant::now() < until => {}
                    Ok(_) | Err(_) => break,
                }
            }
        }
        self.facts.clean_close = Some(clean);
        self.write_down();
        let status = if clean { StepStatus::Pass } else { StepStatus::Warn };
        let took = grade::rounded(ms(began.elapsed()));
        step.end(StepEnd::new(status).with("took_ms", took).with("limit_ms", ms(CLOSE_LIMIT)));
    }
}
