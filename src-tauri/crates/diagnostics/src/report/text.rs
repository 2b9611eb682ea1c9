//! The report as text: what goes to the clipboard, a ticket or a terminal. The verdict first; raw errors stay in the JSON.

use jiff::tz::TimeZone;
use model::{
    Language,
    check::{Endpoint, Report},
};

use super::{
    labels::args,
    rows::{Mark, rows},
    voice::Voice,
};

/// No text is longer.
const LINES: usize = 25;
/// Findings shown beside the primary one.
const OTHERS_SHOWN: usize = 3;
/// Endpoints shown in one line beside the one the verdict is about.
const ENDPOINTS_SHOWN: usize = 4;
/// Where the reference stands, in columns.
const REFERENCE_AT: usize = 58;

/// The report in at most 25 lines, without colour.
pub fn text(report: &Report, language: Language) -> String {
    text_in(report, language, &TimeZone::system())
}

pub(super) fn text_in(report: &Report, language: Language, zone: &TimeZone) -> String {
    let voice = Voice::new(language);
    let labels = &voice.labels;
    let mut lines = head(report, &voice);
    let about = voice.about(report);
    if let Some(about) = about {
        lines.push(String::new());
        if report.endpoints.len() > 1 {
            lines.push(about.name.clone());
        }
        lines.extend(parts(report, about, &voice));
        if let Some(comparison) = &about.versus_last_good {
            let changes = labels.list(comparison.changes.iter().map(|change| voice.change(change)));
            lines.push(if changes.is_empty() {
                format!(" {}", voice.since(comparison))
            } else {
                let said = args! { "name" => voice.since(comparison), "value" => changes };
                format!(" {}", labels.tell("report-colon", said))
            });
        }
    }
    let others: Vec<&Endpoint> = report
        .endpoints
        .iter()
        .filter(|endpoint| !about.is_some_and(|about| std::ptr::eq(about, *endpoint)))
        .collect();
    for endpoint in others.iter().take(ENDPOINTS_SHOWN) {
        let worst =
            rows(report, endpoint, labels).into_iter().map(|row| row.mark).max().unwrap_or(Mark::Skip);
        let said = args! { "name" => endpoint.name.as_str(), "value" => worst.word(labels) };
        lines.push(labels.tell("report-colon", said));
    }
    if others.len() > ENDPOINTS_SHOWN {
        lines.push(labels.tell("report-and-more", args! { "count" => others.len() - ENDPOINTS_SHOWN }));
    }
    lines.truncate(LINES - 1);
    lines.push(voice.footer(report, zone).join(" · "));
    // One line is one line, whatever stood in a name or in a server's words.
    lines.iter().map(|line| clean(line) + "\n").collect()
}

fn head(report: &Report, voice: &Voice) -> Vec<String> {
    let labels = &voice.labels;
    let headline = voice.headline(report.verdict.class);
    let gap = REFERENCE_AT.saturating_sub(headline.chars().count()).max(2);
    let code = report.verdict.primary.map(|code| format!(" · {code}")).unwrap_or_default();
    let (line, action) = voice.answer(report);
    let colon = |key, value: String| {
        labels.tell("report-colon", args! { "name" => labels.say(key), "value" => value })
    };
    let mut lines = vec![format!("{headline}{}ref {}{code}", " ".repeat(gap), report.reference), line];
    lines.extend(voice.who(report).map(|who| colon("report-who", who)));
    lines.extend(action.map(|action| colon("report-do", action)));
    let live = voice.about(report).and_then(|endpoint| endpoint.live.as_ref());
    lines.extend(live.map(|live| colon("report-meanwhile", voice.live(live))));
    let others = voice.others(report);
    for finding in others.iter().take(OTHERS_SHOWN) {
        let (sentence, _) = voice.words.finding(finding);
        lines.push(colon("report-also", format!("{sentence} ({})", finding.code)));
    }
    if others.len() > OTHERS_SHOWN {
        lines.push(labels.tell("report-and-more", args! { "count" => others.len() - OTHERS_SHOWN }));
    }
    lines
}

fn parts(report: &Report, endpoint: &Endpoint, voice: &Voice) -> Vec<String> {
    let rows = rows(report, endpoint, &voice.labels);
    let words: Vec<String> = rows.iter().map(|row| row.mark.word(&voice.labels)).collect();
    let longest =
        |texts: &mut dyn Iterator<Item = &String>| texts.map(|text| text.chars().count()).max().unwrap_or(0);
    let (name, word) = (longest(&mut rows.iter().map(|row| &row.name)), longest(&mut words.iter()));
    let line = |(row, mark): (&super::rows::Row, &String)| {
        format!(" {:name$} {:word$} {}", row.name, mark, row.note).trim_end().to_owned()
    };
    rows.iter().zip(&words).map(line).collect()
}

/// Keeps the spaces of the layout; everything else as [`dial::one_line`] has it. Nothing in it is HTML or code to whoever
/// pastes it into a ticket.
pub(super) fn clean(line: &str) -> String {
    let harmless = |c: char| match c {
        '<' => '‹',
        '>' => '›',
        '`' => '\u{2019}',
        c if c.is_whitespace() => ' ',
        c => c,
    };
    let kept: String =
        line.chars().map(harmless).filter(|c| *c == ' ' || is_ours(*c) || is_visible(*c)).collect();
    kept.trim_end().to_owned()
}

fn is_visible(c: char) -> bool {
    !dial::one_line(c.encode_utf8(&mut [0; 4]), 1).is_empty()
}

/// Marks around names and before lines of names in Persian, and what joins or parts the letters of a word.
pub(super) fn is_ours(c: char) -> bool {
    matches!(c, '\u{2068}' | '\u{2069}' | '\u{200C}' | '\u{200D}' | '\u{200F}')
}
