//! A server that learns every secret it is sent and says it back wherever HTTP, WebSocket and TLS let it speak. Its manners
//! stand in the path: `/refuse/base64` refuses and writes what it knows in base 64.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use suites::fault_server::{ClientFrame, RawFrame};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::canaries::{Canary, Form, Search};

/// Longer than a check waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// Text that must not reach a terminal as it is: clears the screen, turns the line round, hides.
pub(crate) const TRICKS: [&str; 5] =
    ["\u{1b}[2J\u{1b}]0;owned\u{7}", "\u{202e}gpj.exe", "\u{200b}", "\u{9b}31m", "\u{0}"];

/// A running server.
#[derive(Debug)]
pub(crate) struct Hostile {
    pub(crate) port: u16,
    learned: Arc<Mutex<BTreeSet<Canary>>>,
}

impl Hostile {
    pub(crate) fn start() -> Self {
        Self::listen(None)
    }

    pub(crate) fn start_tls(tls: ServerConfig) -> Self {
        Self::listen(Some(Arc::new(tls)))
    }

    fn listen(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let learned: Arc<Mutex<BTreeSet<Canary>>> = Arc::default();
        let (known, count) = (Arc::clone(&learned), Arc::new(AtomicUsize::new(0)));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (known, tls, count) = (Arc::clone(&known), tls.clone(), Arc::clone(&count));
                std::thread::spawn(move || {
                    stream.set_read_timeout(Some(PATIENCE)).unwrap();
                    // Whoever leaves early was only knocking.
                    let _ = match tls {
                        None => serve(stream, &known, &count),
                        Some(tls) => serve(
                            StreamOwned::new(ServerConnection::new(tls).unwrap(), stream),
                            &known,
                            &count,
                        ),
                    };
                });
            }
        });
        Self { port, learned }
    }

    /// What it was sent so far.
    pub(crate) fn learned(&self) -> BTreeSet<Canary> {
        self.learned.lock().unwrap().clone()
    }
}

fn learn(known: &Mutex<BTreeSet<Canary>>, bytes: &[u8]) {
    let found = Search::new().all_in(bytes).into_iter().map(|(canary, _)| canary);
    known.lock().unwrap().extend(found);
}

fn serve(
    mut stream: impl Read + Write,
    known: &Mutex<BTreeSet<Canary>>,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    learn(known, &head);
    let head = String::from_utf8_lossy(&head).into_owned();
    let secrets: Vec<Canary> = known.lock().unwrap().iter().copied().collect();
    let said = |form: Form| secrets.iter().map(|(_, secret)| form.of(secret)).collect::<Vec<_>>();
    if head.starts_with("CONNECT ") {
        let all = said(Form::Plain).join(" ");
        return answer(
            &mut stream,
            "407 Give me more",
            &format!("Proxy-Authenticate: Basic realm=\"{all}\"\r\n"),
            &all,
        );
    }
    let path = head.split(' ').nth(1).unwrap_or("/").split('?').next().unwrap_or("/");
    let mut parts = path.trim_start_matches('/').split('/');
    let (manner, form) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let form = Form::ALL
        .into_iter()
        .find(|one| format!("{one:?}").eq_ignore_ascii_case(form))
        .unwrap_or(Form::Plain);
    let all = said(form).join(" ");
    match manner {
        "refuse" => {
            let headers: String = [
                "Server",
                "Via",
                "X-Request-Id",
                "WWW-Authenticate",
                "Retry-After",
                "Set-Cookie",
                "Content-Location",
            ]
            .map(|name| format!("{name}: {all}\r\n"))
            .concat();
            answer(
                &mut stream,
                &format!("401 {all}"),
                &(headers + "Content-Type: text/html\r\n"),
                &page(&all),
            )
        }
        "quote" => answer(
            &mut stream,
            "403 No",
            "Content-Type: text/plain\r\n",
            &format!("You sent:\n{head}\n{all}"),
        ),
        "redirect" => {
            let to = said(Form::Url).join("/");
            let headers = format!("Location: http://login.invalid/{to}?{to}#{to}\r\n");
            answer(&mut stream, "302 There", &headers, &all)
        }
        "garbage" => stream.write_all(format!("{all} {all}\r\n\r\n").as_bytes()),
        "tricks" => {
            let text = TRICKS.join(&all).repeat(64 << 10 >> 6);
            let title: String = text.chars().filter(|one| *one != '\0').take(64 << 10).collect();
            let line: String = title.chars().filter(|one| !one.is_control()).take(2000).collect();
            answer(
                &mut stream,
                &format!("503 {line}"),
                &format!("Server: {line}\r\nContent-Type: text/html\r\n"),
                &page(&title),
            )
        }
        "choose" if head.contains("pgrade: ") => {
            let chosen = said(Form::Url).join(".");
            upgrade(&mut stream, &head, None, &format!("Sec-WebSocket-Protocol: {chosen}\r\n"))
        }
        "accept" if head.contains("pgrade: ") => {
            upgrade(&mut stream, &head, Some(&all), &format!("Server: {all}\r\n"))
        }
        "close" | "healthy" if head.contains("pgrade: ") => {
            upgrade(&mut stream, &head, None, "")?;
            session(stream, known, (manner == "close").then(|| (form, count.fetch_add(1, Relaxed))))
        }
        _ => answer(&mut stream, "404 Not Found", "Content-Type: text/plain\r\n", "nothing here"),
    }
}

