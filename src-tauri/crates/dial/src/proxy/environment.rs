//! What environment variables say about proxies. The variables are handed in; nothing is read from the process.

use std::collections::HashMap;

use super::exceptions::Exceptions;

/// The proxy variables of one environment. Values may hold passwords, so `Debug` shows names alone.
#[derive(Clone, Default)]
pub struct ProxyEnvironment {
    https: Option<Variable>,
    http: Option<Variable>,
    all: Option<Variable>,
    automatic: Option<Variable>,
    except: Option<(&'static str, Exceptions)>,
}

/// A variable that is set and not empty.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

impl Variable {
    /// Ways to write "ask this script", which programs other than ours understand (libproxy, and those that take
    /// the script's own address).
    pub(crate) fn is_automatic(&self) -> bool {
        let value = self.value.to_ascii_lowercase();
        let path = value.split(['?', '#']).next().unwrap_or_default();
        value.starts_with("pac+") || value.starts_with("wpad:") || path.ends_with(".pac")
    }
}

impl From<&HashMap<String, String>> for ProxyEnvironment {
    /// Lower case counts before upper case, as in curl. A variable that is empty is not set.
    fn from(variables: &HashMap<String, String>) -> Self {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                let value = variables.get(*name)?.trim();
                (!value.is_empty()).then(|| Variable { name, value: value.to_owned() })
            })
        };
        // A CGI program gets the header "Proxy" of a request as HTTP_PROXY: anybody could set it (CVE-2016-5385).
        let http: &[&'static str] = if variables.contains_key("REQUEST_METHOD") {
            &["http_proxy"]
        } else {
            &["http_proxy", "HTTP_PROXY"]
        };
        Self {
            https: first(&["https_proxy", "HTTPS_PROXY"]),
            http: first(http),
            all: first(&["all_proxy", "ALL_PROXY"]),
            automatic: first(&["auto_proxy", "AUTO_PROXY"]),
            except: first(&["no_proxy", "NO_PROXY"])
                .map(|found| (found.name, Exceptions::parse(&found.value))),
        }
    }
}

impl From<HashMap<String, String>> for ProxyEnvironment {
    fn from(variables: HashMap<String, String>) -> Self {
        Self::from(&variables)
    }
}

impl ProxyEnvironment {
    /// The variable for one kind of server, or the one for all.
    pub(crate) fn variable(&self, encrypted: bool) -> Option<&Variable> {
        self.own(encrypted).or(self.all())
    }

    /// The variable for one kind of server alone.
    pub(crate) fn own(&self, encrypted: bool) -> Option<&Variable> {
        if encrypted { self.https.as_ref() } else { self.http.as_ref() }
    }

    /// The variable for servers without one of their own.
    pub(crate) fn all(&self) -> Option<&Variable> {
        self.all.as_ref()
    }

    /// The variable that names a script.
    pub(crate) fn automatic(&self) -> Option<&Variable> {
        self.automatic.as_ref()
    }

    /// Variable and entry that keep a server from being proxied.
    pub(crate) fn exception(&self, host: &str, port: u16) -> Option<(&'static str, &str)> {
        let (name, list) = self.except.as_ref()?;
        Some((name, list.covering(host, port)?))
    }
}

impl std::fmt::Debug for ProxyEnvironment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let set = [&self.https, &self.http, &self.all, &self.automatic];
        f.debug_struct("ProxyEnvironment")
            .field("set", &set.into_iter().flatten().map(|one| one.name).collect::<Vec<_>>())
            .field("except", &self.except)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> ProxyEnvironment {
        let map: HashMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ProxyEnvironment::from(map)
    }

    fn chosen(variables: &[(&str, &str)], encrypted: bool) -> Option<String> {
        environment(variables).variable(encrypted).map(|one| format!("{}={}", one.name, one.value))
    }

    #[test]
    fn each_kind_of_server_has_its_variable_and_all_stands_in() {
        let set = [("HTTPS_PROXY", "s:1"), ("http_proxy", "h:1"), ("ALL_PROXY", "a:1")];
        assert_eq!(chosen(&set, true).as_deref(), Some("HTTPS_PROXY=s:1"));
        assert_eq!(chosen(&set, false).as_deref(), Some("http_proxy=h:1"));
        assert_eq!(chosen(&set[2..], true).as_deref(), Some("ALL_PROXY=a:1"));
        assert_eq!(chosen(&set[2..], false).as_deref(), Some("ALL_PROXY=a:1"));
        assert_eq!(chosen(&set[1..2], true), None);
    }

    #[test]
    fn lower_case_comes_first_and_empty_is_unset() {
        let both = [("HTTPS_PROXY", "upper:1"), ("https_proxy", "lower:1")];
        assert_eq!(chosen(&both, true).as_deref(), Some("https_proxy=lower:1"));
        let empty = [("HTTPS_PROXY", "upper:1"), ("https_proxy", " ")];
        assert_eq!(chosen(&empty, true).as_deref(), Some("HTTPS_PROXY=upper:1"));
        assert_eq!(chosen(&[("HTTPS_PROXY", "")], true), None);
    }

    #[test]
    fn a_cgi_program_does_not_let_its_visitors_choose_the_proxy() {
        let set = [("HTTP_PROXY", "evil:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(chosen(&set, false), None);
        assert_eq!(chosen(&set[..1], false).as_deref(), Some("HTTP_PROXY=evil:1"));
        let lower = [("http_proxy", "own:1"), set[1]];
        assert_eq!(chosen(&lower, false).as_deref(), Some("http_proxy=own:1"));
    }

    #[test]
    fn scripts_are_recognised_in_every_spelling() {
        let value = |value: &str| Variable { name: "https_proxy", value: value.to_owned() };
        for script in ["http://w/proxy.pac", "PAC+http://w/x", "wpad://", "file:///etc/p.PAC?x"] {
            assert!(value(script).is_automatic(), "{script}");
        }
        assert!(!value("http://pac.example:3128").is_automatic());
    }

    #[test]
    fn debug_output_holds_no_password() {
        let text =
            format!("{:?}", environment(&[("HTTPS_PROXY", "http://u:s3cret@h"), ("no_proxy", "a.example")]));
        assert!(
            text.contains("HTTPS_PROXY") && text.contains("a.example") && !text.contains("s3cret"),
            "{text}"
        );
    }
}
