//! A disk of its own under the home of an agent: a file system in memory that a test makes full and larger again, in a
//! mount namespace that nobody else sees. It needs an administrator, or a system that lets anybody make namespaces.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::geteuid;

/// Makes the file system and holds it. Reads until this process is gone, and the disk goes with it.
const HOLD: &str = r#"mount -t tmpfs -o "size=$2,mode=700" tmpfs "$1" && echo mounted && exec cat"#;

/// The disk; gone with the value, once the programs on it have ended.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    holder: Child,
    place: PathBuf,
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl SmallDisk {
    /// One of this size, in the place of a folder. An error says why there can be none here.
    pub(crate) fn mount(place: &Path, bytes: u64) -> Result<Self> {
        let rights: &[&str] = if geteuid().is_root() { &[] } else { &["--map-root-user"] };
        let mut unshare = Command::new("unshare");
        unshare.args(rights).args(["--mount", "--propagation", "private", "sh", "-c", HOLD, "sh"]);
        unshare.arg(place).arg(bytes.to_string());
        unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut disk = Self { holder: unshare.spawn().context("unshare starts")?, place: place.to_owned() };
        let mut line = String::new();
        BufReader::new(disk.holder.stdout.take().context("its output")?).read_line(&mut line)?;
        if line.trim() != "mounted" {
            let mut why = String::new();
            disk.holder.stderr.take().context("its errors")?.read_to_string(&mut why)?;
            bail!("the system lets nobody mount a file system here: {}", why.trim());
        }
        Ok(disk)
    }

    /// Program and arguments in front of a command that is to run on it. They give way to it.
    pub(crate) fn entry(&self) -> Vec<String> {
        let of = |kind: &str| format!("/proc/{}/ns/{kind}", self.holder.id());
        let mut entry = vec!["nsenter".to_owned(), format!("--mount={}", of("mnt"))];
        if !geteuid().is_root() {
            entry.extend([format!("--user={}", of("user")), "--preserve-credentials".to_owned()]);
        }
        entry.push("--".to_owned());
        entry
    }

    /// Where its files are for programs that do not run on it.
    pub(crate) fn seen_from_outside(&self) -> PathBuf {
        let inside = self.place.strip_prefix("/").unwrap_or(&self.place);
        PathBuf::from(format!("/proc/{}/root", self.holder.id())).join(inside)
    }

    /// Makes it larger or smaller. Nothing is lost: below what it holds it cannot go.
    pub(crate) fn resize(&self, bytes: u64) -> Result<()> {
        let entry = self.entry();
        let mut command = Command::new(&entry[0]);
        command.args(&entry[1..]).args(["mount", "-t", "tmpfs", "-o", &format!("remount,size={bytes}")]);
        // With its source named, no options are taken over from before, some of which nobody may repeat.
        command.arg("tmpfs").arg(&self.place);
        let output = command.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
        Ok(())
    }

    /// Leaves no room at all.
    pub(crate) fn fill(&self) -> Result<()> {
        let mut done = Ok(());
        // Who writes to it may be quicker.
        for _ in 0..20 {
            done = self.resize(self.used()?);
            if done.is_ok() {
                break;
            }
        }
        done
    }

    fn used(&self) -> Result<u64> {
        let seen = rustix::fs::statvfs(self.seen_from_outside())?;
        Ok((seen.f_blocks - seen.f_bfree) * seen.f_frsize)
    }
}
