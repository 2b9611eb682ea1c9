//! Which proxy an attempt goes through: what the request says, else the environment, else the desktop's settings.
//! Says where the choice came from, and names what it saw but cannot follow. No I/O.

use std::{collections::HashMap, fmt, sync::Arc};

use url::Url;

use super::{
    desktop::{Desktop, DesktopProxies, DesktopSettings, DesktopUnreadable},
    environment::ProxyEnvironment,
    server::ProxyServer,
};
use crate::{error::ProxySettingError, excerpt::bare, one_line::one_line, target::Target};

/// What a request says about proxies.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// None.
    #[default]
    Direct,
    /// What this computer is set up for, as far as the dialer was told: see
    /// [`Dialer::with_system_proxies`](crate::Dialer::with_system_proxies). Loopback is never proxied.
    System,
    /// This one, for every server. Schemes http, https, socks5 and socks5h.
    Url(Url),
}

/// Without credentials.
impl fmt::Debug for ProxyChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("Direct"),
            Self::System => f.write_str("System"),
            Self::Url(url) => match ProxyServer::of(url) {
                Ok(server) => f.debug_tuple("Url").field(&server).finish(),
                Err(flaw) => f.debug_tuple("Url").field(&flaw).finish(),
            },
        }
    }
}

/// What [`ProxyChoice::System`] goes by.
#[derive(Clone)]
pub struct SystemProxies {
    pub(crate) environment: ProxyEnvironment,
    pub(crate) desktop: Arc<dyn DesktopProxies>,
}

impl SystemProxies {
    /// The environment, then the desktop's settings, which are read anew for every attempt that comes to them.
    pub fn new(environment: ProxyEnvironment, desktop: Arc<dyn DesktopProxies>) -> Self {
        Self { environment, desktop }
    }

    /// Those of a process with these environment variables, which also tell where its desktop keeps its settings.
    pub fn of(variables: &HashMap<String, String>) -> Self {
        Self::new(ProxyEnvironment::from(variables), Arc::new(Desktop::of(variables)))
    }
}

/// No variables and no desktop.
impl Default for SystemProxies {
    fn default() -> Self {
        Self::of(&HashMap::new())
    }
}

impl fmt::Debug for SystemProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemProxies").field("environment", &self.environment).finish_non_exhaustive()
    }
}

/// Where a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxySource {
    /// The request.
    Configuration,
    /// The variable of this name.
    Environment(&'static str),
    /// The desktop's settings.
    Desktop,
}

impl fmt::Display for ProxySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => f.write_str("the configuration"),
            Self::Environment(name) => write!(f, "the environment variable {name}"),
            Self::Desktop => f.write_str("the desktop's settings"),
        }
    }
}

/// Whether an attempt goes through a proxy, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyDecision {
    /// No.
    Direct {
        /// Why not.
        reason: NoProxyReason,
        /// What was seen but not followed.
        notes: Vec<ProxyNote>,
    },
    /// Yes.
    Through {
        /// This one.
        server: ProxyServer,
        /// Who says so.
        source: ProxySource,
        /// What was seen but not followed.
        notes: Vec<ProxyNote>,
    },
}

impl Default for ProxyDecision {
    fn default() -> Self {
        Self::direct(NoProxyReason::Configured)
    }
}

/// Why there is no proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoProxyReason {
    /// The request wants none.
    Configured,
    /// The server is this computer.
    Loopback,
    /// An entry of a list of exceptions covers the server.
    Exception {
        /// The entry as it was written.
        entry: String,
        /// Whose list.
        source: ProxySource,
    },
    /// Nobody names one for this kind of server.
    NoneSet,
}

/// Something about proxies that was seen but not followed. Where an attempt fails, it may be why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyNote {
    /// Automatic configuration (PAC, WPAD) is set. It is not evaluated.
    Automatic {
        /// Who says so.
        source: ProxySource,
        /// The script's address without credentials and query; `None` when it is to be discovered.
        script: Option<String>,
    },
    /// The desktop's settings could not be read.
    DesktopUnreadable(DesktopUnreadable),
}

impl ProxyDecision {
    pub(crate) fn direct(reason: NoProxyReason) -> Self {
        Self::Direct { reason, notes: Vec::new() }
    }

    /// The proxy, if there is one.
    pub fn server(&self) -> Option<&ProxyServer> {
        match self {
            Self::Direct { .. } => None,
            Self::Through { server, .. } => Some(server),
        }
    }

