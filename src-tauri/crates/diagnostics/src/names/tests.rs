//! Steps B2 and B3 whole: files of the test's own, and name servers on loopback addresses.

use std::{fs, path::Path};

use dial::{ProxyChoice, ProxyEnvironment, SystemProxies};
use hickory_proto::{
    op::{Message, OpCode, ResponseCode},
    rr::{RData, Record, rdata::A},
};
use model::check::Step;
use tokio::{net::UdpSocket, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    Facts,
    facts::{AddressFacts, EndpointFacts, NameFacts},
};

fn subject(url: &str) -> Subject {
    crate::trial::subject("rt", url)
}

fn notebook() -> Notebook {
    let notebook = Notebook::new("run".into(), CancellationToken::new(), None);
    notebook.learn(|facts| facts.endpoints.push(EndpointFacts::default()));
    notebook
}

fn places(folder: &Path, resolv_conf: &str, hosts: &str, port: u16) -> Places {
    fs::write(folder.join("resolv.conf"), resolv_conf).unwrap();
    fs::write(folder.join("hosts"), hosts).unwrap();
    let (resolv_conf, hosts) = (folder.join("resolv.conf"), folder.join("hosts"));
    // Long for answers, which a busy computer may delay; short for what never comes.
    let (patience, settled) = (Duration::from_secs(20), Duration::from_millis(50));
    Places { resolv_conf, hosts, port, patience, settled }
}

async fn asked(subject: &Subject, dialer: &Dialer, places: Places) -> (Facts, Step, Step) {
    let notebook = notebook();
    ask_at(&notebook, subject, 0, dialer, places).await;
    let (facts, steps) = notebook.contents();
    let step = |id| steps.iter().find(|one| one.id == id).unwrap().clone();
    assert_eq!(steps.len(), 2);
    (facts, step(StepId::B2), step(StepId::B3))
}

fn names(facts: &Facts) -> &NameFacts {
    &facts.endpoints[0].names
}

/// A server at a loopback address that finds every name at `address`, or knows none.
async fn server(tasks: &mut JoinSet<()>, at: SocketAddr, address: Option<[u8; 4]>) -> SocketAddr {
    let socket = UdpSocket::bind(at).await.unwrap();
    let at = socket.local_addr().unwrap();
    tasks.spawn(async move {
        let mut buffer = [0; 2048];
        loop {
            let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
            let question = Message::from_vec(&buffer[..length]).unwrap();
            let mut message = Message::response(question.metadata.id, OpCode::Query);
            message.add_queries(question.queries.clone());
            match address {
                Some(address) => {
                    let owner = question.queries[0].name().clone();
                    message.add_answer(Record::from_rdata(owner, 60, RData::A(A(address.into()))));
                }
                None => message.metadata.response_code = ResponseCode::NXDomain,
            }
            let _ = socket.send_to(&message.to_vec().unwrap(), from).await;
        }
    });
    at
}

#[tokio::test]
async fn each_server_is_asked_by_itself_and_the_silent_one_is_named() {
    let (mut tasks, folder) = (JoinSet::new(), tempfile::tempdir().unwrap());
    let good = server(&mut tasks, "127.0.0.21:0".parse().unwrap(), Some([192, 0, 2, 1])).await;
    let _silent = UdpSocket::bind(("127.0.0.22", good.port())).await.unwrap();
    let text = "nameserver 127.0.0.22\nnameserver 127.0.0.21\n";
    let mut places = places(folder.path(), text, "", good.port());
    places.patience = Duration::from_millis(400);
    let (facts, step, file) = asked(&subject("wss://rt.example/"), &Dialer::new(), places).await;
    let ends: Vec<_> =
        names(&facts).servers.iter().map(|one| (one.server.to_string(), one.a.clone())).collect();
    let found = AnswerEnd::Found(vec!["192.0.2.1".parse().unwrap()]);
    assert_eq!(ends, [("127.0.0.22".into(), AnswerEnd::TimedOut), ("127.0.0.21".into(), found)]);
    assert_eq!((step.status, step.attempts), (StepStatus::Warn, 2));
    assert_eq!(step.detail["silent"], json!(["127.0.0.22"]));
    assert_eq!((file.status, names(&facts).hosts_file.len()), (StepStatus::Pass, 0));
}

