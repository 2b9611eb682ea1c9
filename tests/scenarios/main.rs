//! The acceptance scenarios of diagnostics: faults staged with real sockets, and what a check must say about them.
//!
//! `data/` holds the scenarios. One checker stages each, runs `linekeeper diagnose` in it and grades the answer. Those
//! that need namespaces or TUN devices are skipped, aloud, where the system allows none.
//! `LINEKEEPER_SCENARIOS=15,24a` runs only these.

// `test` is always true here; it tells clippy that this is test code too.
#![cfg(target_os = "linux")]

#[cfg(test)]
mod bare;
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod check;
#[cfg(test)]
mod computer;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod full_port;
#[cfg(test)]
mod grade;
#[cfg(test)]
mod library;
#[cfg(test)]
mod name_server;
#[cfg(test)]
mod pairs;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod rehearsal;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod server;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod table;
