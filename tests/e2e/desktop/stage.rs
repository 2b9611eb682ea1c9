//! A desktop of our own for one test: display, session bus, window manager, panel and notification daemon, all on
//! a folder of their own, gone with the value. Knows nothing of Linekeeper.

use std::{
    ffi::OsStr,
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};

/// How long anything here may take. Only a failure ever waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How long a key may take before it counts as lost.
const PRESS_AGAIN: Duration = Duration::from_secs(3);

/// Lines of each log in the message of a failure.
const LOGGED: usize = 30;

/// Just large enough for the panel and our window below it.
const SCREEN: &str = "984x704x24";

/// A running desktop.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    display: String,
    /// Ended last first.
    members: Vec<Member>,
}

struct Member {
    name: &'static str,
    process: Child,
}

/// Which parts of a desktop there are.
#[derive(Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) bus: bool,
    pub(crate) panel: bool,
    pub(crate) notifications: bool,
}

impl Parts {
    pub(crate) const ALL: Self = Self { bus: true, panel: true, notifications: true };
    pub(crate) const NO_BUS: Self = Self { bus: false, panel: false, notifications: false };
    pub(crate) const NO_TRAY: Self = Self { bus: true, panel: false, notifications: false };
}

impl Stage {
    pub(crate) fn set(parts: Parts) -> anyhow::Result<Self> {
        Self::set_on(SCREEN, parts)
    }

