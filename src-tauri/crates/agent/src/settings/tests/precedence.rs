//! Which source wins, and that it is said.

use model::ErrorCode;
use serde_json::json;

use super::*;
use crate::{
    secrets::Place,
    settings::{AuthSettings, Settings},
};

#[test]
fn the_contracts_example_gives_the_documented_values() {
    let loaded = good(EXAMPLE);
    assert_eq!(loaded.problems, []);
    let pulse = &loaded.settings.endpoints[0];
    assert_eq!((pulse.name.as_str(), pulse.priority, pulse.enabled), ("Pulse Dashboard", 1, true));
    assert_eq!(pulse.reconnection.max_delay.as_secs(), 30);
    assert!(loaded.settings.gateway.listen_configured);
    let smallest = good(r#"{"websocket":{"connections":{"pulse":{"url":"ws://localhost:3001"}}}}"#);
    assert_eq!(smallest.settings.endpoints[0].reconnection, pulse.reconnection);
    assert_eq!(smallest.settings.endpoints[0].heartbeat, pulse.heartbeat);
    assert_eq!(smallest.settings.endpoints[0].name, "pulse");
    assert!(!smallest.settings.gateway.listen_configured);
    assert_eq!(good("{}").settings, Settings::default());
}

#[test]
fn every_key_of_the_contract_is_accepted_and_what_cannot_be_done_is_named_per_endpoint() {
    let loaded = good(EVERYTHING);
    let named = |id: &str| -> Vec<String> {
        let of_id = loaded.problems.iter().filter(|p| p.endpoint.as_ref().is_some_and(|e| e.as_str() == id));
        of_id
            .map(|p| p.detail.split(':').next().unwrap().rsplit_once(&format!("{id}.")).unwrap().1.to_owned())
            .collect()
    };
    assert!(loaded.problems.iter().all(|problem| problem.code == ErrorCode::Unsupported));
    assert_eq!(named("all_keys-1"), ["sse", "long_poll", "poll"]);
    assert_eq!(named("io"), ["protocol", "socketio"]);
    assert!(named("plain").is_empty());
    let enabled: Vec<(&str, bool)> =
        loaded.settings.endpoints.iter().map(|e| (e.id.as_str(), e.enabled)).collect();
    assert_eq!(enabled, [("all_keys-1", true), ("io", false), ("plain", true)]);
}

#[test]
fn an_endpoint_has_its_own_values_over_the_common_ones_and_paths_beside_the_file() {
    let fixture = Fixture::with_file(EVERYTHING);
    let loaded = fixture.load();
    let all = &loaded.settings.endpoints[0];
    assert_eq!((all.heartbeat.interval.as_millis(), all.heartbeat.timeout.as_millis()), (5000, 10000));
    assert_eq!(all.heartbeat.message.as_deref(), Some(r#"{"type":"ping"}"#));
    assert_eq!((all.reconnection.max_attempts, all.reconnection.max_delay.as_millis()), (0, 5000));
    assert_eq!(all.on_connect, [r#"{"action":"subscribe","n":1.5}"#, "hello", "null", "[1]"]);
    assert_eq!(all.tls.ca_file.as_deref(), Some(fixture.root.path().join("ca.pem").as_path()));
    assert_eq!(all.tls.client_cert.as_deref(), Some(fixture.root.path().join("me.pem").as_path()));
    assert_eq!(all.headers, [("X-Client".to_owned(), "linekeeper".to_owned())]);
}

#[test]
fn a_secret_is_named_and_its_file_stands_beside_the_file_that_names_it() {
    let text = r#"{"websocket":{"connections":{
        "a":{"url":"ws://x","auth":{"bearer":{"file":"token"}}},
        "b":{"url":"ws://x","auth":{"basic":{"user":"m3-user","password":{"file":"/run/secrets/pw"}}}},
        "c":{"url":"ws://x","auth":{"query":{"key":{"env":"KEY"},"token":{"file":"t/oken"}}}},
        "d":{"url":"ws://x","auth":{"bearer":{"keyring":"feed"}}}}}}"#;
    let fixture = Fixture::with_file(text);
    let loaded = fixture.load();
    assert_eq!(loaded.problems, []);
    let beside = |name: &str| Place::File(fixture.root.path().join(name));
    let auth: Vec<AuthSettings> =
        loaded.settings.endpoints.iter().map(|endpoint| endpoint.auth.clone().unwrap()).collect();
    assert_eq!(
        auth,
        [
            AuthSettings::Bearer(beside("token")),
            AuthSettings::Basic { user: "m3-user".into(), password: Place::File("/run/secrets/pw".into()) },
            AuthSettings::Query(vec![
                ("key".into(), Place::Env("KEY".into())),
                ("token".into(), beside("t/oken"))
            ]),
            AuthSettings::Bearer(Place::Keyring("feed".into())),
        ]
    );
    assert!(!format!("{:?}", loaded.settings).contains("m3-user"));
    let shown = beside("token").to_string();
    let path = shown.strip_prefix("the file ").unwrap();
    assert_eq!(value(&loaded, "websocket.connections.a.auth.bearer.file"), (json!(path), "file".to_owned()));
}

#[test]
fn a_managed_credential_takes_the_place_of_the_files_whole() {
    let text = r#"{"websocket":{"connections":{"a":{"url":"ws://x","auth":{"bearer":{"env":"MINE"}}}}}}"#;
    for (managed, auth) in [
        (r#"{"bearer":{"keyring":"theirs"}}"#, AuthSettings::Bearer(Place::Keyring("theirs".into()))),
        (
            r#"{"query":{"t":{"env":"THEIRS"}}}"#,
            AuthSettings::Query(vec![("t".into(), Place::Env("THEIRS".into()))]),
        ),
    ] {
        let managed = format!(r#"{{"websocket":{{"connections":{{"a":{{"auth":{managed}}}}}}}}}"#);
        let loaded = Fixture::with_file(text).managed(&managed).load();
        assert_eq!((loaded.problems, loaded.errors), (vec![], vec![]));
        assert_eq!(loaded.settings.endpoints[0].auth, Some(auth));
    }
}

#[test]
fn endpoints_come_by_priority_and_then_by_id() {
    let loaded = good(
        r#"{"websocket":{"connections":{"c":{"url":"ws://x"},"b":{"url":"ws://x"},
        "z":{"url":"ws://x","priority":1}}}}"#,
    );
    let ids: Vec<&str> = loaded.settings.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
    assert_eq!(ids, ["z", "b", "c"]);
}

#[test]
fn the_environment_is_over_the_file_and_the_managed_file_over_both() {
    let loaded = Fixture::with_file(EXAMPLE)
        .variable("WEBSOCKET_PULSE_URL", "ws://env.example/?token=hunter2")
        .variable("WEBSOCKET_NEW_URL", "ws://new.example")
        .variable("WEBSOCKET_MAX_RECONNECT", "3")
        .variable("WEBSOCKET_LOG_LEVEL", "DEBUG")
        .managed(
            r#"{"logging": {"level": "warn"}, "websocket": {"connections": {"new": {"name": "Set by IT"}}}}"#,
        )
        .load();
    assert_eq!(loaded.problems, []);
    assert_eq!(value(&loaded, "logging.level"), (json!("warn"), "managed".to_owned()));
    assert_eq!(
        value(&loaded, "websocket.reconnection.max_attempts"),
        (json!(3), "environment WEBSOCKET_MAX_RECONNECT".to_owned())
    );
    assert_eq!(
        value(&loaded, "websocket.connections.pulse.url"),
        (json!("ws://env.example"), "environment WEBSOCKET_PULSE_URL".to_owned())
    );
    assert_eq!(
        value(&loaded, "websocket.connections.pulse.name"),
        (json!("Pulse Dashboard"), "file".to_owned())
    );
    assert_eq!(value(&loaded, "websocket.connections.new.name"), (json!("Set by IT"), "managed".to_owned()));
    assert_eq!(value(&loaded, "websocket.connections.new.priority"), (json!(100), "default".to_owned()));
    assert_eq!(loaded.settings.logging.level, "warn");
    assert_eq!(loaded.settings.endpoints[0].url.as_str(), "ws://env.example/?token=hunter2");
    assert_eq!(loaded.settings.endpoints[0].reconnection.max_attempts, 3);
    let locked: Vec<&str> =
        loaded.values.iter().filter(|value| value.locked()).map(|value| value.path.as_str()).collect();
    assert_eq!(locked, ["websocket.connections.new.name", "logging.level"]);
    assert!(!format!("{loaded:?}").contains("hunter2"), "no secret in Debug output");
}

#[test]
fn a_url_from_the_environment_completes_an_endpoint_of_the_file() {
    let text = r#"{"websocket":{"connections":{"my-feed":{"name":"Mine","headers":{"Authorization":"hunter2"},
        "on_connect":["hunter2"]}}}}"#;
    let loaded = Fixture::with_file(text).variable("WEBSOCKET_MY_FEED_URL", "ws://x").load();
    assert_eq!(loaded.problems, []);
    assert_eq!(loaded.settings.endpoints[0].name, "Mine");
    assert!(!format!("{loaded:?}").contains("hunter2"), "no secret in Debug output or in the values shown");
}

