//! Who decides about the proxy, in which order, and what is named without being followed.

use proptest::prelude::*;

use super::*;
use crate::{
    error::ProxyFlaw,
    proxy::{exceptions::Exceptions, server::ProxyKind},
    request::DialRequest,
};

fn target(url: &str) -> Target {
    Target::of(&DialRequest::new(Url::parse(url).unwrap())).unwrap()
}

fn environment(variables: &[(&str, &str)]) -> ProxyEnvironment {
    let map: HashMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ProxyEnvironment::from(map)
}

fn decide(variables: &[(&str, &str)], url: &str) -> Result<ProxyDecision, ProxySettingError> {
    ProxyDecision::of_environment(&environment(variables), &target(url))
}

fn chosen(variables: &[(&str, &str)], url: &str) -> Option<String> {
    decide(variables, url).unwrap().server().map(ToString::to_string)
}

const BOTH: [(&str, &str); 2] = [("https_proxy", "http://s:1"), ("http_proxy", "http://h:1")];

#[test]
fn encrypted_servers_go_by_https_proxy_and_the_others_by_http_proxy() {
    for (url, proxy) in [
        ("wss://a.example/", "http://s:1"),
        ("https://a.example/", "http://s:1"),
        ("ws://a.example/", "http://h:1"),
        ("http://a.example/", "http://h:1"),
    ] {
        assert_eq!(chosen(&BOTH, url).as_deref(), Some(proxy), "{url}");
    }
    assert_eq!(
        chosen(&[("ALL_PROXY", "socks5h://t:9050")], "wss://a.example/").as_deref(),
        Some("socks5h://t:9050")
    );
    assert_eq!(
        decide(&BOTH[1..], "wss://a.example/").unwrap(),
        ProxyDecision::direct(NoProxyReason::NoneSet)
    );
}

#[test]
fn the_decision_says_who_made_it() {
    let Ok(ProxyDecision::Through { source, server, .. }) = decide(&BOTH, "wss://a.example/") else {
        panic!("no proxy")
    };
    assert_eq!(source, ProxySource::Environment("https_proxy"));
    assert_eq!(source.to_string(), "the environment variable https_proxy");
    assert_eq!((server.kind(), server.host(), server.port()), (ProxyKind::Http, "s", 1));
}

#[test]
fn this_computer_is_never_proxied() {
    for url in [
        "ws://localhost:1/",
        "ws://LOCALHOST./",
        "wss://api.localhost/",
        "ws://127.0.0.1/",
        "ws://127.9.9.9/",
        "ws://[::1]/",
        "ws://[::ffff:127.0.0.1]/",
        "ws://0.0.0.0/",
    ] {
        assert_eq!(decide(&BOTH, url).unwrap(), ProxyDecision::direct(NoProxyReason::Loopback), "{url}");
    }
    for url in ["ws://localhost.example/", "ws://notlocalhost/", "ws://128.0.0.1/"] {
        assert!(chosen(&BOTH, url).is_some(), "{url}");
    }
}

#[test]
fn an_exception_is_named_with_its_variable() {
    let set = [BOTH[0], BOTH[1], ("NO_PROXY", "other, .a.example:443")];
    assert_eq!(
        decide(&set, "wss://x.a.example/").unwrap(),
        ProxyDecision::direct(NoProxyReason::Exception {
            entry: ".a.example:443".to_owned(),
            source: ProxySource::Environment("NO_PROXY"),
        })
    );
    assert!(chosen(&set, "ws://x.a.example/").is_some(), "another port");
}

#[test]
fn a_value_that_names_no_proxy_ends_the_attempt_instead_of_going_round_it() {
    let error = decide(&[("https_proxy", "socks4://u:s3cret@h:1")], "wss://a.example/").unwrap_err();
    assert_eq!(error.flaw, ProxyFlaw::Scheme("socks4".into()));
    let text = error.to_string();
    assert!(text.contains("https_proxy") && !text.contains("s3cret"), "{text}");
    // Nobody asked for it here.
    assert!(decide(&[("https_proxy", "socks4://h:1")], "ws://a.example/").is_ok());
    let error = ProxyDecision::configured(&Url::parse("ftp://h").unwrap()).unwrap_err();
    assert_eq!(error.origin, ProxySource::Configuration);
}

