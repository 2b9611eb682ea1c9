//! The report as one HTML file: no script, nothing loaded from anywhere, light and dark, for screen and paper. Whatever
//! came from outside is escaped and stands on one line.

mod markup;
mod sections;

use jiff::tz::TimeZone;
use model::{
    Language,
    check::{Report, VerdictClass},
};

use self::markup::{Markup, escaped};
use super::{it, labels::args, voice::Voice};

const STYLE: &str = include_str!("style.css");

/// The whole file.
pub fn html(report: &Report, language: Language) -> String {
    html_in(report, language, &TimeZone::system())
}

pub(super) fn html_in(report: &Report, language: Language, zone: &TimeZone) -> String {
    let voice = Voice::new(language);
    let labels = &voice.labels;
    let title = labels.tell("report-title", args! { "ref" => report.reference.as_str() });
    let direction = if language.is_right_to_left() { "rtl" } else { "ltr" };
    let mut out = Markup::new();
    out.raw(&format!(
        "<!doctype html>\n<html lang=\"{}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        language.tag(),
        escaped(&title),
    ));
    head(&mut out, report, &voice);
    sections::findings(&mut out, report, &voice);
    for endpoint in &report.endpoints {
        sections::endpoint(&mut out, report, endpoint, &voice);
    }
    sections::computer(&mut out, &report.environment, &voice);
    if let Some(lines) = it::lines(report, &voice, zone) {
        out.within("section", "", |out| {
            out.text("h2", "", &labels.say("part-it"));
            out.open("pre", "it");
            for line in lines {
                out.raw(&escaped(&line));
                out.raw("\n");
            }
            out.close("pre");
        });
    }
    sections::steps(&mut out, report, &voice);
    out.within("footer", "", |out| {
        out.text("p", "", &voice.footer(report, zone).join(" · "));
        let removed: u32 = report.redaction.counts.values().sum();
        if report.redaction.clean {
            out.text("p", "", &labels.tell("footer-redacted", args! { "count" => removed }));
        }
    });
    out.raw("</main>\n</body>\n</html>\n");
    out.finish()
}

fn head(out: &mut Markup, report: &Report, voice: &Voice) {
    let labels = &voice.labels;
    let (line, action) = voice.answer(report);
    let tone = match report.verdict.class {
        VerdictClass::Ok => "good",
        VerdictClass::Degraded => "notice",
        VerdictClass::Incomplete => "idle",
        VerdictClass::ThisComputer
        | VerdictClass::LocalNetwork
        | VerdictClass::Proxy
        | VerdictClass::Dns
        | VerdictClass::Tls
        | VerdictClass::Server
        | VerdictClass::Credentials
        | VerdictClass::Configuration => "trouble",
    };
    out.within("header", tone, |out| {
        out.open("p", "headline");
        out.raw(markup::glyph(tone));
        out.text("span", "", &voice.headline(report.verdict.class));
        let code = report.verdict.primary.map(|code| format!(" · {code}")).unwrap_or_default();
        out.text("bdi", "ref", &format!("ref {}{code}", report.reference));
        out.close("p");
        out.text("h1", "", &line);
        out.open("dl", "answer");
        if let Some(who) = voice.who(report) {
            out.pair(&labels.say("report-who"), &who);
        }
        if let Some(action) = action {
            out.pair(&labels.say("report-do"), &action);
        }
        for said in voice.meanwhile(report) {
            out.pair(&labels.say("report-meanwhile"), &said);
        }
        out.close("dl");
    });
}
