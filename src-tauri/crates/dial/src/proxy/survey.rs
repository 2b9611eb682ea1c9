//! Everything this computer says about proxies, whether an attempt would follow it or not. For diagnostics: it decides
//! nothing.

use super::{
    choice::{ProxyNote, ProxySource, SystemProxies},
    desktop::{DesktopSettings, DesktopUnreadable},
    server::ProxyServer,
};
use crate::error::ProxyFlaw;

/// One proxy setting of this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedProxy {
    /// Who names it.
    pub source: ProxySource,
    /// For which servers.
    pub serves: ProxyServes,
    /// What is named.
    pub named: ProxyNamed,
}

/// The servers a proxy setting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyServes {
    /// ws and http.
    Plain,
    /// wss and https.
    Encrypted,
    /// Those without one of their own.
    Others,
}

/// What a proxy setting names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyNamed {
    /// A proxy.
    Server(ProxyServer),
    /// A script, which is not evaluated: its address without credentials and query, `None` when it is to be discovered.
    Script(Option<String>),
    /// Nothing that can be understood.
    Flawed(ProxyFlaw),
    /// The settings could not be read.
    Unreadable(DesktopUnreadable),
}

impl SystemProxies {
    /// Every setting there is, the environment's first. Reads the desktop's settings: may block for the time of reading a
    /// small file.
    pub fn survey(&self) -> Vec<NamedProxy> {
        let environment = &self.environment;
        let named = [
            (ProxyServes::Encrypted, environment.own(true)),
            (ProxyServes::Plain, environment.own(false)),
            (ProxyServes::Others, environment.all()),
            (ProxyServes::Others, environment.automatic()),
        ];
        let mut found: Vec<_> = named
            .into_iter()
            .filter_map(|(serves, variable)| {
                let variable = variable?;
                let source = ProxySource::Environment(variable.name);
                let is_script =
                    variable.is_automatic() || environment.automatic().is_some_and(|one| one == variable);
                let named = if is_script { script(source, &variable.value) } else { server(&variable.value) };
                Some(NamedProxy { source, serves, named })
            })
            .collect();
        found.extend(self.survey_desktop());
        found
    }

    fn survey_desktop(&self) -> Vec<NamedProxy> {
        let source = ProxySource::Desktop;
        let one = |serves, named| NamedProxy { source, serves, named };
        match self.desktop.read() {
            Ok(DesktopSettings::Off) => Vec::new(),
            Ok(DesktopSettings::Automatic { script: address }) => {
                vec![one(ProxyServes::Others, script(source, &address))]
            }
            Ok(DesktopSettings::Manual { http, https, socks, .. }) => {
                [(ProxyServes::Encrypted, https), (ProxyServes::Plain, http), (ProxyServes::Others, socks)]
                    .into_iter()
                    .filter_map(|(serves, named)| {
                        let named = named.map(|server| server.map(ProxyNamed::Server));
                        Some(one(serves, named.unwrap_or_else(|flaw| Some(ProxyNamed::Flawed(flaw)))?))
                    })
                    .collect()
            }
            Err(unreadable) => vec![one(ProxyServes::Others, ProxyNamed::Unreadable(unreadable))],
        }
    }
}

fn server(value: &str) -> ProxyNamed {
    ProxyServer::parse(value).map_or_else(ProxyNamed::Flawed, ProxyNamed::Server)
}

fn script(source: ProxySource, address: &str) -> ProxyNamed {
    match ProxyNote::automatic(source, address) {
        ProxyNote::Automatic { script, .. } => ProxyNamed::Script(script),
        ProxyNote::DesktopUnreadable(unreadable) => ProxyNamed::Unreadable(unreadable),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc};

    use super::*;
    use crate::proxy::{DesktopProxies, Exceptions, ProxyEnvironment};

    #[derive(Clone)]
    struct Desk(Result<DesktopSettings, DesktopUnreadable>);

    impl DesktopProxies for Desk {
        fn read(&self) -> Result<DesktopSettings, DesktopUnreadable> {
            self.0.clone()
        }
    }

    fn survey(
        variables: &[(&str, &str)],
        desk: Result<DesktopSettings, DesktopUnreadable>,
    ) -> Vec<NamedProxy> {
        let map: HashMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SystemProxies::new(ProxyEnvironment::from(map), Arc::new(Desk(desk))).survey()
    }

    fn proxy(text: &str) -> ProxyServer {
        ProxyServer::parse(text).unwrap()
    }

    #[test]
    fn every_setting_is_named_with_its_source_also_those_nobody_would_follow() {
        let desk = DesktopSettings::Manual {
            http: Err(ProxyFlaw::Port),
            https: Ok(Some(proxy("http://desk:3128"))),
            socks: Ok(None),
            exceptions: Exceptions::parse(""),
        };
        let variables = [("HTTPS_PROXY", "http://me:word@env:3128"), ("http_proxy", "gopher://old")];
        let found = survey(&variables, Ok(desk));
        let env = |name, serves, named| NamedProxy { source: ProxySource::Environment(name), serves, named };
        let desktop = |serves, named| NamedProxy { source: ProxySource::Desktop, serves, named };
        assert_eq!(
            found,
            [
                env(
                    "HTTPS_PROXY",
                    ProxyServes::Encrypted,
                    ProxyNamed::Server(proxy("http://me:word@env:3128"))
                ),
                env("http_proxy", ProxyServes::Plain, ProxyNamed::Flawed(ProxyFlaw::Scheme("gopher".into()))),
                desktop(ProxyServes::Encrypted, ProxyNamed::Server(proxy("http://desk:3128"))),
                desktop(ProxyServes::Plain, ProxyNamed::Flawed(ProxyFlaw::Port)),
            ]
        );
        assert!(!format!("{found:?}").contains("word"));
    }

    #[test]
    fn scripts_are_named_without_credentials_and_what_cannot_be_read_is_said() {
        let script = DesktopSettings::Automatic { script: "http://u:p@wpad/proxy.pac?x=1".into() };
        let found = survey(&[("auto_proxy", "http://env/p.pac")], Ok(script));
        let names: Vec<_> = found.iter().map(|one| one.named.clone()).collect();
        assert_eq!(
            names,
            [
                ProxyNamed::Script(Some("http://env/p.pac".into())),
                ProxyNamed::Script(Some("http://wpad/proxy.pac".into()))
            ]
        );
        let found = survey(&[], Err(DesktopUnreadable::Unknown("KDE")));
        assert_eq!(found[0].named, ProxyNamed::Unreadable(DesktopUnreadable::Unknown("KDE")));
        assert_eq!(survey(&[], Ok(DesktopSettings::Off)), []);
    }
}
