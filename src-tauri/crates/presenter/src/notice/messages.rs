//! Notices about messages that wait: a full or failing disk, a full or damaged buffer, messages given up. Each is told
//! once per episode. A pure state machine with the time passed in.

use std::{collections::BTreeMap, time::Duration};

use model::{EndpointId, ErrorCode, StatusSnapshot};

use super::{Notice, NoticeButton, NoticePolicy, Urgency};
use crate::words::{Words, args};

/// One such notice is alive at a time.
const KEY: &str = "messages";
/// What passes sooner is nobody's business.
const SETTLED: Duration = Duration::from_secs(3);
/// Away for so long it is over, and news when it comes again. A buffer that is nearly full goes over its bound and back
/// with every message.
const OVER: Duration = Duration::from_mins(10);
/// More of the same is not told more often than this.
const AGAIN: Duration = Duration::from_mins(30);
/// Lines of a notice about several.
const LINES: usize = 4;

/// What is wrong; the worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Damaged,
    Unavailable,
    DiskFull,
    Full,
    NotDelivered,
}

/// What a person knows of one trouble of one endpoint.
#[derive(Debug)]
struct Known {
    since: Duration,
    /// How many there are now.
    count: u64,
    /// How many were told.
    told: u64,
    told_at: Option<Duration>,
    /// Since when it is away.
    away: Option<Duration>,
}

/// What the person already knows.
#[derive(Debug)]
pub(crate) struct MessageTrack {
    enabled: bool,
    quiet_until: Duration,
    known: BTreeMap<(EndpointId, Trouble), Known>,
    wake: Option<Duration>,
}

impl MessageTrack {
    /// Nothing told yet.
    pub(crate) fn new(policy: &NoticePolicy) -> Self {
        Self { enabled: policy.enabled, quiet_until: policy.start_grace, known: BTreeMap::new(), wake: None }
    }

    /// Turns notices on or off. Turned on, it tells what is wrong by then.
    pub(crate) fn set_enabled(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    /// When to observe again even if no new snapshot arrives; as of the last [`MessageTrack::observe`].
    pub(crate) fn next_wake(&self) -> Option<Duration> {
        self.wake
    }

    /// Takes in a snapshot, or the same one again at a later time. `now` is the time since the start.
    pub(crate) fn observe(
        &mut self,
        snapshot: &StatusSnapshot,
        now: Duration,
        words: &Words,
    ) -> Option<Notice> {
        self.follow(snapshot, now);
        self.wake = None;
        if !self.enabled {
            return None;
        }
        let mut due = Vec::new();
        for (key, known) in &mut self.known {
            match known.due_at().map(|at| at.max(self.quiet_until)) {
                Some(at) if at <= now => {
                    (known.told, known.told_at) = (known.count, Some(now));
                    due.push((key.clone(), known.count));
                }
                later => self.wake = self.wake.into_iter().chain(later).min(),
            }
        }
        (!due.is_empty()).then(|| notice(&due, snapshot, words))
    }

    fn follow(&mut self, snapshot: &StatusSnapshot, now: Duration) {
        let found = troubles(snapshot);
        self.known.retain(|_, known| known.away.is_none_or(|away| now < away + OVER));
        for (key, count) in &found {
            let known = self.known.entry(key.clone()).or_insert_with(|| Known::new(now));
            (known.count, known.away) = (*count, None);
        }
        self.known.retain(|key, known| {
            if !found.contains_key(key) {
                (known.count, known.away) = (0, known.away.or(Some(now)));
            }
            known.away.is_none() || known.told_at.is_some()
        });
    }
}

impl Known {
    fn new(now: Duration) -> Self {
        Self { since: now, count: 0, told: 0, told_at: None, away: None }
    }

    fn due_at(&self) -> Option<Duration> {
        let again_at = self.told_at.map_or(Duration::ZERO, |told_at| told_at + AGAIN);
        (self.count > self.told).then(|| again_at.max(self.since + SETTLED))
    }
}

/// What is wrong now, and how many times over.
fn troubles(snapshot: &StatusSnapshot) -> BTreeMap<(EndpointId, Trouble), u64> {
    let mut found = BTreeMap::new();
    for problem in &snapshot.problems {
        if let (Some(trouble), Some(id)) = (Trouble::of(problem.code), &problem.endpoint) {
            *found.entry((id.clone(), trouble)).or_default() += 1;
        }
    }
    for endpoint in snapshot.endpoints.iter().filter(|endpoint| endpoint.outbox.dead > 0) {
        found.insert((endpoint.id.clone(), Trouble::NotDelivered), endpoint.outbox.dead);
    }
    found
}

impl Trouble {
    fn of(code: ErrorCode) -> Option<Self> {
        [Self::Damaged, Self::Unavailable, Self::DiskFull, Self::Full]
            .into_iter()
            .find(|trouble| trouble.code() == Some(code))
    }

