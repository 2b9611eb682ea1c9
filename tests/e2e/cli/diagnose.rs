//! `linekeeper diagnose` and `/v1/diagnostics` with real programs: demo servers, agents, servers that say nothing.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Output,
};

use model::{
    EndpointState,
    check::{FindingCode, Report, StepId, StepStatus, VerdictClass},
};
use serde_json::{Value, json};

#[cfg(target_os = "linux")]
use crate::stage::on_a_terminal;
use crate::stage::{Home, PATIENCE, RECOVERY, Running, demo_server, eventually, text};

fn report(output: &Output) -> Report {
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one report")
}

/// A port where nobody listens and that nobody else gets, for as long as both live.
fn closed_port() -> ((tokio::runtime::Runtime, suites::ReservedPort), u16) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let port = runtime.block_on(async { suites::ReservedPort::any().unwrap() });
    let number = port.address().unwrap().port();
    ((runtime, port), number)
}

#[test]
fn a_server_that_works_is_said_to_work() {
    let home = Home::new();
    let (_server, port) = demo_server(&home, 0);
    let output = home.output(&format!("diagnose ws://127.0.0.1:{port}/ws --json"));
    let report = report(&output);
    assert_eq!(
        (output.status.code(), report.verdict.class),
        (Some(0), VerdictClass::Ok),
        "{:?}",
        report.findings
    );
    assert_eq!(report.verdict.primary, Some(FindingCode::Ok01));
    assert!(report.redaction.clean);
    assert!(report.endpoints[0].live.is_none(), "no agent runs");

    let again = home.output(&format!("diagnose ws://127.0.0.1:{port}/ws"));
    let said = text(&again.stdout);
    assert!(said.starts_with("OK ") && said.contains("websocket ok"), "{said}");
    assert!(said.contains("last good check"), "compared with the one before:\n{said}");
    assert!(!said.contains('\u{1b}'), "no colour in a pipe");
}

#[test]
fn a_closed_port_is_a_problem_with_an_owner_and_a_remedy() {
    let home = Home::new();
    let (_held, port) = closed_port();
    let output = home.output(&format!("diagnose ws://127.0.0.1:{port}/ --json"));
    let report = report(&output);
    assert_eq!(output.status.code(), Some(20));
    assert_eq!(report.verdict.primary, Some(FindingCode::Tc01));
    assert!(!report.verdict.line.is_empty() && !report.verdict.next_action.is_empty());
    let step = |id| report.steps.iter().find(|step| step.id == id).unwrap();
    assert_eq!((step(StepId::D1).status, step(StepId::G1).status), (StepStatus::Fail, StepStatus::Skip));
    assert!(step(StepId::G1).reason.is_some());
}

#[test]
fn wrong_usage_ends_with_status_2_and_says_how_it_is_right() {
    let home = Home::with_demo_on(9);
    for (words, said) in [
        ("diagnose nope", "there are: hub, market"),
        ("diagnose ftp://host/", "the scheme can be ws, wss, http, https"),
        ("diagnose hub --json --text", "cannot be used with"),
        ("diagnose hub --timeout 0", "0.1 to 600"),
        ("diagnose hub --ca-file missing.pem", "there is no file missing.pem"),
        ("diagnose hub --proxy ftp://proxy", "--proxy"),
        ("diagnose hub --control-url ws://host/", "--control-url"),
    ] {
        let output = home.output(words);
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(output.stdout.is_empty(), "{words}");
        assert!(text(&output.stderr).contains(said), "{words}: {}", text(&output.stderr));
    }
    let nothing = Home::new().output("diagnose");
    assert_eq!(nothing.status.code(), Some(2));
    assert!(text(&nothing.stderr).contains("linekeeper diagnose wss://"), "an example");
}