#[test]
fn a_script_in_the_environment_is_noted_and_not_followed() {
    let note = |name, script: Option<&str>| ProxyNote::Automatic {
        source: ProxySource::Environment(name),
        script: script.map(str::to_owned),
    };
    for (value, script) in [
        ("pac+http://u:s3cret@w/p?key=s3cret", Some("http://w/p")),
        ("http://w/proxy.pac", Some("http://w/proxy.pac")),
        ("wpad://", None),
    ] {
        let decision = decide(&[("https_proxy", value)], "wss://a.example/").unwrap();
        assert_eq!(
            decision,
            ProxyDecision::Direct {
                reason: NoProxyReason::NoneSet,
                notes: vec![note("https_proxy", script)],
            }
        );
        assert!(decision.is_open(), "the desktop is asked next");
    }
    let beside = decide(&[BOTH[0], ("auto_proxy", "http://w/x")], "wss://a.example/").unwrap();
    assert_eq!(beside.server().unwrap().host(), "s");
    assert_eq!(beside.notes(), [note("auto_proxy", Some("http://w/x"))]);
}

fn manual(exceptions: &str) -> DesktopSettings {
    let server = |text| ProxyServer::parse(text).map(Some);
    DesktopSettings::Manual {
        http: server("http://dh:1"),
        https: Ok(None),
        socks: server("socks5h://ds:1"),
        exceptions: Exceptions::parse(exceptions),
    }
}

fn of_desktop(settings: Result<DesktopSettings, DesktopUnreadable>, url: &str) -> ProxyDecision {
    ProxyDecision::of_desktop(settings, &target(url), Vec::new()).unwrap()
}

#[test]
fn the_desktop_has_the_word_after_a_silent_environment() {
    let host = |url| of_desktop(Ok(manual("")), url).server().map(|one| one.host().to_owned());
    assert_eq!(host("ws://a.example/").as_deref(), Some("dh"));
    assert_eq!(host("wss://a.example/").as_deref(), Some("ds"), "socks stands in");
    assert_eq!(
        of_desktop(Ok(manual("*.example")), "ws://a.example/"),
        ProxyDecision::direct(NoProxyReason::Exception {
            entry: "*.example".to_owned(),
            source: ProxySource::Desktop,
        })
    );
    assert_eq!(
        of_desktop(Ok(DesktopSettings::Off), "ws://a.example/"),
        ProxyDecision::direct(NoProxyReason::NoneSet)
    );
}

#[test]
fn a_flaw_in_the_desktops_settings_counts_where_that_proxy_is_the_one_to_use() {
    let flawed = || {
        Ok(DesktopSettings::Manual {
            http: Err(ProxyFlaw::Url),
            https: Ok(None),
            socks: Ok(None),
            exceptions: Exceptions::parse("b.example"),
        })
    };
    let error = ProxyDecision::of_desktop(flawed(), &target("ws://a.example/"), Vec::new()).unwrap_err();
    assert_eq!(error, ProxySettingError { origin: ProxySource::Desktop, flaw: ProxyFlaw::Url });
    assert_eq!(of_desktop(flawed(), "wss://a.example/"), ProxyDecision::direct(NoProxyReason::NoneSet));
    assert!(of_desktop(flawed(), "ws://b.example/").server().is_none());
}

