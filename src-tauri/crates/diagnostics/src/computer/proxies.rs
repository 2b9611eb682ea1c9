//! Step A4: which proxies this computer and the configuration name, and whether they can be understood. Scripts are named
//! and not run; whether a proxy works is seen on the way to an endpoint.

use dial::{NamedProxy, ProxyChoice, ProxyNamed, ProxyServer, ProxyServes, ProxySource};
use model::check::StepStatus;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::{Inquiry, Notebook, OpenStep, StepEnd, facts::ProxySetting};

/// A setting with what a report says of it.
struct Named {
    setting: ProxySetting,
    /// Variable or list that names it.
    by: String,
    serves: &'static str,
    /// The settings could not be read: of which desktop, or why.
    unread: Option<String>,
}

/// Learns them and ends the step.
pub(super) async fn look(notebook: &Notebook, step: OpenStep, inquiry: &Inquiry, dialer: &dial::Dialer) {
    let system = dialer.system_proxies().clone();
    let mut named: Vec<Named> = configured(inquiry);
    match spawn_blocking(move || system.survey()).await {
        Ok(found) => named.extend(found.iter().map(Named::of)),
        Err(error) => return step.end(StepEnd::new(StepStatus::Error).raw(&error.to_string())),
    }
    let known = named.iter().filter(|one| one.unread.is_none()).map(|one| one.setting.clone()).collect();
    notebook.learn(|facts| facts.computer.proxies = known);
    step.end(end(&named));
}

/// Proxies the configuration gives endpoints, each once.
fn configured(inquiry: &Inquiry) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let requests = inquiry.subjects.iter().filter_map(|subject| subject.request.as_ref().ok());
    for url in requests.filter_map(|request| match &request.proxy {
        ProxyChoice::Url(url) => Some(url),
        ProxyChoice::Direct | ProxyChoice::System => None,
    }) {
        let named = match ProxyServer::of(url) {
            Ok(server) => ProxyNamed::Server(server),
            Err(flaw) => ProxyNamed::Flawed(flaw),
        };
        let (source, serves) = (ProxySource::Configuration, ProxyServes::Others);
        let one = Named::of(&NamedProxy { source, serves, named });
        if !found.iter().any(|known| known.setting == one.setting) {
            found.push(one);
        }
    }
    found
}

impl Named {
    fn of(one: &NamedProxy) -> Self {
        let (source, by) = match one.source {
            ProxySource::Configuration => ("configuration", "configuration"),
            ProxySource::Environment(name) => ("environment", name),
            ProxySource::Desktop => ("desktop", "desktop"),
        };
        let serves = match one.serves {
            ProxyServes::Plain => "ws and http",
            ProxyServes::Encrypted => "wss and https",
            ProxyServes::Others => "all",
        };
        let mut setting = ProxySetting { source: source.to_owned(), url: None, pac: None, flaw: None };
        let mut unread = None;
        match &one.named {
            ProxyNamed::Server(server) => setting.url = Some(server.to_string()),
            ProxyNamed::Script(address) => {
                setting.pac = Some(address.clone().unwrap_or_else(|| "to be discovered (WPAD)".to_owned()));
            }
            ProxyNamed::Flawed(flaw) => setting.flaw = Some(format!("the proxy in {}: {flaw}", one.source)),
            ProxyNamed::Unreadable(why) => unread = Some(why.to_string()),
        }
        Self { setting, by: by.to_owned(), serves, unread }
    }

    fn shown(&self) -> Value {
        let mut row = json!({"source": self.setting.source, "setting": self.by, "for": self.serves});
        let parts = [
            ("url", &self.setting.url),
            ("script", &self.setting.pac),
            ("flaw", &self.setting.flaw),
            ("not_read", &self.unread),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                row[name] = json!(value);
            }
        }
        row
    }
}

