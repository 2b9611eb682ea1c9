//! A home with a secret in every place of the configuration where one can stand, and servers that quote them.

use std::{io::Write as _, process::Command, sync::Arc};

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use serde_json::{Map, Value, json};
use suites::{Manners, Receiver};

use super::{
    canaries::{self, Form},
    hostile::Hostile,
};
use crate::stage::Home;

/// Endpoints whose servers misbehave, by the paths that make them.
const MANNERS: [(&str, Form); 17] = [
    ("refuse", Form::Plain),
    ("refuse", Form::Base64),
    ("refuse", Form::Hex),
    ("refuse", Form::Url),
    ("refuse", Form::Json),
    ("quote", Form::Plain),
    ("quote", Form::Base64),
    ("redirect", Form::Plain),
    ("garbage", Form::Plain),
    ("garbage", Form::Hex),
    ("choose", Form::Plain),
    ("accept", Form::Url),
    ("close", Form::Plain),
    ("close", Form::Base64),
    ("close", Form::Hex),
    ("close", Form::Url),
    ("tricks", Form::Plain),
];

/// Home and servers.
pub(crate) struct Planted {
    pub(crate) home: Home,
    pub(crate) hostile: Vec<Hostile>,
    environment: Vec<(&'static str, String)>,
    _receiver: Receiver,
}

impl Planted {
    /// Everything planted.
    pub(crate) fn new() -> Self {
        let home = Home::new();
        let write = |name: &str, text: &str| {
            std::fs::write(home.path(name), text).unwrap();
            home.path(name).to_string_lossy().into_owned()
        };
        let password = write("password", canaries::PASSWORD.1);
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["client".to_owned()]).unwrap().self_signed(&key).unwrap();
        // A key that is none: reading it fails, and the failure must not quote it.
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", canaries::CLIENT_KEY.1);
        let tls = json!({ "client_cert": write("client.pem", &certificate.pem()), "client_key": write("client.key", &pem) });
        let auth = [
            json!({ "bearer": { "env": "BEARER_OF_TEST" } }),
            json!({ "basic": { "user": "ada", "password": { "file": password } } }),
            json!({ "query": { "token": { "env": "QUERY_OF_TEST" } } }),
        ];
        let mut hostile = Vec::new();
        let mut all = Map::new();
        for (number, (manner, form)) in MANNERS.into_iter().enumerate() {
            let server = Hostile::start();
            let path = format!("{manner}/{form:?}").to_lowercase();
            let mut endpoint = armed(server.port, &path, &auth[number % 3]);
            endpoint["proxy"] = "none".into();
            all.insert(path.replace('/', "-"), endpoint);
            hostile.push(server);
        }
        let server = Hostile::start();
        let mut add = |id: &str, port: u16, path: &str, more: Value| {
            let mut endpoint = armed(port, path, &auth[0]);
            endpoint["proxy"] = "none".into();
            endpoint.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all.insert(id.to_owned(), endpoint);
        };
        add("healthy", server.port, "healthy", json!({}));
        add("away", 9, "away", json!({ "buffer": { "ttl": 60_000 } }));
        let receiver = Receiver::start(Manners { largest: 100, ..Manners::default() }).unwrap();
        let refuses_large_ones =
            json!({ "url": receiver.url(), "fallback_urls": [], "subprotocols": [], "heartbeat": {} });
        add("narrow", 9, "", refuses_large_ones);
        let encrypted = Hostile::start_tls(certificate_with_a_secret());
        let wss = |path: &str| url("wss", encrypted.port, path);
        add("certificate", encrypted.port, "", json!({ "url": wss("refuse/plain"), "fallback_urls": [] }));
        add(
            "key",
            encrypted.port,
            "",
            json!({ "url": wss("refuse/plain"), "fallback_urls": [], "tls": tls }),
        );
        let proxy = Hostile::start();
        let through = format!("http://proxyuser:{}@127.0.0.1:{}", canaries::PROXY.1, proxy.port);
        add("proxied", server.port, "healthy", json!({ "proxy": through }));
        // Nothing goes there: a proxy of the environment is asked first.
        let far = url("ws", 80, "healthy").replace("127.0.0.1", "192.0.2.7");
        add("far", 9, "", json!({ "url": far, "proxy": "system" }));
        add("off", 9, "off", json!({ "enabled": false, "headers": { "X-Api-Key": canaries::HEADER.1 } }));
        let socket_io = json!({ "protocol": "socket.io", "socketio": { "auth": { "token": { "env": "SOCKET_IO_OF_TEST" } } } });
        add("socketio", server.port, "healthy", socket_io);
        let environment = vec![
            ("BEARER_OF_TEST", canaries::BEARER.1.to_owned()),
            ("QUERY_OF_TEST", canaries::QUERY.1.to_owned()),
            ("SOCKET_IO_OF_TEST", canaries::SOCKET_IO.1.to_owned()),
            ("SLACK_WEBHOOK_URL", canaries::WEBHOOK.1.to_owned()),
            (
                "HTTP_PROXY",
                format!("http://envuser:{}@127.0.0.1:{}", canaries::PROXY_OF_ENVIRONMENT.1, proxy.port),
            ),
            (
                "http_proxy",
                format!("http://envuser:{}@127.0.0.1:{}", canaries::PROXY_OF_ENVIRONMENT.1, proxy.port),
            ),
        ];
        let control = format!("http://127.0.0.1:{}/refuse/plain?who={}", server.port, canaries::CONTROL.1);
        let config = json!({
            "websocket": {
                "connections": all,
                "reconnection": { "max_attempts": 0, "initial_delay": 100, "max_delay": 300 },
            },
            "gateway": { "listen": "127.0.0.1:0" },
            "logging": { "level": "trace" },
            "diagnostics": { "control_url": control },
        });
        std::fs::write(home.path("config.json"), config.to_string()).unwrap();
        hostile.extend([server, encrypted, proxy]);
        Self { home, hostile, environment, _receiver: receiver }
    }

