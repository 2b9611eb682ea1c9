//! TLS: whom this computer trusts, and the handshake. Verification is the platform's; a CA file adds issuers and
//! takes none away. There is no switch that turns verification off. Whether a certificate was revoked is looked up by
//! Windows and macOS alone: elsewhere the platform has nothing that would know.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    ClientConfig, RootCertStore,
    client::{ResolvesClientCert, Resumption, danger::ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
    sign::CertifiedKey,
};
use rustls_platform_verifier::Verifier;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::OnceCell,
    task::spawn_blocking,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    client_auth::ClientAnswers,
    error::{CaFileError, CaFileProblem, DialCause, TlsCause},
    file_threads::FileThreads,
    pem_file::{self, Stamp},
    phase::TlsFacts,
    tap::Tap,
    witness::Witness,
};

/// CA files kept; more are simply read again.
const CA_FILES: usize = 32;

/// TLS configurations, built once per set of trusted issuers.
#[derive(Default)]
pub(crate) struct TlsConfigs {
    platform: OnceCell<Trust>,
    with_ca_file: Arc<Mutex<HashMap<PathBuf, CaConfig>>>,
    files: FileThreads,
}

struct CaConfig {
    stamp: Stamp,
    trust: Trust,
}

/// Whom a handshake trusts, and the rest of its configuration. A cheap clone.
#[derive(Clone)]
pub(crate) struct Trust {
    config: Arc<ClientConfig>,
    verifier: Arc<dyn ServerCertVerifier>,
}

impl TlsConfigs {
    /// The configuration for the platform's issuers, with those of `ca_file` added.
    pub(crate) async fn get(&self, ca_file: Option<&Path>) -> Result<Trust, DialCause> {
        let Some(path) = ca_file else {
            let build = || async { off_the_runtime(|| build(Vec::new())).await };
            return self.platform.get_or_try_init(build).await.cloned();
        };
        let (path, known) = (path.to_owned(), Arc::clone(&self.with_ca_file));
        let file = path.clone();
        let read = self.files.run(&file, move || with_ca_file(path, &known)).await;
        read.unwrap_or_else(|error| Err(trust_store(rustls::Error::General(error.to_string()))))
    }
}

/// Trust stores are many small files: reading them must not hold up the runtime.
async fn off_the_runtime(
    work: impl FnOnce() -> Result<Trust, DialCause> + Send + 'static,
) -> Result<Trust, DialCause> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(trust_store(rustls::Error::General(error.to_string()))))
}

fn with_ca_file(path: PathBuf, known: &Mutex<HashMap<PathBuf, CaConfig>>) -> Result<Trust, DialCause> {
    // The map is whole between statements, so a thread that panicked while holding it did no harm.
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    let flawed = |problem| DialCause::CaFile(Box::new(CaFileError { path: path.clone(), problem }));
    let stamp = Stamp::of(&path).map_err(|error| flawed(error.into()))?;
    if let Some(kept) = lock().get(&path).filter(|kept| kept.stamp == stamp) {
        return Ok(kept.trust.clone());
    }
    let roots = read_roots(&path).map_err(flawed)?;
    let trust = build(roots)?;
    let mut kept = lock();
    if kept.len() >= CA_FILES {
        kept.clear();
    }
    kept.insert(path, CaConfig { stamp, trust: trust.clone() });
    Ok(trust)
}

fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, CaFileProblem> {
    let text = pem_file::read(path)?;
    let roots = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| CaFileProblem::Malformed(error.to_string()))?;
    if roots.is_empty() {
        return Err(CaFileProblem::Empty);
    }
    let mut usable = RootCertStore::empty();
    for root in &roots {
        usable.add(root.clone()).map_err(CaFileProblem::Certificate)?;
    }
    Ok(roots)
}

fn build(roots: Vec<CertificateDer<'static>>) -> Result<Trust, DialCause> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(trust_store)?;
    trust(provider, Arc::new(verifier))
}

/// The one configuration there is, but for whom it trusts.
pub(crate) fn trust(
    provider: Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
) -> Result<Trust, DialCause> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(trust_store)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A resumed session shows no certificate, so an expired or replaced one would go unnoticed. Connections here
    // live for hours: the round trip saved is not worth it.
    config.resumption = Resumption::disabled();
    Ok(Trust { config: Arc::new(config), verifier })
}

fn trust_store(error: rustls::Error) -> DialCause {
    DialCause::Tls(TlsCause::TrustStore(Box::new(error)))
}

/// The TLS handshake over `stream`, with `identity` for a server that asks for one. `facts` is filled on the way.
/// Dropping the future closes the socket.
pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    trust: &Trust,
    identity: Option<Arc<CertifiedKey>>,
    name: ServerName<'static>,
    stream: S,
    facts: &mut TlsFacts,
) -> Result<TlsStream<Tap<S>>, TlsCause> {
    let answers = Arc::new(ClientAnswers::new(identity));
    let witness = Arc::new(Witness::new(Arc::clone(&trust.verifier)));
    let mut config = ClientConfig::clone(&trust.config);
    config.client_auth_cert_resolver = Arc::clone(&answers) as Arc<dyn ResolvesClientCert>;
    config.dangerous().set_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>);
    let end = TlsConnector::from(Arc::new(config)).connect(name, Tap::new(stream)).into_fallible().await;
    facts.client_auth = answers.given();
    facts.chain = witness.seen();
    let mut stream = end.map_err(|(error, mut tap): (io::Error, _)| {
        let cause = TlsCause::from(error).after(facts.client_auth);
        if matches!(cause, TlsCause::NotTls(_)) {
            facts.not_tls = tap.forget();
        }
        cause
    })?;
    let _ = stream.get_mut().0.forget();
    let session = stream.get_ref().1;
    facts.version = session.protocol_version().map(|version| format!("{version:?}"));
    facts.cipher = session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
    facts.alpn = session.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
    Ok(stream)
}

#[cfg(test)]
#[path = "tls/tests.rs"]
mod tests;