#[tokio::test]
async fn servers_that_contradict_one_another_are_worth_a_warning() {
    let (mut tasks, folder) = (JoinSet::new(), tempfile::tempdir().unwrap());
    let one = server(&mut tasks, "127.0.0.31:0".parse().unwrap(), Some([192, 0, 2, 1])).await;
    server(&mut tasks, SocketAddr::new("127.0.0.32".parse().unwrap(), one.port()), None).await;
    let text = "nameserver 127.0.0.31\nnameserver 127.0.0.32\n";
    let places = places(folder.path(), text, "", one.port());
    let (facts, step, _) = asked(&subject("wss://rt.example/"), &Dialer::new(), places).await;
    assert_eq!(names(&facts).servers[1].a, AnswerEnd::NxDomain);
    assert_eq!((step.status, &step.detail["answers_differ"]), (StepStatus::Warn, &json!(true)));
}

/// A name the hosts file fixes, and how the connection to the fixed address ended; with the server that knows better.
async fn fixed(end: Option<AddressEnd>) -> (Facts, Step, Step) {
    let (mut tasks, folder) = (JoinSet::new(), tempfile::tempdir().unwrap());
    let better = server(&mut tasks, "127.0.0.41:0".parse().unwrap(), Some([192, 0, 2, 1])).await;
    let text = "nameserver 127.0.0.41\n";
    let places = places(folder.path(), text, "127.0.0.77 RT.example\n", better.port());
    let notebook = notebook();
    let address = "127.0.0.77".parse().unwrap();
    notebook.learn(|facts| {
        facts.endpoints[0].addresses =
            end.map(|end| AddressFacts { address, end, ms: 1.0 }).into_iter().collect();
    });
    ask_at(&notebook, &subject("wss://rt.example/"), 0, &Dialer::new(), places).await;
    let (facts, steps) = notebook.contents();
    assert_eq!(names(&facts).hosts_file, ["127.0.0.77".parse::<IpAddr>().unwrap()]);
    (facts, steps[1].clone(), steps[0].clone())
}

#[tokio::test]
async fn a_name_in_the_hosts_file_is_nobody_elses_business_while_it_leads_somewhere() {
    for end in [None, Some(AddressEnd::Connected)] {
        let (facts, step, file) = fixed(end).await;
        assert_eq!((file.status, step.status), (StepStatus::Warn, StepStatus::Na));
        assert_eq!(names(&facts).servers, []);
    }
}

#[tokio::test]
async fn where_a_fixed_address_is_dead_the_servers_say_what_it_would_be_without_the_file() {
    let (facts, step, _) = fixed(Some(AddressEnd::Refused)).await;
    assert_eq!((step.id, step.status), (StepId::B2, StepStatus::Pass));
    assert_eq!(names(&facts).servers[0].a, AnswerEnd::Found(vec!["192.0.2.1".parse().unwrap()]));
}

