//! Closed lists of words in a report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$meta:meta])* pub enum $name:ident { $($body:tt)* })+) => {
        $($(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[cfg_attr(test, derive(ts_rs::TS), ts(rename = concat!("Check", stringify!($name))))]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($body)* })+
    };
}

words! {
    /// What is wrong, in one word.
    pub enum VerdictClass {
        /// Nothing.
        Ok,
        /// It works, but not as it should.
        Degraded,
        /// This computer.
        ThisComputer,
        /// The network here.
        LocalNetwork,
        /// A proxy or security software.
        Proxy,
        /// Names.
        Dns,
        /// Certificates and encryption.
        Tls,
        /// The server.
        Server,
        /// Credentials.
        Credentials,
        /// Linekeeper's configuration.
        Configuration,
        /// The check did not finish.
        Incomplete,
    }

    /// How much is checked.
    pub enum Mode {
        /// In three seconds.
        Quick,
        /// With silence, large packets and more pings: up to two minutes.
        Deep,
    }

    /// Who asked for the check.
    pub enum Trigger {
        /// The window.
        Window,
        /// The tray menu.
        Tray,
        /// A notification.
        Notification,
        /// The command line, or a program through the gateway.
        Cli,
        /// Linekeeper itself.
        Automatic,
    }

    /// How Linekeeper was installed.
    pub enum Package {
        /// Debian package.
        Deb,
        /// RPM package.
        Rpm,
        /// AppImage.
        Appimage,
        /// Windows Installer.
        Msi,
        /// NSIS installer.
        Nsis,
        /// macOS disk image.
        Dmg,
        /// Built here.
        Dev,
        /// Unknown.
        Other,
    }

    /// State of the tray icon.
    pub enum Tray {
        /// Shown.
        Ok,
        /// The desktop shows none.
        NoHost,
        /// It failed.
        Error,
        /// Not wanted, or no desktop.
        Off,
    }

    /// Result of one transport.
    pub enum TransportResult {
        /// Works.
        Pass,
        /// Works, but not as it should.
        Warn,
        /// Does not work.
        Fail,
        /// Not tried, because something it needs failed.
        Skip,
        /// Not in the configuration.
        NotConfigured,
        /// The check ended before.
        Cancelled,
        /// The step itself broke.
        Error,
    }
}
