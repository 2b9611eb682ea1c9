//! `linekeeper send`: lines of an input as messages, each told only when it is as safe as its endpoint promises.
//!
//! One request at a time, so that order holds; while it is on its way the next lines gather. Every request gets its key
//! before it goes out for the first time, so that it can be repeated: an agent that was killed and is back knows what
//! it has.

mod keys;
mod lines;
mod patience;
mod post;
mod printer;

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agent::gateway::ReceiptEntry;
use anyhow::{Context as _, bail};
use model::{BufferLevel, EndpointId, ReceivedMessage};

pub(crate) use self::keys::id;
use self::{
    keys::Keys,
    lines::{Line, Lines},
    patience::Patience,
    post::{Post, Verdict},
    printer::Printer,
};
use crate::{
    args::SendArgs,
    client::{Client, Refused},
    exit::{Exit, NoAgent},
    home,
    output::say,
    signals::{Interrupts, unless_interrupted},
};

/// How far it is: the last line that is safe. Read by whoever tells a person after an interruption.
#[derive(Clone, Debug, Default)]
struct Reached(Arc<AtomicU64>);

impl Reached {
    fn line(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, line: u64) {
        self.0.store(line, Ordering::Relaxed);
    }

    /// Where to go on from.
    fn sentence(&self) -> String {
        match self.line() {
            0 => "no line is known to be accepted".to_owned(),
            1 => "line 1 is accepted, later ones are not known to be".to_owned(),
            line => format!("lines up to {line} are accepted, later ones are not known to be"),
        }
    }
}

pub(crate) async fn send(args: SendArgs) -> anyhow::Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let (input, typed) = open(&args.file)?;
    let client = Client::of(&home::paths(None)?)?;
    check_known(&client, &args.endpoint).await?;
    if typed {
        say("One message a line; Ctrl-D ends.");
    }
    let reached = Reached::default();
    let sender = Sender {
        post: Post::new(&args.endpoint),
        patience: Patience::new(Duration::from_secs(args.wait)),
        keys: Keys::of(args.id),
        printer: Printer::new(args.json),
        reached: reached.clone(),
        known: 0,
        warned: false,
    };
    let lines = Lines::of(input).context("no thread can be started")?;
    match unless_interrupted(&mut interrupts, sender.send_all(lines)).await {
        Ok(Some(exit)) => Ok(exit),
        Ok(None) => {
            say(&format!("linekeeper: interrupted; {}", reached.sentence()));
            Ok(Exit::Failed)
        }
        Err(error) => {
            say(&format!("linekeeper: {}", reached.sentence()));
            Err(error)
        }
    }
}

/// The input, and whether a person types it.
fn open(path: &Path) -> anyhow::Result<(Box<dyn Read + Send>, bool)> {
    if path.as_os_str() == "-" {
        return Ok((Box::new(io::stdin()), io::stdin().is_terminal()));
    }
    let unreadable = || format!("{} cannot be read", path.display());
    let file = File::open(path).with_context(unreadable)?;
    if file.metadata().with_context(unreadable)?.is_dir() {
        bail!("{} is a folder", path.display());
    }
    Ok((Box::new(file), false))
}

/// Says so before anything is read or typed in vain. The route is one that the agent answers when it knows its endpoints;
/// the status of one that has just started may not show them yet.
async fn check_known(client: &Client, endpoint: &EndpointId) -> anyhow::Result<()> {
    let _: Vec<ReceivedMessage> = client.get(&format!("/v1/endpoints/{endpoint}/messages?limit=0")).await?;
    Ok(())
}

/// Carries lines to the agent until there are none.
struct Sender {
    post: Post,
    patience: Patience,
    keys: Keys,
    printer: Printer,
    reached: Reached,
    /// Lines whose id the agent knew already.
    known: u64,
    /// It was told that messages are in memory only.
    warned: bool,
}

impl Sender {
    async fn send_all(mut self, mut lines: Lines) -> anyhow::Result<Exit> {
        loop {
            let batch = lines.batch().await?;
            if batch.is_empty() {
                break;
            }
            for part in batch.chunks(self.keys.most_lines()) {
                self.settle(part).await?;
            }
        }
        match self.known {
            0 => {}
            1 => say("linekeeper: the agent knew 1 of the lines already"),
            lines => say(&format!("linekeeper: the agent knew {lines} of the lines already")),
        }
        Ok(Exit::Done)
    }

