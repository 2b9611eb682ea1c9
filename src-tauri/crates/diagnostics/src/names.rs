//! Steps B2 and B3: what each name server by itself and the hosts file say. Second opinions: they explain, and never dial.
//!
//! The system's own resolver hides which server said what, and how. Here each one of resolv.conf is asked for the bare name,
//! without search domains; a stub such as that of systemd-resolved is a server like others. Nobody is asked for addresses,
//! for this computer's own name, or for names that a proxy looks up; for a name the hosts file fixes, only where nothing
//! answers at the fixed address and the true one would explain why.

mod hosts_file;
mod query;
mod resolv_conf;

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr as _,
    time::Duration,
};

use dial::{DialRequest, Dialer};
use futures_util::future::join_all;
use hickory_proto::rr::Name;
use model::check::{StepId, StepReason, StepStatus};
use query::{Asked, PATIENCE, TRIES};
use serde_json::{Value, json};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};
use url::Host;

use crate::{
    Notebook, OpenStep, StepEnd, Subject,
    facts::{AddressEnd, AnswerEnd, ServerAnswer},
};

/// Answers that take longer are slow, milliseconds.
const WARN_MS: f64 = 200.0;
/// Reading the desktop's proxy settings takes less.
const DECIDE: Duration = Duration::from_secs(1);
/// Connecting takes less.
const SETTLED: Duration = Duration::from_secs(5);
/// Between two looks at whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Where names are looked up.
#[derive(Clone, Debug)]
struct Places {
    resolv_conf: PathBuf,
    hosts: PathBuf,
    port: u16,
    patience: Duration,
    /// How long the way to a fixed address is waited for.
    settled: Duration,
}

impl Places {
    /// Those of this system.
    fn here() -> Self {
        Self {
            resolv_conf: PathBuf::from("/etc/resolv.conf"),
            hosts: hosts_file::place(),
            port: 53,
            patience: PATIENCE,
            settled: SETTLED,
        }
    }
}

/// Name servers of this system, in order. Empty where it does not tell.
pub(crate) fn servers() -> Vec<IpAddr> {
    let here = Places::here();
    resolv_conf::read(&here.resolv_conf, here.port).iter().map(SocketAddr::ip).collect()
}

/// Asks about the name of one endpoint; `index` is its place in the facts.
pub(crate) async fn ask(notebook: &Notebook, subject: &Subject, index: usize, dialer: &Dialer) {
    let work = ask_at(notebook, subject, index, dialer, Places::here());
    notebook.cancelled().run_until_cancelled(work).await;
}

async fn ask_at(notebook: &Notebook, subject: &Subject, index: usize, dialer: &Dialer, places: Places) {
    let begin = |step| notebook.begin(step, Some(&subject.id));
    let (file, servers) = (begin(StepId::B3), begin(StepId::B2));
    let host = match name_to_ask(subject, dialer).await {
        Ok(host) => host,
        Err((status, reason)) => {
            file.end(StepEnd::without(status, reason));
            return servers.end(StepEnd::without(status, reason));
        }
    };
    let fixed = look_into_file(file, &host, &places).await;
    let is_fixed = !fixed.is_empty();
    notebook.learn(|facts| {
        if let Some(endpoint) = facts.endpoints.get_mut(index) {
            endpoint.names.hosts_file = fixed;
        }
    });
    if is_fixed && !leads_nowhere(notebook, index, places.settled).await {
        return servers.end(StepEnd::without(StepStatus::Na, StepReason::HostsFileAnswers));
    }
    let Some(answers) = ask_servers(servers, &host, &places).await else { return };
    notebook.learn(|facts| {
        if let Some(endpoint) = facts.endpoints.get_mut(index) {
            endpoint.names.servers = answers;
        }
    });
}

/// The name of an endpoint, or why it has none that is looked up here.
async fn name_to_ask(subject: &Subject, dialer: &Dialer) -> Result<String, (StepStatus, StepReason)> {
    let request: &DialRequest =
        subject.request.as_ref().map_err(|_| (StepStatus::Skip, StepReason::NeedsConfiguration))?;
    let name = match request.url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').to_ascii_lowercase(),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => {
            return Err((StepStatus::Na, StepReason::Literal));
        }
        None => return Err((StepStatus::Na, StepReason::NeedsConfiguration)),
    };
    if name == "localhost" || name.ends_with(".localhost") {
        return Err((StepStatus::Na, StepReason::OwnName));
    }
    let proxied = dialer.proxy_for(request, DECIDE).await.is_ok_and(|one| one.server().is_some());
    if proxied {
        return Err((StepStatus::Na, StepReason::ProxyResolves));
    }
    Ok(name)
}

/// Step B3.
async fn look_into_file(step: OpenStep, host: &str, places: &Places) -> Vec<IpAddr> {
    let (path, name) = (places.hosts.clone(), host.to_owned());
    let read = spawn_blocking(move || hosts_file::read(&path, &name)).await;
    let (end, found) = match read {
        Ok(Ok(found)) if found.is_empty() => (StepEnd::new(StepStatus::Pass), found),
        Ok(Ok(found)) => (StepEnd::new(StepStatus::Warn), found),
        Ok(Err(error)) => (StepEnd::new(StepStatus::Na).raw(&error.to_string()), Vec::new()),
        Err(error) => (StepEnd::new(StepStatus::Error).raw(&error.to_string()), Vec::new()),
    };
    let file = places.hosts.display().to_string();
    step.end(end.with("file", file).with("addresses", json!(found)));
    found
}

