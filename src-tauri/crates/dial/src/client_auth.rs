//! Client certificates: read from their files, again when these change, and shown to servers that ask for one.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use rustls::{
    Error, InconsistentKeys, SignatureScheme,
    client::ResolvesClientCert,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use crate::{
    error::{ClientCertError, ClientCertProblem, DialCause, RequestFlaw, TlsCause},
    file_threads::FileThreads,
    pem_file::{self, Stamp},
    phase::ClientAuth,
    request::TlsOptions,
};

/// Certificates kept; more are simply read again.
const IDENTITIES: usize = 32;

/// Client certificates with their keys, by their files.
#[derive(Clone, Default)]
pub(crate) struct ClientIdentities {
    known: Arc<Mutex<HashMap<Files, Kept>>>,
    threads: FileThreads,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Files {
    cert: PathBuf,
    /// The same file where the options name none.
    key: PathBuf,
}

struct Kept {
    stamps: [Stamp; 2],
    identity: Arc<CertifiedKey>,
}

impl ClientIdentities {
    /// The certificate the options name, if they name one.
    pub(crate) async fn get(&self, options: &TlsOptions) -> Result<Option<Arc<CertifiedKey>>, DialCause> {
        let files = match (&options.client_cert, &options.client_key) {
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(RequestFlaw::ClientKeyAlone.into()),
            (Some(cert), key) => Files { cert: cert.clone(), key: key.as_ref().unwrap_or(cert).clone() },
        };
        let (this, key) = (self.clone(), files.key.clone());
        self.threads.run(&key, move || this.of(files)).await.unwrap_or_else(|error| {
            let crashed = Box::new(Error::General(error.to_string()));
            Err(TlsCause::Protocol(crashed).into())
        })
    }

    fn of(&self, files: Files) -> Result<Option<Arc<CertifiedKey>>, DialCause> {
        // The map is whole between statements, so a thread that panicked while holding it did no harm.
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = |path: &Path| Stamp::of(path).map_err(|error| flawed(path, error.into()));
        let stamps = [stamp(&files.cert)?, stamp(&files.key)?];
        if let Some(kept) = lock().get(&files).filter(|kept| kept.stamps == stamps) {
            return Ok(Some(Arc::clone(&kept.identity)));
        }
        let identity = Arc::new(files.read()?);
        let mut kept = lock();
        if kept.len() >= IDENTITIES {
            kept.clear();
        }
        kept.insert(files, Kept { stamps, identity: Arc::clone(&identity) });
        Ok(Some(identity))
    }
}

impl Files {
    fn read(&self) -> Result<CertifiedKey, DialCause> {
        let chain = chain(&self.cert).map_err(|problem| flawed(&self.cert, problem))?;
        let key = key(&self.key).map_err(|problem| flawed(&self.key, problem))?;
        let provider = rustls::crypto::ring::default_provider();
        CertifiedKey::from_der(chain, key, &provider).map_err(|error| {
            if error == Error::InconsistentKeys(InconsistentKeys::KeyMismatch) {
                flawed(&self.key, ClientCertProblem::Mismatch(self.cert.clone()))
            } else if matches!(error, Error::InvalidCertificate(_)) {
                flawed(&self.cert, ClientCertProblem::Certificate(error))
            } else {
                flawed(&self.key, ClientCertProblem::Key(error))
            }
        })
    }
}

fn flawed(path: &Path, problem: ClientCertProblem) -> DialCause {
    DialCause::ClientCert(Box::new(ClientCertError { path: path.to_owned(), problem }))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, ClientCertProblem> {
    let chain = CertificateDer::pem_slice_iter(&pem_file::read(path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| ClientCertProblem::Malformed(error.to_string()))?;
    if chain.is_empty() { Err(ClientCertProblem::NoCertificate) } else { Ok(chain) }
}

/// The first key of the file: PKCS#8, PKCS#1 or SEC1.
fn key(path: &Path) -> Result<PrivateKeyDer<'static>, ClientCertProblem> {
    let text = pem_file::read(path)?;
    match PrivateKeyDer::pem_slice_iter(&text).next() {
        _ if is_encrypted(&text) => Err(ClientCertProblem::Encrypted),
        Some(Ok(key)) => Ok(key),
        Some(Err(error)) => Err(ClientCertProblem::Malformed(error.to_string())),
        None => Err(ClientCertProblem::NoKey),
    }
}

/// By PKCS#8, or by the older way of OpenSSL.
fn is_encrypted(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED")
}

/// Answers one server that asks for a certificate, and remembers what was answered: only this tells an alert about
/// the client's certificate from any other.
#[derive(Debug)]
pub(crate) struct ClientAnswers {
    identity: Option<Arc<CertifiedKey>>,
    given: OnceLock<ClientAuth>,
}

impl ClientAnswers {
    pub(crate) fn new(identity: Option<Arc<CertifiedKey>>) -> Self {
        Self { identity, given: OnceLock::new() }
    }

    pub(crate) fn given(&self) -> ClientAuth {
        self.given.get().copied().unwrap_or_default()
    }
}

impl ResolvesClientCert for ClientAnswers {
    fn resolve(&self, _issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Shown whatever issuers the server names: its refusal says more than our silence.
        let usable = self.identity.clone().filter(|one| one.key.choose_scheme(schemes).is_some());
        let _ = self.given.set(if usable.is_some() { ClientAuth::Sent } else { ClientAuth::NoneSent });
        usable
    }

    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}
