//! What is said of this computer in a report: version, system, package; and whose it is, so that it is not said.

use std::{fs, path::Path, time::Duration};

use diagnostics::{Who, facts::Recent};
use jiff::Timestamp;
use link::Signal;
use model::check::{App, Package};
use tokio::time::Instant;

use crate::paths::Environment;

/// When this computer last woke up, and when its network last changed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lately {
    woke: Option<Instant>,
    network_changed: Option<Instant>,
}

impl Lately {
    /// Something happened around the connections just now.
    pub(crate) fn note(&mut self, signal: Signal) {
        match signal {
            Signal::Woke(_) => self.woke = Some(Instant::now()),
            Signal::NetworkChanged => self.network_changed = Some(Instant::now()),
            Signal::CredentialChanged | Signal::CheckRoute => {}
        }
    }

    pub(super) fn recent(self) -> Recent {
        let ago = |at: Option<Instant>| at.map(|at| millis(at.elapsed()));
        Recent {
            resumed_ms_ago: ago(self.woke),
            network_changed_ms_ago: ago(self.network_changed),
            now: Some(Timestamp::now()),
        }
    }
}

/// Linekeeper and the system. `uptime` is the agent's.
pub(super) fn app(environment: &Environment, uptime: Option<Duration>) -> App {
    App {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: None,
        os: os(),
        desktop: set(environment, "XDG_CURRENT_DESKTOP"),
        package: package(environment, std::env::current_exe().ok().as_deref()),
        tray: None,
        uptime_s: uptime.map(|uptime| uptime.as_secs()),
    }
}

/// Login name and name of the computer, as far as they are known.
pub(super) fn who(environment: &Environment) -> Who {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| set(environment, name));
    let computer = fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    let computer =
        computer.or_else(|| set(environment, "COMPUTERNAME")).or_else(|| set(environment, "HOSTNAME"));
    Who { user: named, computer: computer.filter(|name| !name.is_empty()) }
}

fn set(environment: &Environment, name: &str) -> Option<String> {
    environment.get(name).filter(|value| !value.is_empty()).cloned()
}

fn os() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = pretty_name(&release).unwrap_or_else(|| std::env::consts::OS.to_owned());
    format!("{name} ({})", std::env::consts::ARCH)
}

fn pretty_name(release: &str) -> Option<String> {
    let line = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let name = dial::one_line(line.trim_matches('"'), 80);
    (!name.is_empty()).then_some(name)
}

fn package(environment: &Environment, program: Option<&Path>) -> Package {
    let installed = |folder: &str, end: &str| {
        let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names
            .map(|name| name.to_string_lossy().into_owned())
            .any(|name| name.starts_with("linekeeper") && name.ends_with(end))
    };
    match program {
        _ if set(environment, "APPIMAGE").is_some() => Package::Appimage,
        Some(program) if program.components().any(|part| part.as_os_str() == "target") => Package::Dev,
        Some(program) if program.starts_with("/usr") && installed("/var/lib/dpkg/info", ".list") => {
            Package::Deb
        }
        Some(program) if program.starts_with("/usr") && Path::new("/var/lib/rpm").exists() => Package::Rpm,
        _ => Package::Other,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_its_name() {
        let release = "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n";
        assert_eq!(pretty_name(release).as_deref(), Some("Debian GNU/Linux 13 (trixie)"));
        assert_eq!(pretty_name("NAME=x"), None);
    }

    #[test]
    fn a_program_from_a_build_folder_is_a_developers() {
        let none = Environment::new();
        assert_eq!(package(&none, Some(Path::new("/src/target/debug/linekeeper"))), Package::Dev);
        assert_eq!(package(&none, Some(Path::new("/opt/linekeeper"))), Package::Other);
        let image: Environment = [("APPIMAGE".to_owned(), "/x.AppImage".to_owned())].into();
        assert_eq!(package(&image, None), Package::Appimage);
    }
}
