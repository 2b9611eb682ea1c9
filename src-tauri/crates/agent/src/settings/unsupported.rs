//! What a valid file asks for and this version cannot do: named, never silently ignored.

use model::{EndpointId, ErrorCode, Problem};

use super::file::{Connection, Protocol, Transport};

/// What becomes of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instead {
    /// It runs, and this is different.
    Runs(&'static str),
    /// It stays off: running would do what nobody asked for.
    StaysOff(&'static str),
}

/// The problems of one endpoint, and whether it may run all the same.
pub(super) fn of(id: &EndpointId, connection: &Connection) -> (Vec<Problem>, bool) {
    let mut problems = Vec::new();
    let mut runs = true;
    for (key, instead) in keys(connection) {
        let instead = match instead {
            Instead::Runs(instead) => instead,
            Instead::StaysOff(instead) => {
                runs = false;
                instead
            }
        };
        problems.push(Problem {
            code: ErrorCode::Unsupported,
            message: format!("{id}: this version cannot do what {key:?} asks for."),
            detail: format!("websocket.connections.{id}.{key}: {instead}"),
            endpoint: Some(id.clone()),
        });
    }
    (problems, runs)
}

fn keys(connection: &Connection) -> Vec<(&'static str, Instead)> {
    use Instead::{Runs, StaysOff};
    let no_websocket = |transports: &Vec<Transport>| !transports.contains(&Transport::WebSocket);
    let only_websocket = "it is ignored; the endpoint runs over WebSocket alone.";
    [
        (
            connection.protocol == Protocol::SocketIo,
            "protocol",
            StaysOff("the endpoint is not connected, because Socket.IO is not spoken yet."),
        ),
        (
            connection.transports.as_ref().is_some_and(no_websocket),
            "transports",
            StaysOff("the endpoint is not connected; add \"websocket\" to the list to connect it."),
        ),
        (connection.sse.is_some(), "sse", Runs(only_websocket)),
        (connection.long_poll.is_some(), "long_poll", Runs(only_websocket)),
        (connection.poll.is_some(), "poll", Runs(only_websocket)),
        (connection.socketio.is_some(), "socketio", Runs("it is ignored.")),
    ]
    .into_iter()
    .filter(|(set, ..)| *set)
    .map(|(_, key, instead)| (key, instead))
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of_json(connection: Value) -> (Vec<String>, bool) {
        let connection: Connection = serde_json::from_value(connection).unwrap();
        let (problems, runs) = of(&"pulse".parse().unwrap(), &connection);
        (problems.into_iter().map(|problem| problem.detail).collect(), runs)
    }

    #[test]
    fn a_plain_endpoint_and_defaults_written_out_have_no_problem() {
        let plain = json!({"url": "ws://x", "protocol": "websocket", "proxy": "http://p:3128", "envelope": true, "buffer": {},
            "tls": {"client_cert": "a", "client_key": "b"}, "auth": {"bearer": {"env": "T"}},
            "transports": ["websocket", "sse", "long_poll", "poll"], "fallback_urls": ["ws://y"], "close_codes": {"4001": "stop"}});
        assert_eq!(of_json(plain), (vec![], true));
    }

    #[test]
    fn each_key_is_named_with_what_happens_instead() {
        let (details, runs) = of_json(json!({"url": "ws://x", "sse": {}, "long_poll": {},
            "poll": {}}));
        assert!(runs);
        for key in ["sse", "long_poll", "poll"] {
            let path = format!("websocket.connections.pulse.{key}: ");
            assert_eq!(
                details.iter().filter(|detail| detail.starts_with(&path)).count(),
                1,
                "{key}: {details:?}"
            );
        }
    }

    #[test]
    fn what_would_connect_wrongly_stays_off() {
        for connection in [
            json!({"url": "ws://x", "protocol": "socket.io"}),
            json!({"url": "ws://x", "transports": ["sse"]}),
        ] {
            let (details, runs) = of_json(connection);
            assert!(!runs && details.len() == 1 && details[0].contains("not connected"), "{details:?}");
        }
    }
}
