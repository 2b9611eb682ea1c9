//! One desktop per home. The agent's lock on the home decides who is first; here the second start finds the first
//! and asks it to raise its window.
//!
//! A loopback port and a token in a private file do that on every platform and without a session bus. The line
//! protocol is one request, `TOKEN raise [ACTIVATION]` or `TOKEN here`, and one answer, `ok`.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::window::Activation;

/// Name of the file in the runtime folder.
const FILE: &str = "desktop.json";
/// Time for one exchange. Both ends are on this computer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time the second start gives the first to come up far enough to be asked.
const SETTLE: Duration = Duration::from_secs(2);
/// Longest line that is read.
const LONGEST: u64 = 512;

/// How to reach the desktop that owns the home.
#[derive(Debug, Serialize, Deserialize)]
struct Card {
    pid: u32,
    address: SocketAddr,
    token: String,
}

/// The first start's end: listens for others.
#[derive(Debug)]
pub(crate) struct Doorbell {
    listener: TcpListener,
    token: String,
    file: PathBuf,
}

impl Doorbell {
    /// Listens on a free loopback port and writes down where.
    pub(crate) async fn hang(runtime: &Path) -> io::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let card = Card { pid: std::process::id(), address: listener.local_addr()?, token: token.clone() };
        let file = runtime.join(FILE);
        write_private(&file, &serde_json::to_vec(&card)?)?;
        Ok(Self { listener, token, file })
    }

    /// Sends `()` for every start that wants the window; ends with `stop` and takes the file away.
    ///
    /// A ring is dropped while another one waits: the window comes up once for both.
    pub(crate) async fn run(self, rings: mpsc::Sender<()>, activation: Activation, stop: CancellationToken) {
        loop {
            let caller = tokio::select! {
                () = stop.cancelled() => break,
                caller = self.listener.accept() => caller,
            };
            let Ok((stream, _)) = caller else {
                // Out of file descriptors or the like: not now, and not in a loop.
                sleep(PATIENCE).await;
                continue;
            };
            match timeout(PATIENCE, answer(stream, &self.token)).await {
                Ok(Ok(Ring::Raise(token))) => {
                    activation.keep(token);
                    let _ = rings.try_send(());
                }
                Ok(Ok(Ring::Here)) => {}
                Ok(Err(error)) => tracing::warn!(%error, "somebody at the desktop's port was turned away"),
                Err(_) => tracing::warn!("somebody at the desktop's port said nothing"),
            }
        }
        let _ = fs::remove_file(&self.file);
    }
}

/// What a second start wants.
#[derive(Debug)]
enum Ring {
    /// The window, with the launcher's activation token if it has one.
    Raise(Option<String>),
    /// To know that somebody is here.
    Here,
}

/// Reads one request and answers it.
async fn answer(stream: TcpStream, token: &str) -> io::Result<Ring> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read).take(LONGEST).read_line(&mut line).await?;
    let mut words = line.split_whitespace();
    let known = words.next().is_some_and(|word| word.as_bytes().ct_eq(token.as_bytes()).into());
    let ring = match words.next() {
        Some("raise") if known => Ring::Raise(words.next().map(str::to_owned)),
        Some("here") if known => Ring::Here,
        _ => {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "wrong token or request"));
        }
    };
    write.write_all(b"ok\n").await?;
    Ok(ring)
}

/// The second start's end: asks the first to raise its window, or, when a hidden start only makes sure that
/// Linekeeper runs, whether it is there. False when no desktop answers: the home's owner has no window.
pub(crate) async fn ring(
    runtime: &Path,
    owner: Option<u32>,
    hidden: bool,
    activation: Option<String>,
) -> bool {
    let request =
        if hidden { "here".to_owned() } else { format!("raise {}", activation.unwrap_or_default()) };
    let deadline = Instant::now() + SETTLE;
    loop {
        if let Some(card) = read(runtime).filter(|card| owner.is_none_or(|owner| owner == card.pid))
            && let Ok(Ok(())) = timeout(PATIENCE, ask(&card, &request)).await
        {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        // The first may have claimed the home a moment ago.
        sleep(Duration::from_millis(50)).await;
    }
}

async fn ask(card: &Card, request: &str) -> io::Result<()> {
    let (read, mut write) = TcpStream::connect(card.address).await?.into_split();
    write.write_all(format!("{} {request}\n", card.token).as_bytes()).await?;
    let mut reply = String::new();
    BufReader::new(read).take(LONGEST).read_line(&mut reply).await?;
    if reply.trim() == "ok" { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

fn read(runtime: &Path) -> Option<Card> {
    let card: Card = serde_json::from_slice(&fs::read(runtime.join(FILE)).ok()?).ok()?;
    card.address.ip().is_loopback().then_some(card)
}

/// Written beside and moved into place: nobody reads half a card.
fn write_private(file: &Path, content: &[u8]) -> io::Result<()> {
    let fresh = file.with_extension("new");
    let _ = fs::remove_file(&fresh);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(&fresh)?, content)?;
    fs::rename(&fresh, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct First {
        home: tempfile::TempDir,
        rings: mpsc::Receiver<()>,
        activation: Activation,
        stop: CancellationToken,
        task: tokio::task::JoinHandle<()>,
    }

    async fn first() -> First {
        let home = tempfile::tempdir().unwrap();
        let doorbell = Doorbell::hang(home.path()).await.unwrap();
        let (sender, rings) = mpsc::channel(1);
        let (activation, stop) = (Activation::default(), CancellationToken::new());
        let task = tokio::spawn(doorbell.run(sender, activation.clone(), stop.clone()));
        First { home, rings, activation, stop, task }
    }

    #[tokio::test]
    async fn the_second_start_raises_the_first_and_hands_its_activation_token_on() {
        let mut first = first().await;
        assert!(ring(first.home.path(), Some(std::process::id()), false, Some("token-1".into())).await);
        assert_eq!(first.rings.recv().await, Some(()));
        assert_eq!(first.activation.take().as_deref(), Some("token-1"));
        first.stop.cancel();
        first.task.await.unwrap();
        assert!(!first.home.path().join(FILE).exists(), "the file goes with the program");
    }

    #[tokio::test]
    async fn a_hidden_second_start_leaves_the_window_alone() {
        let mut first = first().await;
        assert!(ring(first.home.path(), None, true, None).await);
        assert!(first.rings.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_stranger_is_turned_away_and_the_bell_still_works() {
        let mut first = first().await;
        let card = read(first.home.path()).unwrap();
        let stranger = Card { token: "guess".into(), ..read(first.home.path()).unwrap() };
        assert!(ask(&stranger, "raise").await.is_err());
        let silent = TcpStream::connect(card.address).await.unwrap();
        assert!(first.rings.try_recv().is_err());
        drop(silent);
        ask(&card, "raise").await.unwrap();
        assert_eq!(first.rings.recv().await, Some(()));
    }

    #[tokio::test]
    async fn a_stale_card_of_another_process_is_not_believed() {
        let first = first().await;
        let somebody_else = Some(std::process::id() + 1);
        assert!(!ring(first.home.path(), somebody_else, false, None).await);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_card_is_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let first = first().await;
        let mode = fs::metadata(first.home.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
