//! Tests of the settings as a whole: real files, a given environment, and what comes out.

mod errors;
mod precedence;
mod properties;
mod reload;
mod schema;

use std::{fs, path::PathBuf};

use serde_json::Value;

use super::{EffectiveValue, Issue, Loaded, SettingsError, SettingsStore};
use crate::paths::{Environment, Paths};

/// The contract's example, word for word.
const EXAMPLE: &str = r#"{
  "websocket": {
    "connections": {
      "pulse": { "url": "ws://localhost:3001", "name": "Pulse Dashboard", "priority": 1 }
    },
    "reconnection": { "max_attempts": 10, "initial_delay": 1000, "backoff_multiplier": 2, "max_delay": 30000 },
    "heartbeat": { "enabled": true, "interval": 25000, "timeout": 10000 },
    "connection_timeout": 15000
  },
  "gateway": { "enabled": true, "listen": "127.0.0.1:7878" },
  "notifications": { "enabled": true },
  "logging": { "level": "info" }
}
"#;

/// A file with every key of the contract.
const EVERYTHING: &str = r#"{
  "$schema": "https://example.org/linekeeper.json",
  "websocket": {
    "connections": {
      "all_keys-1": {
        "url": "wss://feed.example:8443/live?x=1", "name": "All keys", "priority": 2, "enabled": true,
        "protocol": "websocket", "transports": ["websocket", "sse", "long_poll", "poll"],
        "fallback_urls": ["wss://backup.example/live"],
        "sse": { "url": "https://feed.example/live", "send_url": "https://feed.example/send" },
        "long_poll": { "url": "https://feed.example/live", "wait": 25000 },
        "poll": { "url": "https://feed.example/live", "interval": 5000 },
        "auth": { "basic": { "user": "me", "password": { "keyring": "feed" } } },
        "headers": { "X-Client": "linekeeper" }, "subprotocols": ["v2.feed", "v1.feed"],
        "tls": { "ca_file": "ca.pem", "client_cert": "me.pem", "client_key": "/keys/me.key" },
        "proxy": "system", "on_connect": [{ "action": "subscribe", "n": 1.50 }, "hello", null, [1]],
        "heartbeat": { "interval": 5000, "message": { "type": "ping" } },
        "reconnection": { "max_attempts": 0, "max_delay": 5000 },
        "buffer": { "durability": "power", "ack": "app", "ack_pointer": "/id", "max_messages": 1000000,
                    "max_bytes": 268435456, "ttl": 604800000, "overflow": "reject" },
        "close_codes": { "4001": "stop", "1008": "retry", "1013": "slow" },
        "envelope": true, "single_session": true, "health_url": "https://feed.example/health"
      },
      "io": {
        "url": "https://io.example", "protocol": "socket.io", "transports": ["websocket", "polling"],
        "socketio": { "namespace": "/", "auth": { "token": { "env": "TOKEN" } }, "event": "message",
                      "keep_alive": { "event": "keep-alive", "interval": 25000 } },
        "auth": { "query": { "token": { "file": "/run/secrets/token" } } }
      },
      "plain": { "url": "ws://localhost:3001", "auth": { "bearer": { "env": "TOKEN" } }, "proxy": "none" }
    }
  }
}
"#;

/// A home with files and an environment.
struct Fixture {
    root: tempfile::TempDir,
    environment: Environment,
}

impl Fixture {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), environment: Environment::new() }
    }

    fn with_file(text: impl AsRef<[u8]>) -> Self {
        let fixture = Self::new();
        fs::write(fixture.file(), text).unwrap();
        fixture
    }

    fn managed(self, text: &str) -> Self {
        fs::write(self.managed_file(), text).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        let more = [(name.to_owned(), value.to_owned())];
        self.environment = self.environment.into_iter().chain(more).collect();
        self
    }

    fn file(&self) -> PathBuf {
        self.root.path().join("config.json")
    }

    fn managed_file(&self) -> PathBuf {
        self.root.path().join("managed.json")
    }

    fn store(&self) -> SettingsStore {
        SettingsStore::with_managed(
            &Paths::under(self.root.path()),
            self.managed_file(),
            self.environment.clone(),
        )
    }

    fn load(&self) -> Loaded {
        self.store().load()
    }
}

/// Loads a text that must hold.
fn good(text: &str) -> Loaded {
    let loaded = Fixture::with_file(text).load();
    assert_eq!(loaded.errors, [], "{text}");
    loaded
}

/// The error of a text that must not hold.
fn bad(text: impl AsRef<[u8]>) -> SettingsError {
    let mut errors = Fixture::with_file(text).load().errors;
    assert_eq!(errors.len(), 1, "one file, one error");
    errors.remove(0)
}

/// The only issue of a text that must not hold.
fn only_issue(text: &str) -> Issue {
    let mut issues = bad(text).issues;
    assert_eq!(issues.len(), 1, "{issues:#?}");
    issues.remove(0)
}

/// A value in force and who set it, as `config show` prints them.
fn value(loaded: &Loaded, path: &str) -> (Value, String) {
    let found: Vec<&EffectiveValue> = loaded.values.iter().filter(|value| value.path == path).collect();
    assert_eq!(found.len(), 1, "{path}: {:#?}", loaded.values);
    (found[0].value.clone(), found[0].provenance.to_string())
}
