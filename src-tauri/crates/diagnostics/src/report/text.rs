//! The report as text: what goes to the clipboard, a ticket or a terminal. The verdict first; raw errors stay in the JSON.

use jiff::tz::TimeZone;
use model::{
    Language,
    check::{Endpoint, Report, VerdictClass},
};

use super::{
    labels::args,
    rows::{Mark, Row, rows},
    voice::{Voice, is_of_backup},
};

/// No text is longer.
const LINES: usize = 25;
/// Findings shown beside the primary one.
const OTHERS_SHOWN: usize = 3;
/// Endpoints shown in one line beside the one the verdict is about.
const ENDPOINTS_SHOWN: usize = 4;
/// Where the reference stands, in columns.
const REFERENCE_AT: usize = 58;

/// What a piece of text means, for those who colour it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing in particular.
    Plain,
    /// Works.
    Good,
    /// Works, but not as it should.
    Notice,
    /// Does not work.
    Trouble,
    /// Beside the point.
    Quiet,
}

/// One line: pieces and what they mean, one after the other.
pub type Line = Vec<(Tone, String)>;

/// The report in at most 25 lines, without colour.
pub fn text(report: &Report, language: Language) -> String {
    text_in(report, language, &TimeZone::system())
}

/// The same lines for those who colour them.
pub fn lines(report: &Report, language: Language) -> Vec<Line> {
    lines_in(report, language, &TimeZone::system())
}

pub(super) fn text_in(report: &Report, language: Language, zone: &TimeZone) -> String {
    let whole = |line: Line| {
        let line: String = line.into_iter().map(|(_, piece)| piece).collect();
        line.trim_end().to_owned() + "\n"
    };
    lines_in(report, language, zone).into_iter().map(whole).collect()
}

fn plain(text: String) -> Line {
    vec![(Tone::Plain, text)]
}

fn lines_in(report: &Report, language: Language, zone: &TimeZone) -> Vec<Line> {
    let voice = Voice::new(language);
    let labels = &voice.labels;
    let mut lines = head(report, &voice);
    let about = voice.about(report);
    if let Some(about) = about {
        lines.push(Line::new());
        if report.endpoints.len() > 1 {
            lines.push(plain(about.name.clone()));
        }
        lines.extend(parts(report, about, &voice));
        if let Some(comparison) = &about.versus_last_good {
            let changes = labels.list(comparison.changes.iter().map(|change| voice.change(change)));
            lines.push(plain(if changes.is_empty() {
                format!(" {}", voice.since(comparison))
            } else {
                let said = args! { "name" => voice.since(comparison), "value" => changes };
                format!(" {}", labels.tell("report-colon", said))
            }));
        }
    }
    let others: Vec<&Endpoint> = report
        .endpoints
        .iter()
        .filter(|endpoint| !about.is_some_and(|about| std::ptr::eq(about, *endpoint)))
        .collect();
    for endpoint in others.iter().take(ENDPOINTS_SHOWN) {
        let worst =
            rows(report, endpoint, &voice).into_iter().map(|row| row.mark).max().unwrap_or(Mark::Skip);
        let said = args! { "name" => endpoint.name.as_str(), "value" => worst.word(labels) };
        lines.push(plain(labels.tell("report-colon", said)));
    }
    if others.len() > ENDPOINTS_SHOWN {
        let rest = others.len() - ENDPOINTS_SHOWN;
        lines.push(plain(labels.tell("report-and-more", args! { "count" => rest })));
    }
    lines.truncate(LINES - 1);
    lines.push(vec![(Tone::Quiet, voice.footer(report, zone).join(" · "))]);
    // One line is one line, whatever stood in a name or in a server's words.
    lines
        .into_iter()
        .map(|line| line.into_iter().map(|(tone, piece)| (tone, clean(&piece))).collect())
        .collect()
}

fn head(report: &Report, voice: &Voice) -> Vec<Line> {
    let labels = &voice.labels;
    let class = report.verdict.class;
    let headline = voice.headline(class);
    let gap = REFERENCE_AT.saturating_sub(headline.chars().count()).max(2);
    let code = report.verdict.primary.map(|code| format!(" · {code}")).unwrap_or_default();
    let (line, action) = voice.answer(report);
    let colon = |key: &str, value: String| {
        plain(labels.tell("report-colon", args! { "name" => labels.say(key), "value" => value }))
    };
    let reference = format!("{}ref {}{code}", " ".repeat(gap), report.reference);
    let mut lines = vec![vec![(tone(class), headline), (Tone::Plain, reference)], plain(line)];
    lines.extend(voice.who(report).map(|who| colon("report-who", who)));
    lines.extend(action.map(|action| colon("report-do", action)));
    let meanwhile = voice.meanwhile(report);
    lines.extend(meanwhile.into_iter().map(|said| colon("report-meanwhile", said)));
    let mut others = voice.others(report);
    // Said above, for the endpoint the report is about.
    let about = voice.about(report).map(|endpoint| &endpoint.id);
    others.retain(|finding| !is_of_backup(finding) || finding.endpoint.as_ref() != about);
    for finding in others.iter().take(OTHERS_SHOWN) {
        let (sentence, _) = voice.words.finding(finding);
        lines.push(colon("report-also", format!("{sentence} ({})", finding.code)));
    }
    if others.len() > OTHERS_SHOWN {
        let rest = others.len() - OTHERS_SHOWN;
        lines.push(plain(labels.tell("report-and-more", args! { "count" => rest })));
    }
    lines
}

fn tone(class: VerdictClass) -> Tone {
    match class {
        VerdictClass::Ok => Tone::Good,
        VerdictClass::Degraded | VerdictClass::Incomplete => Tone::Notice,
        VerdictClass::ThisComputer
        | VerdictClass::LocalNetwork
        | VerdictClass::Proxy
        | VerdictClass::Dns
        | VerdictClass::Tls
        | VerdictClass::Server
        | VerdictClass::Credentials
        | VerdictClass::Configuration => Tone::Trouble,
    }
}

fn parts(report: &Report, endpoint: &Endpoint, voice: &Voice) -> Vec<Line> {
    let rows = rows(report, endpoint, voice);
    let words: Vec<String> = rows.iter().map(|row| row.mark.word(&voice.labels)).collect();
    let longest = |lengths: Vec<usize>| lengths.into_iter().max().unwrap_or(0);
    let name = longest(rows.iter().map(|row| row.name.chars().count()).collect());
    let word = longest(words.iter().map(|word| word.chars().count()).collect());
    let line = |(row, said): (&Row, &String)| {
        let tone = match row.mark {
            Mark::Ok => Tone::Good,
            Mark::Warn => Tone::Notice,
            Mark::Fail | Mark::Error => Tone::Trouble,
            Mark::Skip | Mark::Cut => Tone::Quiet,
        };
        vec![
            (Tone::Plain, format!(" {:name$} ", row.name)),
            (tone, said.clone()),
            (Tone::Plain, format!("{} {}", " ".repeat(word - said.chars().count()), row.note)),
        ]
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
    line.chars().map(harmless).filter(|c| *c == ' ' || is_ours(*c) || is_visible(*c)).collect()
}

fn is_visible(c: char) -> bool {
    !dial::one_line(c.encode_utf8(&mut [0; 4]), 1).is_empty()
}

/// Marks around names and before lines of names in Persian, and what joins or parts the letters of a word.
pub(super) fn is_ours(c: char) -> bool {
    matches!(c, '\u{2068}' | '\u{2069}' | '\u{200C}' | '\u{200D}' | '\u{200F}')
}
