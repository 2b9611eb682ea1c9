//! Certificates as facts, and whether the issuers that browsers ship would accept them. Opens no connection and fetches
//! nothing: what a server did not send stays unknown.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use dial::one_line;
use jiff::Timestamp;
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS,
    prelude::FromDer,
    x509::X509Name,
};

use crate::facts::CertificateFacts;

/// Longest subject or issuer, in characters.
const NAME_CHARS: usize = 120;
/// The same of a name's whole form.
const WHOLE_CHARS: usize = 300;
/// Longest host name there can be.
const HOST_CHARS: usize = 253;
/// Names of a certificate that are kept.
const MOST_NAMES: usize = 100;

/// What can be read of a chain, leaf first. What cannot be read is left out.
pub(super) fn chain(shown: &[Bytes]) -> Vec<CertificateFacts> {
    shown.iter().filter_map(|one| facts(one)).collect()
}

fn facts(der: &[u8]) -> Option<CertificateFacts> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    Some(CertificateFacts {
        subject: common_name(certificate.subject()),
        issuer: common_name(certificate.issuer()),
        issuer_full: one_line(&certificate.issuer().to_string(), WHOLE_CHARS),
        not_before: Timestamp::from_second(validity.not_before.timestamp()).ok()?,
        not_after: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
        names: names(&certificate),
        self_signed: signed_by_itself(&certificate),
    })
}

fn common_name(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().find_map(|one| one.as_str().ok());
    match common.map(|text| one_line(text, NAME_CHARS)) {
        Some(text) if !text.is_empty() => text,
        Some(_) | None => one_line(&name.to_string(), NAME_CHARS),
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let each = extension.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(text) => Some(one_line(text, HOST_CHARS)),
        GeneralName::IPAddress(bytes) => address(bytes),
        GeneralName::OtherName(..)
        | GeneralName::RFC822Name(_)
        | GeneralName::X400Address(_)
        | GeneralName::DirectoryName(_)
        | GeneralName::EDIPartyName(_)
        | GeneralName::URI(_)
        | GeneralName::RegisteredID(_)
        | GeneralName::Invalid(..) => None,
    });
    each.take(MOST_NAMES).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(octets).to_string());
    }
    Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string())
}

fn signed_by_itself(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject().as_raw() == certificate.issuer().as_raw()
        && certificate.verify_signature(None).is_ok()
}

/// Whether the certificate of the issuer of the server's own is among those that were sent.
pub(super) fn issuer_sent(shown: &[Bytes]) -> bool {
    let Some((first, others)) = shown.split_first() else { return false };
    let Ok((_, leaf)) = X509Certificate::from_der(first) else { return false };
    others.iter().any(|der| {
        X509Certificate::from_der(der).is_ok_and(|(_, one)| one.subject().as_raw() == leaf.issuer().as_raw())
    })
}

/// The first authority in `pem` whose name is akin to that of the issuer of the server's certificate, where that issuer's
/// own certificate was not sent. None where an authority has the very name: then nothing stands between the two.
///
/// Names prove nothing. But who signs in an organisation's name below its own authority is mostly part of it.
pub(super) fn akin_authority(shown: &[Bytes], pem: &[u8]) -> Option<String> {
    let (_, leaf) = X509Certificate::from_der(shown.first()?).ok()?;
    let issuer = leaf.issuer();
    if issuer_sent(shown) || leaf.subject().as_raw() == issuer.as_raw() {
        return None;
    }
    let mut akin = None;
    for der in CertificateDer::pem_slice_iter(pem).flatten() {
        let Ok((_, authority)) = X509Certificate::from_der(&der) else { continue };
        let name = authority.subject();
        if name.as_raw() == issuer.as_raw() {
            return None;
        }
        if akin.is_none() && are_akin(name, issuer) {
            akin = Some(common_name(name));
        }
    }
    akin
}

/// Whether two names have the organisation or a telling word of the common name in common.
fn are_akin(one: &X509Name<'_>, other: &X509Name<'_>) -> bool {
    let organisation = |name: &X509Name<'_>| {
        let text = name.iter_organization().find_map(|part| part.as_str().ok().map(str::to_lowercase));
        text.filter(|text| !text.trim().is_empty())
    };
    match (organisation(one), organisation(other)) {
        (Some(one), Some(other)) => one == other,
        _ => {
            let others = telling_words(other);
            telling_words(one).iter().any(|word| others.contains(word))
        }
    }
}

