//! What the parts of a walk tell each other while it goes on.

use bytes::Bytes;
use dial::AddressReport;
use model::check::StepId;
use tokio::time::Instant;

use super::Walk;

/// Signs, set once each.
#[derive(Clone, Debug, Default)]
pub(super) struct Signs {
    /// The race was won: every address of it.
    pub(super) raced: Option<Vec<AddressReport>>,
    /// The addresses it left out are judged, or there were none.
    pub(super) judged: bool,
    /// TLS has ended.
    pub(super) shown: Option<Shown>,
    /// When the server was asked for the upgrade.
    pub(super) asked: Option<Instant>,
    /// How the first connection ended.
    pub(super) outcome: Option<Outcome>,
    /// Time ran out on an open connection.
    pub(super) silent: bool,
    /// The server answered 429: nothing more is asked.
    pub(super) told_to_wait: bool,
}

/// What a server showed in TLS.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) chain: Vec<Bytes>,
    /// Refused because nobody here vouches for the issuer.
    pub(super) untrusted: bool,
}

/// How the first connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The server was not reached: the step that failed.
    Stopped(StepId),
    /// It was asked; whatever came of that.
    Asked,
}

impl Walk<'_> {
    pub(super) fn sign(&self, set: impl FnOnce(&mut Signs)) {
        self.signs.send_modify(set);
    }

    /// Waits for a sign.
    pub(super) async fn until<T>(&self, read: impl Fn(&Signs) -> Option<T>) -> Option<T> {
        let mut heard = self.signs.subscribe();
        let signs = heard.wait_for(|signs| read(signs).is_some()).await.ok()?;
        read(&signs)
    }
}
