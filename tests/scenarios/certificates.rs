//! Certificates of any authority, dates and names, and the files in which a client finds the authorities.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};

use crate::plan::{TlsPlan, Trusted};

const HOUR: u64 = 3_600;

/// The authorities of one scenario, each made when it is first named.
#[derive(Debug)]
pub(crate) struct Authorities {
    folder: PathBuf,
    made: Mutex<BTreeMap<String, Arc<Authority>>>,
}

#[derive(Debug)]
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authorities {
    /// Files go into this folder.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), made: Mutex::default() }
    }

    /// The authority of this name.
    fn authority(&self, name: &str) -> Result<Arc<Authority>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(name) {
            return Ok(Arc::clone(known));
        }
        let params = authority_params(name)?;
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        let new = Arc::new(Authority { pem, issuer: Issuer::new(params, key) });
        made.insert(name.to_owned(), Arc::clone(&new));
        Ok(new)
    }

    /// The file an endpoint names to trust this certificate.
    pub(crate) fn ca_file(&self, plan: &TlsPlan) -> Result<Option<PathBuf>> {
        if plan.trusted != Trusted::Endpoint || plan.issuer.is_empty() {
            return Ok(None);
        }
        let file = self.folder.join(format!("{}.pem", plan.issuer.replace(' ', "-")));
        fs::write(&file, &self.authority(&plan.issuer)?.pem)?;
        Ok(Some(file))
    }

    /// The file with the authorities the system trusts: those of these plans, or one that signs nothing.
    pub(crate) fn system_file<'a>(&self, plans: impl Iterator<Item = &'a TlsPlan>) -> Result<PathBuf> {
        let mut text = self.authority("Authority nobody uses")?.pem.clone();
        for plan in plans.filter(|plan| plan.trusted == Trusted::System) {
            text += &self.authority(&plan.issuer)?.pem;
        }
        let file = self.folder.join("system.pem");
        fs::write(&file, text)?;
        Ok(file)
    }

    /// What a server of this plan uses.
    pub(crate) fn server(&self, plan: &TlsPlan) -> Result<Arc<ServerConfig>> {
        let mut params = CertificateParams::new(plan.names.clone())?;
        let name = plan.names.first().map_or("nobody", String::as_str);
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let epoch = date_time_ymd(1970, 1, 1);
        params.not_before = epoch + hours_from_now(plan.from_h)?;
        params.not_after = epoch + hours_from_now(plan.until_h)?;
        let key = KeyPair::generate()?;
        let certificate = if plan.issuer.is_empty() {
            params.self_signed(&key)?
        } else {
            params.use_authority_key_identifier_extension = true;
            let authority = self.authority(&plan.issuer)?;
            if plan.hides_issuer {
                let hidden = authority_params(&format!("{} below", plan.issuer))?;
                let hidden_key = KeyPair::generate()?;
                hidden.signed_by(&hidden_key, &authority.issuer)?;
                params.signed_by(&key, &Issuer::new(hidden, hidden_key))?
            } else {
                params.signed_by(&key, &authority.issuer)?
            }
        };
        let chain = vec![CertificateDer::from(certificate)];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let config = if plan.wants_client {
            let mut roots = RootCertStore::empty();
            let authority = self.authority("Authority of clients")?;
            let pem = rustls::pki_types::pem::PemObject::from_pem_slice(authority.pem.as_bytes());
            roots.add(pem.ok().context("a certificate")?)?;
            config.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?,
            )
        } else {
            config.with_no_client_auth()
        };
        Ok(Arc::new(config.with_single_cert(chain, key)?))
    }
}

fn authority_params(name: &str) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

/// Since 1970.
fn hours_from_now(hours: i64) -> Result<Duration> {
    let now = SystemTime::UNIX_EPOCH.elapsed()?;
    let shift = Duration::from_secs(hours.unsigned_abs() * HOUR);
    let then = if hours < 0 { now.checked_sub(shift) } else { now.checked_add(shift) };
    then.context("a date")
}
