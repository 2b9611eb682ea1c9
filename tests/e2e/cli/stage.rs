//! What the tests of the binary stand on: homes, programs in the background, waiting, terminals.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::PathBuf,
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use model::StatusSnapshot;
use serde_json::{Value, json};
use suites::Stopwatch;

/// For what must happen but has no promised time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What the product promises: connected this soon after the server is there.
pub(crate) const RECOVERY: Duration = Duration::from_secs(3);

/// A home in a folder of its own.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    /// Where a test finds its files.
    seen: PathBuf,
    /// Program and arguments that start a command elsewhere, such as in a network of its own.
    #[cfg(target_os = "linux")]
    entry: Vec<String>,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            seen: folder.path().to_owned(),
            folder,
            #[cfg(target_os = "linux")]
            entry: Vec::new(),
        }
    }

    pub(crate) fn with_config(config: &str) -> Self {
        let home = Self::new();
        std::fs::write(home.path("config.json"), config).unwrap();
        home
    }

    /// The same home, whose commands run in a network of their own.
    #[cfg(target_os = "linux")]
    pub(crate) fn inside(mut self, space: &suites::Namespace) -> Self {
        self.entry = space.entry();
        self
    }

    /// The same home, whose folder is a disk of its own from here on.
    #[cfg(target_os = "linux")]
    pub(crate) fn on(mut self, disk: &crate::small_disk::SmallDisk) -> Self {
        (self.entry, self.seen) = (disk.entry(), disk.seen_from_outside());
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.seen.join(name)
    }

    /// Two endpoints of a demo server, tried again quickly.
    pub(crate) fn with_demo_on(port: u16) -> Self {
        let url = |path: &str| format!("ws://127.0.0.1:{port}{path}");
        let subscribe = json!({ "action": "subscribe", "symbols": ["BTC"] });
        let connections = json!({
            "hub": { "url": url("/ws") },
            "market": { "url": url("/ws/market_data"), "on_connect": [subscribe] },
        });
        let reconnection = json!({ "max_attempts": 0, "initial_delay": 100, "max_delay": 1000 });
        Self::with_config(
            &json!({ "websocket": { "connections": connections, "reconnection": reconnection } }).to_string(),
        )
    }

    pub(crate) fn gateway_file(&self) -> PathBuf {
        self.path("run/gateway.json")
    }

    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = self.program();
        command.args(self.split(words)).env_clear().env("LINEKEEPER_HOME", self.folder.path());
        command.env("TERM", "xterm-256color").stdin(Stdio::null());
        command
    }

    /// A command line as its words; a path in this home is one, also where temporary files lie in a folder with a space.
    fn split(&self, words: &str) -> Vec<String> {
        const HOME: &str = "\u{1}";
        let folder = self.seen.display().to_string();
        let words = words.replace(&folder, HOME);
        words.split_whitespace().map(|word| word.replace(HOME, &folder)).collect()
    }

    fn program(&self) -> Command {
        const PROGRAM: &str = env!("CARGO_BIN_EXE_linekeeper");
        #[cfg(target_os = "linux")]
        if let [first, rest @ ..] = &self.entry[..] {
            let mut command = Command::new(first);
            command.args(rest).arg(PROGRAM);
            return command;
        }
        Command::new(PROGRAM)
    }

    pub(crate) fn output(&self, words: &str) -> Output {
        self.command(words).output().unwrap()
    }

    pub(crate) fn start(&self, words: &str) -> Running {
        Running::start(self.command(words))
    }

    /// Starts an agent and waits until it answers.
    pub(crate) fn run(&self, words: &str) -> Running {
        let agent = self.start(words);
        eventually("the agent answers", PATIENCE, || self.status());
        agent
    }

    pub(crate) fn status(&self) -> Option<Value> {
        let output = self.output("status --json");
        output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("one JSON document"))
    }

    pub(crate) fn snapshot(&self) -> Option<StatusSnapshot> {
        serde_json::from_value(self.status()?).ok()
    }

    pub(crate) fn state_of(&self, id: &str) -> Option<String> {
        let status = self.status()?;
        let endpoint = status["endpoints"].as_array()?.iter().find(|endpoint| endpoint["id"] == id)?.clone();
        Some(endpoint["state"].as_str()?.to_owned())
    }

    pub(crate) fn wait_for_state(&self, id: &str, state: &str, within: Duration) {
        eventually(&format!("{id} is {state}"), within, || (self.state_of(id)? == state).then_some(()));
    }
}

