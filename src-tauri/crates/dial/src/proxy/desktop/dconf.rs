//! GNOME's proxy settings, read from the dconf databases: the user's own, then those of the machine. Nothing is
//! started and no bus is needed. Defaults that a distribution compiled into GNOME's schemas are not seen.

use std::{
    borrow::Cow,
    fs, io,
    io::Read,
    path::{Path, PathBuf},
};

use gvdb::read::{Error, File, HashTable};
use url::Url;

use super::{DesktopSettings, DesktopUnreadable};
use crate::{
    error::ProxyFlaw,
    proxy::{exceptions::Exceptions, server::ProxyServer},
};

/// Larger than any user's database.
const DATABASE_BYTES: u64 = 32 * 1024 * 1024;
/// Where a machine names its databases and keeps them.
const MACHINE: &str = "/etc/dconf";

/// Where the databases are. The first that has a value wins, unless a later one locks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Databases {
    user: PathBuf,
    machine: PathBuf,
}

impl Databases {
    /// Those of the user with this configuration folder, and of this machine.
    pub(crate) fn of_user(config: PathBuf) -> Self {
        Self { user: config.join("dconf/user"), machine: MACHINE.into() }
    }

    pub(crate) fn read(&self) -> Result<DesktopSettings, DesktopUnreadable> {
        let mut files = vec![Database::open(&self.user)?];
        for name in self.machine_databases() {
            files.push(Database::open(&self.machine.join("db").join(name))?);
        }
        let files: Vec<Database> = files.into_iter().flatten().collect();
        let mut tables = Vec::with_capacity(files.len());
        for one in &files {
            tables.push(one.file.hash_table().map_err(|error| one.broken(&error))?);
        }
        Ok(settings(&Layers(tables)))
    }

    /// Names in the profile (`system-db:NAME` on a line of its own). No profile is the usual case.
    fn machine_databases(&self) -> Vec<String> {
        let profile = fs::read_to_string(self.machine.join("profile/user")).unwrap_or_default();
        profile
            .lines()
            .filter_map(|line| line.trim().strip_prefix("system-db:"))
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty() && !name.contains(['/', '\\']))
            .collect()
    }
}

struct Database {
    path: PathBuf,
    file: File<'static>,
}

impl Database {
    /// `None` where there is no such file: nobody has ever changed a setting.
    fn open(path: &Path) -> Result<Option<Self>, DesktopUnreadable> {
        let failed = |problem: String| DesktopUnreadable::File { file: path.to_owned(), problem };
        let found = match fs::metadata(path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error.to_string())),
        };
        if !found.is_file() || found.len() > DATABASE_BYTES {
            return Err(failed("not a dconf database".to_owned()));
        }
        let mut bytes = Vec::new();
        fs::File::open(path)
            .and_then(|file| file.take(DATABASE_BYTES).read_to_end(&mut bytes))
            .map_err(|error| failed(error.to_string()))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        match File::from_bytes(Cow::Owned(bytes)) {
            Ok(file) => Ok(Some(Self { path: path.to_owned(), file })),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    fn broken(&self, error: &Error) -> DesktopUnreadable {
        DesktopUnreadable::File { file: self.path.clone(), problem: error.to_string() }
    }
}

/// The databases' tables, the user's first.
struct Layers<'a>(Vec<HashTable<'a, 'a>>);

impl Layers<'_> {
    /// The value of `key` below `/system/proxy`. A value of another type is none, as in GNOME.
    fn value<T>(&self, key: &str, read: impl Fn(&HashTable<'_, '_>, &str) -> Option<T>) -> Option<T> {
        let path = format!("/system/proxy/{key}");
        let locks = |table: &HashTable<'_, '_>| {
            table.get_hash_table(".locks").is_ok_and(|locks| locks.get_value(&path).is_ok())
        };
        let first = self.0.iter().rposition(locks).unwrap_or(0);
        self.0[first.min(self.0.len())..].iter().find_map(|table| read(table, &path))
    }

    fn text(&self, key: &str) -> String {
        self.value(key, |table, path| table.get::<String>(path).ok()).unwrap_or_default()
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.value(key, |table, path| table.get::<bool>(path).ok())
    }

    fn server(&self, kind: &str, scheme: &str) -> Result<Option<ProxyServer>, ProxyFlaw> {
        let host = self.text(&format!("{kind}/host"));
        let host = host.trim();
        let port = self
            .value(&format!("{kind}/port"), |table, path| table.get::<i32>(path).ok())
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(0);
        if host.is_empty() {
            return Ok(None);
        }
        let bracketed =
            if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
        let port = if port == 0 { 8080 } else { port };
        let mut url = Url::parse(&format!("{scheme}://{bracketed}:{port}")).map_err(|_| ProxyFlaw::Url)?;
        if kind == "http" && self.flag("http/use-authentication") == Some(true) {
            // These fail only on URLs without host.
            let _ = url.set_username(&self.text("http/authentication-user"));
            let _ = url.set_password(Some(&self.text("http/authentication-password")));
        }
        ProxyServer::of(&url).map(Some)
    }
}

