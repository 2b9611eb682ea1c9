//! What a server says about the time when its certificate is not accepted because of a date.
//!
//! Either the certificate or this computer's clock is wrong. The server's own `Date` would tell, but no connection that
//! is not verified may ever be used for anything. So this is a room of its own, made hard to misuse:
//!
//! - The only thing sent is `HEAD / HTTP/1.1` with `Host`. Path, query, headers, credential, client certificate and
//!   subprotocols of the request are dropped before anything is opened, so nothing of it can get out.
//! - The stream ends in here. What comes out is [`Unproven`]: text of a stranger, no stream, no session.
//! - The verifier that accepts every certificate is made in here, and `dialer` uses it for nobody else. It still checks
//!   that the server has the key of the certificate it shows.
//!
//! What it says is unproven and counts as one observation among others.

use std::{sync::Arc, time::Duration};

use http::{StatusCode, header};
use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::time::Instant;

use crate::{
    attempt::Attempt,
    dialer::{Arrival, Dialer, Judge},
    error::{DialCause, DialError},
    line::Line,
    one_line::one_line,
    phase::{ExchangeFacts, Phase, PhaseFacts},
    request::{DialRequest, TlsOptions},
    tls::{self, Trust},
};

/// Longest `Date` that is passed on; real ones have 29 characters.
const DATE_CHARS: usize = 64;

/// What a server that proved nothing said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproven {
    /// Its status.
    pub status: StatusCode,
    /// Its `Date`, on one short line.
    pub date: Option<String>,
    /// The answer has passed a cache or a proxy on its way (`Age`, `Via`).
    pub passed_on: bool,
    /// When the first byte came.
    pub at: Instant,
    /// Time from the request to that.
    pub first_byte: Duration,
}

impl Dialer {
    /// Asks the server of `request`, whoever that is, what time it is.
    ///
    /// # Errors
    ///
    /// As [`websocket`](Self::websocket), but for certificates.
    pub async fn date_of_unproven(&self, request: &DialRequest) -> Result<Unproven, DialError> {
        let request = bare(request);
        let mut attempt = Attempt::new(request.limits.overall, |_| {});
        let Arrival { stream, route, .. } = self.arrive(&request, Judge::Nobody, &mut attempt).await?;
        let budget = attempt.begin(Phase::Exchange, request.limits.upgrade);
        let mut facts = ExchangeFacts::default();
        let began = Instant::now();
        let mut line = Line::new(stream, &mut facts.received);
        let ask = format!("HEAD / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", route.target.authority);
        let answer = budget.run(line.head(ask.as_bytes())).await;
        let at = line.first_byte.unwrap_or(began);
        let answer = attempt.end(PhaseFacts::Exchange(facts), answer)?;
        let date = answer.headers.get(header::DATE).and_then(|value| value.to_str().ok());
        Ok(Unproven {
            status: answer.status,
            date: date.map(|text| one_line(text, DATE_CHARS)),
            passed_on: answer.headers.contains_key(header::AGE) || answer.headers.contains_key(header::VIA),
            at,
            first_byte: at - began,
        })
    }
}

/// The request with nothing in it but where to and how to get there.
fn bare(request: &DialRequest) -> DialRequest {
    let mut bare = DialRequest::new(request.url.clone());
    bare.url.set_path("/");
    bare.url.set_query(None);
    bare.url.set_fragment(None);
    // These fail only on URLs that cannot hold credentials.
    let _ = bare.url.set_username("");
    let _ = bare.url.set_password(None);
    bare.tls = TlsOptions { ca_file: request.tls.ca_file.clone(), ..TlsOptions::default() };
    bare.proxy = request.proxy.clone();
    bare.limits = request.limits.clone();
    bare
}

/// Accepts every certificate. See the top of this file.
pub(crate) fn nobody() -> Result<Trust, DialCause> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    tls::trust(Arc::clone(&provider), Arc::new(Nobody(provider)))
}

#[derive(Debug)]
struct Nobody(Arc<CryptoProvider>);

impl ServerCertVerifier for Nobody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
