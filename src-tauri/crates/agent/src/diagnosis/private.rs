//! What must not leave beside what a check itself carried: whatever else of the settings and the environment is a secret,
//! and the hosts that stand in the settings.

use std::path::Path;

use dial::ProxyChoice;
use secrecy::SecretString;
use url::Url;

use crate::{
    endpoint::dial_request,
    gateway::GatewayFile,
    paths::Environment,
    settings::{Loaded, Settings},
};

/// Variables that are secrets as a whole.
const SECRET_VARIABLES: [&str; 2] = ["SLACK_WEBHOOK_URL", "PAGERDUTY_API_KEY"];

/// What is known of the whole agent.
#[derive(Debug, Default)]
pub(super) struct More {
    pub(super) secrets: Vec<SecretString>,
    pub(super) hosts: Vec<String>,
}

/// Secrets and hosts that stand in the settings, also of endpoints that are off or cannot be dialed; the gateway's token;
/// secrets of the environment.
pub(super) fn more(loaded: &Loaded, environment: &Environment, runtime: &Path) -> More {
    let mut secrets = of_environment(environment);
    if let Ok(Some(file)) = GatewayFile::read(runtime) {
        secrets.push(file.token.into());
    }
    // With what else an endpoint keeps to itself: it is private to every request of it.
    secrets.extend(loaded.settings.endpoints.iter().flat_map(|settings| dial_request(settings).secrets()));
    More { secrets, hosts: hosts(&loaded.settings) }
}

/// Of every endpoint all that it may be reached at or through.
fn hosts(settings: &Settings) -> Vec<String> {
    let endpoints = settings.endpoints.iter().flat_map(|one| {
        let proxy = match &one.proxy {
            ProxyChoice::Url(url) => Some(url),
            ProxyChoice::Direct | ProxyChoice::System => None,
        };
        one.fallback_urls.iter().chain([&one.url]).chain(&one.health_url).chain(proxy)
    });
    let urls = endpoints.chain(&settings.diagnostics.control_url);
    urls.filter_map(|url| url.host_str().map(str::to_owned)).collect()
}

/// Variables that are secrets, and the logins of proxies.
fn of_environment(environment: &Environment) -> Vec<SecretString> {
    let proxies = environment.iter().filter(|(name, _)| name.to_lowercase().ends_with("_proxy"));
    let passwords = proxies.filter_map(|(_, value)| {
        // People write them with and without a scheme, and `user:word@host` reads as one whose scheme is the user.
        let url =
            if value.contains("://") { Url::parse(value) } else { Url::parse(&format!("http://{value}")) };
        url.ok()?.password().map(str::to_owned)
    });
    let whole = environment.iter().filter(|(name, _)| SECRET_VARIABLES.contains(&name.as_str()));
    whole.map(|(_, value)| value.clone()).chain(passwords).map(SecretString::from).collect()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::settings::EndpointSettings;

    #[test]
    fn every_host_of_the_settings_is_known_also_of_an_endpoint_that_is_off() {
        let mut off = EndpointSettings::by_hand("wss://main.example/live", &[]).unwrap();
        off.enabled = false;
        off.fallback_urls = vec!["wss://backup.example:8443/".parse().unwrap()];
        off.health_url = Some("https://health.example/".parse().unwrap());
        off.proxy = ProxyChoice::Url("http://me:word@proxy.example:3128".parse().unwrap());
        let mut settings = Settings { endpoints: vec![off], ..Settings::default() };
        settings.diagnostics.control_url = Some("http://control.example/204".parse().unwrap());
        let mut hosts = hosts(&settings);
        hosts.sort_unstable();
        assert_eq!(
            hosts,
            ["backup.example", "control.example", "health.example", "main.example", "proxy.example"]
        );
    }

    #[test]
    fn passwords_of_proxies_are_known_with_and_without_a_scheme() {
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let environment = Environment::from([
            set("https_proxy", "http://me:1st-s3cret@proxy:3128"),
            set("HTTP_PROXY", "me:2nd-s3cret@proxy:3128"),
            set("NO_PROXY", "localhost"),
            set("SLACK_WEBHOOK_URL", "3rd-s3cret"),
        ]);
        let mut found: Vec<String> =
            of_environment(&environment).iter().map(|one| one.expose_secret().to_owned()).collect();
        found.sort_unstable();
        assert_eq!(found, ["1st-s3cret", "2nd-s3cret", "3rd-s3cret"]);
    }
}