    fn code(self) -> Option<ErrorCode> {
        match self {
            Self::Damaged => Some(ErrorCode::BufferDamaged),
            Self::Unavailable => Some(ErrorCode::BufferUnavailable),
            Self::DiskFull => Some(ErrorCode::DiskFull),
            Self::Full => Some(ErrorCode::BufferFull),
            Self::NotDelivered => None,
        }
    }

    fn title(self, name: String, count: u64, words: &Words) -> String {
        let key = match self {
            Self::Damaged => "notice-buffer-damaged",
            Self::Unavailable => "notice-buffer-unavailable",
            Self::DiskFull => "notice-disk-full",
            Self::Full => "notice-buffer-full",
            Self::NotDelivered => "notice-not-delivered",
        };
        words.tell(key, args! { "name" => name, "count" => count })
    }

    fn todo(self, words: &Words) -> Option<String> {
        match self.code() {
            Some(code) => words.todo(code),
            None => Some(words.say("notice-not-delivered-todo")),
        }
    }
}

/// `due` is never empty.
fn notice(due: &[((EndpointId, Trouble), u64)], snapshot: &StatusSnapshot, words: &Words) -> Notice {
    let name = |id: &EndpointId| {
        let endpoint = snapshot.endpoints.iter().find(|endpoint| endpoint.id == *id);
        words.name(endpoint.map_or(id.as_str(), |endpoint| &endpoint.name))
    };
    let title =
        |((id, trouble), count): &((EndpointId, Trouble), u64)| trouble.title(name(id), *count, words);
    let mut endpoints: Vec<&EndpointId> = due.iter().map(|((id, _), _)| id).collect();
    endpoints.dedup();
    let (head, body) = match due {
        [one] => (title(one), one.0.1.todo(words).unwrap_or_default()),
        several => {
            let head = words.tell("notice-messages-group", args! { "count" => endpoints.len() });
            let shown = if several.len() <= LINES { LINES } else { LINES - 1 };
            let rest = several.len().saturating_sub(shown);
            let rest = (rest > 0).then(|| words.tell("names-more", args! { "count" => rest }));
            let lines: Vec<_> = several.iter().take(shown).map(title).chain(rest).collect();
            (head, lines.join("\n"))
        }
    };
    let button = Some(NoticeButton::open(words));
    Notice { key: KEY.to_owned(), urgency: Urgency::Normal, title: head, body, button }
}

#[cfg(test)]
mod tests {
    use model::{EndpointState as S, Problem};

    use super::*;
    use crate::{Language, sample, words::complete::plain};

