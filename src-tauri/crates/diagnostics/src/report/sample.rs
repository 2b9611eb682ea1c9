//! Reports for tests of how reports look: one that says much, with hostile text wherever a server can put text.

use jiff::{SignedDuration, Timestamp};
use model::{
    EndpointId, EndpointState, Transport,
    check::{
        Address, Certificate, Change, Comparison, Confidence, Endpoint, Finding, FindingCode, FindingOwner,
        Http, Interface, Live, NameServer, ProxyUse, QualityFigures, Report, Severity, Step, StepId,
        StepReason, StepStatus, Timing, Tls, TransportResult, TransportTry, Verdict, VerdictClass,
    },
};
use serde_json::json;

use super::{Frame, assemble_for_tests};

/// What a server may try.
pub(super) const HOSTILE: &str = "</pre><script>alert(1)</script>\r\n\u{202E}\u{1b}[31mPASS";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The upgrade is removed on the way, a proxy is on the way, and much is known.
pub(super) fn rich() -> Report {
    let mut report = assemble_for_tests(&Frame::at(at("2026-11-20T04:39:00Z")));
    report.reference = "7F3K".into();
    report.run_id = "01997e5c-0000-7000-8000-000000007c73".into();
    report.duration_ms = 2_800;
    report.app.version = "0.1.0".into();
    report.app.os = "Ubuntu 24.04".into();
    let finding = finding(
        FindingCode::Ws02,
        Severity::Fail,
        "Something between here and rt.example.com removes the WebSocket upgrade.",
        "Allow WebSocket to rt.example.com:443, or exempt it from inspection.",
    );
    report.verdict = Verdict {
        class: VerdictClass::Proxy,
        owner: FindingOwner::ProxyAdmin,
        confidence: Confidence::Likely,
        primary: Some(FindingCode::Ws02),
        line: finding.text.clone(),
        next_action: finding.remedy.clone(),
    };
    let inspected = self::finding(
        FindingCode::Tl06,
        Severity::Warn,
        "Traffic to rt.example.com is opened and signed again by “Zscaler Root CA”.",
        "Exempt rt.example.com from inspection.",
    );
    report.findings = vec![finding, inspected];
    report.environment.interfaces =
        vec![Interface { name: "eth0".into(), addresses: vec!["10.0.0.7".into()], tunnel: false }];
    report.environment.gateways = vec!["10.0.0.1".into()];
    report.environment.resolvers = vec!["10.0.0.53".into()];
    report.environment.clock_skew_ms = Some(2_400);
    report.endpoints = vec![endpoint("pulse", "Pulse Dashboard"), plain("orders", "Orders")];
    report.steps = steps(&report.endpoints);
    report.redaction.clean = true;
    report.redaction.counts.insert("known_secret".into(), 2);
    report
}

/// Everything works.
pub(super) fn healthy() -> Report {
    let mut report = rich();
    let ok = finding(
        FindingCode::Ok01,
        Severity::Info,
        "Everything works. Pulse Dashboard answers in 38 ms over WebSocket.",
        "",
    );
    report.verdict = Verdict {
        class: VerdictClass::Ok,
        owner: FindingOwner::None,
        confidence: Confidence::Certain,
        primary: Some(FindingCode::Ok01),
        line: ok.text.clone(),
        next_action: String::new(),
    };
    report.findings = vec![ok];
    for step in &mut report.steps {
        if step.status != StepStatus::Na {
            step.status = StepStatus::Pass;
        }
    }
    report.endpoints[0].versus_last_good.as_mut().unwrap().changes.clear();
    report
}

fn id(name: &str) -> EndpointId {
    name.parse().unwrap()
}