#[test]
fn a_broken_managed_file_is_named_and_a_managed_endpoint_without_url_is_left_out() {
    let loaded = Fixture::with_file(EXAMPLE).managed("{").load();
    assert!(loaded.problems[0].detail.contains("managed.json"), "{:?}", loaded.problems);
    assert_eq!(loaded.settings, Settings::default());
    let loaded =
        Fixture::with_file(EXAMPLE).managed(r#"{"websocket":{"connections":{"x":{"name":"X"}}}}"#).load();
    assert_eq!((loaded.settings.endpoints.len(), loaded.problems.len()), (1, 1));
}

#[test]
fn files_that_only_clash_together_leave_a_problem_and_a_sound_value() {
    let loaded = Fixture::with_file(
        r#"{"websocket":{"connections":{"a":{"url":"ws://x"}},"reconnection":{"initial_delay":20000}}}"#,
    )
    .managed(r#"{"websocket":{"reconnection":{"max_delay":5000}}}"#)
    .load();
    assert_eq!(loaded.problems.len(), 1);
    let reconnection = &loaded.settings.endpoints[0].reconnection;
    assert_eq!((reconnection.initial_delay.as_secs(), reconnection.max_delay.as_secs()), (5, 5));
}

#[test]
fn a_disabled_endpoint_is_listed_and_has_no_problems() {
    let loaded = good(
        r#"{"websocket":{"connections":{"a":{"url":"ws://x","enabled":false,"protocol":"socket.io"}}}}"#,
    );
    assert_eq!(loaded.problems, []);
    assert!(!loaded.settings.endpoints[0].enabled);
}
