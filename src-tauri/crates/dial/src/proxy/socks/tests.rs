//! What SOCKS5 proxies may answer: anything, in any pieces.

use proptest::prelude::*;

use super::*;
use crate::{
    pieces::{End, Pieces, at_cuts, block_on, cut},
    proxy::ProxySource,
};

/// What an answer comes to, what is quoted of it aside.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// And what is left for the tunnel.
    Open(Vec<u8>),
    Reply(SocksReply),
    AuthRequired(bool),
    Protocol(ProxyProtocolFlaw),
    Closed(usize),
}

fn verdict(pieces: Vec<Vec<u8>>, url: &str) -> Verdict {
    let server = ProxyServer::parse(url).unwrap();
    let mut facts = ProxyFacts::new(server.clone(), ProxySource::Configuration);
    block_on(async {
        let stream = Pieces::new(pieces, End::Closed);
        match connect(stream, &server, Destination::Name("h.example"), 443, &mut facts).await {
            Ok(mut stream) => {
                let mut rest = Vec::new();
                stream.read_to_end(&mut rest).await.unwrap();
                Verdict::Open(rest)
            }
            Err(ProxyCause::Reply(reply)) => Verdict::Reply(reply),
            Err(ProxyCause::AuthRequired { sent, .. }) => Verdict::AuthRequired(sent),
            Err(ProxyCause::Protocol { flaw, found }) => {
                assert!(found.chars().count() <= FOUND_CHARS && !found.chars().any(char::is_control));
                Verdict::Protocol(flaw)
            }
            Err(ProxyCause::Closed { received, .. }) => Verdict::Closed(received),
            Err(other) => panic!("an exchange does not end like this: {other:?}"),
        }
    })
}

/// An address as a proxy may give it, its port included.
fn address() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<[u8; 6]>().prop_map(|rest| [&[IPV4][..], &rest].concat()),
        any::<[u8; 18]>().prop_map(|rest| [&[IPV6][..], &rest].concat()),
        (prop::collection::vec(any::<u8>(), 0..255), any::<[u8; 2]>()).prop_map(|(name, port)| {
            let length = u8::try_from(name.len()).unwrap();
            [&[NAME, length][..], &name, &port].concat()
        }),
    ]
}

proptest! {
    #[test]
    fn a_socks_answer_means_the_same_however_it_is_cut(
        garbage in prop::collection::vec(any::<u8>(), 0..40), likely in prop::collection::vec(0_u8..6, 0..12),
        method in prop_oneof![Just(vec![VERSION, NO_AUTH]), Just(vec![VERSION, USER_PASSWORD, AUTH_VERSION, 0])],
        reply in 0_u8..12, address in address(), at in any::<prop::sample::Index>(), cuts in at_cuts(),
    ) {
        let answer = [&method, &[VERSION, reply, 0][..], &address].concat();
        let halved = answer[..at.index(answer.len())].to_vec();
        let mut spoiled = answer.clone();
        spoiled[at.index(answer.len())] ^= 1 << (reply % 8);
        for bytes in [garbage, likely, answer, halved, spoiled] {
            for url in ["socks5h://proxy", "socks5h://me:word@proxy"] {
                let whole = verdict(vec![bytes.clone()], url);
                prop_assert_eq!(&verdict(cut(&bytes, &cuts), url), &whole);
                prop_assert_eq!(&verdict(bytes.iter().map(|byte| vec![*byte]).collect(), url), &whole);
            }
        }
    }

    #[test]
    fn nothing_of_the_tunnel_is_taken(address in address(), tunnel in prop::collection::vec(any::<u8>(), 0..40), cuts in at_cuts()) {
        let answer = [&[VERSION, NO_AUTH, VERSION, 0, 0][..], &address, &tunnel].concat();
        prop_assert_eq!(verdict(cut(&answer, &cuts), "socks5h://proxy"), Verdict::Open(tunnel));
    }
}