/// Whether no address of the endpoint could be connected to, as far as that is known within `limit`.
async fn leads_nowhere(notebook: &Notebook, index: usize, limit: Duration) -> bool {
    let until = Instant::now() + limit;
    loop {
        let ends: Option<Vec<bool>> = notebook.known(|facts| {
            let tried = &facts.endpoints.get(index)?.addresses;
            Some(tried.iter().map(|one| one.end == AddressEnd::Connected).collect())
        });
        match ends {
            Some(ends) if !ends.is_empty() => return !ends.contains(&true),
            Some(_) if Instant::now() < until => sleep(LOOK).await,
            Some(_) | None => return false,
        }
    }
}

/// Step B2: every server, both families, all at once.
async fn ask_servers(mut step: OpenStep, host: &str, places: &Places) -> Option<Vec<ServerAnswer>> {
    let end = |status, reason| StepEnd::without(status, reason);
    let servers = resolv_conf::read(&places.resolv_conf, places.port);
    if servers.is_empty() {
        let reason = StepReason::ServersUnknown;
        step.end(end(StepStatus::Na, reason).with("file", places.resolv_conf.display().to_string()));
        return None;
    }
    if !host.contains('.') {
        let reason = StepReason::Undotted;
        step.end(end(StepStatus::Na, reason));
        return None;
    }
    let name = match Name::from_str(&format!("{host}.")) {
        Ok(name) => name,
        Err(error) => {
            step.end(end(StepStatus::Na, StepReason::NotAskable).raw(&error.to_string()));
            return None;
        }
    };
    let each = servers.into_iter().map(|server| {
        let name = &name;
        async move {
            let (a, aaaa) = tokio::join!(
                query::ask(server, name, false, places.patience),
                query::ask(server, name, true, places.patience)
            );
            (server.ip(), a, aaaa)
        }
    });
    let asked = join_all(each).await;
    if asked.iter().any(|(_, a, aaaa)| a.tries.max(aaaa.tries) > 1) {
        step.again();
    }
    let answers: Vec<ServerAnswer> = asked.iter().map(answer).collect();
    step.end(judge(&answers).with("servers", asked.iter().map(shown).collect::<Vec<_>>()));
    Some(answers)
}

fn answer((server, a, aaaa): &(IpAddr, Asked, Asked)) -> ServerAnswer {
    let ms = a.elapsed.max(aaaa.elapsed).as_secs_f64() * 1e3;
    ServerAnswer { server: *server, a: a.end.clone(), aaaa: aaaa.end.clone(), ms }
}

fn shown((server, a, aaaa): &(IpAddr, Asked, Asked)) -> Value {
    let each = |one: &Asked| {
        json!({
            "end": one.end, "ms": one.elapsed.as_secs_f64() * 1e3, "tries": one.tries,
            "over_tcp": one.over_tcp, "ignored": one.ignored,
        })
    };
    json!({"server": server, "a": each(a), "aaaa": each(aaaa)})
}

/// At worst a warning: what the system's resolver says counts.
fn judge(answers: &[ServerAnswer]) -> StepEnd {
    let silent: Vec<IpAddr> = answers.iter().filter(|one| is_silent(one)).map(|one| one.server).collect();
    let speaking: Vec<&ServerAnswer> = answers.iter().filter(|one| !is_silent(one)).collect();
    let differ = speaking.iter().any(|one| contradicts(one, speaking[0]));
    let nowhere = !answers.iter().any(|one| !found(one).is_empty());
    let slow = answers.iter().any(|one| one.ms > WARN_MS);
    let fine = silent.is_empty() && !differ && !nowhere && !slow;
    StepEnd::new(if fine { StepStatus::Pass } else { StepStatus::Warn })
        .with("silent", json!(silent))
        .with("answers_differ", differ)
        .with("warn_above_ms", WARN_MS)
        .with("try_ms", u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX))
        .with("most_tries", TRIES)
}

fn is_silent(answer: &ServerAnswer) -> bool {
    let nothing = |end: &AnswerEnd| matches!(end, AnswerEnd::TimedOut | AnswerEnd::Unreachable(_));
    nothing(&answer.a) && nothing(&answer.aaaa)
}

fn found(answer: &ServerAnswer) -> Vec<IpAddr> {
    let of = |end: &AnswerEnd| match end {
        AnswerEnd::Found(addresses) => addresses.clone(),
        AnswerEnd::NoData
        | AnswerEnd::NxDomain
        | AnswerEnd::ServFail
        | AnswerEnd::Refused
        | AnswerEnd::Other(_)
        | AnswerEnd::TimedOut
        | AnswerEnd::Unreachable(_) => Vec::new(),
    };
    [of(&answer.a), of(&answer.aaaa)].concat()
}

/// One finds the name and the other does not, or they have no address in common. Servers of a large service hand out
/// parts of one set, which is no contradiction.
fn contradicts(one: &ServerAnswer, other: &ServerAnswer) -> bool {
    let (mine, theirs) = (found(one), found(other));
    match (mine.is_empty(), theirs.is_empty()) {
        (true, true) => (&one.a, &one.aaaa) != (&other.a, &other.aaaa),
        (false, false) => !mine.iter().any(|address| theirs.contains(address)),
        (true, false) | (false, true) => true,
    }
}

#[cfg(test)]
#[path = "names/tests.rs"]
mod tests;
