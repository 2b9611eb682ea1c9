//! Step E2: would the issuers that browsers ship accept what the server showed? Explains, never decides.

use std::{fs, io::Read as _, path::Path, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use model::check::{StepId, StepReason, StepStatus};

use tokio::{task::spawn_blocking, time::timeout};

use super::{Walk, certificate, needs, signs::Outcome};
use crate::StepEnd;

/// Files of authorities that are larger are not read again for an explanation.
const LARGEST_FILE: u64 = 4 << 20;
/// The handshake has read the file a moment ago.
const FILE_LIMIT: Duration = Duration::from_secs(1);

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
        let akin = if shown.untrusted { self.akin_authority(&shown.chain).await } else { None };
        let mut end = StepEnd::new(StepStatus::Pass).with("certificates", shown.chain.len());
        if let Some(trusted) = trusted {
            end = end.with("publicly_trusted", trusted);
        }
        if let Some(missing) = &missing {
            end = end.with("missing_issuer", missing.as_str());
        }
        if let Some(akin) = &akin {
            end = end.with("akin_authority", akin.as_str());
        }
        self.learn(|facts| {
            let tls = facts.tls.get_or_insert_default();
            tls.publicly_trusted = trusted;
            tls.missing_issuer = missing;
            tls.akin_authority = akin;
            tls.issuer_sent = Some(certificate::issuer_sent(&shown.chain));
        });
        step.end(end);
    }

    /// Which authority of the configuration's CA file has a name akin to that of the issuer nobody here knows.
    async fn akin_authority(&self, shown: &[Bytes]) -> Option<String> {
        let file = self.request.tls.ca_file.clone()?;
        let shown = shown.to_vec();
        let look = spawn_blocking(move || certificate::akin_authority(&shown, &read(&file)?));
        timeout(FILE_LIMIT, look).await.ok()?.ok()?
    }
}

fn read(file: &Path) -> Option<Vec<u8>> {
    let mut pem = Vec::new();
    fs::File::open(file).ok()?.take(LARGEST_FILE).read_to_end(&mut pem).ok()?;
    Some(pem)
}
