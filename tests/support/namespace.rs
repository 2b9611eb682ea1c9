//! Network namespaces of Linux: computers of their own, joined by wires that a test pulls and plugs.
//!
//! A namespace is held by a process that reads from this one, so it goes away with this process however that ends. It
//! needs the rights of an administrator and the programs `ip`, `unshare` and `nsenter`.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use rustix::{
    process::geteuid,
    thread::{LinkNameSpaceType, move_into_link_name_space},
};

/// Time for the kernel to make a namespace.
const START: Duration = Duration::from_secs(10);

/// A network of its own with nothing but a loopback interface. Dropping it takes its wires along, once the programs
/// in it have ended.
#[derive(Debug)]
pub struct Namespace {
    holder: Child,
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl Namespace {
    /// Why none can be made here, if so.
    pub fn missing() -> Option<String> {
        if !geteuid().is_root() {
            return Some("it needs the rights of an administrator".to_owned());
        }
        if Command::new("ip").arg("-V").output().is_err() {
            return Some("it needs the program ip (package iproute2)".to_owned());
        }
        match Self::create() {
            Ok(_) => None,
            Err(error) => Some(format!("the system allows no network namespaces: {error:#}")),
        }
    }

    /// A new one.
    pub fn create() -> Result<Self> {
        let mut unshare = Command::new("unshare");
        // `cat` ends when this process is gone, and the namespace with it.
        unshare.args(["--net", "cat"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut space = Self { holder: unshare.spawn().context("unshare starts")? };
        let ours = std::fs::read_link("/proc/self/ns/net")?;
        let started = Instant::now();
        while std::fs::read_link(space.path()).ok().is_none_or(|theirs| theirs == ours) {
            let ended = space.holder.try_wait()?;
            ensure!(ended.is_none() && started.elapsed() < START, "unshare --net made none: {ended:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
        space.ip("link set dev lo up")?;
        Ok(space)
    }

    /// The process that holds it, for programs that name a namespace so.
    pub fn holder_id(&self) -> u32 {
        self.holder.id()
    }

    /// The file that stands for it.
    fn path(&self) -> PathBuf {
        Path::new("/proc").join(self.holder.id().to_string()).join("ns/net")
    }

    /// Program and arguments in front of a command that is to run inside. They give way to it: it keeps the id of the
    /// process that was started.
    pub fn entry(&self) -> Vec<String> {
        ["nsenter", &format!("--net={}", self.path().display()), "--"].map(str::to_owned).to_vec()
    }

    /// Runs `ip` inside with these words.
    pub fn ip(&self, words: &str) -> Result<()> {
        let entry = self.entry();
        let mut command = Command::new(&entry[0]);
        command.args(&entry[1..]).arg("ip").args(words.split_whitespace()).stdin(Stdio::null());
        let output = command.output()?;
        if !output.status.success() {
            bail!("ip {words}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    /// Lays a wire: `name` here, `other_name` there.
    pub fn wire(&self, name: &str, other: &Namespace, other_name: &str) -> Result<()> {
        let words =
            format!("link add name {name} type veth peer name {other_name} netns {}", other.holder.id());
        self.ip(&words)?;
        self.ip(&format!("link set dev {name} up"))?;
        other.ip(&format!("link set dev {other_name} up"))
    }

    /// Runs `work` on a thread of its own that lives inside. Sockets made there stay there.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let space = File::open(self.path())?;
        std::thread::scope(|scope| {
            let thread = scope.spawn(move || {
                move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Network))?;
                work()
            });
            thread.join().map_err(|_| anyhow!("the work inside panicked"))?
        })
    }

    /// A listener inside, for a server that runs outside.
    pub fn listen(&self, address: SocketAddr) -> Result<TcpListener> {
        self.inside(|| {
            let listener =
                TcpListener::bind(address).with_context(|| format!("{address} can be listened on"))?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read as _, net::TcpStream};

    use super::*;

    #[test]
    fn two_namespaces_reach_one_another_by_their_wire_alone() -> Result<()> {
        if let Some(why) = Namespace::missing() {
            eprintln!("SKIPPED: {why}");
            return Ok(());
        }
        let (here, there) = (Namespace::create()?, Namespace::create()?);
        here.wire("a", &there, "b")?;
        here.ip("addr add 10.91.0.2/24 dev a")?;
        there.ip("addr add 10.91.0.1/24 dev b")?;
        let address: SocketAddr = "10.91.0.1:7000".parse()?;
        let listener = there.listen(address)?;
        let mut stream = here.inside(|| Ok(TcpStream::connect(address)?))?;
        listener.set_nonblocking(false)?;
        let (_, peer) = listener.accept()?;
        assert_eq!(peer.ip().to_string(), "10.91.0.2");
        assert_eq!(stream.read(&mut [0])?, 0, "closed in good order");
        Ok(())
    }
}