#[test]
fn an_agent_that_runs_is_asked_what_its_connections_are_doing() {
    let bystander = Home::new();
    let ((_one, hub), (_other, market)) = (demo_server(&bystander, 0), demo_server(&bystander, 0));
    let connections = json!({
        "hub": { "url": format!("ws://127.0.0.1:{hub}/ws") },
        "market": { "url": format!("ws://127.0.0.1:{market}/ws/news") },
    });
    let home = Home::with_config(&json!({ "websocket": { "connections": connections } }).to_string());
    let _agent = home.run("run");
    home.wait_for_state("hub", "connected", PATIENCE);
    home.wait_for_state("market", "connected", PATIENCE);

    let output = home.output("diagnose --json");
    let both = report(&output);
    assert_eq!((output.status.code(), both.endpoints.len()), (Some(0), 2), "{:?}", both.findings);
    for endpoint in &both.endpoints {
        assert_eq!(endpoint.live.as_ref().map(|live| live.state), Some(EndpointState::Connected));
    }
    assert!(both.app.uptime_s.is_some() && both.environment.waiting == Some(0));

    let one = report(&home.output("diagnose hub --json"));
    let ids: Vec<&str> = one.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
    assert_eq!(ids, ["hub"]);
    let controls = one.steps.iter().find(|step| step.id == StepId::C1).unwrap();
    assert_eq!(controls.status, StepStatus::Pass, "the other endpoint was knocked at");
}

/// As with `run --demo`: the configuration here knows nothing of what the agent connects to.
#[test]
fn what_only_the_running_agent_knows_is_checked_by_the_agent() {
    let bystander = Home::new();
    let (_server, hub) = demo_server(&bystander, 0);
    let connections = json!({ "hub": { "url": format!("ws://127.0.0.1:{hub}/ws") } });
    let elsewhere = bystander.path("elsewhere.json");
    std::fs::write(&elsewhere, json!({ "websocket": { "connections": connections } }).to_string()).unwrap();
    let home = Home::new();
    let mut command = home.command("run --config");
    command.arg(&elsewhere);
    let _agent = Running::start(command);
    home.wait_for_state("hub", "connected", PATIENCE);

    for words in ["diagnose --json", "diagnose hub --json"] {
        let output = home.output(words);
        let seen = report(&output);
        assert_eq!(
            (output.status.code(), seen.verdict.primary),
            (Some(0), Some(FindingCode::Ok01)),
            "{words}"
        );
        assert_eq!(seen.endpoints[0].id.as_str(), "hub");
    }
    let refused = home.output("diagnose hub --proxy none");
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("known to the running agent alone"), "{}", text(&refused.stderr));
    assert_eq!(home.output("diagnose market").status.code(), Some(2), "the agent does not know it either");
}

/// Accepts connections and never says a word; the receiver hears of each.
fn silent_server() -> (u16, std::sync::mpsc::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, accepted) = std::sync::mpsc::channel();
    std::thread::spawn(move || listener.incoming().flatten().try_for_each(|stream| tell.send(stream)));
    (port, accepted)
}

#[cfg(unix)]
#[test]
fn ctrl_c_prints_what_is_done_and_ends_with_130() {
    use rustix::process::{Pid, Signal, kill_process};

    let home = Home::new();
    let (port, accepted) = silent_server();
    let mut check = home.start(&format!("diagnose ws://127.0.0.1:{port}/ --json"));
    let _held = accepted.recv_timeout(PATIENCE).expect("it knocks");
    kill_process(Pid::from_child(&check.child), Signal::INT).unwrap();
    let lines: Vec<String> = std::iter::from_fn(|| check.lines.recv_timeout(PATIENCE).ok()).collect();
    assert_eq!(check.wait().code(), Some(130));
    let report: Report = serde_json::from_str(&lines.join("\n")).unwrap();
    assert!(report.steps.iter().any(|step| step.status == StepStatus::Cancelled));
}

#[test]
fn a_check_that_runs_out_of_time_says_that_it_did_not_finish() {
    let home = Home::new();
    let (port, accepted) = silent_server();
    let output = home.output(&format!("diagnose ws://127.0.0.1:{port}/ --timeout 0.5 --json"));
    let report = report(&output);
    assert_eq!((output.status.code(), report.verdict.class), (Some(30), VerdictClass::Incomplete));
    assert_eq!(report.verdict.primary, Some(FindingCode::Me03));
    drop(accepted);
}

