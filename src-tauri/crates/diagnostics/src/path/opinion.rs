//! Step E2: would the issuers that browsers ship accept what the server showed? Explains, never decides.

use jiff::Timestamp;
use model::check::{StepId, StepReason, StepStatus};

use super::{Walk, certificate, needs, signs::Outcome};
use crate::StepEnd;

impl Walk<'_> {
    /// Gives the second opinion as soon as there is a certificate.
    pub(super) async fn second_opinion(&self) {
        if !self.encrypted() {
            return self.pass(StepId::E2, StepStatus::Na, StepReason::Unencrypted);
        }
        let shown = self.until(|signs| match (&signs.shown, signs.outcome) {
            (Some(shown), _) => Some(Ok(shown.clone())),
            (None, Some(outcome)) => Some(Err(outcome)),
            (None, None) => None,
        });
        let shown = match shown.await {
            Some(Ok(shown)) => shown,
            Some(Err(Outcome::Stopped(step))) => {
                return self.pass(StepId::E2, StepStatus::Skip, needs(step));
            }
            Some(Err(Outcome::Asked)) | None => return,
        };
        if shown.chain.is_empty() {
            return self.pass(StepId::E2, StepStatus::Skip, StepReason::NoCertificate);
        }
        let step = self.begin(StepId::E2);
        let trusted = certificate::publicly_trusted(&shown.chain, &self.host(), Timestamp::now());
        let missing = if shown.untrusted { certificate::missing_issuer(&shown.chain) } else { None };
        let mut end = StepEnd::new(StepStatus::Pass).with("certificates", shown.chain.len());
        if let Some(trusted) = trusted {
            end = end.with("publicly_trusted", trusted);
        }
        if let Some(missing) = &missing {
            end = end.with("missing_issuer", missing.as_str());
        }
        self.learn(|facts| {
            let tls = facts.tls.get_or_insert_default();
            tls.publicly_trusted = trusted;
            tls.missing_issuer = missing;
        });
        step.end(end);
    }
}