    /// A command whose environment has the secrets.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = self.home.command(words);
        command.envs(self.environment.iter().cloned());
        command
    }

    /// What somebody planted among the logs before: what is only personal, and a number where the file would be cut.
    pub(crate) fn plant_a_log(&self) {
        let folder = self.home.path("logs");
        std::fs::create_dir_all(&folder).unwrap();
        let mut file = std::fs::File::create(folder.join(LOG)).unwrap();
        let secret = canaries::BEARER.1;
        let number = PERSONAL[0];
        // The number stands where the last 256 KiB begin, wherever in it the cut falls.
        writeln!(file, "{}", format!("{number} ").repeat(64)).unwrap();
        for line in 0..16_384 {
            writeln!(file, "{{\"n\":{line:05}}} {number}").unwrap();
        }
        for form in Form::ALL {
            writeln!(file, "{{\"message\":\"{}\"}}", form.of(&format!("addr:{} {secret}", PERSONAL[1])))
                .unwrap();
        }
        writeln!(file, "{{\"message\":\"addr:{}\"}}", PERSONAL[1]).unwrap();
    }
}

/// Name of the log file that is planted.
pub(crate) const LOG: &str = "linekeeper.2026-01-01.jsonl";
/// Not secret, but nobody's business in a bundle: a card's number, an address.
pub(crate) const PERSONAL: [&str; 2] = ["4929123412341234", "10.0.0.5"];

fn url(scheme: &str, port: u16, path: &str) -> String {
    format!(
        "{scheme}://urluser:{}@127.0.0.1:{port}/{path}?room={}",
        canaries::USERINFO.1,
        canaries::URL_QUERY.1
    )
}

fn armed(port: u16, path: &str, auth: &Value) -> Value {
    json!({
        "url": url("ws", port, path),
        "fallback_urls": [format!("ws://127.0.0.1:{port}/{path}?other={}", canaries::FALLBACK.1)],
        "health_url": format!("http://127.0.0.1:{port}/quote/plain?check={}", canaries::HEALTH.1),
        "auth": auth,
        "headers": { "X-Api-Key": canaries::HEADER.1, "Cookie": format!("sid={}; theme=dark", canaries::COOKIE.1) },
        "subprotocols": ["chat", canaries::SUBPROTOCOL.1],
        "on_connect": [{ "action": "login", "token": canaries::ON_CONNECT.1 }],
        "heartbeat": { "interval": 1000, "timeout": 500, "message": { "type": "ping", "secret": canaries::HEARTBEAT.1 } },
    })
}

/// For `TOKEN.invalid`, and by an issuer of the token's name.
fn certificate_with_a_secret() -> ServerConfig {
    let mut params = CertificateParams::new(vec![format!("{}.invalid", canaries::SUBPROTOCOL.1)]).unwrap();
    params.distinguished_name.push(DnType::CommonName, canaries::BEARER.1);
    params.distinguished_name.push(DnType::OrganizationName, canaries::HEADER.1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(certificate)],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap()
}
