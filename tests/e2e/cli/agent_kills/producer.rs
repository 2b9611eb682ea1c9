//! A program that hands lines to the agent through `linekeeper send`, without knowing that agents die.

use std::{
    fs::File,
    io::Write as _,
    path::PathBuf,
    process::{ChildStdin, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{JoinHandle, sleep},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::stage::{Home, PATIENCE, Running};

/// A line that was told as accepted.
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) endpoint: String,
    pub(crate) id: String,
    pub(crate) seq: u64,
    pub(crate) text: String,
}

/// How fast lines come: so many at once, then a pause.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    burst: u64,
    pause: Duration,
}

impl Pace {
    pub(crate) fn random(random: &mut fastrand::Rng) -> Self {
        let burst = random.u64(1..20);
        Self { burst, pause: Duration::from_millis(burst * random.u64(10..20)) }
    }
}

/// The program while it runs.
pub(crate) struct Producer {
    endpoint: String,
    name: String,
    notes: PathBuf,
    program: Running,
    stop: Arc<AtomicBool>,
    /// Gives how many lines it wrote.
    writer: JoinHandle<std::io::Result<u64>>,
}

impl Producer {
    pub(crate) fn start(home: &Home, endpoint: &str, number: usize, pace: Pace) -> Result<Self> {
        let name = format!("{endpoint}-{number}");
        // A pipe would fill up with the notes on a thousand kills.
        let notes = home.path(&format!("{name}.notes"));
        let mut command = home.command(&format!("send {endpoint} --wait 120"));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&notes)?).spawn()?;
        let input = child.stdin.take().context("it has an input")?;
        let lines = crate::stage::read_lines(child.stdout.take().context("it has an output")?);
        let program = Running { child, lines };
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, named) = (Arc::clone(&stop), name.clone());
        let writer = std::thread::spawn(move || write(input, &named, pace, &stopped));
        Ok(Self { endpoint: endpoint.to_owned(), name, notes, program, stop, writer })
    }

    /// Lets it come to its end and gives what it was told.
    pub(crate) fn finish(self) -> Result<Vec<Accepted>> {
        let (name, notes) = (self.name.clone(), self.notes.clone());
        self.collect().with_context(|| {
            let notes = std::fs::read_to_string(&notes).unwrap_or_default();
            format!("{name} said at last: {:?}", notes.lines().rev().take(3).collect::<Vec<_>>())
        })
    }

    fn collect(mut self) -> Result<Vec<Accepted>> {
        self.stop.store(true, Ordering::Relaxed);
        let written = self.writer.join().expect("the writer does not panic")?;
        let mut accepted = Vec::new();
        for number in 1..=written {
            let line = self.program.lines.recv_timeout(PATIENCE);
            let line = line.with_context(|| format!("{}: line {number} of {written} is told", self.name))?;
            let (id, seq) = line.split_once(' ').context("ID SEQ")?;
            let text = text(&self.name, number);
            let (endpoint, id, seq) = (self.endpoint.clone(), id.to_owned(), seq.parse()?);
            accepted.push(Accepted { endpoint, id, seq, text });
        }
        let status = self.program.wait();
        ensure!(status.success(), "{} ended with {status}", self.name);
        ensure!(self.program.lines.recv().is_err(), "{} was told more than it wrote", self.name);
        Ok(accepted)
    }
}

/// Each line is another one; every third is no JSON.
fn text(name: &str, number: u64) -> String {
    if number.is_multiple_of(3) {
        format!("{name} says {number}: \"no JSON\"")
    } else {
        format!("{{\"from\":\"{name}\",\"number\":{number}}}")
    }
}

fn write(mut input: ChildStdin, name: &str, pace: Pace, stop: &AtomicBool) -> std::io::Result<u64> {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let lines: String = (1..=pace.burst).map(|next| text(name, number + next) + "\n").collect();
        input.write_all(lines.as_bytes())?;
        number += pace.burst;
        sleep(pace.pause);
    }
    Ok(number)
}
