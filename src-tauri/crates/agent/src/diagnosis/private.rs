//! What must not leave beside what a check itself carried: whatever else of the settings and the environment is a secret.

use std::path::Path;

use secrecy::SecretString;
use url::Url;

use crate::{endpoint::dial_request, gateway::GatewayFile, paths::Environment, settings::Loaded};

/// Variables that are secrets as a whole.
const SECRET_VARIABLES: [&str; 2] = ["SLACK_WEBHOOK_URL", "PAGERDUTY_API_KEY"];

/// Secrets that stand in the settings, also of endpoints that are off; the gateway's token; those of the environment.
pub(super) fn more(loaded: &Loaded, environment: &Environment, runtime: &Path) -> Vec<SecretString> {
    let mut secrets = of_environment(environment);
    if let Ok(Some(file)) = GatewayFile::read(runtime) {
        secrets.push(file.token.into());
    }
    // With what else an endpoint keeps to itself: it is private to every request of it.
    secrets.extend(loaded.settings.endpoints.iter().flat_map(|settings| dial_request(settings).secrets()));
    secrets
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
