//! A real keyring on a session bus of its own: secrets put there by command reach servers, and nothing else.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdin, Command, Output, Stdio},
};

use serde_json::json;
use suites::fault_server::{FaultServer, HttpAnswer, Script};

use crate::stage::{Home, PATIENCE, eventually, text};

/// Starts the daemon with an unlocked keyring in place of the person who signs in, tells where the bus is, and ends
/// with its standard input.
const SESSION: &str = "printf %s password | gnome-keyring-daemon --foreground --unlock --components=secrets \
    >/dev/null 2>&1 & daemon=$!; echo \"$DBUS_SESSION_BUS_ADDRESS\"; cat >/dev/null; kill $daemon";

/// Name, path and interface of the Secret Service.
const SERVICE: (&str, &str, &str) =
    ("org.freedesktop.secrets", "/org/freedesktop/secrets", "org.freedesktop.Secret.Service");

/// A session bus with GNOME Keyring on it.
struct Session {
    child: Child,
    /// The session ends with it.
    input: Option<ChildStdin>,
    address: String,
    _data: tempfile::TempDir,
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

impl Session {
    /// `None`, said aloud, where the programs are missing.
    fn start() -> Option<Self> {
        for program in ["dbus-run-session", "gnome-keyring-daemon", "dbus-send"] {
            let found =
                Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status();
            if found.is_err() {
                eprintln!("SKIPPED, the keyring is not tested: {program} is not installed");
                return None;
            }
        }
        let data = tempfile::tempdir().unwrap();
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", SESSION]).env("HOME", data.path()).env("XDG_DATA_HOME", data.path());
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("XDG_RUNTIME_DIR");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let input = child.stdin.take();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let session = Self { child, input, address: address.trim().to_owned(), _data: data };
        // Asking the keyring itself would start another one that is locked.
        eventually("the keyring is there", PATIENCE, || {
            let bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
            let owned = session.call(bus, "NameHasOwner", "string:org.freedesktop.secrets")?;
            owned.contains("true").then_some(())
        });
        eventually("it has a default collection", PATIENCE, || {
            let alias = session.call(SERVICE, "ReadAlias", "string:default")?;
            alias.contains("collection/login").then_some(())
        });
        Some(session)
    }

    fn call(&self, (name, path, interface): (&str, &str, &str), method: &str, with: &str) -> Option<String> {
        let mut command = Command::new("dbus-send");
        command.args(["--session", "--print-reply", &format!("--dest={name}"), path]);
        command.arg(format!("{interface}.{method}")).arg(with);
        let output = command.env("DBUS_SESSION_BUS_ADDRESS", &self.address).output().unwrap();
        output.status.success().then(|| text(&output.stdout))
    }

    fn lock(&self) {
        self.call(SERVICE, "Lock", "array:objpath:/org/freedesktop/secrets/collection/login")
            .expect("it locks");
    }

    fn command(&self, home: &Home, words: &str) -> Command {
        let mut command = home.command(words);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command
    }

    fn set(&self, home: &Home, entry: &str, secret: &str) -> Output {
        piped(self.command(home, &format!("config keyring-set {entry}")), secret)
    }
}

fn piped(mut command: Command, input: &str) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that wants no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn without_a_session_bus_the_error_is_clear_and_comes_at_once() {
    let home = Home::new();
    let mut command = home.command("config keyring-set feed");
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    let output = piped(command, "s3cret-t0ken");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("no keyring answers on this computer") && !said.contains("s3cret"), "{said}");
    assert_eq!(piped(home.command("config keyring-set feed"), "").status.code(), Some(1), "nothing to store");
}

#[test]
fn a_secret_goes_into_the_keyring_and_out_of_it_and_is_never_printed() {
    let Some(session) = Session::start() else { return };
    let home = Home::new();
    let output = session.set(&home, "feed", "s3cret-t0ken\n");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(text(&output.stdout), "\"auth\": {\"bearer\":{\"keyring\":\"feed\"}}\n");
    assert!(!said(&output).contains("s3cret"));

    let delete = || session.command(&home, "config keyring-set feed --delete").output().unwrap();
    assert_eq!(delete().status.code(), Some(0));
    let again = delete();
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("\"feed\" does not exist"), "{}", said(&again));
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_secret_is_asked_for_and_not_shown() {
    let Some(session) = Session::start() else { return };
    let home = Home::new();
    // `script` gives it a terminal of its own, to which its standard input is the keyboard.
    let name = home.path("terminal");
    let program = env!("CARGO_BIN_EXE_linekeeper");
    let commands = format!("tty > '{}'; exec '{program}' config keyring-set feed", name.display());
    let mut on_terminal = Command::new("script");
    on_terminal.args(["--quiet", "--return", "--command", &commands, "/dev/null"]);
    on_terminal.env("DBUS_SESSION_BUS_ADDRESS", &session.address);
    let mut child = on_terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    eventually("the terminal shows no input", PATIENCE, || {
        let name = std::fs::read_to_string(&name).ok()?;
        let state = Command::new("stty").args(["-a", "-F", name.trim()]).output().ok()?;
        text(&state.stdout).split_whitespace().any(|word| word == "-echo").then_some(())
    });
    let mut keyboard = child.stdin.take().unwrap();
    keyboard.write_all(b"s3cret-t0ken\n").unwrap();
    let mut shown = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut shown).unwrap();
    drop(keyboard);
    let shown = text(&shown);
    assert!(child.wait().unwrap().success(), "{shown}");
    assert!(shown.contains("Secret for") && shown.contains("\"keyring\":\"feed\""), "{shown}");
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_reads_the_keyring_and_notices_another_secret_and_a_lock() {
    let Some(session) = Session::start() else { return };
    let refusal = HttpAnswer::new("401 Unauthorized");
    let scripts = vec![
        Script::upgraded().answer_pings(),
        Script::answering(&refusal),
        Script::upgraded().answer_pings(),
        Script::answering(&refusal),
    ];
    let server = FaultServer::start_with(scripts).await.unwrap();
    let auth = json!({ "bearer": { "keyring": "feed" } });
    let connections = json!({ "feed": { "url": server.url(), "auth": auth } });
    let home = Home::with_config(&json!({ "websocket": { "connections": connections } }).to_string());
    assert!(session.set(&home, "feed", "first").status.success());
    let _agent = crate::stage::Running::start(session.command(&home, "run"));
    home.wait_for_state("feed", "connected", PATIENCE);
    assert_eq!(server.seen()[0].header("authorization"), Some("Bearer first"));

    // The server has had enough of the first one.
    assert!(home.output("reconnect feed").status.success());
    home.wait_for_state("feed", "failed", PATIENCE);
    assert!(session.set(&home, "feed", "second").status.success());
    home.wait_for_state("feed", "connected", PATIENCE);
    let carried: Vec<_> =
        server.seen().iter().filter_map(|one| Some(one.header("authorization")?.to_owned())).collect();
    assert_eq!(carried, ["Bearer first", "Bearer first", "Bearer second"]);

    session.lock();
    assert!(home.output("reconnect feed").status.success());
    let detail = eventually("it says that the keyring is locked", PATIENCE, || {
        let error = home.status()?["endpoints"][0]["last_error"].clone();
        (error["code"] == "secret_unavailable")
            .then(|| error["detail"].as_str().unwrap_or_default().to_owned())
    });
    assert_eq!(detail, "the keyring entry \"feed\" is in a keyring that is locked");
}
