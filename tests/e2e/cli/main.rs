//! The real `linekeeper` binary, and servers and networks that fail it.

// `test` is always true here; it tells clippy that this is test code too.
#[cfg(test)]
#[cfg(unix)]
mod acceptance;
#[cfg(test)]
#[cfg(unix)]
mod agent_kills;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod backlog;
mod commands;
#[cfg(test)]
#[cfg(unix)]
mod damage;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod detached;
#[cfg(test)]
mod diagnose;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod disk_full;
#[cfg(test)]
#[cfg(unix)]
mod examples;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod figures;
#[cfg(test)]
#[cfg(unix)]
mod journal;
#[cfg(test)]
#[cfg(unix)]
mod keyring;
#[cfg(test)]
#[cfg(unix)]
mod kills;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod networks;
#[cfg(test)]
#[cfg(unix)]
mod outage;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod owners;
#[cfg(test)]
#[cfg(unix)]
mod post;
#[cfg(test)]
#[cfg(unix)]
mod recording;
#[cfg(test)]
#[cfg(unix)]
mod secrecy;
#[cfg(test)]
mod send;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod small_disk;
#[cfg(test)]
mod stage;
