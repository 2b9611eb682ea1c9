//! The credential of one link: asked for at each dial, kept with the session that was let in with it, and asked for
//! anew when the server refuses it.
//!
//! Where secrets are kept is unknown here. A credential is never compared with what a server says, shown or logged.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use dial::{Credential, DialRequest};
use model::{ErrorCode, Reason};
use tokio::time::timeout;

use crate::{Failure, FailureKind, Host, LinkConfig};

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

    /// What the try or session that has just ended was made with. It may not be what was read last: while a session was
    /// open, another one may have been dialed beside it. To a link that waits only another one than this is news.
    fn ended(&self, _with: &Credential) {}
}

/// There is no credential to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialUnavailable {
    /// Where it was looked for, and what is wrong there, on one line. Never the value.
    pub detail: String,
}

/// How a session was let in, or a dial tried.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) host: Host,
    /// What it was made with, if anything.
    pub(crate) credential: Option<Credential>,
}

impl Admission {
    /// What was asked for.
    pub(crate) fn request(&self, config: &LinkConfig) -> DialRequest {
        let mut request = config.request.clone();
        request.url = config.url(self.host).clone();
        if self.credential.is_some() {
            request.credential.clone_from(&self.credential);
        }
        request
    }

    /// What a failure means where a credential was used: another one may do. With the refusal, if it is one.
    pub(crate) fn judge(self, failure: Failure) -> (Failure, Option<Refusal>) {
        let refused = failure.kind == FailureKind::Halt(Reason::AuthRequired)
            && matches!(failure.code, ErrorCode::Unauthorized | ErrorCode::Forbidden);
        let Some(of) = self.credential.filter(|_| refused) else { return (failure, None) };
        let refusal = Refusal { host: self.host, of, failure: failure.clone() };
        (Failure { kind: FailureKind::Refused, ..failure }, Some(refusal))
    }
}

/// A host's refusal of a credential, which only another one answers.
#[derive(Debug)]
pub(crate) struct Refusal {
    host: Host,
    of: Credential,
    failure: Failure,
}

/// What one link's next dial has to know of the one before.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    refusal: Option<Refusal>,
}

impl Credentials {
    /// Asks `source` for what a dial to `host` is made with. An error is the end of the dial: nothing was sent.
    pub(crate) fn ask(
        &mut self,
        host: Host,
        source: &Arc<dyn CredentialSource>,
    ) -> impl Future<Output = Result<Credential, Failure>> + Send + use<> {
        let refusal = self.refusal.take().filter(|refusal| refusal.host == host);
        let source = Arc::clone(source);
        async move {
            let read = source.read(refusal.as_ref().map(|refusal| &refusal.of));
            let detail = match timeout(READ_LIMIT, read).await {
                Ok(Ok(found)) => return or_refused(found, refusal),
                Ok(Err(unavailable)) => unavailable.detail,
                Err(_) => format!("the secret did not come within {} s", READ_LIMIT.as_secs()),
            };
            let kind = FailureKind::Halt(Reason::AuthRequired);
            Err(Failure::new(kind, ErrorCode::SecretUnavailable, detail))
        }
    }

    /// The next dial is to be made with another credential than this refusal's. `None` where it has another reason: it
    /// may be made with what was refused once, to see.
    pub(crate) fn replace(&mut self, refused: Option<Refusal>) {
        self.refusal = refused;
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

    const HERE: Host = Host(0);

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
        Failure::new(FailureKind::Halt(Reason::AuthRequired), code, "HTTP 401")
    }

    fn with(token: &str) -> Admission {
        Admission { host: HERE, credential: Some(bearer(token)) }
    }

    async fn asked(
        credentials: &mut Credentials,
        host: Host,
        source: impl CredentialSource + 'static,
    ) -> Result<Credential, Failure> {
        credentials.ask(host, &(Arc::new(source) as Arc<dyn CredentialSource>)).await
    }

    #[tokio::test]
    async fn what_was_just_refused_is_not_sent_again_and_another_is() {
        let failure = refusal(ErrorCode::Unauthorized);
        for (token, sent) in [("old", false), ("new", true)] {
            let mut credentials = Credentials::default();
            let (judged, refused) = with("old").judge(failure.clone());
            assert_eq!(judged.kind, FailureKind::Refused);
            credentials.replace(refused);
            let asked_anew = asked(&mut credentials, HERE, Fixed(Ok(token))).await;
            match asked_anew {
                Ok(found) => assert!(sent && found.is_same_as(&bearer(token))),
                Err(stands) => assert_eq!((stands, sent), (failure.clone(), false)),
            }
            let later = asked(&mut credentials, HERE, Fixed(Ok("old"))).await;
            assert!(later.is_ok(), "a refusal is answered once; a slow probe may ask again");
        }
    }

    #[tokio::test]
    async fn another_host_may_take_what_one_refused() {
        let mut credentials = Credentials::default();
        credentials.replace(with("old").judge(refusal(ErrorCode::Unauthorized)).1);
        assert!(asked(&mut credentials, Host(1), Fixed(Ok("old"))).await.is_ok());
    }

    #[test]
    fn without_a_credential_and_for_other_reasons_a_failure_stays_what_it_is() {
        let failure = refusal(ErrorCode::Unauthorized);
        let (judged, refused) = Admission { host: HERE, credential: None }.judge(failure.clone());
        assert!(judged == failure && refused.is_none());
        for code in [ErrorCode::ProxyAuthRequired, ErrorCode::ClientCertRequired] {
            let (judged, refused) = with("t").judge(refusal(code));
            assert!(judged == refusal(code) && refused.is_none());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_fails_or_never_answers_ends_the_dial_and_says_where() {
        let mut credentials = Credentials::default();
        let failure = asked(&mut credentials, HERE, Fixed(Err("TOKEN is not set"))).await.unwrap_err();
        assert_eq!(
            (failure.code, failure.detail.as_str()),
            (ErrorCode::SecretUnavailable, "TOKEN is not set")
        );
        let failure = asked(&mut credentials, HERE, Stuck).await.unwrap_err();
        assert_eq!(failure.code, ErrorCode::SecretUnavailable);
        assert_eq!(failure.kind, FailureKind::Halt(Reason::AuthRequired));
        assert!(failure.detail.contains("5 s"), "{}", failure.detail);
    }
}
