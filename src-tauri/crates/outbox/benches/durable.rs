//! Durable enqueue and drain beside a raw append-only file with fdatasync, in one run on one disk. Rounds alternate,
//! so that both meet the same moods of the machine, and each is compared with the one beside it; medians are shown.
//!
//! OUTBOX_BENCH_DIR chooses the disk, otherwise the folder for temporary files. An argument chooses one size of groups:
//! `cargo bench -p outbox --bench durable -- 64`.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use outbox::{LeaseLimit, MessageId, NewMessage, Outbox, OutboxHandle, OutboxOptions};
use tokio::runtime::Runtime;

const ROUNDS: usize = 9;
const BYTES: usize = 256;
/// Groups of the size of the key, and how many of them a round takes.
const SHAPES: [(usize, usize); 3] = [(1, 400), (64, 200), (512, 60)];
/// What product.md asks for in groups of 64.
const GOAL: f64 = 0.5;
const DRAINED: usize = 51_200;
const WINDOW: usize = 256;

fn main() {
    let root = std::env::var_os("OUTBOX_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(root).expect("a folder on the disk to be measured");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    say(&format!("durable enqueue, {BYTES} bytes a message, medians of {ROUNDS} alternating rounds"));
    let only: Option<usize> = std::env::args().find_map(|argument| argument.parse().ok());
    for (group, count) in SHAPES.into_iter().filter(|(group, _)| only.is_none_or(|only| only == *group)) {
        let mut raw = Vec::new();
        let mut ours = Vec::new();
        for round in 0..ROUNDS {
            raw.push(raw_append(&folder.path().join(format!("raw-{group}-{round}")), group, count));
            ours.push(enqueue(&runtime, &folder.path().join(format!("box-{group}-{round}")), group, count));
        }
        report(&format!("enqueue, groups of {group:>3}"), group * count, &mut raw, &mut ours, group == 64);
    }
    if only.is_some() {
        return;
    }
    let (mut raw, mut ours) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        raw.push(raw_drain(&folder.path().join(format!("raw-drain-{round}"))));
        ours.push(drain(&runtime, &folder.path().join(format!("box-drain-{round}"))));
    }
    report(&format!("drain, windows of {WINDOW}"), DRAINED, &mut raw, &mut ours, false);
    for senders in [1, 8, 64] {
        latency(&runtime, &folder.path().join(format!("box-latency-{senders}")), senders);
    }
}

