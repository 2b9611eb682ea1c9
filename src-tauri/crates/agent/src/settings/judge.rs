//! Judges a file's values by the rules that no type can say, each at its path.
//!
//! Works on what `shape` found sound, so that one mistake does not hide another.

use std::collections::HashSet;

use model::EndpointId;
use serde_json::Value;

use super::{
    document::JsonPath,
    effective::payload,
    file::{Ack, Auth, Connection, File, Protocol, Reconnection, Secret, Transport},
    merge,
    rules::{self, Broken},
    shape::Fault,
};

/// Largest message that a configuration may hold, bytes.
const MAX_MESSAGE: usize = 64 << 10;

/// Judges values of the right shape by the rules.
pub(super) fn judge(value: &Value, faults: &mut Vec<Fault>) {
    let expanded = merge::inherit(value.clone());
    let Ok(file) = serde_json::from_value::<File>(expanded) else {
        // The shape was repaired key by key; what still does not fit has been reported.
        return;
    };
    let mut judge = Judge { written: value, faults };
    let websocket = JsonPath::keys(["websocket"]);
    judge.growth(&file.websocket.reconnection, &websocket.key("reconnection"));
    judge.heartbeat(file.websocket.heartbeat.message.as_ref(), &websocket.key("heartbeat"));
    for (id, connection) in &file.websocket.connections {
        judge.connection(id, connection, &websocket.key("connections").key(id));
    }
    judge.rule(rules::listen(&file.gateway.listen), JsonPath::keys(["gateway", "listen"]));
    judge.rule(rules::level(&file.logging.level), JsonPath::keys(["logging", "level"]));
    if let Some(url) = &file.diagnostics.control_url {
        judge.rule(rules::url(url, rules::HTTP_SCHEMES), JsonPath::keys(["diagnostics", "control_url"]));
    }
}

struct Judge<'a> {
    written: &'a Value,
    faults: &'a mut Vec<Fault>,
}

