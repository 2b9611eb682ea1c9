//! Invented headlines and sources. Nobody and nothing in them exists; hosts end in `.example` (RFC 2606).

use serde::Serialize;

/// How a story reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tone {
    Positive,
    Neutral,
    Negative,
}

use Tone::{Negative, Neutral, Positive};

/// One story before it is published.
#[derive(Debug)]
pub(super) struct Headline {
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) tone: Tone,
}

const fn story(tone: Tone, title: &'static str, description: &'static str) -> Headline {
    Headline { title, description, tone }
}

/// Who publishes, and at which host.
pub(super) const SOURCES: [(&str, &str); 6] = [
    ("Harbor Wire", "harborwire.example"),
    ("Ledger Post", "ledgerpost.example"),
    ("The Quiet Market", "quietmarket.example"),
    ("Node Review", "nodereview.example"),
    ("Open Desk", "opendesk.example"),
    ("Tideline", "tideline.example"),
];

/// All stories.
#[rustfmt::skip]
pub(super) static HEADLINES: [Headline; 32] = [
    story(Neutral, "Bitcoin trades in a narrow range for a third day", "Turnover stays close to its monthly average while traders wait for figures due on Thursday."),
    story(Positive, "Bitcoin network finishes upgrade without a pause", "Operators report that nodes moved to the new release over the weekend with no blocks missed."),
    story(Negative, "Bitcoin transfers slow down as fees climb", "A backlog of small payments pushed the typical wait to more than an hour."),
    story(Positive, "Ethereum test network reaches finality faster", "Engineers measured a third less time between proposal and finality in the latest trial."),
    story(Neutral, "Ethereum developers move meeting to Tuesday", "The fortnightly call now begins two hours earlier so that more regions can take part."),
    story(Negative, "Ethereum client fault delays some validators", "A memory leak in one client made a small share of validators miss their turns; a fix is out."),
    story(Positive, "Solana explorer adds plain-language receipts", "Every transfer now comes with a sentence that says what happened and what it cost."),
    story(Negative, "Solana gateway offline for forty minutes", "An expired certificate kept wallets of one provider from connecting during the morning."),
    story(Neutral, "Exchange Northquay lists two new pairs", "Trading opens on Monday; deposits are possible from Friday."),
    story(Positive, "Northquay publishes its first reserve report", "An outside auditor confirms that customer balances are covered in full."),
    story(Negative, "Northquay halts withdrawals for maintenance", "The exchange says that the work takes six hours longer than planned."),
    story(Neutral, "Central bank of Valmora keeps its rate", "The decision was expected by all analysts asked in advance."),
    story(Positive, "Valmora approves rules for digital payments", "Small merchants may accept them from spring without a separate licence."),
    story(Negative, "Valmora warns of copied payment pages", "The regulator lists eleven sites that imitate well-known wallets."),
    story(Neutral, "Research group counts active wallets anew", "The revised method leaves out addresses that only receive dust."),
    story(Positive, "Open data project reaches one thousand sources", "Volunteers keep the catalogue of market feeds free and machine readable."),
    story(Negative, "Data outage leaves dashboards blank for an hour", "A full disk at one aggregator stopped updates to several hundred sites."),
    story(Neutral, "Cardano foundation names a new archive team", "Five people take over the care of documents going back eight years."),
    story(Positive, "Cardano wallet passes accessibility review", "Testers completed every payment with a screen reader and a keyboard alone."),
    story(Negative, "Dogecoin tip service closes after six years", "Users have until the end of the month to move what they hold there."),
    story(Neutral, "Dogecoin chart turns flat after a busy week", "Daily turnover fell back to the level of early spring."),
    story(Positive, "Polkadot bridge halves its confirmation time", "The change came with last night's runtime and needs nothing from users."),
    story(Negative, "Polkadot bridge paused after a failed check", "No funds moved; the team expects to resume once a second review is done."),
    story(Neutral, "Avalanche community votes on a smaller council", "The vote closes in ten days and needs a simple majority."),
    story(Positive, "Chainlink feeds now cover river levels", "Insurers in two countries use the figures for harvest contracts."),
    story(Neutral, "Conference in Port Sable opens its call for talks", "Subjects include reliable delivery, slow networks and plain error messages."),
    story(Negative, "Storm cuts one of two cables to Port Sable", "Traffic takes a longer way round; operators speak of added latency, not of loss."),
    story(Positive, "Cable to Port Sable repaired ahead of time", "Round trips are back to what they were before the storm."),
    story(Neutral, "Study compares retry habits of trading clients", "Clients that wait at random come back sooner as a group than those that do not."),
    story(Positive, "Support desk cuts calls with one-click checks", "Staff say that a clear verdict saves most of the guessing about whose fault a dead line is."),
    story(Negative, "Clock error makes brokers reject valid orders", "A time server ran nine seconds ahead until noon."),
    story(Neutral, "Stablecoin Plumb moves its reports to quarterly", "The monthly summary remains, without an auditor's note."),
];
