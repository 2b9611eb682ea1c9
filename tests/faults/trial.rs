//! What the harms have in common: a link that hurries, a server that does the same wrong thing at every try, and
//! what must be true of every failure. Knows no particular harm.

use std::{ops::RangeInclusive, time::Duration};

use anyhow::Result;
use link::{BackoffPolicy, LinkConfig, Order, RetryPolicy};
use model::{EndpointState as S, ErrorCode, Reason};
use suites::{
    fault_server::{FaultServer, Script, Seen},
    running_link::{RunningLink, Shown},
};

/// Tries a hurried link makes before it probes slowly.
pub(crate) const TRIES: usize = 3;
/// A server that does this three times in a row is taken for one of another kind.
const BREACHES: [ErrorCode; 3] =
    [ErrorCode::ProtocolViolation, ErrorCode::InvalidUtf8, ErrorCode::HandshakeInvalid];
/// Runs of the link's task that a try may cost where the server floods nothing. Far above what it takes, far below
/// what a hot loop makes of even a tenth of a second.
const POLLS_PER_TRY: u64 = 60;
/// What loopback sockets of both sides may hold of a flood, beyond what the link itself took.
pub(crate) const BUFFERED: u64 = 16 << 20;

/// Three tries without waits worth mentioning, so that a test ends soon.
pub(crate) fn hurried(config: &mut LinkConfig) {
    let wait = Duration::from_millis(20);
    config.retry = RetryPolicy {
        backoff: BackoffPolicy { initial: wait, multiplier: 1.0, cap: wait },
        max_attempts: u32::try_from(TRIES).expect("a small number"),
        crowd: false,
    };
}

/// The end of a trial.
#[derive(Debug)]
pub(crate) struct Aftermath {
    /// The newest failure's detail.
    pub(crate) detail: String,
    /// Every connection the server saw.
    pub(crate) seen: Vec<Seen>,
    /// How often the link's task ran.
    pub(crate) polls: u64,
}

/// Three tries fail with `code`, then the link probes slowly; a person may still try at once.
pub(crate) async fn fails(
    script: Script,
    code: ErrorCode,
    change: impl FnOnce(&mut LinkConfig),
) -> Result<Aftermath> {
    let reason = if BREACHES.contains(&code) { Reason::Misconfigured } else { Reason::MaxAttempts };
    let aftermath = fails_with(script, code, reason, change).await?;
    assert_calm(&aftermath);
    Ok(aftermath)
}

/// Three tries in a row show that there is no server of this kind.
pub(crate) async fn misfits(script: Script, code: ErrorCode) -> Result<Aftermath> {
    let aftermath = fails_with(script, code, Reason::Misconfigured, |_| ()).await?;
    assert_calm(&aftermath);
    Ok(aftermath)
}

/// Three tries fail where the server itself keeps the link busy.
pub(crate) async fn fails_in_a_flood(
    script: Script,
    code: ErrorCode,
    change: impl FnOnce(&mut LinkConfig),
) -> Result<Aftermath> {
    fails_with(script, code, Reason::MaxAttempts, change).await
}

async fn fails_with(
    script: Script,
    code: ErrorCode,
    reason: Reason,
    change: impl FnOnce(&mut LinkConfig),
) -> Result<Aftermath> {
    let server = FaultServer::start(script).await?;
    let mut link = RunningLink::start(&server.url(), |config| {
        hurried(config);
        change(config);
    })
    .await?;
    for failures in 1..TRIES {
        let shown = link.until_failure(failures as u64 - 1).await?;
        assert_is_typed(&shown, code);
        assert_eq!(shown.view.failures_total, failures as u64);
        assert_eq!(shown.view.state, S::Reconnecting);
    }
    let slow = link.until_failure(TRIES as u64 - 1).await?;
    assert_is_typed(&slow, code);
    assert_stands_back(&slow, reason);
    once_more(server, link, code, TRIES).await
}