impl Judge<'_> {
    fn fault(&mut self, path: JsonPath, message: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault { path, at: None, message: message.into(), hint: hint.into() });
    }

    fn rule<T>(&mut self, result: Result<T, Broken>, path: JsonPath) {
        if let Err(broken) = result {
            self.fault(path, broken.message, broken.hint);
        }
    }

    fn is_written(&self, path: &JsonPath) -> bool {
        merge::at(self.written, path).is_some()
    }

    fn growth(&mut self, reconnection: &Reconnection, path: &JsonPath) {
        let Reconnection { initial_delay, max_delay, .. } = reconnection;
        if self.is_written(path) && max_delay < initial_delay {
            let key = if self.is_written(&path.key("max_delay")) { "max_delay" } else { "initial_delay" };
            let message = format!("the largest delay ({max_delay}) is below the first one ({initial_delay})");
            self.fault(path.key(key), message, "raise max_delay or lower initial_delay");
        }
    }

    fn heartbeat(&mut self, message: Option<&Value>, path: &JsonPath) {
        if message == Some(&Value::from("")) && self.is_written(&path.key("message")) {
            self.fault(path.key("message"), "the message is empty", "write a message, or leave the key out");
        }
        if let Some(message) = message {
            self.size(message, &path.key("message"));
        }
    }

    /// A configured message has to fit into what a session may have waiting to be written.
    fn size(&mut self, message: &Value, path: &JsonPath) {
        let bytes = payload(message).len();
        if bytes > MAX_MESSAGE {
            let found = format!("the message has {bytes} bytes");
            self.fault(path.clone(), found, "at most 65536 bytes can be sent from here");
        }
    }

    fn connection(&mut self, id: &str, connection: &Connection, path: &JsonPath) {
        if let Err(error) = id.parse::<EndpointId>() {
            self.fault(path.clone(), error.to_string(), "rename the endpoint");
        }
        if let Some(url) = &connection.url {
            self.rule(rules::url(url, rules::ENDPOINT_SCHEMES), path.key("url"));
        }
        for (index, url) in connection.fallback_urls.iter().enumerate() {
            self.rule(rules::url(url, rules::ENDPOINT_SCHEMES), path.key("fallback_urls").index(index));
        }
        let sse = connection.sse.as_ref();
        for (section, key, url) in [
            ("sse", "url", sse.and_then(|sse| sse.url.as_ref())),
            ("sse", "send_url", sse.and_then(|sse| sse.send_url.as_ref())),
            ("long_poll", "url", connection.long_poll.as_ref().and_then(|poll| poll.url.as_ref())),
            ("poll", "url", connection.poll.as_ref().and_then(|poll| poll.url.as_ref())),
        ] {
            if let Some(url) = url {
                self.rule(rules::url(url, rules::HTTP_SCHEMES), path.key(section).key(key));
            }
        }
        if let Some(url) = &connection.health_url {
            self.rule(rules::url(url, rules::HTTP_SCHEMES), path.key("health_url"));
        }
        for (index, message) in connection.on_connect.iter().enumerate() {
            self.size(message, &path.key("on_connect").index(index));
        }
        self.headers(connection, path);
        if let Some(auth) = &connection.auth {
            self.auth(auth, &path.key("auth"));
            self.one_authorization(auth, connection, &path.key("headers"));
        }
        for (index, name) in connection.subprotocols.iter().enumerate() {
            self.rule(rules::subprotocol(name), path.key("subprotocols").index(index));
        }
        let tls = &connection.tls;
        for (key, file) in
            [("ca_file", &tls.ca_file), ("client_cert", &tls.client_cert), ("client_key", &tls.client_key)]
        {
            if let Some(file) = file {
                self.rule(rules::pem_path(file), path.key("tls").key(key));
            }
        }
        self.rule(rules::proxy(&connection.proxy), path.key("proxy"));
        self.transports(connection, path);
        self.details(connection, path);
        if let Some(reconnection) = &connection.reconnection {
            self.growth(reconnection, &path.key("reconnection"));
        }
        if let Some(heartbeat) = &connection.heartbeat {
            self.heartbeat(heartbeat.message.as_ref(), &path.key("heartbeat"));
        }
    }

    fn headers(&mut self, connection: &Connection, path: &JsonPath) {
        let mut seen = HashSet::new();
        for (name, value) in &connection.headers {
            let path = path.key("headers").key(name);
            if !seen.insert(name.to_ascii_lowercase()) {
                self.fault(
                    path.clone(),
                    "this header stands here twice",
                    "names differ in more than case; keep one",
                );
            }
            self.rule(rules::header(name, value.as_str().unwrap_or_default()), path);
        }
    }

    fn auth(&mut self, auth: &Auth, path: &JsonPath) {
        if let Some(bearer) = &auth.bearer {
            self.secret(bearer, &path.key("bearer"));
        }
        if let Some(basic) = &auth.basic {
            self.rule(rules::user(&basic.user), path.key("basic").key("user"));
            self.secret(&basic.password, &path.key("basic").key("password"));
        }
        for (name, secret) in auth.query.iter().flatten() {
            if name.is_empty() {
                self.fault(path.key("query"), "a parameter has no name", "name it, such as \"token\"");
            }
            self.secret(secret, &path.key("query").key(name));
        }
    }

    fn one_authorization(&mut self, auth: &Auth, connection: &Connection, headers: &JsonPath) {
        let written = connection.headers.keys().find(|name| name.eq_ignore_ascii_case("authorization"));
        if let Some(name) = written.filter(|_| auth.query.is_none()) {
            self.fault(headers.key(name), "\"auth\" sets this header already", "keep one of the two");
        }
    }

    fn secret(&mut self, secret: &Secret, path: &JsonPath) {
        if let Some(name) = &secret.env {
            self.rule(rules::variable(name), path.key("env"));
        }
    }

    fn transports(&mut self, connection: &Connection, path: &JsonPath) {
        let socket_io = connection.protocol == Protocol::SocketIo;
        for (index, transport) in connection.transports.iter().flatten().enumerate() {
            let fits = match transport {
                Transport::WebSocket => true,
                Transport::Polling => socket_io,
                Transport::Sse | Transport::LongPoll | Transport::Poll => !socket_io,
            };
            if !fits {
                let (message, hint) = match socket_io {
                    true => ("a Socket.IO endpoint has no such transport", "it can be websocket or polling"),
                    false => (
                        "only a Socket.IO endpoint has this transport",
                        "it can be websocket, sse, long_poll or poll",
                    ),
                };
                self.fault(path.key("transports").index(index), message, hint);
            }
        }
    }

    fn details(&mut self, connection: &Connection, path: &JsonPath) {
        if connection.socketio.is_some() && connection.protocol != Protocol::SocketIo {
            self.fault(
                path.key("socketio"),
                "this endpoint does not speak Socket.IO",
                "add \"protocol\": \"socket.io\"",
            );
        }
        let namespace = connection.socketio.as_ref().and_then(|socketio| socketio.namespace.as_ref());
        if namespace.is_some_and(|namespace| !namespace.starts_with('/')) {
            let path = path.key("socketio").key("namespace");
            self.fault(path, "this is not a namespace", "start it with /, such as /admin");
        }
        for code in connection.close_codes.keys() {
            if !code.parse::<u16>().is_ok_and(|code| (1000..5000).contains(&code)) {
                let path = path.key("close_codes").key(code);
                self.fault(path, format!("{code:?} is not a close code"), "close codes are 1000 to 4999");
            }
        }
        let tls = &connection.tls;
        if tls.client_cert.is_some() != tls.client_key.is_some() {
            self.fault(
                path.key("tls"),
                "a certificate needs its key",
                "name both client_cert and client_key",
            );
        }
        if let Some(buffer) = &connection.buffer {
            let by_app = buffer.ack == Some(Ack::App);
            if buffer.ack_pointer.is_some() && !by_app {
                let path = path.key("buffer").key("ack_pointer");
                self.fault(path, "nothing looks for this pointer", "add \"ack\": \"app\", or leave it out");
            }
            if buffer
                .ack_pointer
                .as_ref()
                .is_some_and(|pointer| !pointer.is_empty() && !pointer.starts_with('/'))
            {
                let path = path.key("buffer").key("ack_pointer");
                self.fault(path, "this is not a JSON pointer", "start it with /, such as /id");
            }
        }
    }
}
