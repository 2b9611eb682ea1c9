//! A handshake with a server whose certificate was revoked, seen by a verifier that knows.

use model::ErrorCode;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::{
    ServerConfig,
    client::WebPkiServerVerifier,
    pki_types::{CertificateRevocationListDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::error::CertificateProblem;

const REVOKED: u64 = 7;

/// A server with a certificate of this number, and a client that knows which number was revoked.
fn both(serial: u64) -> (ServerConfig, Trust) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);

    let mut params = CertificateParams::new(vec!["feed.example".to_owned()]).unwrap();
    params.serial_number = Some(SerialNumber::from(serial));
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();

    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2020, 1, 1),
        next_update: date_time_ymd(2120, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: SerialNumber::from(REVOKED),
            revocation_time: date_time_ymd(2021, 1, 1),
            reason_code: None,
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let list = CertificateRevocationListDer::from(list.signed_by(&issuer).unwrap().der().to_vec());
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .with_crls([list])
        .build()
        .unwrap();
    let client = trust(provider, verifier).unwrap();
    (server, client)
}

async fn shake(serial: u64) -> Result<(), TlsCause> {
    let (server, client) = both(serial);
    let (here, there) = tokio::io::duplex(1 << 16);
    let serving = tokio::spawn(async move { TlsAcceptor::from(Arc::new(server)).accept(there).await });
    let name = ServerName::try_from("feed.example").unwrap();
    let end = handshake(&client, None, name, here, &mut TlsFacts::default()).await;
    drop(serving);
    end.map(drop)
}

#[tokio::test]
async fn a_certificate_the_platform_knows_to_be_revoked_is_refused_as_that_and_nothing_else() {
    shake(REVOKED + 1).await.expect("the others of this issuer are fine");
    let error = shake(REVOKED).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::TlsRevoked);
    assert!(matches!(error, TlsCause::Certificate { problem: CertificateProblem::Revoked, .. }), "{error:?}");
    assert!(error.to_string().starts_with("certificate revoked"), "{error}");
}