/// Words of a common name that authorities do not all have.
fn telling_words(name: &X509Name<'_>) -> Vec<String> {
    const OF_ALL: [&str; 30] = [
        "authority",
        "authorities",
        "below",
        "certificate",
        "certificates",
        "certification",
        "corp",
        "corporate",
        "default",
        "ecc",
        "enterprise",
        "global",
        "inc",
        "intermediate",
        "internal",
        "issuer",
        "issuing",
        "level",
        "local",
        "private",
        "public",
        "root",
        "rsa",
        "secure",
        "server",
        "ssl",
        "subordinate",
        "the",
        "tls",
        "trust",
    ];
    let text = name.iter_common_name().find_map(|part| part.as_str().ok()).unwrap_or_default().to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric());
    let telling = |word: &&str| {
        word.chars().count() >= 3 && word.chars().any(char::is_alphabetic) && !OF_ALL.contains(word)
    };
    words.filter(telling).map(str::to_owned).collect()
}

/// The name of the issuer whose certificate the server should have sent and did not: the server's own certificate names a
/// place where that can be had, and nothing that was sent is it.
pub(super) fn missing_issuer(shown: &[Bytes]) -> Option<String> {
    let (_, leaf) = X509Certificate::from_der(shown.first()?).ok()?;
    if leaf.subject().as_raw() == leaf.issuer().as_raw() {
        return None;
    }
    let sent = issuer_sent(shown);
    let can_be_had = leaf.iter_extensions().any(|extension| {
        let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else { return false };
        access.iter().any(|one| one.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS)
    });
    (!sent && can_be_had).then(|| common_name(leaf.issuer()))
}

