//! An inquiry and its endpoints for tests.

use std::{net::SocketAddr, time::Duration};

use dial::DialRequest;
use model::check::{App, Mode, Package, Trigger};
use tokio::net::TcpSocket;

use crate::{Inquiry, SILENCE, Subject, Who, facts::Recent};

/// A port of this computer at which nobody listens, and that nobody else gets for as long as this process runs.
pub(crate) fn closed_port() -> SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = socket.local_addr().unwrap();
    // Bound for good, and never listening.
    std::mem::forget(socket);
    address
}

/// An endpoint nobody is connected to.
pub(crate) fn subject(id: &str, url: &str) -> Subject {
    Subject {
        id: id.parse().unwrap(),
        name: id.into(),
        request: Ok(DialRequest::new(url.parse().unwrap())),
        shown_url: url.into(),
        backups: Vec::new(),
        health_url: None,
        single_session: false,
        heartbeat: Duration::from_secs(25),
        live: None,
    }
}

/// A quick check of these endpoints, without an agent.
pub(crate) fn inquiry(subjects: Vec<Subject>) -> Inquiry {
    Inquiry {
        run: None,
        trigger: Trigger::Cli,
        mode: Mode::Quick,
        limit: Duration::from_secs(20),
        subjects,
        controls: Vec::new(),
        control_url: None,
        correlate: true,
        app: App {
            version: "0.0.0".into(),
            commit: None,
            os: "test".into(),
            desktop: None,
            package: Package::Dev,
            tray: None,
            uptime_s: None,
        },
        buffers: Vec::new(),
        other_owner: None,
        recent: Recent::default(),
        who: Who::default(),
        live_now: None,
        silence: SILENCE,
    }
}