/// Of subprotocols: it may be the one that is a token.
fn last_of(list: &str) -> &str {
    list.rsplit(',').next().unwrap_or_default().trim()
}

fn page(title: &str) -> String {
    format!("<!doctype html><html><head><title>{title}</title></head><body>{title}</body></html>")
}

fn answer(stream: &mut impl Write, status: &str, headers: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    stream.flush()
}

fn upgrade(stream: &mut impl Write, head: &str, accept: Option<&str>, headers: &str) -> std::io::Result<()> {
    let value = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        Some(line[name.len() + 1..].trim().to_owned())
    };
    let right = derive_accept_key(value("sec-websocket-key").unwrap_or_default().as_bytes());
    let offered = value("sec-websocket-protocol").filter(|_| !headers.contains("Protocol"));
    let chosen = offered.map(|list| format!("Sec-WebSocket-Protocol: {}\r\n", last_of(&list)));
    write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n{}{headers}\r\n",
        accept.unwrap_or(&right),
        chosen.unwrap_or_default(),
    )?;
    stream.flush()
}

/// Answers pings and the close. One that closes waits for what is sent first, and says one of its secrets as the reason.
fn session(
    mut stream: impl Read + Write,
    known: &Mutex<BTreeSet<Canary>>,
    closes: Option<(Form, usize)>,
) -> std::io::Result<()> {
    let mut kept = Vec::new();
    loop {
        while let Some((frame, length)) = ClientFrame::first_of(&kept) {
            kept.drain(..length);
            learn(known, &frame.payload);
            if let Some((form, turn)) = closes {
                let secrets: Vec<Canary> = known.lock().unwrap().iter().copied().collect();
                let (_, secret) = secrets[turn % secrets.len()];
                let reason: String = format!("bye {}", form.of(secret)).chars().take(110).collect();
                stream.write_all(&RawFrame::close(4000, &reason).bytes())?;
                stream.flush()?;
                let mut rest = [0; 512];
                while stream.read(&mut rest)? > 0 {}
                return Ok(());
            }
            if frame.is_ping() {
                stream.write_all(&RawFrame::pong(frame.payload).bytes())?;
            } else if frame.is_close() {
                stream.write_all(&RawFrame::close_of(frame.payload).bytes())?;
                return stream.flush();
            }
            stream.flush()?;
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            count => kept.extend_from_slice(&piece[..count]),
        }
    }
}