fn end(named: &[Named]) -> StepEnd {
    let flawed = named.iter().find_map(|one| one.setting.flaw.clone());
    let script = named.iter().any(|one| one.setting.pac.is_some());
    let differ = sources_differ(named);
    let status = if flawed.is_some() {
        StepStatus::Fail
    } else if script || differ {
        StepStatus::Warn
    } else {
        StepStatus::Pass
    };
    let mut end = StepEnd::new(status)
        .with("settings", named.iter().map(Named::shown).collect::<Vec<_>>())
        .with("environment_and_desktop_differ", differ);
    if script {
        end = end.with("script_evaluated", false);
    }
    match flawed {
        Some(flaw) => end.raw(&flaw),
        None => end,
    }
}

/// Environment and desktop both name a proxy for wss, and not the same: programs of this session go two ways.
fn sources_differ(named: &[Named]) -> bool {
    let of = |source: &str| {
        let own = |serves: &str| {
            let fits = |one: &&Named| one.setting.source == source && one.serves == serves;
            named.iter().filter(fits).find_map(|one| one.setting.url.clone())
        };
        own("wss and https").or_else(|| own("all"))
    };
    matches!((of("environment"), of("desktop")), (Some(one), Some(other)) if one != other)
}

#[cfg(test)]
mod tests {
    use dial::ProxyFlaw;

    use super::*;

    fn named(source: ProxySource, serves: ProxyServes, named: ProxyNamed) -> Named {
        Named::of(&NamedProxy { source, serves, named })
    }

    fn server(source: ProxySource, url: &str) -> Named {
        named(source, ProxyServes::Encrypted, ProxyNamed::Server(ProxyServer::parse(url).unwrap()))
    }

    const ENV: ProxySource = ProxySource::Environment("HTTPS_PROXY");

    #[test]
    fn a_proxy_that_is_understood_is_fine_and_named_with_its_source() {
        let end = end(&[server(ENV, "http://me:word@proxy:3128")]);
        assert_eq!(end.status, StepStatus::Pass);
        assert_eq!(
            end.detail["settings"],
            json!([{"source": "environment", "setting": "HTTPS_PROXY", "for": "wss and https", "url": "http://proxy:3128"}])
        );
        assert_eq!(super::end(&[]).status, StepStatus::Pass);
    }

    #[test]
    fn a_flaw_fails_and_names_the_variable_but_never_its_value() {
        let end = end(&[named(ENV, ProxyServes::Encrypted, ProxyNamed::Flawed(ProxyFlaw::Port))]);
        assert_eq!(end.status, StepStatus::Fail);
        let raw = end.error_raw.unwrap();
        assert_eq!(raw, "the proxy in the environment variable HTTPS_PROXY: port 0 is not a port");
    }

    #[test]
    fn scripts_and_two_opinions_are_worth_a_warning() {
        let script = named(ProxySource::Desktop, ProxyServes::Others, ProxyNamed::Script(None));
        let ended = end(&[script]);
        assert_eq!((ended.status, &ended.detail["script_evaluated"]), (StepStatus::Warn, &json!(false)));
        let two = [server(ENV, "http://a:1"), server(ProxySource::Desktop, "http://b:1")];
        assert_eq!(end(&two).status, StepStatus::Warn);
        let same = [server(ENV, "http://a:1"), server(ProxySource::Desktop, "a:1")];
        assert_eq!(end(&same).status, StepStatus::Pass);
    }

    #[test]
    fn a_desktop_that_cannot_be_read_is_said_and_is_no_fault() {
        let unreadable = ProxyNamed::Unreadable(dial::DesktopUnreadable::Unknown("KDE"));
        let end = end(&[named(ProxySource::Desktop, ProxyServes::Others, unreadable)]);
        assert_eq!(end.status, StepStatus::Pass);
        assert_eq!(
            end.detail["settings"][0]["not_read"],
            json!("the proxy settings of KDE are not read by this version")
        );
    }
}