    /// What was seen but not followed.
    pub fn notes(&self) -> &[ProxyNote] {
        match self {
            Self::Direct { notes, .. } | Self::Through { notes, .. } => notes,
        }
    }

    /// The proxy the request itself names.
    pub(crate) fn configured(url: &Url) -> Result<Self, ProxySettingError> {
        let source = ProxySource::Configuration;
        match ProxyServer::of(url) {
            Ok(server) => Ok(Self::Through { server, source, notes: Vec::new() }),
            Err(flaw) => Err(ProxySettingError { origin: source, flaw }),
        }
    }

    /// What the environment says; a decision without proxy for [`NoProxyReason::NoneSet`] leaves the word to the
    /// desktop.
    pub(crate) fn of_environment(
        environment: &ProxyEnvironment,
        target: &Target,
    ) -> Result<Self, ProxySettingError> {
        if is_loopback(target) {
            return Ok(Self::direct(NoProxyReason::Loopback));
        }
        if let Some((name, entry)) = environment.exception(&target.host, target.port) {
            return Ok(Self::direct(NoProxyReason::Exception {
                entry: entry.to_owned(),
                source: ProxySource::Environment(name),
            }));
        }
        let named = environment.variable(target.server_name.is_some());
        let notes = [named.filter(|one| one.is_automatic()), environment.automatic()]
            .into_iter()
            .flatten()
            .map(|one| ProxyNote::automatic(ProxySource::Environment(one.name), &one.value))
            .collect();
        match named.filter(|one| !one.is_automatic()) {
            None => Ok(Self::Direct { reason: NoProxyReason::NoneSet, notes }),
            Some(one) => {
                let source = ProxySource::Environment(one.name);
                // A value that means nothing ends the attempt: going round a proxy somebody asked for would be worse.
                match ProxyServer::parse(&one.value) {
                    Ok(server) => Ok(Self::Through { server, source, notes }),
                    Err(flaw) => Err(ProxySettingError { origin: source, flaw }),
                }
            }
        }
    }

    /// True when the environment said nothing for this server.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Direct { reason: NoProxyReason::NoneSet, .. })
    }

    /// What the desktop says, after an environment that said nothing but perhaps made notes.
    pub(crate) fn of_desktop(
        settings: Result<DesktopSettings, DesktopUnreadable>,
        target: &Target,
        mut notes: Vec<ProxyNote>,
    ) -> Result<Self, ProxySettingError> {
        let source = ProxySource::Desktop;
        let mut reason = NoProxyReason::NoneSet;
        match settings {
            Ok(DesktopSettings::Off) => {}
            Ok(DesktopSettings::Automatic { script }) => notes.push(ProxyNote::automatic(source, &script)),
            Ok(DesktopSettings::Manual { http, https, socks, exceptions }) => {
                let own = if target.server_name.is_some() { https } else { http };
                let named = || own.transpose().or(socks.transpose()).transpose();
                if let Some(entry) = exceptions.covering(&target.host, target.port) {
                    reason = NoProxyReason::Exception { entry: entry.to_owned(), source };
                } else if let Some(server) =
                    named().map_err(|flaw| ProxySettingError { origin: source, flaw })?
                {
                    return Ok(Self::Through { server, source, notes });
                }
            }
            Err(unreadable) => notes.push(ProxyNote::DesktopUnreadable(unreadable)),
        }
        Ok(Self::Direct { reason, notes })
    }
}

impl ProxyNote {
    pub(super) fn automatic(source: ProxySource, script: &str) -> Self {
        let address = script.strip_prefix("pac+").unwrap_or(script);
        let address = match Url::parse(address) {
            Ok(url) if !url.cannot_be_a_base() => bare(url).into(),
            // Without a scheme nobody knows where credentials would stand: "user:word@host/proxy.pac" reads as one
            // whose scheme is the user.
            Ok(_) | Err(_) => String::new(),
        };
        let shown = !address.is_empty() && !address.starts_with("wpad:");
        Self::Automatic { source, script: shown.then(|| one_line(&address, 200)) }
    }
}

/// This computer, by address or by a name that is reserved for it (RFC 6761 §6.3).
fn is_loopback(target: &Target) -> bool {
    match target.literal.map(|address| address.to_canonical()) {
        Some(address) => address.is_loopback() || address.is_unspecified(),
        None => {
            let name = target.host.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
#[path = "choice/tests.rs"]
mod tests;
