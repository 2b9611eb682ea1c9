//! HTTP CONNECT (RFC 9110 §9.3.6): asks a proxy for a tunnel and judges its answer.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};

use super::server::ProxyServer;
use crate::{
    body::Framing,
    budget::Budget,
    error::{DialCause, HttpAnswer, ProxyCause, ProxyProtocolFlaw, UpgradeCause},
    excerpt::{Secrets, excerpt, title_or_all},
    head::USER_AGENT,
    line::Line,
    phase::ProxyFacts,
    request::DialRequest,
    target::Target,
    upgrade::{BODY_TIME, FOUND_CHARS},
};

/// How long a proxy that says OK with a page's headers may take to show that it is no proxy.
const PAGE_TIME: Duration = Duration::from_millis(100);
/// Authentication schemes of a 407 that are named.
const MAX_SCHEMES: usize = 8;
/// Longest name of a scheme that is named; the registered ones are shorter.
const LONGEST_SCHEME: usize = 20;

/// Asks for a tunnel to the target over `stream`. The outer result is the attempt's (time ran out), the inner one
/// the proxy's.
pub(crate) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    server: &ProxyServer,
    target: &Target,
    request: &DialRequest,
    budget: Budget,
    facts: &mut ProxyFacts,
) -> Result<Result<S, ProxyCause>, DialCause> {
    let basic = basic(server);
    let ask = ask(target, basic.as_deref());
    let secrets = secrets(request, server);
    let mut line = Line::new(stream, &mut facts.received);
    let answer = match budget.run(line.head(&ask)).await {
        Ok(answer) => answer,
        Err(cause @ DialCause::Timeout(_)) => return Err(cause),
        Err(cause) => return Ok(Err(of_exchange(cause, &secrets))),
    };
    facts.status = Some(answer.status);
    if answer.status.is_success() {
        // What follows belongs to the tunnel, and no server speaks first there.
        let until = budget.until.min(Instant::now() + PAGE_TIME);
        if line.buffer.is_empty() && is_page(&answer.headers) {
            let _ = line.body(Framing::UntilClose, until).await;
        }
        if line.buffer.is_empty() {
            return Ok(Ok(line.stream));
        }
        let found = secrets.redacted(&String::from_utf8_lossy(&line.buffer), FOUND_CHARS);
        let flaw = ProxyProtocolFlaw::SpokeItself;
        return Ok(Err(ProxyCause::Protocol { flaw, found }));
    }
    let until = budget.until.min(Instant::now() + BODY_TIME);
    let framing = Framing::of(answer.status, &answer.headers);
    let (body, truncated) = line.body(framing, until).await;
    let refusal = Box::new(HttpAnswer {
        status: answer.status,
        excerpt: excerpt(&secrets, &request.url, &answer.headers, title_or_all(&body)),
        headers: answer.headers,
        body,
        truncated,
    });
    Ok(Err(if refusal.status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        ProxyCause::AuthRequired {
            sent: basic.is_some(),
            offered: schemes(&refusal.headers),
            answer: Some(refusal),
        }
    } else {
        ProxyCause::Refused(refusal)
    }))
}

