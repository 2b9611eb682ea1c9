//! The sections of the HTML file.

use model::check::{Endpoint, Environment, Report, Severity, Step, Timing};
use serde_json::Value;

use super::markup::Markup;
use crate::report::{
    labels::args,
    rows::{Mark, rows},
    voice::Voice,
};

/// Characters shown of one value of a step.
const VALUE_CHARS: usize = 300;
/// Certificates shown.
const CHAIN_SHOWN: usize = 6;

/// Everything found beside the answer.
pub(super) fn findings(out: &mut Markup, report: &Report, voice: &Voice) {
    let others = voice.others(report);
    if others.is_empty() {
        return;
    }
    out.within("section", "", |out| {
        out.text("h2", "", &voice.labels.say("part-findings"));
        out.within("ul", "findings", |out| {
            for finding in others {
                let (sentence, remedy) = voice.words.finding(finding);
                let tone = match finding.severity {
                    Severity::Fail => "fail",
                    Severity::Warn => "warn",
                    Severity::Info => "skip",
                };
                out.within("li", tone, |out| {
                    out.text("strong", "", &sentence);
                    out.text("bdi", "code", finding.code.as_str());
                    if !remedy.is_empty() {
                        out.text("p", "", &remedy);
                    }
                });
            }
        });
    });
}

/// One endpoint: its parts, where the time went, what changed, and the rest folded away.
pub(super) fn endpoint(out: &mut Markup, report: &Report, endpoint: &Endpoint, voice: &Voice) {
    let labels = &voice.labels;
    out.within("section", "", |out| {
        // A name keeps its own direction, whatever the page's.
        out.text("h2", "", &format!("\u{2068}{}\u{2069}", endpoint.name));
        out.within("p", "url", |out| out.text("bdi", "", &endpoint.url));
        if let Some(live) = &endpoint.live {
            out.text("p", "live", &voice.live(live));
        }
        let rows = rows(report, endpoint, voice).into_iter();
        let rows =
            rows.map(|row| vec![("name", row.name), (row.mark.key(), row.mark.word(labels)), ("", row.note)]);
        out.within("div", "rows", |out| out.table(&[], rows));
        waterfall(out, &endpoint.timing_ms, voice);
        comparison(out, endpoint, voice);
        out.within("details", "", |out| {
            out.text("summary", "", &labels.say("part-details"));
            details(out, endpoint, voice);
        });
    });
}

/// Phases one after the other, as bars. Widths are shares of the whole.
fn waterfall(out: &mut Markup, timing: &Timing, voice: &Voice) {
    let phases = [
        ("dns", timing.dns),
        ("tcp", timing.tcp),
        ("proxy", timing.proxy),
        ("tls", timing.tls),
        ("upgrade", timing.upgrade),
    ];
    let phases: Vec<(&str, f64)> = phases
        .into_iter()
        .filter_map(|(name, ms)| Some((name, ms.filter(|ms| ms.is_finite() && *ms >= 0.0)?)))
        .collect();
    let sum: f64 = phases.iter().map(|(_, ms)| ms).sum();
    if phases.is_empty() || sum <= 0.0 {
        return;
    }
    let labels = &voice.labels;
    out.text("h3", "", &labels.say("part-timing"));
    out.open("div", "waterfall");
    let mut before = 0.0;
    for (name, ms) in phases {
        let (start, share) = (before / sum * 100.0, ms / sum * 100.0);
        out.text("span", "phase", &labels.say(&format!("phase-{name}")));
        out.raw("<span class=\"track\">");
        out.raw(&format!(
            "<span class=\"bar {name}\" style=\"margin-inline-start:{start:.2}%;width:{share:.2}%\"></span></span>\n"
        ));
        out.text("span", "took", &labels.time(ms));
        before += ms;
    }
    out.text("span", "phase sum", &labels.say("phase-total"));
    out.raw("<span></span>");
    out.text("span", "took sum", &labels.time(timing.total.unwrap_or(sum)));
    out.close("div");
}

fn comparison(out: &mut Markup, endpoint: &Endpoint, voice: &Voice) {
    let Some(comparison) = &endpoint.versus_last_good else { return };
    let labels = &voice.labels;
    out.text("h3", "", &voice.since(comparison));
    if comparison.changes.is_empty() {
        return;
    }
    let titles = ["column-what", "changed-before", "changed-now"].map(|key| labels.say(key));
    let rows = comparison.changes.iter().map(|change| {
        let mark = Mark::of(change.status).map_or("", Mark::key);
        vec![
            ("name", voice.change(change)),
            ("", voice.value(&change.before)),
            (mark, voice.value(&change.now)),
        ]
    });
    out.table(&titles, rows);
}