/// One try fails with `code` and the link stays away until somebody acts.
pub(crate) async fn stays_away(script: Script, code: ErrorCode, reason: Reason) -> Result<Aftermath> {
    let server = FaultServer::start(script).await?;
    let mut link = RunningLink::start(&server.url(), hurried).await?;
    let shown = link.until_failure(0).await?;
    assert_is_typed(&shown, code);
    assert_stands_back(&shown, reason);
    let aftermath = once_more(server, link, code, 1).await?;
    assert_calm(&aftermath);
    Ok(aftermath)
}

/// One try fails with `code` and the next one comes after a wait within these seconds.
pub(crate) async fn waits(
    script: Script,
    code: ErrorCode,
    seconds: RangeInclusive<f64>,
) -> Result<Aftermath> {
    let server = FaultServer::start(script).await?;
    let mut link = RunningLink::start(&server.url(), hurried).await?;
    let shown = link.until_failure(0).await?;
    assert_is_typed(&shown, code);
    assert_eq!(shown.view.state, S::Reconnecting);
    let wait = shown.wait().unwrap_or_default().as_secs_f64();
    assert!(seconds.contains(&wait), "{wait} s is not within {seconds:?} s");
    Ok(Aftermath { detail: shown.detail().to_owned(), seen: server.seen(), polls: link.polls() })
}

/// A person tries again. Any try beyond those that were shown is counted with this one.
async fn once_more(
    server: FaultServer,
    mut link: RunningLink,
    code: ErrorCode,
    tries: usize,
) -> Result<Aftermath> {
    link.order(Order::Connect).await;
    let again = link.until_failure(tries as u64).await?;
    assert_is_typed(&again, code);
    let seen = server.seen();
    assert_eq!(seen.len(), tries + 1, "connections: {seen:#?}");
    Ok(Aftermath { detail: again.detail().to_owned(), seen, polls: link.polls() })
}

/// An open session fails with `code` because of these bytes, and the server is told why by a close frame.
pub(crate) async fn breaks_rules(bytes: impl AsRef<[u8]>, code: ErrorCode, close: u16) -> Result<Aftermath> {
    let script = Script::upgraded().send(bytes).until_left();
    let aftermath = fails(script, code, |_| ()).await?;
    for one in &aftermath.seen[..TRIES] {
        assert_eq!(one.close_code(), Some(close), "{one:?}");
        assert!(one.frames().iter().all(|frame| frame.masked));
    }
    Ok(aftermath)
}

/// The link no longer hurries: its state says why, and its next try is minutes away. At a sign-in page somebody is
/// about to act, so there it is seconds.
fn assert_stands_back(shown: &Shown, reason: Reason) {
    let state = if reason == Reason::ServerStop { S::Disconnected } else { S::Failed };
    assert_eq!((shown.view.state, shown.view.reason), (state, Some(reason)));
    let least = match reason {
        Reason::CaptivePortal => 8,
        Reason::MaxAttempts | Reason::Misconfigured | Reason::Offline => 4 * 60,
        Reason::Flapping => 48,
        Reason::AuthRequired | Reason::ServerStop | Reason::Paused => 12 * 60,
    };
    let wait = shown.wait();
    assert!(wait >= Some(Duration::from_secs(least)), "{reason:?}: only {wait:?}");
}

/// The link's task ran no more often than its tries explain.
fn assert_calm(aftermath: &Aftermath) {
    let most = POLLS_PER_TRY * aftermath.seen.len() as u64;
    assert!(aftermath.polls <= most, "{} polls: a hot loop", aftermath.polls);
}

/// The failure has this code, and its detail can be shown: something, on one line, bounded, without tricks.
pub(crate) fn assert_is_typed(shown: &Shown, code: ErrorCode) {
    let detail = shown.detail();
    assert_eq!(shown.code(), Some(code), "{detail}");
    assert!(!detail.is_empty(), "{code} has no detail");
    assert!(detail.chars().count() <= 300, "{detail}");
    assert!(!detail.chars().any(is_tricky), "{detail:?}");
}

/// Control characters and those that turn the reading direction.
fn is_tricky(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
