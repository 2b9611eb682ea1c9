//! A way to the session bus on which one call is held up: what happens in between is the test's.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use anyhow::Context as _;

use crate::stage::{PATIENCE, Stage};

/// A second address of the stage's bus. The first call in which all of the words stand is held up there.
pub(crate) struct HeldBus {
    socket: PathBuf,
    held: mpsc::Receiver<mpsc::Sender<()>>,
}

/// The call that waits; goes on when this is dropped.
pub(crate) struct HeldCall(mpsc::Sender<()>);

/// Who is told of the call, until it has come.
type Trap = Arc<Mutex<Option<mpsc::Sender<mpsc::Sender<()>>>>>;

impl HeldBus {
    pub(crate) fn before(stage: &Stage, words: &'static [&'static str]) -> anyhow::Result<Self> {
        let socket = stage.folder().join("run/held-bus");
        let bus = stage.folder().join("run/bus");
        let listener = UnixListener::bind(&socket)?;
        let (tell, held) = mpsc::channel();
        let trap: Trap = Arc::new(Mutex::new(Some(tell)));
        // The threads end with the program's connections, this one with the test's process.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if pass_on(client, &bus, words, &trap).is_err() {
                    return;
                }
            }
        });
        Ok(Self { socket, held })
    }

    /// For `DBUS_SESSION_BUS_ADDRESS`.
    pub(crate) fn address(&self) -> String {
        format!("unix:path={}", self.socket.display())
    }

    /// Waits for the call.
    pub(crate) fn call(&self) -> anyhow::Result<HeldCall> {
        self.held.recv_timeout(PATIENCE).map(HeldCall).context("the call to be held up never came")
    }
}

impl HeldCall {
    pub(crate) fn let_go(self) {
        drop(self);
    }
}

impl Drop for HeldCall {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

fn pass_on(
    client: UnixStream,
    bus: &Path,
    words: &'static [&'static str],
    trap: &Trap,
) -> anyhow::Result<()> {
    let server = UnixStream::connect(bus)?;
    let (answers, listener) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || copy(answers, listener, |_| ()));
    let trap = Arc::clone(trap);
    thread::spawn(move || {
        copy(client, server, |sent| {
            let has = |word: &&str| sent.windows(word.len()).any(|part| part == word.as_bytes());
            if !words.iter().all(has) {
                return;
            }
            if let Some(tell) = trap.lock().ok().and_then(|mut trap| trap.take()) {
                let (let_go, wait) = mpsc::channel();
                if tell.send(let_go).is_ok() {
                    let _ = wait.recv();
                }
            }
        });
    });
    Ok(())
}

/// Copies until one side ends, and tells the other; `look` sees everything first.
fn copy(mut from: UnixStream, mut to: UnixStream, look: impl Fn(&[u8])) {
    // A client sends small calls one by one, so each stands in one piece in what is read at once.
    let mut piece = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        look(&piece[..length]);
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
    let _ = from.shutdown(std::net::Shutdown::Both);
}