    /// Problems at a second: their code and endpoint; and dead letters of endpoint `a`.
    type Change<'a> = (u64, &'a [(ErrorCode, &'a str)], u64);

    fn play(language: Language, changes: &[Change<'_>]) -> Vec<(u64, Notice)> {
        let words = Words::new(language);
        let mut track = MessageTrack::new(&NoticePolicy::default());
        let mut snapshot = sample::of([("a", S::Connected), ("b", S::Connected)]);
        let mut told = Vec::new();
        let mut observe = |track: &mut MessageTrack, snapshot: &StatusSnapshot, at: Duration| {
            told.extend(track.observe(snapshot, at, &words).map(|notice| (at.as_secs(), notice)));
        };
        for (at, problems, dead) in changes.iter().copied().chain([(1_000_000, &[][..], 0)]) {
            let at = Duration::from_secs(at);
            let mut wakes = 0;
            while let Some(wake) = track.next_wake().filter(|wake| *wake < at) {
                observe(&mut track, &snapshot, wake);
                wakes += 1;
                assert!(wakes < 100, "the track asks again and again for {wake:?}");
            }
            let problem = |(code, id): &(ErrorCode, &str)| Problem {
                code: *code,
                message: String::new(),
                detail: String::new(),
                endpoint: Some(id.parse().unwrap()),
            };
            snapshot.problems = problems.iter().map(problem).collect();
            snapshot.endpoints[0].outbox.dead = dead;
            observe(&mut track, &snapshot, at);
        }
        told
    }

    fn titles(changes: &[Change<'_>]) -> Vec<(u64, String)> {
        play(Language::English, changes).into_iter().map(|(at, notice)| (at, notice.title)).collect()
    }

    fn told(list: &[(u64, &str)]) -> Vec<(u64, String)> {
        list.iter().map(|(at, title)| (*at, (*title).to_owned())).collect()
    }

    const FULL: &[(ErrorCode, &str)] = &[(ErrorCode::BufferFull, "a")];
    const DAMAGED: &[(ErrorCode, &str)] = &[(ErrorCode::BufferDamaged, "a")];
    const DAMAGED_TWICE: &[(ErrorCode, &str)] =
        &[(ErrorCode::BufferDamaged, "a"), (ErrorCode::BufferDamaged, "a")];

    #[test]
    fn an_overflow_is_told_once_with_what_to_do() {
        let notices = play(Language::English, &[(100, FULL, 0)]);
        let [(103, notice)] = &notices[..] else { panic!("{notices:?}") };
        assert_eq!(
            (notice.title.as_str(), notice.urgency),
            ("Too many messages wait for A", Urgency::Normal)
        );
        assert!(notice.body.starts_with("Wait until the server takes messages again"), "{}", notice.body);
        assert_eq!(notice.button.as_ref().map(|button| button.words.as_str()), Some("Open Linekeeper"));
    }

    #[test]
    fn a_buffer_at_its_bound_goes_over_and_back_within_one_episode() {
        let mut changes: Vec<Change<'_>> =
            (0..50).flat_map(|n| [(100 + n * 60, FULL, 0), (130 + n * 60, &[][..], 0)]).collect();
        changes.push((3_130 + OVER.as_secs() + 1, FULL, 0));
        let expected =
            told(&[(103, "Too many messages wait for A"), (3_734, "Too many messages wait for A")]);
        assert_eq!(titles(&changes), expected);
    }

    #[test]
    fn a_moment_and_the_start_are_silent() {
        assert_eq!(titles(&[(100, FULL, 0), (102, &[], 0)]), []);
        assert_eq!(titles(&[(1, DAMAGED, 0)]), told(&[(20, "Stored messages to A were damaged")]));
    }

    #[test]
    fn more_damage_is_news_though_not_at_once() {
        let expected = "Stored messages to A were damaged";
        let changes: [Change<'_>; 2] = [(100, DAMAGED, 0), (160, DAMAGED_TWICE, 0)];
        assert_eq!(titles(&changes), told(&[(103, expected), (103 + 1_800, expected)]));
    }

    #[test]
    fn messages_given_up_are_counted_and_fewer_of_them_are_no_news() {
        let changes: [Change<'_>; 4] = [(100, &[], 1), (200, &[], 3), (5_000, &[], 2), (5_100, &[], 0)];
        let expected = [
            (103, "1 message to A could not be delivered"),
            (1_903, "3 messages to A could not be delivered"),
        ];
        assert_eq!(titles(&changes), told(&expected));
    }

    #[test]
    fn several_are_one_notice_in_every_language() {
        let both: &[(ErrorCode, &str)] = &[(ErrorCode::DiskFull, "a"), (ErrorCode::DiskFull, "b")];
        for language in Language::ALL {
            let notices = play(language, &[(100, both, 0)]);
            let [(103, notice)] = &notices[..] else { panic!("{notices:?}") };
            assert_eq!(plain(&notice.body).lines().count(), 2, "{}", notice.body);
            assert!(plain(&notice.body).contains('B') && !notice.title.contains("notice-"), "{notice:?}");
        }
        let notices = play(Language::English, &[(100, both, 0)]);
        assert_eq!(notices[0].1.title, "Messages of 2 connections need attention");
    }

    #[test]
    fn switched_on_it_tells_what_is_wrong_by_then() {
        let words = Words::new(Language::English);
        let mut track = MessageTrack::new(&NoticePolicy { enabled: false, ..NoticePolicy::default() });
        let mut snapshot = sample::of([("a", S::Connected)]);
        snapshot.endpoints[0].outbox.dead = 2;
        assert_eq!(track.observe(&snapshot, Duration::from_secs(100), &words), None);
        assert_eq!(track.next_wake(), None);
        track.set_enabled(true);
        let notice = track.observe(&snapshot, Duration::from_secs(200), &words).unwrap();
        assert_eq!(notice.title, "2 messages to A could not be delivered");
    }
}