fn ask(target: &Target, basic: Option<&str>) -> Vec<u8> {
    let to = &target.with_port;
    let mut text = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nUser-Agent: {USER_AGENT}\r\n");
    if let Some(basic) = basic {
        text.push_str(&format!("Proxy-Authorization: Basic {basic}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// Credentials for basic authentication (RFC 7617), sent without being asked: a proxy that is given a password is
/// one that wants it.
fn basic(server: &ProxyServer) -> Option<String> {
    let found = server.credentials()?;
    let joined = [&found.user[..], b":", &found.password[..]].concat();
    Some(STANDARD.encode(joined))
}

/// What neither the proxy nor the server behind it may be quoted with.
pub(super) fn secrets(request: &DialRequest, server: &ProxyServer) -> Secrets {
    let password = server.credentials().map(|found| String::from_utf8_lossy(&found.password).into_owned());
    Secrets::of(request).and(password.into_iter().chain(basic(server)))
}

fn of_exchange(cause: DialCause, secrets: &Secrets) -> ProxyCause {
    match cause {
        DialCause::Upgrade(UpgradeCause::Rule { rule, found }) => ProxyCause::Protocol {
            flaw: ProxyProtocolFlaw::Http(rule),
            found: secrets.redacted(&found, FOUND_CHARS),
        },
        DialCause::Upgrade(UpgradeCause::Closed { received, failure }) => {
            ProxyCause::Closed { received, failure }
        }
        DialCause::Upgrade(UpgradeCause::Socket(failure)) => ProxyCause::Socket(failure),
        DialCause::Tls(cause) => ProxyCause::Tls(Box::new(cause)),
        // An exchange has no other failures.
        other @ (DialCause::Upgrade(UpgradeCause::Status(_) | UpgradeCause::Redirect { .. })
        | DialCause::Request(_)
        | DialCause::Resolve(_)
        | DialCause::Connect(_)
        | DialCause::Remembered { .. }
        | DialCause::CaFile(_)
        | DialCause::ClientCert(_)
        | DialCause::Proxy(_)
        | DialCause::ProxySetting(_)
        | DialCause::Timeout(_)) => ProxyCause::Unreachable(Box::new(other)),
    }
}

/// A successful answer to CONNECT has no body, whatever its headers say; one that announces a page may be a web
/// server's.
fn is_page(headers: &HeaderMap) -> bool {
    headers.contains_key(header::CONTENT_TYPE)
}

/// The schemes of a 407. Challenges are parted by commas, and so are their parameters, which have a `=` behind
/// their name (RFC 9110 §11.6.1); quoted values may hold commas.
fn schemes(headers: &HeaderMap) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for value in headers.get_all(header::PROXY_AUTHENTICATE) {
        let text = String::from_utf8_lossy(value.as_bytes());
        let mut quoted = false;
        for part in text.split(|character| {
            quoted ^= character == '"';
            character == ',' && !quoted
        }) {
            let word = part.split_whitespace().next().unwrap_or_default();
            let is_scheme = !word.is_empty()
                && word.len() <= LONGEST_SCHEME
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if is_scheme && found.len() < MAX_SCHEMES && !found.iter().any(|one| one == word) {
                found.push(word.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt as _;
    use url::Url;

    use super::*;
    use crate::{
        phase::Phase,
        pieces::{End, Pieces, at_cuts, block_on, cut},
        proxy::ProxySource,
    };

    fn target(url: &str) -> Target {
        Target::of(&DialRequest::new(Url::parse(url).unwrap())).unwrap()
    }

    #[test]
    fn the_request_names_host_and_port_and_nothing_of_the_url() {
        let text = |url, basic| String::from_utf8(ask(&target(url), basic)).unwrap();
        assert_eq!(
            text("wss://me:pw@h.example/path?token=1", None),
            format!(
                "CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\nUser-Agent: {USER_AGENT}\r\n\r\n"
            )
        );
        let with = text("ws://[::1]/", Some("bWU6cHc="));
        assert!(with.starts_with("CONNECT [::1]:80 HTTP/1.1\r\n"), "{with}");
        assert!(with.ends_with("\r\nProxy-Authorization: Basic bWU6cHc=\r\n\r\n"), "{with}");
    }

    #[test]
    fn credentials_are_those_of_the_rfc() {
        // RFC 7617 §2.
        let server = ProxyServer::parse("http://Aladdin:open%20sesame@h").unwrap();
        assert_eq!(basic(&server).as_deref(), Some("QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
        assert_eq!(basic(&ProxyServer::parse("http://h").unwrap()), None);
    }

    #[test]
    fn the_schemes_of_a_challenge_are_told_from_its_parameters() {
        let mut headers = HeaderMap::new();
        for value in ["Negotiate", "NTLM, Basic realm=\"a, b and c\", charset=\"UTF-8\"", "Basic realm=\"c\""]
        {
            headers.append("proxy-authenticate", value.parse().unwrap());
        }
        assert_eq!(schemes(&headers), ["Negotiate", "NTLM", "Basic"]);
    }

    /// What a proxy's answer comes to, however it is cut: what is quoted of it aside.
    #[derive(Debug, PartialEq, Eq)]
    enum Verdict {
        /// And what is left for the tunnel.
        Open(Vec<u8>),
        Refused {
            status: u16,
            body: Vec<u8>,
            offered: Vec<String>,
        },
        Protocol(ProxyProtocolFlaw),
        Closed(usize),
    }

    fn verdict(pieces: Vec<Vec<u8>>) -> Verdict {
        let server = ProxyServer::parse("http://me:word@proxy").unwrap();
        let request = DialRequest::new(Url::parse("wss://h.example/").unwrap());
        let target = Target::of(&request).unwrap();
        let mut facts = ProxyFacts::new(server.clone(), ProxySource::Configuration);
        block_on(async {
            let now = Instant::now();
            let budget = Budget::new(Phase::Proxy, now, Duration::from_secs(5), now, Duration::from_secs(15));
            let stream = Pieces::new(pieces, End::Closed);
            match connect(stream, &server, &target, &request, budget, &mut facts).await.unwrap() {
                Ok(mut stream) => {
                    let mut rest = Vec::new();
                    stream.read_to_end(&mut rest).await.unwrap();
                    Verdict::Open(rest)
                }
                Err(ProxyCause::Refused(answer)) => Verdict::Refused {
                    status: answer.status.as_u16(),
                    body: answer.body.to_vec(),
                    offered: Vec::new(),
                },
                Err(ProxyCause::AuthRequired { offered, answer, .. }) => {
                    Verdict::Refused { status: 407, body: answer.unwrap().body.to_vec(), offered }
                }
                Err(ProxyCause::Protocol { flaw, .. }) => Verdict::Protocol(flaw),
                Err(ProxyCause::Closed { received, .. }) => Verdict::Closed(received),
                Err(other) => panic!("an exchange does not end like this: {other:?}"),
            }
        })
    }

    proptest! {
        #[test]
        fn a_proxys_answer_means_the_same_however_it_is_cut(
            garbage in prop::collection::vec(any::<u8>(), 0..80),
            status in 200_u16..600, challenge in "[ -~]{0,40}", body in "[ -~]{0,60}",
            at in any::<prop::sample::Index>(), cuts in at_cuts(),
        ) {
            let answer = format!(
                "HTTP/1.1 {status} Reason\r\nProxy-Authenticate: {challenge}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let mut spoiled = answer.clone().into_bytes();
            let at = at.index(spoiled.len());
            spoiled.splice(at..at, garbage.iter().take(3).copied());
            let halved = answer.as_bytes()[..at].to_vec();
            for bytes in [garbage, answer.into_bytes(), spoiled, halved] {
                let whole = verdict(vec![bytes.clone()]);
                // What a proxy says behind its OK shows that it is none only if it comes with the OK.
                if let Verdict::Protocol(ProxyProtocolFlaw::SpokeItself) | Verdict::Open(_) = whole {
                    continue;
                }
                prop_assert_eq!(&verdict(cut(&bytes, &cuts)), &whole);
                prop_assert_eq!(&verdict(bytes.iter().map(|byte| vec![*byte]).collect()), &whole);
            }
        }

        #[test]
        fn nothing_of_the_tunnel_is_taken_whatever_the_proxy_calls_its_ok(
            status in 200_u16..300, headers in prop::collection::vec("[a-z]{1,9}: [ -~]{0,20}", 0..5),
            tunnel in prop::collection::vec(any::<u8>(), 1..40), cuts in at_cuts(),
        ) {
            let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
            let head = format!("HTTP/1.1 {status} OK\r\n{headers}Content-Length: 7\r\n\r\n").into_bytes();
            let pieces = cut(&head, &cuts).into_iter().chain([tunnel.clone()]).collect();
            prop_assert_eq!(verdict(pieces), Verdict::Open(tunnel));
        }

        #[test]
        fn any_challenge_gives_a_few_short_names(values in prop::collection::vec("[ -~]{0,200}", 0..20)) {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("proxy-authenticate", value.parse().unwrap());
            }
            let found = schemes(&headers);
            prop_assert!(found.len() <= MAX_SCHEMES);
            prop_assert!(found.iter().all(|one| (1..=LONGEST_SCHEME).contains(&one.len())));
        }
    }
}
