//! Questions to a name server of the test's own, which answers as it is told: rightly, wrongly, late, in part, or not.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hickory_proto::rr::{
    Record,
    rdata::{A, AAAA, CNAME},
};
use proptest::prelude::*;
use tokio::{net::TcpListener, task::JoinSet};

use super::*;

/// Long enough for a busy computer: only tests that wait for silence use less.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(60);

/// Makes the datagrams that answer one question.
type Behaviour = fn(&Message) -> Vec<Vec<u8>>;

/// A name server on loopback, for as long as it is held.
struct Server {
    address: SocketAddr,
    heard: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn start(udp: Behaviour, tcp: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = UdpSocket::bind(address).await.unwrap();
        let (heard, mut tasks) = (Arc::new(AtomicUsize::new(0)), JoinSet::new());
        let counted = Arc::clone(&heard);
        tasks.spawn(async move {
            let mut buffer = [0; 2048];
            loop {
                let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
                counted.fetch_add(1, Ordering::SeqCst);
                for datagram in udp(&Message::from_vec(&buffer[..length]).unwrap()) {
                    socket.send_to(&datagram, from).await.unwrap();
                }
            }
        });
        tasks.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut question = vec![0; usize::from(stream.read_u16().await.unwrap())];
                stream.read_exact(&mut question).await.unwrap();
                for answer in tcp(&Message::from_vec(&question).unwrap()) {
                    stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
                    stream.write_all(&answer).await.unwrap();
                }
            }
        });
        Self { address, heard, _tasks: tasks }
    }

    async fn ask(&self, v6: bool, patience: Duration) -> Asked {
        ask(self.address, &name("rt.example."), v6, patience).await
    }
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn reply(question: &Message) -> Message {
    let mut message = Message::response(question.metadata.id, OpCode::Query);
    message.add_queries(question.queries.clone());
    message
}

fn coded(question: &Message, code: ResponseCode) -> Vec<u8> {
    let mut message = reply(question);
    message.metadata.response_code = code;
    message.to_vec().unwrap()
}

fn record(owner: &str, data: RData) -> Record {
    Record::from_rdata(name(owner), 60, data)
}

/// A name that leads to another one, which has an address twice.
fn found(question: &Message) -> Vec<Vec<u8>> {
    let mut message = reply(question);
    message.add_answer(record("rt.example.", RData::CNAME(CNAME(name("edge.example.")))));
    for _ in 0..2 {
        message.add_answer(record("edge.example.", RData::A(A::new(192, 0, 2, 7))));
        message.add_answer(record("edge.example.", RData::AAAA(AAAA::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7))));
    }
    vec![message.to_vec().unwrap()]
}

fn never(_: &Message) -> Vec<Vec<u8>> {
    Vec::new()
}

fn truncated(question: &Message) -> Vec<Vec<u8>> {
    let mut message = reply(question);
    message.metadata.truncation = true;
    vec![message.to_vec().unwrap()]
}

#[tokio::test]
async fn addresses_of_the_family_asked_for_are_found_behind_other_names() {
    let server = Server::start(found, never).await;
    let (v4, v6) = (server.ask(false, LONG).await, server.ask(true, LONG).await);
    assert_eq!(v4.end, AnswerEnd::Found(vec!["192.0.2.7".parse().unwrap()]));
    assert_eq!(v6.end, AnswerEnd::Found(vec!["2001:db8::7".parse().unwrap()]));
    assert_eq!((v4.tries, v4.over_tcp, v4.ignored), (1, false, 0));
}

#[tokio::test]
async fn every_response_code_is_kept() {
    let cases: [(Behaviour, AnswerEnd); 6] = [
        (|question| vec![coded(question, ResponseCode::NoError)], AnswerEnd::NoData),
        (|question| vec![coded(question, ResponseCode::NXDomain)], AnswerEnd::NxDomain),
        (|question| vec![coded(question, ResponseCode::ServFail)], AnswerEnd::ServFail),
        (|question| vec![coded(question, ResponseCode::Refused)], AnswerEnd::Refused),
        (|question| vec![coded(question, ResponseCode::FormErr)], AnswerEnd::Other(1)),
        (|question| vec![coded(question, ResponseCode::NotImp)], AnswerEnd::Other(4)),
    ];
    for (behaviour, end) in cases {
        let server = Server::start(behaviour, never).await;
        assert_eq!(server.ask(false, LONG).await.end, end);
    }
}

#[tokio::test]
async fn a_failure_without_the_question_counts_and_a_success_without_it_does_not() {
    fn bare(question: &Message) -> Vec<Vec<u8>> {
        let mut message = Message::response(question.metadata.id, OpCode::Query);
        let success = message.to_vec().unwrap();
        message.metadata.response_code = ResponseCode::Refused;
        vec![success, message.to_vec().unwrap()]
    }
    let asked = Server::start(bare, never).await.ask(false, LONG).await;
    assert_eq!((asked.end, asked.ignored), (AnswerEnd::Refused, 1));
}

