//! Step E3 (deep): the TLS handshake over the other address family.

use dial::AddressFamily;
use model::check::{StepId, StepReason, StepStatus};

use super::{Walk, grade, ms};
use crate::{StepEnd, facts::AddressEnd};

impl Walk<'_> {
    /// Reaches the server the other way, asks nothing, and leaves.
    pub(super) async fn other_family(&self) {
        let not = |status, reason| self.pass(StepId::E3, status, reason);
        if !self.encrypted() {
            return not(StepStatus::Na, StepReason::Unencrypted);
        }
        let (winner, proxied, addresses) = self.known(|facts| {
            let winner = facts.race.as_ref().and_then(|race| race.winner);
            (winner, facts.proxy.is_some(), facts.addresses.clone())
        });
        if proxied {
            return not(StepStatus::Na, StepReason::ProxyChooses);
        }
        let Some(winner) = winner else { return not(StepStatus::Skip, StepReason::NeedsTcp) };
        let other = AddressFamily::of(winner).other();
        let mut theirs = addresses;
        theirs.retain(|one| AddressFamily::of(one.address) == other);
        if theirs.is_empty() {
            return not(StepStatus::Na, StepReason::OneFamily);
        }
        if !theirs.iter().any(|one| one.end == AddressEnd::Connected) {
            return not(StepStatus::Skip, StepReason::NeedsOtherFamily);
        }
        let step = self.begin(StepId::E3);
        let family = match other {
            AddressFamily::V4 => "IPv4",
            AddressFamily::V6 => "IPv6",
        };
        match self.dialer.clone().over(other).reach(&self.request, |_| {}).await {
            Ok(reached) => {
                let tls = reached.report.phase(dial::Phase::Tls).map(|one| ms(one.elapsed));
                step.end(grade::timed(tls.unwrap_or_default(), grade::SLOW_TLS_MS).with("family", family));
            }
            Err(error) => {
                step.end(StepEnd::new(StepStatus::Warn).with("family", family).raw(&error.detail()));
            }
        }
    }
}