#[tokio::test]
async fn nobody_is_asked_for_addresses_own_names_short_names_and_what_a_proxy_looks_up() {
    let folder = tempfile::tempdir().unwrap();
    let witness = UdpSocket::bind("127.0.0.51:0").await.unwrap();
    let port = witness.local_addr().unwrap().port();
    let variables = [("https_proxy".to_owned(), "http://127.0.0.1:9".to_owned())].into();
    let behind_proxy = Dialer::new().with_system_proxies(SystemProxies::new(
        ProxyEnvironment::from(&variables),
        std::sync::Arc::new(dial::Desktop::None),
    ));
    let mut by_proxy = subject("wss://rt.example/");
    by_proxy.request = by_proxy.request.map(|one| DialRequest { proxy: ProxyChoice::System, ..one });
    let mut broken = subject("wss://rt.example/");
    broken.request = Err(crate::Unusable::Url("no URL".into()));
    let cases = [
        (subject("wss://192.0.2.1/"), StepStatus::Na),
        (subject("wss://[2001:db8::1]/"), StepStatus::Na),
        (subject("ws://localhost:9/"), StepStatus::Na),
        (subject("ws://app.localhost./"), StepStatus::Na),
        (subject("ws://intranet/"), StepStatus::Na),
        (by_proxy, StepStatus::Na),
        (broken, StepStatus::Skip),
    ];
    for (subject, status) in cases {
        let places = places(folder.path(), "nameserver 127.0.0.51\n", "127.0.0.1 localhost\n", port);
        let (facts, step, _) = asked(&subject, &behind_proxy, places).await;
        assert_eq!((step.status, names(&facts).servers.len()), (status, 0), "{}", subject.shown_url);
        assert!(step.reason.is_some());
    }
    assert!(witness.try_recv(&mut [0; 16]).is_err(), "nothing was sent");
}

#[tokio::test]
async fn without_a_list_of_servers_the_step_does_not_apply() {
    let folder = tempfile::tempdir().unwrap();
    let places = places(folder.path(), "search example\n", "", 53);
    let (_, step, _) = asked(&subject("wss://rt.example/"), &Dialer::new(), places).await;
    assert_eq!(step.status, StepStatus::Na);
}

#[tokio::test]
async fn a_check_that_is_cut_short_keeps_both_steps() {
    let folder = tempfile::tempdir().unwrap();
    let silent = UdpSocket::bind("127.0.0.61:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut places = places(folder.path(), "nameserver 127.0.0.61\n", "", port);
    places.patience = Duration::from_secs(60);
    let cancel = CancellationToken::new();
    let notebook = Notebook::new("run".into(), cancel.clone(), None);
    let (rt, dialer) = (subject("wss://rt.example/"), Dialer::new());
    let work = cancel.run_until_cancelled(ask_at(&notebook, &rt, 0, &dialer, places));
    let asked = async {
        silent.recv(&mut [0; 512]).await.unwrap();
        cancel.cancel();
    };
    tokio::join!(work, asked);
    let ends: Vec<_> = notebook.contents().1.iter().map(|step| (step.id, step.status)).collect();
    assert_eq!(ends, [(StepId::B3, StepStatus::Pass), (StepId::B2, StepStatus::Cancelled)]);
}

fn says(a: AnswerEnd) -> ServerAnswer {
    ServerAnswer { server: "192.0.2.53".parse().unwrap(), a, aaaa: AnswerEnd::NoData, ms: 5.0 }
}

#[test]
fn parts_of_one_set_are_no_contradiction() {
    let found = |last: &[u8]| {
        says(AnswerEnd::Found(last.iter().map(|last| IpAddr::from([192, 0, 2, *last])).collect()))
    };
    assert!(!contradicts(&found(&[1, 2]), &found(&[2, 3])));
    assert!(contradicts(&found(&[1]), &found(&[2])));
    assert!(contradicts(&found(&[1]), &says(AnswerEnd::NxDomain)));
    assert!(contradicts(&says(AnswerEnd::ServFail), &says(AnswerEnd::NxDomain)));
    assert!(!contradicts(&says(AnswerEnd::NxDomain), &says(AnswerEnd::NxDomain)));
    assert_eq!(judge(&[found(&[1])]).status, StepStatus::Pass);
    assert_eq!(judge(&[says(AnswerEnd::NxDomain)]).status, StepStatus::Warn);
    assert_eq!(judge(&[ServerAnswer { ms: 201.0, ..found(&[1]) }]).status, StepStatus::Warn);
}