/// Whether the issuers that browsers ship vouch for this chain and this host. Dates are judged elsewhere: the time taken
/// here is the nearest to now at which the certificate is valid. `None` where that cannot be asked.
pub(super) fn publicly_trusted(shown: &[Bytes], host: &str, now: Timestamp) -> Option<bool> {
    let first = facts(shown.first()?)?;
    let at = if now > first.not_after { first.not_after } else { now.max(first.not_before) };
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).ok()?));
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
    let chain: Vec<CertificateDer<'_>> = shown.iter().map(|one| CertificateDer::from(&one[..])).collect();
    let (leaf, others) = chain.split_first()?;
    let name = ServerName::try_from(host.to_owned()).ok()?;
    Some(verifier.verify_server_cert(leaf, others, &name, &[], at).is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
    };

    use super::*;

    /// `1.3.6.1.5.5.7.1.1` with caIssuers `http://ca.example/`.
    fn named_place() -> CustomExtension {
        let url = b"http://ca.example/";
        let length = |bytes: usize| u8::try_from(bytes).unwrap();
        let method = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2];
        let place = [&[0x86, length(url.len())][..], url].concat();
        let inner = [&[0x30, length(method.len() + place.len())][..], &method, &place].concat();
        let whole = [&[0x30, length(inner.len())][..], &inner].concat();
        CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], whole)
    }

    struct Family {
        authority: Bytes,
        issuer: Issuer<'static, KeyPair>,
    }

    fn family(name: &str) -> Family {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, "Zscaler Inc.");
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap().der().to_vec().into();
        Family { authority, issuer: Issuer::new(params, key) }
    }

    fn leaf(family: &Family, change: impl FnOnce(&mut CertificateParams)) -> Bytes {
        let names = vec!["feed.example".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "feed\u{202e}.example");
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        params.signed_by(&key, &family.issuer).unwrap().der().to_vec().into()
    }

    #[test]
    fn a_chain_is_read_leaf_first_with_its_names_dates_and_issuers() {
        let family = family("Inspection CA");
        let leaf = leaf(&family, |params| {
            params.not_before = date_time_ymd(2024, 1, 2);
            params.not_after = date_time_ymd(2025, 1, 2);
        });
        let read = chain(&[leaf, family.authority.clone(), Bytes::from_static(b"no certificate")]);
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].subject.as_str(), read[0].issuer.as_str()), ("feed.example", "Inspection CA"));
        assert!(read[0].issuer_full.contains("Zscaler Inc."), "{}", read[0].issuer_full);
        assert_eq!(read[0].names, ["feed.example", "127.0.0.1", "::1"]);
        assert_eq!(read[0].not_before.to_string(), "2024-01-02T00:00:00Z");
        assert_eq!(read[0].not_after.to_string(), "2025-01-02T00:00:00Z");
        assert_eq!([read[0].self_signed, read[1].self_signed], [false, true]);
    }

    #[test]
    fn an_issuer_is_missing_where_it_can_be_had_and_was_not_sent() {
        let family = family("Intermediate");
        let places = leaf(&family, |params| params.custom_extensions.push(named_place()));
        let none = leaf(&family, |_| {});
        assert_eq!(missing_issuer(std::slice::from_ref(&places)).as_deref(), Some("Intermediate"));
        assert_eq!(missing_issuer(&[places, family.authority.clone()]), None);
        assert_eq!(missing_issuer(&[none]), None);
        assert_eq!(missing_issuer(std::slice::from_ref(&family.authority)), None);
        assert_eq!(missing_issuer(&[]), None);
    }

    #[test]
    fn an_issuer_that_was_not_sent_may_be_akin_to_an_authority_of_the_configuration() {
        let named = |common: &str, organisation: Option<&str>| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, common);
            if let Some(organisation) = organisation {
                params.distinguished_name.push(DnType::OrganizationName, organisation);
            }
            let key = KeyPair::generate().unwrap();
            let own = params.self_signed(&key).unwrap();
            (own.pem(), Family { authority: own.der().to_vec().into(), issuer: Issuer::new(params, key) })
        };
        let akin = |root: (&str, Option<&str>), signer: (&str, Option<&str>)| {
            let ((pem, _), (_, signer)) = (named(root.0, root.1), named(signer.0, signer.1));
            akin_authority(&[leaf(&signer, |_| {})], pem.as_bytes())
        };
        let acme = Some("Acme Works");
        assert_eq!(akin(("Root R1", acme), ("Issuing CA 7", acme)).as_deref(), Some("Root R1"));
        assert_eq!(akin(("Acme Root CA", None), ("Acme Issuing CA", None)).as_deref(), Some("Acme Root CA"));
        assert_eq!(
            akin(("Acme Root CA", acme), ("Acme Issuing CA", Some("Other"))),
            None,
            "another organisation"
        );
        assert_eq!(
            akin(("Acme Root CA", None), ("Inspection Root CA", None)),
            None,
            "words of all authorities"
        );
        assert_eq!(akin(("Root CA", None), ("Issuing CA", None)), None);
        let (pem, family) = named("Acme Root CA", acme);
        assert_eq!(akin_authority(&[leaf(&family, |_| {})], pem.as_bytes()), None, "signed by it");
        let (other, _) = named("Acme Root CA 2", acme);
        let sent = [leaf(&family, |_| {}), family.authority.clone()];
        assert_eq!(akin_authority(&sent, other.as_bytes()), None, "the issuer was sent");
        assert_eq!(akin_authority(&[], other.as_bytes()), None);
        assert_eq!(akin_authority(&sent, b"no certificates"), None);
    }

    #[test]
    fn an_organisations_own_issuer_is_not_one_that_browsers_ship() {
        let family = family("Own");
        let shown = [leaf(&family, |_| {}), family.authority.clone()];
        assert_eq!(publicly_trusted(&shown, "feed.example", Timestamp::now()), Some(false));
        assert_eq!(publicly_trusted(&[], "feed.example", Timestamp::now()), None);
        assert_eq!(publicly_trusted(&[Bytes::from_static(b"x")], "feed.example", Timestamp::now()), None);
    }

    /// What letsencrypt.org showed from July to October 2026.
    const PUBLIC: [&[u8]; 4] = [
        include_bytes!("certificate/letsencrypt_org_1.der"),
        include_bytes!("certificate/letsencrypt_org_2.der"),
        include_bytes!("certificate/letsencrypt_org_3.der"),
        include_bytes!("certificate/letsencrypt_org_4.der"),
    ];

    #[test]
    fn a_public_chain_is_vouched_for_whatever_the_date_and_for_its_own_name_alone() {
        let shown = PUBLIC.map(Bytes::from_static);
        for now in ["2020-01-01T00:00:00Z", "2026-08-01T00:00:00Z", "2036-01-01T00:00:00Z"] {
            let trusted = |host| publicly_trusted(&shown, host, now.parse().unwrap());
            assert_eq!(trusted("letsencrypt.org"), Some(true), "{now}");
            assert_eq!(trusted("feed.example"), Some(false), "{now}");
        }
        assert_eq!(publicly_trusted(&shown[..1], "letsencrypt.org", Timestamp::now()), Some(false));
        assert_eq!(missing_issuer(&shown[..1]).as_deref(), Some("YE2"));
        let read = chain(&shown);
        assert_eq!((read.len(), read[0].subject.as_str()), (4, "letsencrypt.org"));
        assert!(read.iter().all(|one| !one.self_signed));
    }

    proptest! {
        #[test]
        fn any_bytes_shown_as_certificates_are_no_crash(one in prop::collection::vec(any::<u8>(), 0..600)) {
            let shown = [Bytes::from(one)];
            let _ = (chain(&shown), missing_issuer(&shown));
            let _ = publicly_trusted(&shown, "feed.example", Timestamp::UNIX_EPOCH);
        }

        #[test]
        fn a_certificate_with_a_flipped_byte_is_no_crash(at in 0_usize..400, bit in 0_u8..8) {
            let mut der = family("Own").authority.to_vec();
            let at = at % der.len();
            der[at] ^= 1 << bit;
            let shown = [Bytes::from(der)];
            let _ = (chain(&shown), missing_issuer(&shown));
        }
    }
}