#[test]
fn html_file_bundle_and_schema_are_written_where_they_are_wanted() {
    let home = Home::new();
    let (_held, port) = closed_port();
    let file = home.path("check.html");
    let words = format!("diagnose ws://127.0.0.1:{port}/ --html {} --language fa", file.display());
    let output = home.output(&words);
    assert_eq!(output.status.code(), Some(20));
    assert!(text(&output.stderr).contains("check.html"), "it is said where the file is");
    let page = std::fs::read_to_string(&file).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("dir=\"rtl\"") && !page.contains("<script"));
    let piped = home.output(&format!("diagnose ws://127.0.0.1:{port}/ --html -"));
    assert!(text(&piped.stdout).starts_with("<!doctype html>"));

    let bundle = home.path("support.zip");
    home.output(&format!("diagnose ws://127.0.0.1:{port}/ --bundle {}", bundle.display()));
    let packed = std::fs::read(&bundle).unwrap();
    assert!(packed.starts_with(b"PK") && packed.len() > 1_000);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&bundle).unwrap().permissions().mode() & 0o777, 0o600);
    }

    let schema: Value = serde_json::from_slice(&home.output("diagnose --schema").stdout).unwrap();
    let published = include_str!("../../../docs/diagnostics-report.schema.json");
    assert_eq!(schema, serde_json::from_str::<Value>(published).unwrap());
}