#[tokio::test]
async fn silence_is_asked_twice_and_named() {
    let server = Server::start(never, never).await;
    let asked = server.ask(false, SHORT).await;
    assert_eq!((asked.end, asked.tries), (AnswerEnd::TimedOut, TRIES));
    assert_eq!(server.heard.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_known_at_once() {
    let free = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let asked = ask(free, &name("rt.example."), false, LONG).await;
    assert!(matches!(asked.end, AnswerEnd::Unreachable(_)), "{asked:?}");
}

#[tokio::test]
async fn answers_to_other_questions_and_garbage_are_passed_over() {
    fn strangers_first(question: &Message) -> Vec<Vec<u8>> {
        let mut other_id = reply(question);
        other_id.metadata.id = question.metadata.id.wrapping_add(1);
        other_id.metadata.response_code = ResponseCode::NXDomain;
        let mut other_name = Message::response(question.metadata.id, OpCode::Query);
        other_name.metadata.response_code = ResponseCode::NXDomain;
        other_name.add_query(Query::query(name("evil.example."), RecordType::A));
        let mut other_kind = Message::response(question.metadata.id, OpCode::Query);
        other_kind.metadata.response_code = ResponseCode::NXDomain;
        other_kind.add_query(Query::query(name("rt.example."), RecordType::MX));
        let mirror = question.to_vec().unwrap();
        let strangers = [other_id, other_name, other_kind].map(|one| one.to_vec().unwrap());
        let cut = found(question)[0][..20].to_vec();
        [strangers.to_vec(), vec![mirror, cut, b"HTTP/1.1 400".to_vec(), Vec::new()], found(question)]
            .concat()
    }
    let server = Server::start(strangers_first, never).await;
    let asked = server.ask(false, LONG).await;
    assert_eq!(asked.end, AnswerEnd::Found(vec!["192.0.2.7".parse().unwrap()]));
    assert_eq!(asked.ignored, 7);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_fetched_over_tcp() {
    let server = Server::start(truncated, found).await;
    let asked = server.ask(false, LONG).await;
    assert_eq!(asked.end, AnswerEnd::Found(vec!["192.0.2.7".parse().unwrap()]));
    assert!(asked.over_tcp);
}

#[tokio::test]
async fn what_came_before_tcp_failed_is_kept_and_else_the_failure_is_said() {
    fn in_part(question: &Message) -> Vec<Vec<u8>> {
        let mut message = reply(question);
        message.metadata.truncation = true;
        message.add_answer(record("rt.example.", RData::A(A::new(192, 0, 2, 8))));
        vec![message.to_vec().unwrap()]
    }
    // It hangs up without an answer.
    let server = Server::start(in_part, never).await;
    assert_eq!(server.ask(false, LONG).await.end, AnswerEnd::Found(vec!["192.0.2.8".parse().unwrap()]));
    let server = Server::start(truncated, never).await;
    assert!(matches!(server.ask(false, LONG).await.end, AnswerEnd::Unreachable(_)));
}

#[tokio::test]
async fn numbers_and_ports_of_questions_differ() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = socket.local_addr().unwrap();
    let mut seen = Vec::new();
    for _ in 0..8 {
        let question = tokio::spawn(async move { ask(server, &name("rt.example."), false, SHORT).await });
        let mut buffer = [0; 512];
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        seen.push((Message::from_vec(&buffer[..length]).unwrap().metadata.id, from.port()));
        let _ = question.await;
        while socket.try_recv_from(&mut buffer).is_ok() {}
    }
    let distinct = |numbers: Vec<u16>| numbers.into_iter().collect::<std::collections::BTreeSet<_>>().len();
    assert!(distinct(seen.iter().map(|one| one.0).collect()) > 6, "{seen:?}");
    assert!(distinct(seen.iter().map(|one| one.1).collect()) > 6, "{seen:?}");
}

proptest! {
    #[test]
    fn a_spoiled_answer_never_gives_an_address_nobody_sent(
        at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(),
    ) {
        let question = Question::new(&name("rt.example."), false).unwrap();
        let whole = found(&Message::from_vec(&question.bytes).unwrap()).remove(0);
        let short = &whole[..cut.index(whole.len())];
        if let Some(reply) = question.read(short) {
            prop_assert!(matches!(reply.end, AnswerEnd::Found(_) | AnswerEnd::NoData));
        }
        let mut spoiled = whole.clone();
        let at = at.index(spoiled.len());
        spoiled[at] = byte;
        // Whatever it means now, it is read to an end.
        let _ = question.read(&spoiled);
    }

    #[test]
    fn any_bytes_are_no_answer(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let question = Question::new(&name("rt.example."), true).unwrap();
        // Twelve bytes with the right number and no question could be a failure; 600 random ones are not.
        if let Some(reply) = question.read(&bytes) {
            prop_assert!(!matches!(reply.end, AnswerEnd::Found(_)));
        }
    }
}
