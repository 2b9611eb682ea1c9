//! An inquiry and its endpoints for tests.

use std::time::Duration;

use dial::DialRequest;
use model::check::{App, Mode, Package, Trigger};

use crate::{Inquiry, SILENCE, Subject, Who, facts::Recent};

/// An endpoint nobody is connected to.
pub(crate) fn subject(id: &str, url: &str) -> Subject {
    Subject {
        id: id.parse().unwrap(),
        name: id.into(),
        request: Ok(DialRequest::new(url.parse().unwrap())),
        shown_url: url.into(),
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