/// Keys and defaults of the schema org.gnome.system.proxy.
fn settings(layers: &Layers<'_>) -> DesktopSettings {
    match layers.text("mode").as_str() {
        "auto" => {
            return DesktopSettings::Automatic { script: layers.text("autoconfig-url") };
        }
        "manual" => {}
        _ => return DesktopSettings::Off,
    }
    let http = layers.server("http", "http");
    let shared = layers.flag("use-same-proxy").unwrap_or(true);
    let https = match layers.server("https", "http") {
        Ok(None) if shared => http.clone(),
        found => found,
    };
    let ignored = layers.value("ignore-hosts", |table, path| table.get::<Vec<String>>(path).ok());
    let ignored = ignored.unwrap_or_else(|| ["localhost", "127.0.0.0/8", "::1"].map(str::to_owned).to_vec());
    DesktopSettings::Manual {
        http,
        https,
        socks: layers.server("socks", "socks5h"),
        exceptions: Exceptions::from_entries(ignored.iter().map(String::as_str)),
    }
}

#[cfg(test)]
mod tests {
    use gvdb::write::{FileWriter, HashTableBuilder};
    use tempfile::TempDir;

    use super::*;

    /// Databases in a folder of their own; `machine` is filled before and after locks.
    struct Stage(TempDir);

    impl Stage {
        fn new() -> Self {
            Self(TempDir::new().unwrap())
        }

        fn databases(&self) -> Databases {
            Databases { machine: self.0.path().join("etc"), ..Databases::of_user(self.0.path().to_owned()) }
        }

        fn write(&self, file: &str, fill: impl FnOnce(&mut HashTableBuilder<'static>)) {
            let mut table = HashTableBuilder::with_path_separator(Some("/"));
            fill(&mut table);
            let path = self.0.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, FileWriter::new().write_to_vec_with_table(table).unwrap()).unwrap();
        }

        fn read(&self) -> Result<DesktopSettings, DesktopUnreadable> {
            self.databases().read()
        }
    }

    fn put<T: Into<gvdb_value::Owned>>(table: &mut HashTableBuilder<'static>, key: &str, value: T) {
        let path = format!("/system/proxy/{key}");
        match value.into() {
            gvdb_value::Owned::Text(text) => table.insert_string(&path, &text),
            gvdb_value::Owned::Number(number) => table.insert(&path, number),
            gvdb_value::Owned::Flag(flag) => table.insert(&path, flag),
            gvdb_value::Owned::List(list) => table.insert(&path, list),
        }
        .unwrap();
    }

    /// The types of GNOME's settings.
    mod gvdb_value {
        pub(super) enum Owned {
            Text(String),
            Number(i32),
            Flag(bool),
            List(Vec<String>),
        }
        impl From<&str> for Owned {
            fn from(text: &str) -> Self {
                Self::Text(text.to_owned())
            }
        }
        impl From<i32> for Owned {
            fn from(number: i32) -> Self {
                Self::Number(number)
            }
        }
        impl From<bool> for Owned {
            fn from(flag: bool) -> Self {
                Self::Flag(flag)
            }
        }
        impl From<&[&str]> for Owned {
            fn from(list: &[&str]) -> Self {
                Self::List(list.iter().map(|one| (*one).to_owned()).collect())
            }
        }
    }

    fn shown(server: Result<Option<ProxyServer>, ProxyFlaw>) -> String {
        server.unwrap().map(|one| one.to_string()).unwrap_or_default()
    }

    #[test]
    fn no_database_and_mode_none_mean_no_proxy() {
        let stage = Stage::new();
        assert_eq!(stage.read(), Ok(DesktopSettings::Off));
        stage.write("dconf/user", |table| {
            put(table, "mode", "none");
            put(table, "http/host", "proxy");
        });
        assert_eq!(stage.read(), Ok(DesktopSettings::Off));
    }