fn details(out: &mut Markup, endpoint: &Endpoint, voice: &Voice) {
    let labels = &voice.labels;
    let title = |key: &str| labels.say(key);
    let time = |ms: Option<f64>| ms.map(|ms| labels.time(ms)).unwrap_or_default();
    if !endpoint.addresses.is_empty() {
        out.text("h3", "", &title("part-addresses"));
        let rows = endpoint.addresses.iter().map(|address| {
            let mark = if address.result == "connected" { "ok" } else { "fail" };
            vec![
                ("mono", address.ip.clone()),
                (mark, labels.word("address", &address.result)),
                ("number", time(address.ms)),
            ]
        });
        out.table(&["column-address", "column-result", "column-took"].map(title), rows);
    }
    if !endpoint.name_servers.is_empty() {
        out.text("h3", "", &title("part-name-servers"));
        let rows = endpoint.name_servers.iter().map(|server| {
            vec![
                ("mono", server.server.clone()),
                ("", labels.word("answer", &server.a)),
                ("", labels.word("answer", &server.aaaa)),
                ("number", time(server.ms)),
            ]
        });
        let titles = [title("column-server"), "IPv4".to_owned(), "IPv6".to_owned(), title("column-took")];
        out.table(&titles, rows);
    }
    if let Some(tls) = endpoint.tls.as_ref().filter(|tls| !tls.chain.is_empty()) {
        out.text("h3", "", &title("part-certificates"));
        let rows = tls.chain.iter().take(CHAIN_SHOWN).map(|certificate| {
            let day = |at: &jiff::Timestamp| at.strftime("%Y-%m-%d").to_string();
            let names = if certificate.names.is_empty() {
                certificate.subject.clone()
            } else {
                certificate.names.join(", ")
            };
            let valid = format!("{} – {}", day(&certificate.not_before), day(&certificate.not_after));
            vec![("", names), ("", certificate.issuer.clone()), ("mono", valid)]
        });
        out.table(&["column-subject", "column-issuer", "column-valid"].map(title), rows);
        let facts = [tls.version.clone(), tls.cipher.clone()];
        out.text("p", "mono", &facts.into_iter().flatten().collect::<Vec<_>>().join(" · "));
    }
    if let Some(http) = &endpoint.http {
        let status = Some(http.status.to_string());
        let parts =
            [status, http.server.clone(), http.via.clone(), http.request_id.clone(), http.title.clone()];
        out.text("h3", "", "HTTP");
        out.text("p", "mono", &parts.into_iter().flatten().collect::<Vec<_>>().join(" · "));
    }
}

/// This computer and its network.
pub(super) fn computer(out: &mut Markup, environment: &Environment, voice: &Voice) {
    let labels = &voice.labels;
    let interfaces = environment.interfaces.iter().map(|interface| {
        if interface.addresses.is_empty() {
            interface.name.clone()
        } else {
            format!("{} ({})", interface.name, interface.addresses.join(", "))
        }
    });
    let proxy = environment.proxy.as_ref().map(|proxy| {
        let named = proxy.url.clone().or_else(|| proxy.pac.clone()).unwrap_or_default();
        format!("{named} ({})", labels.source(&proxy.source))
    });
    let rows = [
        ("computer-interfaces", interfaces.collect::<Vec<_>>().join(", ")),
        ("computer-gateways", environment.gateways.join(", ")),
        ("computer-resolvers", environment.resolvers.join(", ")),
        ("computer-proxy", proxy.unwrap_or_default()),
        ("computer-clock", environment.clock_skew_ms.map(|ms| labels.signed_time(ms)).unwrap_or_default()),
        ("computer-vpn", environment.vpn.join(", ")),
        ("computer-free", environment.free_bytes.map(|bytes| labels.size(bytes)).unwrap_or_default()),
    ];
    if rows.iter().all(|(_, value)| value.is_empty()) {
        return;
    }
    out.within("section", "", |out| {
        out.text("h2", "", &labels.say("part-computer"));
        out.within("dl", "facts", |out| {
            for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
                out.pair(&labels.say(name), value);
            }
        });
    });
}

/// Every step, folded away.
pub(super) fn steps(out: &mut Markup, report: &Report, voice: &Voice) {
    let labels = &voice.labels;
    let titles = ["column-step", "column-for", "column-result", "column-took", "column-said"]
        .map(|key| labels.say(key));
    let rows = report.steps.iter().map(|step| {
        let mark = Mark::of(step.status);
        let word = mark.map_or_else(|| "–".to_owned(), |mark| mark.word(labels));
        let took = if step.ms > 0.0 { labels.time(step.ms) } else { String::new() };
        vec![
            ("", format!("{} {}", step.id, voice.words.step(step.id))),
            ("mono", step.endpoint.as_ref().map(ToString::to_string).unwrap_or_default()),
            (mark.map_or("skip", Mark::key), word),
            ("number", took),
            ("said", said(step, voice)),
        ]
    });
    out.within("section", "", |out| {
        out.within("details", "", |out| {
            out.text("summary", "h2", &labels.say("part-steps"));
            out.table(&titles, rows);
        });
    });
}

fn said(step: &Step, voice: &Voice) -> String {
    let tries =
        (step.attempts > 1).then(|| voice.labels.tell("attempts", args! { "count" => step.attempts }));
    let detail = step.detail.iter().map(|(name, value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                value.to_string()
            }
        };
        format!("{name}: {}", dial::one_line(&value, VALUE_CHARS))
    });
    let parts = voice.words.reason(step).into_iter().chain(tries).chain(detail).chain(step.error_raw.clone());
    parts.collect::<Vec<_>>().join(" · ")
}
