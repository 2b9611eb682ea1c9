//! Settings of an endpoint that stands in no file: a URL somebody typed. By the rules and defaults of a file that says
//! nothing else.

use dial::ProxyChoice;
use model::EndpointId;
use serde_json::json;
use url::Url;

use super::{EndpointSettings, RedactedUrl, Settings, resolve::Layers, rules};

impl EndpointSettings {
    /// The endpoint at `url`; its id is made from the host and is none of `taken`.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL, and how it is written.
    pub fn by_hand(url: &str, taken: &[EndpointId]) -> Result<Self, String> {
        let parsed = rules::url(url, rules::ENDPOINT_SCHEMES).map_err(said)?;
        let id = id_for(&parsed, taken);
        let layers = Layers {
            file: json!({ "websocket": { "connections": { id.as_str(): { "url": url } } } }),
            ..Layers::default()
        };
        let Settings { endpoints, .. } = layers.resolve().settings;
        let mut endpoint = endpoints.into_iter().next().ok_or("this URL cannot be used")?;
        let shown = RedactedUrl::new(&parsed).to_string();
        endpoint.name = shown.split_once("://").map_or(shown.as_str(), |(_, rest)| rest).to_owned();
        Ok(endpoint)
    }
}

/// The proxy somebody typed: `none`, `system` or a URL.
///
/// # Errors
///
/// What is wrong with it, and how it is written.
pub fn proxy_by_hand(text: &str) -> Result<ProxyChoice, String> {
    rules::proxy(text).map_err(said)?;
    match text {
        "system" => Ok(ProxyChoice::System),
        "none" => Ok(ProxyChoice::Direct),
        url => url.parse().map(ProxyChoice::Url).map_err(|error: url::ParseError| error.to_string()),
    }
}

/// The page somebody typed: http or https.
///
/// # Errors
///
/// What is wrong with it, and how it is written.
pub fn page_by_hand(text: &str) -> Result<Url, String> {
    rules::url(text, rules::HTTP_SCHEMES).map_err(said)
}

fn said(broken: rules::Broken) -> String {
    format!("{}; {}", broken.message, broken.hint)
}

/// The host with everything that is no part of an id turned into a dash.
fn id_for(url: &Url, taken: &[EndpointId]) -> EndpointId {
    let fits = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let host: String = url.host_str().unwrap_or_default().chars().take(48).map(fits).collect();
    let host = match host.trim_matches('-') {
        "" => "url",
        host => host,
    };
    let names = std::iter::once(host.to_owned()).chain((2..).map(|n: u32| format!("{host}-{n}")));
    let mut ids = names.filter_map(|name| name.parse::<EndpointId>().ok());
    // There are more names than anything can have taken, and each of them is an id.
    ids.find(|id| !taken.contains(id)).unwrap_or_else(|| unreachable!("ids are endless"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_the_defaults_of_a_file_and_an_id_of_its_own() {
        let one = EndpointSettings::by_hand("wss://RT.example.com:8443/live?token=x", &[]).unwrap();
        assert_eq!((one.id.as_str(), one.name.as_str()), ("rt-example-com", "rt.example.com:8443/live"));
        assert_eq!((one.proxy.clone(), one.enabled), (ProxyChoice::System, true));
        let other = EndpointSettings::by_hand("wss://rt.example.com/", &[one.id]).unwrap();
        assert_eq!(other.id.as_str(), "rt-example-com-2");
        assert_eq!(EndpointSettings::by_hand("ws://[::1]:9/", &[]).unwrap().id.as_str(), "1");
    }

    #[test]
    fn what_is_wrong_is_said_as_for_a_file() {
        for (url, words) in [
            ("ftp://host/", "the scheme can be ws, wss, http, https"),
            ("localhost:3001", "ws://HOST:PORT/PATH"),
            ("ws://host/#x", "fragment"),
        ] {
            let error = EndpointSettings::by_hand(url, &[]).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(proxy_by_hand("ftp://proxy").unwrap_err().contains("http://proxy.example:3128"));
        assert_eq!(proxy_by_hand("none"), Ok(ProxyChoice::Direct));
        assert!(page_by_hand("ws://host/").is_err());
    }
}