fn finding(code: FindingCode, severity: Severity, text: &str, remedy: &str) -> Finding {
    Finding {
        code,
        severity,
        endpoint: Some(id("pulse")),
        text: text.into(),
        remedy: remedy.into(),
        owner: code.owner(),
        confidence: code.confidence(),
        args: [
            ("host", "rt.example.com"),
            ("target", "rt.example.com:443"),
            ("endpoint", "Pulse Dashboard"),
            ("issuer", "Zscaler Root CA"),
            ("count", "2"),
            ("time", "38 ms"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        evidence: vec![format!("426 from nginx although Upgrade was sent: {HOSTILE}")],
        step: Some(if code == FindingCode::Tl06 { StepId::E2 } else { StepId::G1 }),
        suppressed_by: None,
    }
}

fn plain(name: &str, title: &str) -> Endpoint {
    Endpoint {
        id: id(name),
        name: title.into(),
        url: format!("ws://{name}.example.com/feed"),
        live: None,
        timing_ms: Timing {
            dns: None,
            tcp: None,
            proxy: None,
            tls: None,
            upgrade: None,
            first_byte: None,
            total: None,
        },
        addresses: Vec::new(),
        name_servers: Vec::new(),
        proxy: None,
        tls: None,
        http: None,
        transports: Vec::new(),
        quality: None,
        versus_last_good: None,
    }
}

fn endpoint(name: &str, title: &str) -> Endpoint {
    let address = |ip: &str, family, result: &str, used| Address {
        ip: ip.into(),
        family,
        result: result.into(),
        ms: Some(31.0),
        used,
    };
    let certificate = Certificate {
        subject: "rt.example.com".into(),
        issuer: format!("Zscaler Root CA{HOSTILE}"),
        not_before: at("2026-01-01T00:00:00Z"),
        not_after: at("2027-01-22T00:00:00Z"),
        names: vec!["rt.example.com".into(), "*.rt.example.com".into()],
    };
    Endpoint {
        url: "wss://rt.example.com/live".into(),
        live: Some(Live {
            state: EndpointState::Reconnecting,
            transport: None,
            since: at("2026-11-20T04:30:00Z"),
            last_error: Some("upgrade_refused: 426".into()),
            retry_in_ms: Some(12_000),
            waiting: 3,
        }),
        timing_ms: Timing {
            dns: Some(14.0),
            tcp: Some(31.0),
            proxy: Some(22.0),
            tls: Some(48.0),
            upgrade: Some(33.0),
            first_byte: Some(35.0),
            total: Some(148.0),
        },
        addresses: vec![
            address("203.0.113.7", 4, "connected", true),
            address("2001:db8::7", 6, "timeout", false),
        ],
        name_servers: vec![NameServer {
            server: "10.0.0.53".into(),
            a: "ok".into(),
            aaaa: "no_data".into(),
            ms: Some(14.0),
        }],
        proxy: Some(ProxyUse {
            url: Some("proxy.corp:8080".into()),
            source: "environment: HTTPS_PROXY".into(),
            pac: None,
        }),
        tls: Some(Tls {
            version: Some("TLSv1_3".into()),
            cipher: Some("TLS13_AES_256_GCM_SHA384".into()),
            chain: vec![certificate],
            publicly_trusted: Some(false),
            days_left: Some(63),
        }),
        http: Some(Http {
            status: 404,
            server: Some(format!("nginx{HOSTILE}")),
            via: None,
            request_id: Some("X-Request-Id: 8f2".into()),
            title: Some(HOSTILE.into()),
        }),
        transports: vec![TransportTry {
            name: "websocket".into(),
            result: TransportResult::Fail,
            ms: None,
            finding: Some(FindingCode::Ws02),
        }],
        quality: Some(QualityFigures {
            samples: 10,
            min: 37.0,
            median: 38.0,
            p95: None,
            max: 45.0,
            jitter_ms: 1.0,
            delayed_share: 0.0,
            tcp_retransmits: Some(1),
            tcp_info_scope: "to_proxy".into(),
        }),
        versus_last_good: Some(Comparison {
            run_id: "01997e5c-0000-7000-8000-000000000001".into(),
            age_s: 2 * 86_400,
            changes: vec![
                change("issuer", "DigiCert TLS RSA", &format!("Zscaler Root CA{HOSTILE}"), StepStatus::Warn),
                change("websocket", "works", "does not work", StepStatus::Fail),
            ],
        }),
        ..plain(name, title)
    }
}

fn change(what: &str, before: &str, now: &str, status: StepStatus) -> Change {
    Change { what: what.into(), before: before.into(), now: now.into(), status }
}

/// Every step, with ends of every kind.
fn steps(endpoints: &[Endpoint]) -> Vec<Step> {
    let end = |step: StepId, first: bool| match step {
        StepId::G1 if first => StepStatus::Fail,
        StepId::E2 if first => StepStatus::Warn,
        StepId::G2 | StepId::G3 if first => StepStatus::Skip,
        StepId::D2 if !first => StepStatus::Na,
        StepId::D3
        | StepId::E3
        | StepId::H2
        | StepId::I1
        | StepId::G4
        | StepId::G5
        | StepId::G6
        | StepId::G7 => StepStatus::Na,
        StepId::C1 => StepStatus::Cancelled,
        StepId::C2 => StepStatus::Error,
        StepId::A1
        | StepId::A2
        | StepId::A3
        | StepId::A4
        | StepId::A5
        | StepId::A6
        | StepId::A7
        | StepId::A8
        | StepId::B1
        | StepId::B2
        | StepId::B3
        | StepId::D1
        | StepId::D2
        | StepId::D4
        | StepId::E1
        | StepId::E2
        | StepId::F1
        | StepId::G1
        | StepId::G2
        | StepId::G3
        | StepId::H1
        | StepId::J => StepStatus::Pass,
    };
    let step = |id: StepId, endpoint: Option<&Endpoint>, status: StepStatus| Step {
        id,
        endpoint: endpoint.map(|endpoint| endpoint.id.clone()),
        status,
        reason: (status == StepStatus::Skip).then(|| StepReason::NeedsWebsocket.english().into()),
        reason_code: (status == StepStatus::Skip).then_some(StepReason::NeedsWebsocket),
        start_ms: 3,
        ms: if status == StepStatus::Na { 0.0 } else { 31.4 },
        attempts: if status == StepStatus::Fail { 2 } else { 1 },
        detail: [("threshold_ms".to_owned(), json!(300)), ("said".to_owned(), json!(HOSTILE))]
            .into_iter()
            .collect(),
        error_raw: (status == StepStatus::Fail).then(|| format!("426 {HOSTILE}")),
    };
    let global = StepId::ALL.iter().filter(|id| !id.is_per_endpoint());
    let mut steps: Vec<Step> = global.map(|id| step(*id, None, end(*id, true))).collect();
    for (at, endpoint) in endpoints.iter().enumerate() {
        let each = StepId::ALL.iter().filter(|id| id.is_per_endpoint());
        steps.extend(each.map(|id| step(*id, Some(endpoint), end(*id, at == 0))));
    }
    steps
}

/// A live connection that is up since a while, for what happens meanwhile.
pub(super) fn with_live(mut report: Report) -> Report {
    if let Some(live) = report.endpoints[0].live.as_mut() {
        live.state = EndpointState::Connected;
        live.transport = Some(Transport::Websocket);
        live.since = report.started_at - SignedDuration::from_secs(60);
        live.waiting = 0;
    }
    report
}
