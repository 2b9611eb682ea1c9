//! The credential of one link: asked for at each dial, remembered until its session ends, and asked for anew when
//! the server refuses it.
//!
//! Where secrets are kept is unknown here. A credential is never compared with what a server says, shown or logged.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use dial::Credential;
use model::{ErrorCode, Reason};
use tokio::time::timeout;

use crate::{Failure, FailureKind};

/// Time a source gets: a keyring may be waiting for somebody to unlock it.
const READ_LIMIT: Duration = Duration::from_secs(5);

/// What a source comes up with.
pub type CredentialFuture = Pin<Box<dyn Future<Output = Result<Credential, CredentialUnavailable>> + Send>>;

/// Where a link gets its credential.
pub trait CredentialSource: fmt::Debug + Send + Sync {
    /// The credential as it is now. `refused` is the one that the server has just refused: what was read before
    /// it was is not good enough.
    ///
    /// The future may be dropped before it is done.
    fn read(&self, refused: Option<&Credential>) -> CredentialFuture;
}

/// There is no credential to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialUnavailable {
    /// Where it was looked for, and what is wrong there, on one line. Never the value.
    pub detail: String,
}

/// One link's credential.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    /// What the newest dial, or the session that came of it, was made with.
    used: Option<Credential>,
    /// The server's refusal that only another credential answers.
    refusal: Option<Refusal>,
}

#[derive(Clone, Debug)]
struct Refusal {
    of: Credential,
    failure: Failure,
}

impl Credentials {
    /// Asks `source` for what the next dial is made with. An error is the end of the dial: nothing was sent.
    pub(crate) fn ask(
        &self,
        source: &Arc<dyn CredentialSource>,
    ) -> impl Future<Output = Result<Credential, Failure>> + Send + use<> {
        let refusal = self.refusal.clone();
        let source = Arc::clone(source);
        async move {
            let read = source.read(refusal.as_ref().map(|refusal| &refusal.of));
            let detail = match timeout(READ_LIMIT, read).await {
                Ok(Ok(found)) => return or_refused(found, refusal),
                Ok(Err(unavailable)) => unavailable.detail,
                Err(_) => format!("the secret did not come within {} s", READ_LIMIT.as_secs()),
            };
            Err(Failure {
                kind: FailureKind::Halt(Reason::AuthRequired),
                code: ErrorCode::SecretUnavailable,
                detail,
            })
        }
    }

    /// A dial was made, with this credential if any.
    pub(crate) fn used(&mut self, credential: Option<Credential>) {
        self.used = credential;
        self.refusal = None;
    }

    /// What a failure means where a credential was used: another one may do.
    pub(crate) fn judge(&mut self, failure: Failure) -> Failure {
        let refused = failure.kind == FailureKind::Halt(Reason::AuthRequired)
            && matches!(failure.code, ErrorCode::Unauthorized | ErrorCode::Forbidden);
        let Some(used) = self.used.as_ref().filter(|_| refused) else { return failure };
        self.refusal = Some(Refusal { of: used.clone(), failure: failure.clone() });
        Failure { kind: FailureKind::Refused, ..failure }
    }

    /// The link waits until somebody acts: its next try may be made with what was refused, to see.
    pub(crate) fn settle(&mut self) {
        self.refusal = None;
    }
}

/// What was just refused is not sent again: its refusal stands.
fn or_refused(found: Credential, refusal: Option<Refusal>) -> Result<Credential, Failure> {
    match refusal {
        Some(refusal) if refusal.of.is_same_as(&found) => Err(refusal.failure),
        Some(_) | None => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[derive(Debug)]
    struct Fixed(Result<&'static str, &'static str>);

    impl CredentialSource for Fixed {
        fn read(&self, _: Option<&Credential>) -> CredentialFuture {
            let unavailable = |detail: &str| CredentialUnavailable { detail: detail.to_owned() };
            Box::pin(ready(self.0.map(bearer).map_err(unavailable)))
        }
    }

    #[derive(Debug)]
    struct Stuck;

    impl CredentialSource for Stuck {
        fn read(&self, _: Option<&Credential>) -> CredentialFuture {
            Box::pin(pending())
        }
    }

    fn bearer(token: &str) -> Credential {
        Credential::bearer(token.into()).unwrap()
    }

    fn refusal(code: ErrorCode) -> Failure {
        Failure { kind: FailureKind::Halt(Reason::AuthRequired), code, detail: "HTTP 401".to_owned() }
    }

    async fn asked(
        credentials: &Credentials,
        source: impl CredentialSource + 'static,
    ) -> Result<Credential, Failure> {
        credentials.ask(&(Arc::new(source) as Arc<dyn CredentialSource>)).await
    }

    #[tokio::test]
    async fn what_was_just_refused_is_not_sent_again_and_another_is() {
        let mut credentials = Credentials::default();
        credentials.used(Some(bearer("old")));
        let failure = refusal(ErrorCode::Unauthorized);
        assert_eq!(credentials.judge(failure.clone()).kind, FailureKind::Refused);
        assert_eq!(asked(&credentials, Fixed(Ok("old"))).await.unwrap_err(), failure);
        assert!(asked(&credentials, Fixed(Ok("new"))).await.unwrap().is_same_as(&bearer("new")));
        credentials.settle();
        assert!(asked(&credentials, Fixed(Ok("old"))).await.is_ok(), "a slow probe may ask again");
    }

    #[tokio::test]
    async fn without_a_credential_and_for_other_reasons_a_failure_stays_what_it_is() {
        let mut credentials = Credentials::default();
        let failure = refusal(ErrorCode::Unauthorized);
        assert_eq!(credentials.judge(failure.clone()), failure);
        credentials.used(Some(bearer("t")));
        for code in [ErrorCode::ProxyAuthRequired, ErrorCode::ClientCertRequired] {
            assert_eq!(credentials.judge(refusal(code)), refusal(code));
        }
        assert!(asked(&credentials, Fixed(Ok("t"))).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_fails_or_never_answers_ends_the_dial_and_says_where() {
        let credentials = Credentials::default();
        let failure = asked(&credentials, Fixed(Err("TOKEN is not set"))).await.unwrap_err();
        assert_eq!(
            (failure.code, failure.detail.as_str()),
            (ErrorCode::SecretUnavailable, "TOKEN is not set")
        );
        let failure = asked(&credentials, Stuck).await.unwrap_err();
        assert_eq!(failure.code, ErrorCode::SecretUnavailable);
        assert_eq!(failure.kind, FailureKind::Halt(Reason::AuthRequired));
        assert!(failure.detail.contains("5 s"), "{}", failure.detail);
    }
}