#[test]
fn a_secret_stands_in_nothing_that_is_printed_or_kept() {
    const SECRETS: [&str; 4] = ["b3arer-canary-1", "query-canary-2", "header-canary-3", "word-canary-4"];
    let [bearer, query, header, word] = SECRETS;
    let home = Home::new();
    let (_server, port) = demo_server(&home, 0);
    let secrets = home.path("bearer");
    std::fs::write(&secrets, bearer).unwrap();
    let url = format!("ws://me:{word}@127.0.0.1:{port}/{{}}?token={query}");
    let endpoint = |path: &str| {
        json!({
            "url": url.replace("{}", path),
            "headers": { "X-Api-Key": header },
            "auth": { "bearer": { "file": secrets } },
        })
    };
    let connections = json!({ "good": endpoint("ws"), "bad": endpoint("nothing/here") });
    std::fs::write(
        home.path("config.json"),
        json!({ "websocket": { "connections": connections } }).to_string(),
    )
    .unwrap();
    let mut seen = Vec::new();
    for words in ["diagnose --json", "diagnose", "diagnose --html -", "diagnose --deep --timeout 2 --json"] {
        let output = home.output(words);
        assert!(!output.stdout.is_empty(), "{words}");
        seen.extend(output.stdout);
        seen.extend(output.stderr);
    }
    for file in std::fs::read_dir(home.path("data")).unwrap() {
        let file = file.unwrap().path();
        assert!(file.is_dir() || file.to_string_lossy().contains("diagnostics.sqlite"), "{file:?}");
        seen.extend(std::fs::read(&file).unwrap_or_default());
    }
    assert!(seen.len() > 10_000, "there is something to look at");
    let seen = String::from_utf8_lossy(&seen);
    for secret in SECRETS {
        assert!(!seen.contains(secret), "{secret} stands in what was printed or kept");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_shows_progress_and_then_the_report_in_colour() {
    let home = Home::new();
    let (_server, port) = demo_server(&home, 0);
    let screen = on_a_terminal(home.command(&format!("diagnose ws://127.0.0.1:{port}/ws")), |_| false);
    assert!(screen.contains("step ") && screen.contains(" of "), "{screen:?}");
    let last = screen.rsplit("\r\u{1b}[K").next().unwrap();
    assert!(last.contains("\u{1b}[32mOK"), "{last:?}");
}

/// One request to a running agent's gateway; the connection is read to its end.
pub(crate) fn ask(home: &Home, line: &str, headers: &str, body: &str) -> TcpStream {
    let file: Value = serde_json::from_slice(&std::fs::read(home.gateway_file()).unwrap()).unwrap();
    let address = file["url"].as_str().unwrap().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let token = file["token"].as_str().unwrap();
    // HTTP/1.0: bodies come without chunk sizes.
    let head = format!("{line} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n{headers}");
    let length = body.len();
    write!(stream, "{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

pub(crate) fn answer(mut stream: TcpStream) -> (u16, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer");
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[test]
fn programs_ask_the_gateway_for_a_check_and_hear_how_it_goes() {
    let bystander = Home::new();
    let (_server, port) = demo_server(&bystander, 0);
    let home = Home::with_demo_on(port);
    let _agent = home.run("run");
    home.wait_for_state("hub", "connected", RECOVERY);
    assert_eq!(answer(ask(&home, "GET /v1/diagnostics/last", "", "")).0, 204, "none yet");

    let (status, body) = answer(ask(&home, "POST /v1/diagnostics", "", r#"{"endpoints":["hub"]}"#));
    let plain: Report = serde_json::from_str(&body).unwrap();
    assert_eq!((status, plain.verdict.class, plain.endpoints.len()), (200, VerdictClass::Ok, 1), "{body}");

    let (status, stream) = answer(ask(&home, "POST /v1/diagnostics", "Accept: text/event-stream\r\n", ""));
    assert_eq!(status, 200);
    let events: Vec<&str> = stream.split("\n\n").filter(|event| event.starts_with("event: ")).collect();
    assert!(events.len() > 20, "{stream}");
    let (last, before) = events.split_last().unwrap();
    assert!(before.iter().all(|event| event.starts_with("event: progress\n")), "{stream}");
    let data = last.strip_prefix("event: report\ndata: ").expect("the report comes last");
    let told: Report = serde_json::from_str(data).unwrap();
    assert_eq!(told.endpoints.len(), 2, "all of them");

    let (_, body) = answer(ask(&home, "GET /v1/diagnostics/last", "", ""));
    assert_eq!(serde_json::from_str::<Report>(&body).unwrap().run_id, told.run_id);
    for (body, status, said) in [
        (r#"{"endpoints":["nope"]}"#, 404, "unknown_endpoint"),
        (r#"{"mode":"slow"}"#, 400, "bad_request"),
        (r#"{"endpoint":"hub"}"#, 400, "endpoints"),
    ] {
        let (got, text) = answer(ask(&home, "POST /v1/diagnostics", "", body));
        assert!(got == status && text.contains(said), "{body}: {got} {text}");
    }
}

#[test]
fn one_check_at_a_time_and_whoever_hangs_up_alone_cancels_it() {
    let (port, accepted) = silent_server();
    let url = format!("ws://127.0.0.1:{port}/");
    let home =
        Home::with_config(&json!({ "websocket": { "connections": { "mute": { "url": url } } } }).to_string());
    let _agent = home.run("run");
    let events = "Accept: text/event-stream\r\n";
    let mut first = BufReader::new(ask(&home, "POST /v1/diagnostics", events, ""));
    let mut line = String::new();
    while !line.starts_with("event: progress") {
        line.clear();
        first.read_line(&mut line).unwrap();
    }
    let (status, body) = answer(ask(&home, "POST /v1/diagnostics", "", r#"{"mode":"deep"}"#));
    assert!(status == 409 && body.contains("check_running"), "{status} {body}");
    drop(first);
    // The place is free long before the silent server would have let the check end.
    eventually("the place is free again", PATIENCE, || {
        let (status, _) = {
            let mut stream = BufReader::new(ask(&home, "POST /v1/diagnostics", events, r#"{"mode":"deep"}"#));
            let mut head = String::new();
            stream.read_line(&mut head).unwrap();
            (head.split(' ').nth(1).unwrap().parse::<u16>().unwrap(), stream)
        };
        (status == 200).then_some(())
    });
    drop(accepted);
}
