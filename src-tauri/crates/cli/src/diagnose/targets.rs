//! What is checked: endpoints of the configuration and URLs, as the command line names them.

use agent::{
    paths::{Environment, Paths},
    settings::{EndpointSettings, Loaded, SettingsStore},
};
use model::EndpointId;

use super::Usage;

/// What is checked, and the other configured endpoints.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) chosen: Vec<EndpointSettings>,
    pub(super) others: Vec<EndpointSettings>,
    pub(super) loaded: Loaded,
}

impl Targets {
    /// All enabled endpoints, or those named.
    pub(super) fn choose(named: &[String], paths: &Paths, environment: &Environment) -> Result<Self, Usage> {
        let loaded = SettingsStore::new(paths, environment.clone()).load();
        let configured = &loaded.settings.endpoints;
        let enabled = configured.iter().filter(|endpoint| endpoint.enabled).cloned();
        if named.is_empty() {
            let chosen: Vec<_> = enabled.collect();
            return if chosen.is_empty() {
                Err(nothing(&loaded))
            } else {
                Ok(Self { chosen, others: Vec::new(), loaded })
            };
        }
        let mut taken: Vec<EndpointId> = configured.iter().map(|endpoint| endpoint.id.clone()).collect();
        let mut chosen: Vec<EndpointSettings> = Vec::new();
        for name in named {
            let one = if name.contains("://") {
                let by_hand = EndpointSettings::by_hand(name, &taken).map_err(Usage)?;
                // The URL of a configured endpoint is that endpoint: its live connection may be the only one allowed.
                configured.iter().find(|known| known.url == by_hand.url).cloned().unwrap_or(by_hand)
            } else {
                let found = configured.iter().find(|endpoint| endpoint.id.as_str() == name);
                found.cloned().ok_or_else(|| unknown(name, &loaded))?
            };
            taken.push(one.id.clone());
            if chosen.iter().all(|other| other.id != one.id) {
                chosen.push(one);
            }
        }
        let others = enabled.filter(|one| chosen.iter().all(|chosen| chosen.id != one.id)).collect();
        Ok(Self { chosen, others, loaded })
    }
}

fn nothing(loaded: &Loaded) -> Usage {
    Usage(match loaded.errors.first() {
        Some(error) => format!("there is nothing to check: {error}"),
        None => "there is nothing to check: no endpoint is configured. Name a URL, for example\n  \
                 linekeeper diagnose wss://rt.example.com/live"
            .to_owned(),
    })
}

fn unknown(name: &str, loaded: &Loaded) -> Usage {
    let ids: Vec<&str> = loaded.settings.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
    let ids = match (ids.is_empty(), loaded.errors.first()) {
        (true, Some(error)) => format!("the configuration cannot be used: {error}"),
        (true, None) => "no endpoint is configured".to_owned(),
        (false, _) => format!("there are: {}", ids.join(", ")),
    };
    Usage(format!(
        "there is no endpoint {name:?}; {ids}. A URL is written with its scheme, as in wss://HOST/PATH"
    ))
}