    #[test]
    fn manual_settings_are_read_with_their_credentials_and_exceptions() {
        let stage = Stage::new();
        stage.write("dconf/user", |table| {
            put(table, "mode", "manual");
            put(table, "use-same-proxy", false);
            put(table, "http/host", "h.example");
            put(table, "http/port", 3128);
            put(table, "http/use-authentication", true);
            put(table, "http/authentication-user", "me");
            put(table, "http/authentication-password", "p@ss/w0rd");
            put(table, "https/host", "::1");
            put(table, "https/port", 3129);
            put(table, "socks/host", "s.example");
            put(table, "socks/port", 1080);
            put(table, "ignore-hosts", &["*.local", "10.0.0.0/8"][..]);
        });
        let Ok(DesktopSettings::Manual { http, https, socks, exceptions }) = stage.read() else {
            panic!("not manual")
        };
        let found = http.clone().unwrap().unwrap();
        assert_eq!(found.credentials().unwrap().password, b"p@ss/w0rd");
        assert_eq!(
            [shown(http), shown(https), shown(socks)],
            ["http://h.example:3128", "http://[::1]:3129", "socks5h://s.example:1080"]
        );
        assert_eq!(exceptions.covering("printer.local", 80), Some("*.local"));
        assert_eq!(exceptions.covering("10.9.9.9", 80), Some("10.0.0.0/8"));
        assert_eq!(exceptions.covering("127.0.0.1", 80), None);
    }

    #[test]
    fn one_proxy_for_all_is_the_default() {
        let stage = Stage::new();
        stage.write("dconf/user", |table| {
            put(table, "mode", "manual");
            put(table, "http/host", "h.example");
        });
        let Ok(DesktopSettings::Manual { https, exceptions, .. }) = stage.read() else {
            panic!("not manual")
        };
        assert_eq!(shown(https), "http://h.example:8080");
        assert_eq!(exceptions.covering("127.0.0.1", 80), Some("127.0.0.0/8"));
    }

    #[test]
    fn a_script_is_named() {
        let stage = Stage::new();
        stage.write("dconf/user", |table| {
            put(table, "mode", "auto");
            put(table, "autoconfig-url", "http://w/proxy.pac");
        });
        let script = "http://w/proxy.pac".to_owned();
        assert_eq!(stage.read(), Ok(DesktopSettings::Automatic { script }));
    }

    #[test]
    fn the_machines_settings_stand_in_and_its_locks_outrank_the_user() {
        let stage = Stage::new();
        stage.write("dconf/user", |table| {
            put(table, "http/host", "users.example");
            put(table, "http/port", 1);
        });
        fs::create_dir_all(stage.0.path().join("etc/profile")).unwrap();
        let profile = "user-db:user\n# a remark\nsystem-db:site\nsystem-db:../escape\n";
        fs::write(stage.0.path().join("etc/profile/user"), profile).unwrap();
        let fill = |table: &mut HashTableBuilder<'static>| {
            put(table, "mode", "manual");
            put(table, "http/host", "site.example");
        };
        let http = || match stage.read() {
            Ok(DesktopSettings::Manual { http, .. }) => shown(http),
            other => panic!("not manual: {other:?}"),
        };
        stage.write("etc/db/site", fill);
        assert_eq!(http(), "http://users.example:1");
        stage.write("etc/db/site", |table| {
            fill(table);
            let mut locks = HashTableBuilder::with_path_separator(Some("/"));
            locks.insert("/system/proxy/http/host", true).unwrap();
            table.insert_table(".locks", locks).unwrap();
        });
        assert_eq!(http(), "http://site.example:1");
    }

    #[test]
    fn broken_databases_and_proxies_are_named() {
        let stage = Stage::new();
        fs::create_dir_all(stage.0.path().join("dconf")).unwrap();
        let file = stage.0.path().join("dconf/user");
        for bytes in [&b"not a database"[..], b"GVariant", &[0; 64]] {
            fs::write(&file, bytes).unwrap();
            let error = stage.read().unwrap_err();
            assert!(error.to_string().starts_with(&file.display().to_string()), "{error}");
        }
        fs::write(&file, b"").unwrap();
        assert_eq!(stage.read(), Ok(DesktopSettings::Off));
        stage.write("dconf/user", |table| {
            put(table, "mode", "manual");
            put(table, "http/host", "two words");
        });
        let Ok(DesktopSettings::Manual { http, socks, .. }) = stage.read() else { panic!("not manual") };
        assert_eq!((http, socks), (Err(ProxyFlaw::Url), Ok(None)));
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(matches!(stage.read(), Err(DesktopUnreadable::File { .. })));
    }
}
