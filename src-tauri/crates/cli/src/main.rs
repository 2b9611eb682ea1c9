//! The `linekeeper` program: reads the command line, picks a command, ends with its exit status.

mod args;
mod client;
mod config;
mod control;
mod demo;
mod diagnose;
mod exit;
mod feed;
mod home;
mod journal;
mod keyring_set;
mod listen;
mod listener;
mod live;
mod outbox;
mod output;
mod paint;
mod plain;
mod run;
mod send;
mod signals;
mod sse;
mod status;
mod table;
mod terminal;
mod view;
mod wire;
mod words;

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::Parser as _;

use crate::{
    args::{Command, CommandLine},
    control::Order,
    exit::{Exit, conclude},
};

/// Threads for calls that block, such as files and the keyring; more of them wait.
const BLOCKING_THREADS: usize = 8;
/// How long such a thread stays for the next call.
const THREAD_KEEP_ALIVE: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let command = CommandLine::parse().command;
    conclude(carry_out(command))
}

fn carry_out(command: Command) -> anyhow::Result<Exit> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if !matches!(command, Command::Run(_) | Command::Demo { .. } | Command::Diagnose(_)) {
        runtime.worker_threads(1);
    }
    // What blocks is short; threads for a moment of haste would cost more than the connections they serve.
    runtime.max_blocking_threads(BLOCKING_THREADS).thread_keep_alive(THREAD_KEEP_ALIVE);
    let runtime = runtime.enable_all().build().context("no threads can be started")?;
    let result = runtime.block_on(async {
        match command {
            Command::Run(args) => run::run(args).await,
            Command::Demo { listen, seed } => demo::serve(listen, seed).await,
            Command::Status { json, watch: false } => status::once(json).await,
            Command::Status { json, watch: true } => status::watch(json).await,
            Command::Listen { endpoint, json } => listen::listen(endpoint, json).await,
            Command::Send(args) => send::send(args).await,
            Command::Diagnose(args) => diagnose::diagnose(args).await,
            Command::Connect(target) => control::give(Order::Connect, &target).await,
            Command::Reconnect(target) => control::give(Order::Reconnect, &target).await,
            Command::Pause(target) => control::give(Order::Pause, &target).await,
            Command::Resume(target) => control::give(Order::Resume, &target).await,
            Command::Outbox(command) => outbox::run(command).await,
            Command::Config(command) => config::run(command).await,
        }
    });
    // A write to a pipe that nobody reads must not hold the end up.
    runtime.shutdown_background();
    result
}