#[test]
fn a_desktop_that_cannot_be_followed_is_noted() {
    let notes = |settings| of_desktop(settings, "ws://a.example/").notes().to_vec();
    let automatic = |script: &str| notes(Ok(DesktopSettings::Automatic { script: script.to_owned() }));
    let noted = |script: Option<&str>| {
        [ProxyNote::Automatic { source: ProxySource::Desktop, script: script.map(str::to_owned) }]
    };
    assert_eq!(automatic("http://w/a.pac?x=1"), noted(Some("http://w/a.pac")));
    assert_eq!(automatic(""), noted(None));
    let unreadable = DesktopUnreadable::Unknown("KDE");
    assert_eq!(notes(Err(unreadable.clone())), [ProxyNote::DesktopUnreadable(unreadable)]);
}

#[test]
fn the_desktop_is_told_by_the_variables() {
    let desktop = |variables: &[(&str, &str)]| {
        let map: HashMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        format!("{:?}", Desktop::of(&map))
    };
    assert_eq!(desktop(&[]), "None");
    if cfg!(target_os = "linux") {
        assert_eq!(desktop(&[("XDG_CURRENT_DESKTOP", "ubuntu:KDE"), ("HOME", "/h")]), "Unknown(KDE)");
        let at = |variables| desktop(variables).contains("\"/c/dconf/user\"");
        assert!(at(&[("XDG_CONFIG_HOME", "/c"), ("HOME", "/h")]));
        assert!(desktop(&[("HOME", "/h")]).contains("\"/h/.config/dconf/user\""));
    }
}

#[test]
fn debug_output_of_a_choice_holds_no_password() {
    for url in ["http://u:s3cret@h", "ftp://u:s3cret@h", "socks5://u:s3cret@h:0"] {
        let text = format!("{:?}", ProxyChoice::Url(Url::parse(url).unwrap()));
        assert!(!text.contains("s3cret"), "{text}");
    }
}

proptest! {
    #[test]
    fn any_environment_is_judged_without_a_crash_and_without_repeating_passwords(
        https in "\\PC{0,30}", none in "\\PC{0,30}", word in "[a-z]{12}",
    ) {
        let value = format!("http://user:{word}@{https}");
        let set = [("https_proxy", value.as_str()), ("no_proxy", none.as_str())];
        // What follows an "@" or starts a path is not the password any more.
        if !https.contains(['@', '/', '\\', '?', '#']) {
            let shown = match decide(&set, "wss://a.example/") {
                Ok(decision) => format!("{decision:?}"),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.contains(&word), "{}", shown);
        }
    }

    #[test]
    fn a_script_is_named_on_one_short_line_without_credentials_or_query(
        start in prop_oneof![Just("pac+"), Just("PAC+"), Just("")],
        scheme in prop_oneof![Just("http://"), Just("https://"), Just("file://"), Just("x-other://"), Just("")],
        host in "[a-z]{1,8}(:[0-9]{1,4})?", path in "[^?#@]{0,250}", word in "[a-z]{12}",
    ) {
        let script = format!("{start}{scheme}user:{word}@{host}/{path}.pac?key={word}#{word}");
        let note = ProxyNote::automatic(ProxySource::Desktop, &script);
        let ProxyNote::Automatic { script: shown, .. } = note else { panic!("{note:?}") };
        let shown = shown.unwrap_or_default();
        // A file has no user: what looks like one is part of its path.
        prop_assert!(scheme == "file://" || !shown.contains(&word), "{}", shown);
        prop_assert!(shown.chars().count() <= 200 && !shown.chars().any(char::is_control));
    }

    #[test]
    fn any_script_is_named_without_a_crash(script in "\\PC{0,60}|.{0,60}") {
        let _ = ProxyNote::automatic(ProxySource::Desktop, &script);
    }

    #[test]
    fn loopback_stays_direct_whatever_the_environment_says(value in "[a-z]{1,8}:[1-9][0-9]{0,3}", last: [u8; 3]) {
        let url = format!("ws://127.{}.{}.{}/", last[0], last[1], last[2]);
        prop_assert!(chosen(&[("http_proxy", &value), ("all_proxy", &value)], &url).is_none());
    }
}
