//! A secret in every place of a configuration, servers that quote each of them, and every byte that comes out searched.
//!
//! The files of the offline buffer (`data/buffer`) are not searched: they keep messages, and that is what they are for.

mod bundles;
mod canaries;
mod hostile;
mod mistakes;
mod planted;
mod tricks;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::Stdio,
    time::Duration,
};

use jsonschema::Validator;
use model::check::Report;
use serde_json::Value;

use self::{
    canaries::Search,
    hostile::Hostile,
    planted::{PERSONAL, Planted},
};
use crate::{
    diagnose::{answer, ask},
    stage::{Home, PATIENCE, Running, eventually, text},
};

/// Everything that came out, by where.
#[derive(Default)]
struct Haul(BTreeMap<String, Vec<u8>>);

impl Haul {
    fn add(&mut self, from: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.insert(from.into(), bytes.into());
    }

    /// Runs a command and keeps what it printed.
    fn run(&mut self, planted: &Planted, words: &str) -> std::process::Output {
        let output = planted.command(words).output().unwrap();
        self.add(format!("stdout of {words}"), output.stdout.clone());
        self.add(format!("stderr of {words}"), output.stderr.clone());
        output
    }

    fn folder(&mut self, folder: &Path, but: &str) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with(but) {
                self.folder(&path, but);
            } else if path.is_file() {
                self.add(path.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }

    /// Every file of a bundle.
    fn bundle(&mut self, path: &Path) {
        self.add(format!("{} as it is", path.display()), fs::read(path).unwrap());
        for (name, bytes) in unzipped(path) {
            self.add(format!("bundle: {name}"), bytes);
        }
    }

    /// Each secret that came out, where and in which form. Never a byte around it: that is for whoever debugs.
    fn leaks(&self) -> Vec<String> {
        let search = Search::new();
        let mut found = Vec::new();
        for (from, bytes) in &self.0 {
            found.extend(
                search.all_in(bytes).iter().map(|((place, _), form)| format!("{place} ({form:?}) in {from}")),
            );
            if from.starts_with("bundle") {
                let shown = String::from_utf8_lossy(bytes);
                found.extend(
                    PERSONAL.iter().filter(|one| shown.contains(*one)).map(|one| format!("{one} in {from}")),
                );
            }
        }
        found
    }
}

pub(crate) fn unzipped(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    (0..zip.len())
        .map(|at| {
            let mut file = zip.by_index(at).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

fn is_valid(report: &[u8], schema: &Validator) {
    let report: Value = serde_json::from_slice(report).unwrap();
    let errors: Vec<String> = schema.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn published() -> Validator {
    let schema: Value = serde_json::from_slice(&Home::new().output("diagnose --schema").stdout).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[test]
fn no_secret_comes_out_anywhere_whatever_servers_say() {
    let planted = Planted::new();
    let schema = published();
    let mut haul = Haul::default();
    without_an_agent(&planted, &schema, &mut haul);

    let (out, err) = (planted.home.path("agent.out"), planted.home.path("agent.err"));
    let agent = agent_that_tried_everything(&planted, &out, &err);
    let begun = answer(ask(&planted.home, "POST /v1/diagnostics/recording", "", ""));
    assert_eq!(begun.0, 200, "{}", begun.1);
    haul.add("the recording", begun.1);
    haul.add("command line", fs::read(format!("/proc/{}/cmdline", agent.child.id())).unwrap_or_default());
    beside_the_agent(&planted, &schema, &mut haul);
    through_the_gateway(&planted, &schema, &mut haul);
    haul.add("the end of it", answer(ask(&planted.home, "DELETE /v1/diagnostics/recording", "", "")).1);
    drop(agent);

    // What was planted among them comes out in bundles alone.
    fs::remove_file(planted.home.path("logs").join(planted::LOG)).unwrap();
    haul.folder(&planted.home.path("logs"), "nothing");
    haul.folder(&planted.home.path("data"), "buffer");
    haul.folder(&planted.home.path("run"), "nothing");
    haul.add("stdout of the agent", fs::read(&out).unwrap());
    haul.add("stderr of the agent", fs::read(&err).unwrap());
    for file in ["diagnostics.sqlite", "chronicle.jsonl"] {
        assert!(haul.0.keys().any(|from| from.ends_with(file)), "{file}: {:#?}", haul.0.keys());
    }
    let told = haul.0.iter().filter(|(from, _)| from.starts_with("bundle") && from.ends_with("history.json"));
    let transitions = told.map(|(_, text)| text.windows(11).filter(|word| *word == b"\"lasted_ms\"").count());
    assert!(transitions.max() > Some(20), "the bundle beside the agent says how connections went");
    let learned: BTreeSet<_> = planted.hostile.iter().flat_map(Hostile::learned).collect();
    for canary in canaries::SENT {
        assert!(learned.contains(&canary), "{} reached a server that quotes it", canary.0);
    }
    let leaks = haul.leaks();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

fn without_an_agent(planted: &Planted, schema: &Validator, haul: &mut Haul) {
    planted.plant_a_log();
    let check = haul.run(planted, "config check");
    assert_eq!(check.status.code(), Some(0), "{}", text(&check.stdout));
    let (page, zip) = (planted.home.path("first.html"), planted.home.path("first.zip"));
    let output = haul.run(planted, &format!("diagnose --json --bundle {}", zip.display()));
    is_valid(&output.stdout, schema);
    haul.bundle(&zip);
    let manifest = haul.0.iter().find(|(from, _)| from.ends_with("manifest.json")).unwrap().1;
    let manifest: Value = serde_json::from_slice(manifest).unwrap();
    let name = format!("log/{}", planted::LOG);
    let log = manifest["files"].as_array().unwrap().iter().find(|one| one["file"] == name).unwrap();
    let removed = |rule: &str| log["removed"][rule].as_u64().unwrap_or_default();
    assert_eq!(removed("known_secret"), 5, "one in each form: {log}");
    assert!(removed("address") >= 2 && removed("number") > 1000, "{log}");

    let output = haul.run(planted, &format!("diagnose --html {}", page.display()));
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    haul.add("page", fs::read(&page).unwrap());
}

/// An agent all of whose endpoints said no, with a message that waits and one that was given up.
fn agent_that_tried_everything(planted: &Planted, out: &Path, err: &Path) -> Running {
    let mut command = planted.command("run");
    command.stdout(fs::File::create(out).unwrap()).stderr(fs::File::create(err).unwrap());
    let agent = Running::adopt(command.spawn().unwrap());
    eventually("the agent answers", PATIENCE, || planted.home.status());
    for (id, times) in [("away", 1), ("narrow", 9)] {
        let mut command = planted.command(&format!("send {id}"));
        let quiet = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut sender = quiet.spawn().unwrap();
        writeln!(sender.stdin.take().unwrap(), "{}", canaries::PAYLOAD.1.repeat(times)).unwrap();
        assert!(sender.wait().unwrap().success());
    }
    planted.home.wait_for_state("healthy", "connected", PATIENCE);
    let status = || planted.home.snapshot();
    eventually("every other one was tried", PATIENCE, || {
        let status = status()?;
        let tried =
            |id: &str| status.endpoints.iter().any(|one| one.id.as_str() == id && one.last_error.is_some());
        let all = ["refuse-plain", "close-plain", "proxied", "far", "certificate", "key"];
        all.into_iter().all(tried).then_some(())
    });
    eventually("the large message is given up", PATIENCE * 3, || {
        status()?.endpoints.iter().any(|one| one.outbox.dead == 1).then_some(())
    });
    agent
}

fn beside_the_agent(planted: &Planted, schema: &Validator, haul: &mut Haul) {
    let zip = planted.home.path("second.zip");
    let output = haul.run(planted, &format!("diagnose --json --bundle {}", zip.display()));
    is_valid(&output.stdout, schema);
    haul.bundle(&zip);
    for words in [
        "diagnose healthy --text",
        "diagnose close-plain --deep --timeout 3 --text",
        "status",
        "status --json",
        "config show",
        "config check",
        "outbox stats --json",
    ] {
        haul.run(planted, words);
    }
}

fn through_the_gateway(planted: &Planted, schema: &Validator, haul: &mut Haul) {
    let get = |path: &str| answer(ask(&planted.home, &format!("GET {path}"), "", ""));
    let mut events = BufReader::new(ask(&planted.home, "GET /v1/events", "", ""));
    let stream = ask(&planted.home, "POST /v1/diagnostics", "Accept: text/event-stream\r\n", "");
    let (status, stream) = answer(stream);
    assert_eq!(status, 200);
    haul.add("streamed check", stream);
    let (_, last) = get("/v1/diagnostics/last");
    is_valid(last.as_bytes(), schema);
    let run = serde_json::from_str::<Report>(&last).unwrap().run_id;
    haul.add("last check", last);
    for path in ["/v1/status", "/metrics", "/openapi.json"] {
        haul.add(path, get(path).1);
    }
    for form in ["text", "html", "bundle"] {
        haul.add(format!("{form} of the check"), get(&format!("/v1/diagnostics/{run}/{form}")).1);
    }
    let mut seen = Vec::new();
    events.get_mut().set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    while events.read_until(b'\n', &mut seen).is_ok_and(|count| count > 0) && seen.len() < 4 << 20 {}
    assert!(String::from_utf8_lossy(&seen).contains("event: status"), "events came");
    haul.add("/v1/events", seen);
}