    /// On a screen of `WIDTHxHEIGHTxDEPTH`.
    pub(crate) fn set_on(screen: &str, parts: Parts) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("linekeeper-desktop-").tempdir()?;
        for name in ["config", "run", "state", "cache", "data"] {
            fs::create_dir(folder.path().join(name))?;
        }
        fs::set_permissions(folder.path().join("run"), fs::Permissions::from_mode(0o700))?;
        let mut stage = Self { folder, display: String::new(), members: Vec::new() };
        stage.start_display(screen)?;
        if parts.bus {
            stage.start_bus()?;
        }
        if parts.bus {
            // It ends at once where there is no session bus.
            stage.start_member("xfwm4", &["--compositor=off"])?;
            // Keys and the order of windows are nobody's before it is there.
            stage.eventually("xfwm4 is there", || stage.output("xdotool", &["get_num_desktops"]).ok())?;
        }
        if parts.notifications {
            stage.start_notifications()?;
        }
        if parts.panel {
            stage.start_panel()?;
        }
        Ok(stage)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A command in this desktop's environment and in no other.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let at = |name: &str| self.folder.path().join(name);
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("LANG", "C.UTF-8")
            .env("DISPLAY", &self.display)
            .env("XDG_CONFIG_HOME", at("config"))
            .env("XDG_RUNTIME_DIR", at("run"))
            .env("XDG_STATE_HOME", at("state"))
            .env("XDG_CACHE_HOME", at("cache"))
            .env("XDG_DATA_HOME", at("data"))
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus_address())
            // No accessibility bus and no graphics card here.
            .env("NO_AT_BRIDGE", "1")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .stdin(Stdio::null());
        command
    }

    /// Where the session bus is, or would be.
    pub(crate) fn bus_address(&self) -> String {
        format!("unix:path={}", self.folder.path().join("run/bus").display())
    }

    /// Runs a command to its end and returns what it printed.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(program).args(arguments).output().with_context(|| missing(program))?;
        ensure!(
            output.status.success(),
            "{program} {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The windows with our title that are on the screen, by id.
    pub(crate) fn windows(&self) -> anyhow::Result<Vec<String>> {
        // xdotool calls it a failure when there is none.
        let found =
            self.command("xdotool").args(["search", "--onlyvisible", "--name", "^Linekeeper$"]).output();
        let found = found.with_context(|| missing("xdotool"))?;
        Ok(String::from_utf8(found.stdout)?.lines().map(str::to_owned).collect())
    }

    /// Closes the window as a person does, with the window manager's key, and again if it went past the window.
    pub(crate) fn close_window(&self) -> anyhow::Result<()> {
        ensure!(!self.windows()?.is_empty(), "no window is on the screen");
        let mut press = Instant::now();
        self.eventually("the window is off the screen", || {
            let Some(id) = self.windows().ok()?.pop() else { return Some(()) };
            if Instant::now() >= press {
                press = Instant::now() + PRESS_AGAIN;
                self.output("xdotool", &["windowactivate", "--sync", &id]).ok()?;
                self.output("xdotool", &["key", "--clearmodifiers", "alt+F4"]).ok()?;
            }
            None
        })
    }

    /// Asks until there is an answer; what every part of the desktop said comes with a failure.
    pub(crate) fn eventually<T>(&self, what: &str, ask: impl FnMut() -> Option<T>) -> anyhow::Result<T> {
        eventually(what, ask).with_context(|| self.said_by_all())
    }

    /// The end of every log there is, the program's own too.
    fn said_by_all(&self) -> String {
        let mut said = String::from("what was logged:");
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for path in
                fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
            {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|kind| kind == "log" || kind == "jsonl") {
                    let text = fs::read_to_string(&path).unwrap_or_default();
                    let lines: Vec<&str> = text.lines().collect();
                    let end = lines[lines.len().saturating_sub(LOGGED)..].join("\n  ");
                    said += &format!(
                        "\n{}:\n  {end}",
                        path.strip_prefix(self.folder.path()).unwrap_or(&path).display()
                    );
                }
            }
        }
        said
    }

    /// A picture of the screen, or of the part at `WIDTHxHEIGHT+X+Y`.
    pub(crate) fn photograph(&self, part: Option<&str>, file: &Path) -> anyhow::Result<()> {
        let crop = part.map(|part| ["-crop", part, "+repage"]);
        let file = file.to_string_lossy();
        let arguments: Vec<&str> =
            ["-window", "root"].into_iter().chain(crop.into_iter().flatten()).chain([&*file]).collect();
        self.output("import", &arguments).map(drop)
    }

    fn start_display(&mut self, screen: &str) -> anyhow::Result<()> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", screen, "-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(self.log("Xvfb")?)
            .spawn()
            .with_context(|| missing("Xvfb"))?;
        let mut number = String::new();
        let answer = server.stdout.take().context("Xvfb's standard output")?;
        self.members.push(Member { name: "Xvfb", process: server });
        BufReader::new(answer).read_line(&mut number)?;
        ensure!(!number.trim().is_empty(), "Xvfb did not start: {}", self.said("Xvfb"));
        self.display = format!(":{}", number.trim());
        Ok(())
    }

    pub(crate) fn start_bus(&mut self) -> anyhow::Result<()> {
        let socket = self.folder.path().join("run/bus");
        // One that was killed leaves its socket, and the next would not start over it.
        let _ = fs::remove_file(&socket);
        let address = format!("--address={}", self.bus_address());
        self.start_member("dbus-daemon", &["--session", "--nofork", &address])?;
        self.eventually("the session bus listens", || socket.exists().then_some(()))
    }

    pub(crate) fn start_notifications(&mut self) -> anyhow::Result<()> {
        let file = self.folder.path().join("dunstrc");
        fs::write(&file, DUNST)?;
        self.start_member("dunst", &["-config", &file.to_string_lossy()])?;
        // Asked of the bus and not of dunst: a call to dunst would make the bus start another one, with no
        // configuration, and ours would find its place taken.
        self.eventually("dunst is there", || {
            self.has_owner("org.freedesktop.Notifications").ok()?.then_some(())
        })?;
        self.eventually("dunst answers", || self.output("dunstctl", &["count"]).ok()).map(drop)
    }

    fn has_owner(&self, name: &'static str) -> anyhow::Result<bool> {
        let bus = zbus::blocking::connection::Builder::address(self.bus_address().as_str())?.build()?;
        let name = zbus::names::BusName::from_static_str(name)?;
        Ok(zbus::blocking::fdo::DBusProxy::new(&bus)?.name_has_owner(name)?)
    }

    /// A panel with a status tray and nothing else.
    pub(crate) fn start_panel(&mut self) -> anyhow::Result<()> {
        let folder = self.folder.path().join("config/xfce4/xfconf/xfce-perchannel-xml");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("xfce4-panel.xml"), PANEL)?;
        self.start_member("xfce4-panel", &["--disable-wm-check"])
    }

    /// Ends a member, as a crash or a person would.
    pub(crate) fn end(&mut self, name: &str) -> anyhow::Result<()> {
        let index = self.members.iter().position(|member| member.name == name).context("no such member")?;
        drop(self.members.remove(index));
        Ok(())
    }

    pub(crate) fn start_member(&mut self, name: &'static str, arguments: &[&str]) -> anyhow::Result<()> {
        let log = self.log(name)?;
        let process = self
            .command(name)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .with_context(|| missing(name))?;
        self.members.push(Member { name, process });
        Ok(())
    }

    fn log(&self, name: &str) -> anyhow::Result<fs::File> {
        Ok(fs::File::create(self.log_file(name))?)
    }

    fn log_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    fn said(&self, name: &str) -> String {
        fs::read_to_string(self.log_file(name)).unwrap_or_default()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        while let Some(member) = self.members.pop() {
            drop(member);
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // Nothing here has anything to save.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Asks until there is an answer.
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> anyhow::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return Ok(answer);
        }
        ensure!(Instant::now() < deadline, "not in {} s: {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// What to do about a program that is not there.
pub(crate) fn missing(program: &str) -> String {
    format!("{program} could not be started; `make setup` installs what the tests need")
}

const DUNST: &str = "\
[global]
    origin = top-right
    offset = 16x48
    width = 360
    font = Sans 10
    frame_width = 1
    frame_color = \"#d0d5dd\"
    corner_radius = 8
    padding = 12
    horizontal_padding = 14
    max_icon_size = 40
    history_length = 50
    show_indicators = no
    markup = full
    format = \"<b>%s</b>\\n%b\"
    ignore_dbusclose = false
[urgency_low]
    background = \"#ffffff\"
    foreground = \"#1d2433\"
[urgency_normal]
    background = \"#ffffff\"
    foreground = \"#1d2433\"
    timeout = 30
[urgency_critical]
    background = \"#ffffff\"
    foreground = \"#1d2433\"
    timeout = 30
";

const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="icon-size" type="uint" value="22"/>
      <property name="size" type="uint" value="30"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
        <value type="int" value="3"/>
        <value type="int" value="4"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
    <property name="plugin-4" type="string" value="clock">
      <property name="digital-layout" type="uint" value="3"/>
      <property name="digital-time-format" type="string" value=" %H:%M "/>
    </property>
  </property>
</channel>
"#;