fn say(line: &str) {
    // A bench that cannot print has nothing to say.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn report(what: &str, messages: usize, raw: &mut [Duration], ours: &mut [Duration], has_goal: bool) {
    // A disk may flush ten times slower a second later: only neighbours can be compared.
    let mut ratios: Vec<f64> =
        raw.iter().zip(&*ours).map(|(raw, ours)| raw.as_secs_f64() / ours.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    raw.sort();
    ours.sort();
    let rate = |times: &[Duration]| messages as f64 / times[times.len() / 2].as_secs_f64();
    let (raw, ours) = (rate(raw), rate(ours));
    let ratio = ratios[ratios.len() / 2];
    say(&format!("{what:<24} raw {raw:>10.0}/s   outbox {ours:>10.0}/s   x{ratio:.2}"));
    if has_goal {
        // The form that `make bench` collects into its table.
        let reached = if ratio >= GOAL { "ok" } else { "missed" };
        say(&format!("figure | durable {what}, of a raw loop | >= {GOAL} | {ratio:.2} | {reached}"));
    }
}

fn body() -> Vec<u8> {
    (0..BYTES).map(|_| fastrand::u8(..)).collect()
}

/// The limit: one write and one fdatasync a group, with a checksum each message.
fn raw_append(path: &Path, group: usize, count: usize) -> Duration {
    let mut file = File::create(path).expect("a file");
    let bodies: Vec<_> = (0..group).map(|_| body()).collect();
    let started = Instant::now();
    for _ in 0..count {
        let mut block = Vec::with_capacity(group * (BYTES + 8));
        for body in &bodies {
            block.extend_from_slice(&(body.len() as u32).to_le_bytes());
            block.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
            block.extend_from_slice(body);
        }
        file.write_all(&block).expect("room");
        file.sync_data().expect("a flush");
    }
    started.elapsed()
}

/// The limit: reading a window and moving a durable mark.
fn raw_drain(path: &Path) -> Duration {
    let record = BYTES + 8;
    std::fs::write(path, vec![7_u8; DRAINED * record]).expect("room");
    let mut mark = File::create(path.with_extension("mark")).expect("a file");
    let mut file = File::open(path).expect("the file");
    let mut window = vec![0_u8; WINDOW * record];
    let started = Instant::now();
    for number in 0..DRAINED / WINDOW {
        std::io::Read::read_exact(&mut file, &mut window).expect("the window");
        std::hint::black_box(
            window.chunks(record).map(|one| crc32fast::hash(&one[8..])).fold(0, |a, b| a ^ b),
        );
        std::io::Seek::rewind(&mut mark).expect("a mark");
        mark.write_all(&number.to_le_bytes()).expect("room");
        mark.sync_data().expect("a flush");
    }
    started.elapsed()
}

fn options() -> OutboxOptions {
    let mut options = OutboxOptions::new("bench");
    options.disk.min_free_bytes = 0;
    options.disk.min_free_percent = 0;
    options
}

async fn open(path: &Path) -> (Outbox, OutboxHandle) {
    let (outbox, _) = Outbox::open(path.to_owned(), options()).await.expect("a buffer");
    let handle = outbox.handle();
    (outbox, handle)
}

fn messages(count: usize) -> Vec<NewMessage> {
    (0..count).map(|_| NewMessage::binary(body())).collect()
}

fn enqueue(runtime: &Runtime, path: &Path, group: usize, count: usize) -> Duration {
    runtime.block_on(async {
        let (outbox, handle) = open(path).await;
        let bodies = messages(group);
        let started = Instant::now();
        for _ in 0..count {
            handle.append(bodies.clone()).await.expect("accepted");
        }
        let took = started.elapsed();
        outbox.close().await;
        took
    })
}

fn drain(runtime: &Runtime, path: &Path) -> Duration {
    runtime.block_on(async {
        let (outbox, handle) = open(path).await;
        for _ in 0..DRAINED / 512 {
            handle.append(messages(512)).await.expect("accepted");
        }
        let limit = LeaseLimit { messages: WINDOW as u64, bytes: u64::MAX };
        let started = Instant::now();
        let mut drained = 0;
        while drained < DRAINED {
            let out = handle.lease(limit).await.expect("a window");
            drained += out.len();
            let ids: Vec<MessageId> = out.into_iter().map(|queued| queued.id).collect();
            handle.confirm(ids).await.expect("confirmed");
        }
        let took = started.elapsed();
        outbox.close().await;
        took
    })
}

/// One message at a time from several senders: how long each waits.
fn latency(runtime: &Runtime, path: &Path, senders: usize) {
    const EACH: usize = 200;
    let mut waits = runtime.block_on(async {
        let (outbox, handle) = open(path).await;
        let tasks: Vec<_> = (0..senders)
            .map(|_| {
                let handle = handle.clone();
                tokio::spawn(async move {
                    let mut waits = Vec::with_capacity(EACH);
                    for _ in 0..EACH {
                        let message = messages(1);
                        let started = Instant::now();
                        handle.append(message).await.expect("accepted");
                        waits.push(started.elapsed());
                    }
                    waits
                })
            })
            .collect();
        let mut waits = Vec::new();
        for task in tasks {
            waits.extend(task.await.expect("a sender"));
        }
        outbox.close().await;
        waits
    });
    waits.sort();
    let at = |share: usize| waits[(waits.len() - 1) * share / 100];
    say(&format!("{senders:>2} senders, one message each time: p50 {:?}, p99 {:?}", at(50), at(99)));
}