    /// Has all of these accepted. What is too large or finds no room as a whole goes again in halves: in the end it is a
    /// line alone, and everything before it is safe.
    async fn settle(&mut self, lines: &[Line]) -> anyhow::Result<()> {
        let mut open = vec![Parcel::new(self.keys.next(), lines)];
        while let Some(parcel) = open.pop() {
            let verdict = self.post.deliver(&parcel.key, parcel.lines).await?;
            match verdict {
                Verdict::Taken(taken) => {
                    self.tell(&parcel, &taken)?;
                    continue;
                }
                // None of it was taken, now or in an earlier try: new keys make no second message of any line.
                Verdict::TooLarge(_) | Verdict::Full(_) if parcel.lines.len() > 1 => {
                    let (head, tail) = parcel.lines.split_at(parcel.lines.len() / 2);
                    let (head, tail) =
                        (Parcel::new(self.keys.next(), head), Parcel::new(self.keys.next(), tail));
                    open.extend([tail, head]);
                    continue;
                }
                Verdict::Refused(error) | Verdict::TooLarge(error) => {
                    let line = format!("line {} is not accepted", parcel.first());
                    return Err(anyhow::Error::new(error).context(line));
                }
                Verdict::Full(error) | Verdict::Dropped(error) => {
                    self.wait_for_room(&parcel, Duration::ZERO, error).await?;
                }
                Verdict::Later { asked, because } => self.wait_for_room(&parcel, asked, because).await?,
                Verdict::Gone(error) => self.wait_for_agent(error).await?,
            }
            open.push(Parcel { again: true, ..parcel });
        }
        Ok(())
    }

    async fn wait_for_room(
        &mut self,
        parcel: &Parcel<'_>,
        asked: Duration,
        error: Refused,
    ) -> anyhow::Result<()> {
        let line = format!("line {} is not accepted", parcel.first());
        self.wait(asked, &format!("{line}: {error}; trying again")).await.map_err(|TimeIsUp(limit)| {
            let error = anyhow::Error::new(error);
            error.context(if limit > 0 { format!("{line}, tried for {limit} s") } else { line })
        })
    }

    async fn wait_for_agent(&mut self, error: NoAgent) -> anyhow::Result<()> {
        let away = format!("the agent went away ({}); waiting for it to come back", error.because());
        self.wait(Duration::ZERO, &away).await.map_err(|TimeIsUp(_)| error.into())
    }

    /// Waits before the next try; the first time a person is told.
    async fn wait(&mut self, asked: Duration, what: &str) -> Result<(), TimeIsUp> {
        let limit = self.patience.limit().as_secs();
        if self.patience.is_fresh() && limit > 0 {
            say(&format!("linekeeper: {what}, for up to {limit} s"));
        }
        if self.patience.wait(asked).await { Ok(()) } else { Err(TimeIsUp(limit)) }
    }

    fn tell(&mut self, parcel: &Parcel<'_>, taken: &[ReceiptEntry]) -> anyhow::Result<()> {
        if self.patience.renew() {
            say(&format!("linekeeper: going on with line {}", parcel.first()));
        }
        // Otherwise it is our own repetition that is known.
        if self.keys.are_given() && !parcel.again {
            self.known += taken.iter().filter(|taken| taken.duplicate).count() as u64;
        }
        let in_memory = |one: &ReceiptEntry| one.level == Some(BufferLevel::Memory);
        if !self.warned && taken.iter().any(in_memory) {
            self.warned = true;
            let line = parcel.first();
            say(&format!(
                "linekeeper: from line {line} on messages are in memory only; those not delivered are lost when the agent ends"
            ));
        }
        if let Some(last) = parcel.lines.last() {
            self.reached.set(last.number);
        }
        Ok(self.printer.print(parcel.lines, taken)?)
    }
}

/// Lines of one request.
struct Parcel<'a> {
    key: String,
    lines: &'a [Line],
    /// It went out before, and may have arrived.
    again: bool,
}

impl<'a> Parcel<'a> {
    fn new(key: String, lines: &'a [Line]) -> Self {
        Self { key, lines, again: false }
    }

    fn first(&self) -> u64 {
        self.lines.first().map_or(0, |line| line.number)
    }
}

/// It was waited for this many seconds.
struct TimeIsUp(u64);
