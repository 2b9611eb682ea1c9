//! A computer of its own for one scenario: network, names, hosts file, disk, and a wire to the servers it is to reach.
//!
//! It is a network namespace and a mount namespace. The other end of its wire is a second network namespace, in which
//! the servers listen; they run in this process.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use suites::Namespace;

use crate::{
    name_server::NameServer,
    scenario::{ComputerPlan, Network, WirePlan},
};

/// This end of the wire, the other one, and the network between them.
const NEAR: &str = "10.92.0.2";
const FAR: &str = "10.92.0.1";

/// Puts the files in place and the disk under the data folder, then waits for the end of this process.
const HOLD: &str = r#"
for file in resolv.conf hosts nsswitch.conf; do mount --bind "$1/$file" "/etc/$file" || exit 1; done
if [ -n "$2" ]; then mount -t tmpfs -o "size=$2k,mode=700" tmpfs "$1/linekeeper/data" || exit 1; fi
echo ready
exec cat
"#;

/// The computer. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Computer {
    here: Namespace,
    there: Option<Namespace>,
    holder: Child,
    pump: Option<Pump>,
    /// Answer until the computer goes.
    _name_servers: Vec<NameServer>,
}

/// The process that pumps packets between two TUN devices.
#[derive(Debug)]
struct Pump {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Pump {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Computer {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl Computer {
    /// Why there can be none here, if so.
    pub(crate) fn missing() -> Option<String> {
        Namespace::missing()
    }

    /// Why there can be no wire of TUN devices here, if so.
    pub(crate) fn wire_missing() -> Option<String> {
        if fs::File::options().read(true).write(true).open("/dev/net/tun").is_err() {
            return Some("/dev/net/tun cannot be opened".to_owned());
        }
        let python = Command::new("python3").arg("-V").stdout(Stdio::null()).status();
        (!python.is_ok_and(|status| status.success())).then(|| "it needs python3".to_owned())
    }

    /// One as planned. `folder` holds its files; `linekeeper` in it becomes the home of Linekeeper.
    pub(crate) fn set_up(plan: &ComputerPlan, folder: &Path) -> Result<Self> {
        write_files(plan, folder)?;
        let here = Namespace::create()?;
        let there = if plan.network == Network::None { None } else { Some(Namespace::create()?) };
        let pump = match &there {
            None => None,
            Some(there) => connect(plan, &here, there)?,
        };
        for words in &plan.ip {
            here.ip(words)?;
        }
        let holder = hold(&here, folder, plan.disk_kib)?;
        let mut computer = Self { here, there, holder, pump, _name_servers: Vec::new() };
        for server in &plan.name_servers {
            let address: SocketAddr = format!("{}:53", server.at).parse()?;
            let place = computer.place(address);
            let socket = place.inside(|| Ok(UdpSocket::bind(address)?))?;
            computer._name_servers.push(NameServer::on(socket, server.clone())?);
        }
        Ok(computer)
    }

    /// Program and arguments in front of a command that is to run on it.
    pub(crate) fn entry(&self) -> Vec<String> {
        let mut entry = self.here.entry();
        entry.insert(entry.len() - 1, format!("--mount=/proc/{}/ns/mnt", self.holder.id()));
        entry
    }

    /// Treats packets so from now on.
    pub(crate) fn set_wire(&mut self, wire: WirePlan) -> Result<()> {
        let pump = self.pump.as_mut().context("this computer has no such wire")?;
        writeln!(pump.orders, "{} {} {}", wire.delay_ms, wire.loss, wire.largest)?;
        pump.expect("set")
    }

    /// A listener where the servers are: on the computer itself for addresses of its own, else at the other end.
    pub(crate) fn listen(&self, address: SocketAddr) -> Result<TcpListener> {
        self.place(address).listen(address)
    }

    /// A connection from it.
    pub(crate) fn connect(&self, address: SocketAddr) -> Result<TcpStream> {
        self.here.inside(|| Ok(TcpStream::connect(address)?))
    }

    /// Which end has this address.
    fn place(&self, address: SocketAddr) -> &Namespace {
        match &self.there {
            Some(there) if !address.ip().is_loopback() => there,
            _ => &self.here,
        }
    }
}

impl Pump {
    fn expect(&mut self, word: &str) -> Result<()> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(line.trim() == word, "the wire says {line:?}, not {word:?}");
        Ok(())
    }
}

/// Lays the wire and gives both ends their addresses.
fn connect(plan: &ComputerPlan, here: &Namespace, there: &Namespace) -> Result<Option<Pump>> {
    let pump = if plan.network == Network::Tun {
        let entry = here.entry();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/scenarios/wire.py");
        let mut command = Command::new(&entry[0]);
        command.args(&entry[1..]).arg("python3").arg(program).arg(there.holder_id().to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let orders = process.stdin.take().context("its input")?;
        let answers = BufReader::new(process.stdout.take().context("its output")?);
        let mut pump = Pump { process, orders, answers };
        pump.expect("laid")?;
        here.ip("link set dev near up")?;
        there.ip("link set dev far up")?;
        Some(pump)
    } else {
        here.wire("near", there, "far")?;
        None
    };
    here.ip(&format!("addr add {NEAR}/24 dev near"))?;
    there.ip(&format!("addr add {FAR}/24 dev far"))?;
    for (space, address, device) in [(here, "fd92::2/64", "near"), (there, "fd92::1/64", "far")] {
        // Some systems have no IPv6 at all.
        let _ = space.ip(&format!("-6 addr add {address} dev {device} nodad"));
    }
    for address in &plan.far {
        let bits = if address.contains(':') { 128 } else { 32 };
        there.ip(&format!("addr add {address}/{bits} dev lo"))?;
    }
    here.ip(&format!("route add default via {FAR} dev near"))?;
    Ok(pump)
}

/// The files that a computer reads about names.
fn write_files(plan: &ComputerPlan, folder: &Path) -> Result<()> {
    let mut servers = String::from("options timeout:1 attempts:1\n");
    for server in &plan.name_servers {
        servers += &format!("nameserver {}\n", server.at);
    }
    fs::write(folder.join("resolv.conf"), servers)?;
    let hosts = format!("127.0.0.1 localhost\n::1 localhost\n{}\n", plan.hosts.join("\n"));
    fs::write(folder.join("hosts"), hosts)?;
    fs::write(folder.join("nsswitch.conf"), "hosts: files dns\n")?;
    fs::create_dir_all(folder.join("linekeeper/data"))?;
    Ok(())
}

/// Starts the process that holds the mount namespace.
fn hold(here: &Namespace, folder: &Path, disk_kib: Option<u64>) -> Result<Child> {
    let entry = here.entry();
    let mut command = Command::new(&entry[0]);
    command.args(&entry[1..]).args([
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        HOLD,
        "sh",
    ]);
    command.arg(folder).arg(disk_kib.map(|kib| kib.to_string()).unwrap_or_default());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut holder = command.spawn()?;
    let mut line = String::new();
    BufReader::new(holder.stdout.take().context("its output")?).read_line(&mut line)?;
    if line.trim() != "ready" {
        let mut why = String::new();
        holder.stderr.take().context("its errors")?.read_to_string(&mut why)?;
        bail!("no mount namespace: {}", why.trim());
    }
    Ok(holder)
}