/// A program in the background; killed when it goes out of scope.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) lines: Receiver<String>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = read_lines(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// A program whose output goes elsewhere.
    pub(crate) fn adopt(child: Child) -> Self {
        Self { child, lines: channel().1 }
    }

    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line on standard output")
    }

    /// Asks it to end, as a service manager does.
    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        eventually("the program ends", PATIENCE, || self.child.try_wait().unwrap())
    }

    pub(crate) fn errors(&mut self) -> String {
        let mut text = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn read_lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

pub(crate) fn eventually<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let waited = Stopwatch::start();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(waited.elapsed() < within, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A demo server as its own process, on the given port or a free one.
pub(crate) fn demo_server(home: &Home, port: u16) -> (Running, u16) {
    let server = home.start(&format!("demo --listen 127.0.0.1:{port}"));
    let line = server.line();
    let address = line.split([' ', ',']).find_map(|word| word.strip_prefix("127.0.0.1:"));
    let port = address.expect("the line names the address").parse().unwrap();
    (server, port)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs a command on a terminal of its own and gives all it wrote; presses Ctrl-C when `until` says so.
#[cfg(target_os = "linux")]
pub(crate) fn on_a_terminal(command: Command, until: impl Fn(&str) -> bool) -> String {
    use rustix::process::{Pid, Signal, kill_process};

    // Once: the second Ctrl-C would end it without a farewell.
    let mut interrupted = false;
    watch_on_a_terminal(command, |written, _, child| {
        if !interrupted && until(written) {
            interrupted = true;
            kill_process(Pid::from_child(child), Signal::INT).unwrap();
        }
    })
}

/// Runs a command on a terminal of its own and gives all it wrote; types the answer when the question is there.
#[cfg(target_os = "linux")]
pub(crate) fn answering_on_a_terminal(command: Command, question: &str, answer: &str) -> String {
    use std::io::Write as _;

    let mut answered = false;
    watch_on_a_terminal(command, |written, mut screen, _| {
        if !answered && written.contains(question) {
            answered = true;
            screen.write_all(answer.as_bytes()).unwrap();
        }
    })
}

/// Runs a command on a terminal of its own, looks at all it wrote whenever there is more, and gives it in the end.
#[cfg(target_os = "linux")]
fn watch_on_a_terminal(mut command: Command, mut look: impl FnMut(&str, &std::fs::File, &Child)) -> String {
    use std::os::fd::OwnedFd;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap().into_string().unwrap();
    let side =
        || Stdio::from(OwnedFd::from(std::fs::File::options().read(true).write(true).open(&name).unwrap()));
    let mut child = command.stdin(side()).stdout(side()).stderr(side()).spawn().unwrap();
    drop(command);
    let mut written = Vec::new();
    let mut piece = [0; 4096];
    let mut screen = std::fs::File::from(terminal);
    // Ends with an error when the last program lets go of the terminal.
    while let Ok(read @ 1..) = screen.read(&mut piece) {
        written.extend_from_slice(&piece[..read]);
        look(&String::from_utf8_lossy(&written), &screen, &child);
    }
    child.wait().unwrap();
    String::from_utf8_lossy(&written).into_owned()
}

/// A pipe that is full from the start: the first write to it waits for ever.
#[cfg(unix)]
pub(crate) fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    use std::io::Write as _;

    use rustix::fs::{OFlags, fcntl_setfl};

    let (reader, mut writer) = std::io::pipe().unwrap();
    fcntl_setfl(&writer, OFlags::NONBLOCK).unwrap();
    while writer.write(&[b'x'; 4096]).is_ok() {}
    while writer.write(b"x").is_ok() {}
    fcntl_setfl(&writer, OFlags::empty()).unwrap();
    (reader, writer)
}
