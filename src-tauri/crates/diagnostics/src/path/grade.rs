//! How a step is graded: the thresholds of the specification, which also stand in the step's detail. Pure.

use model::check::StepStatus;

use crate::{
    StepEnd,
    facts::{AddressEnd, AddressFacts, HttpEnd, QualityFacts},
    findings::{
        Figures, is_local_name,
        quality::{DELAYED_SHARE, JITTER_MS, REPEATED},
    },
};

/// A lookup that takes longer is slow, milliseconds.
pub(super) const SLOW_LOOKUP_MS: f64 = 200.0;
/// The same of TCP.
pub(super) const SLOW_TCP_MS: f64 = 300.0;
/// The same of a proxy.
pub(super) const SLOW_PROXY_MS: f64 = 500.0;
/// The same of TLS.
pub(super) const SLOW_TLS_MS: f64 = 800.0;
/// The same of the first byte of a page.
pub(super) const SLOW_PAGE_MS: f64 = 1_000.0;
/// Median response time that is slow for a step, milliseconds; a finding needs more.
const SLOW_MEDIAN_MS: f64 = 150.0;

/// Pass, or warn where it took longer than `slow`; both stand in the detail.
pub(super) fn timed(ms: f64, slow: f64) -> StepEnd {
    let status = if ms > slow { StepStatus::Warn } else { StepStatus::Pass };
    StepEnd::new(status).with("took_ms", rounded(ms)).with("slow_above_ms", slow)
}

/// Milliseconds with two digits after the point: more says nothing.
pub(super) fn rounded(ms: f64) -> f64 {
    (ms * 100.0).round() / 100.0
}

/// All addresses together. `race_ms` is what live traffic waited.
pub(super) fn addresses(all: &[AddressFacts], race_ms: f64, host: &str) -> StepEnd {
    let open = |one: &AddressFacts| one.end == AddressEnd::Connected;
    let works = |v6: bool| all.iter().any(|one| one.address.is_ipv6() == v6 && open(one));
    let dead = all.iter().filter(|one| {
        let other_family = works(!one.address.is_ipv6()) && !works(one.address.is_ipv6());
        // A network without IPv6 says so at once, and nobody misses it. The name localhost means both families, and
        // servers for this computer alone often listen at one. `findings` excuses the same.
        let excused = match one.end {
            AddressEnd::Unreachable(_) => other_family,
            AddressEnd::Refused => other_family && is_local_name(host),
            AddressEnd::Connected
            | AddressEnd::Reset
            | AddressEnd::TimedOut
            | AddressEnd::Denied(_)
            | AddressEnd::OutOfResources(_)
            | AddressEnd::Failed(_) => false,
        };
        !open(one) && !excused
    });
    let dead = dead.count();
    let mut end = timed(race_ms, SLOW_TCP_MS).with("addresses", all.len()).with("dead", dead);
    if !all.iter().any(open) {
        end.status = StepStatus::Fail;
    } else if dead > 0 {
        end.status = StepStatus::Warn;
    }
    end
}

/// An ordinary web request. What its status means for the WebSocket is judged there: here it matters that a server of the
/// expected kind answers.
pub(super) fn page(end: &HttpEnd, first_byte_ms: Option<f64>) -> StepEnd {
    let HttpEnd::Answer(page) = end else { return StepEnd::new(StepStatus::Fail) };
    let mut graded = timed(first_byte_ms.unwrap_or_default(), SLOW_PAGE_MS).with("http_status", page.status);
    graded.status = match page.status {
        _ if page.filter_mark.is_some() => StepStatus::Fail,
        // 501 is a right answer to a plain GET where only upgrades are implemented.
        501 => graded.status,
        500..=599 => StepStatus::Fail,
        300..=399 | 429 => StepStatus::Warn,
        _ => graded.status,
    };
    graded
}

/// Response times.
pub(super) fn quality(facts: &QualityFacts) -> StepEnd {
    let Some(figures) = Figures::of(&facts.samples) else {
        return StepEnd::new(StepStatus::Fail).with("samples", 0);
    };
    let poor = figures.median > SLOW_MEDIAN_MS
        || figures.jitter > JITTER_MS
        || figures.delayed_share() >= DELAYED_SHARE
        || facts.unanswered > 0
        || facts.retransmits.is_some_and(|count| count >= REPEATED);
    let mut end = StepEnd::new(if poor { StepStatus::Warn } else { StepStatus::Pass })
        .with("samples", figures.samples)
        .with("median_ms", rounded(figures.median))
        .with("jitter_ms", rounded(figures.jitter))
        .with("jitter_is", "mean difference of successive samples")
        .with("delayed", figures.delayed)
        .with("unanswered", facts.unanswered)
        .with("slow_above_ms", SLOW_MEDIAN_MS)
        .with("jitter_above_ms", JITTER_MS)
        .with("delayed_share_from", DELAYED_SHARE)
        .with("retransmits_from", REPEATED);
    if let Some(count) = facts.retransmits {
        end = end.with("retransmits", count);
    }
    if let Some(srtt) = facts.kernel_srtt_ms {
        end = end.with("kernel_srtt_ms", rounded(srtt));
    }
    end
}

/// How many took far longer than the others: what a lost packet looks like from above.
pub(super) fn delayed(samples: &[f64]) -> usize {
    Figures::of(samples).map_or(0, |figures| figures.delayed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::facts::PageFacts;

    fn at(address: &str, end: AddressEnd) -> AddressFacts {
        AddressFacts { address: address.parse().unwrap(), end, ms: 1.0 }
    }

    #[test]
    fn one_dead_address_is_worth_a_warning_and_a_family_this_network_lacks_is_not() {
        use AddressEnd as End;
        let open = || at("192.0.2.1", End::Connected);
        let none = || End::Unreachable("no route".into());
        for (others, host, expected) in [
            (vec![], "h", StepStatus::Pass),
            (vec![at("192.0.2.2", End::Refused)], "h", StepStatus::Warn),
            (vec![at("2001:db8::1", End::TimedOut)], "h", StepStatus::Warn),
            (vec![at("2001:db8::1", none())], "h", StepStatus::Pass),
            (vec![at("192.0.2.2", none())], "h", StepStatus::Warn),
            (vec![at("::1", End::Refused)], "localhost", StepStatus::Pass),
            (vec![at("::1", End::Refused)], "h", StepStatus::Warn),
        ] {
            let all: Vec<_> = [open()].into_iter().chain(others).collect();
            assert_eq!(addresses(&all, 20.0, host).status, expected, "{all:?} {host}");
        }
        assert_eq!(addresses(&[at("192.0.2.1", End::Refused)], 1.0, "h").status, StepStatus::Fail);
        assert_eq!(addresses(&[open()], 301.0, "h").status, StepStatus::Warn);
    }

    #[test]
    fn a_page_is_graded_by_who_answers_and_not_by_what_it_says_about_upgrades() {
        let graded = |status, mark: Option<&str>| {
            let facts = PageFacts { status, filter_mark: mark.map(str::to_owned), ..PageFacts::default() };
            page(&HttpEnd::Answer(Box::new(facts)), Some(5.0)).status
        };
        for status in [200, 204, 400, 401, 403, 404, 405, 426, 501] {
            assert_eq!(graded(status, None), StepStatus::Pass, "{status}");
        }
        assert_eq!([302, 429].map(|status| graded(status, None)), [StepStatus::Warn; 2]);
        assert_eq!([500, 502, 503, 504].map(|status| graded(status, None)), [StepStatus::Fail; 4]);
        assert_eq!(graded(403, Some("a filter")), StepStatus::Fail);
        let late = HttpEnd::Answer(Box::new(PageFacts { status: 200, ..PageFacts::default() }));
        assert_eq!(page(&late, Some(1_001.0)).status, StepStatus::Warn);
        assert_eq!(page(&HttpEnd::TimedOut { received: 0 }, None).status, StepStatus::Fail);
    }

    #[test]
    fn loss_shows_in_delays_and_retransmissions_and_a_slow_line_in_the_median() {
        let graded = |samples: &[f64], retransmits| {
            quality(&QualityFacts { samples: samples.to_vec(), retransmits, ..QualityFacts::default() })
                .status
        };
        let even = [40.0; 10];
        assert_eq!(graded(&even, Some(1)), StepStatus::Pass);
        assert_eq!(graded(&even, Some(2)), StepStatus::Warn);
        let mut one_late = even;
        one_late[3] = 286.0;
        assert_eq!((delayed(&one_late), graded(&one_late, None)), (1, StepStatus::Warn));
        assert_eq!(graded(&[151.0; 4], None), StepStatus::Warn);
        assert_eq!(graded(&[900.0; 4], None), StepStatus::Warn);
        assert_eq!(graded(&[], None), StepStatus::Fail);
    }

    proptest! {
        #[test]
        fn any_samples_are_graded(samples in prop::collection::vec(0.0..1e6_f64, 0..40)) {
            let status = quality(&QualityFacts { samples: samples.clone(), ..QualityFacts::default() }).status;
            prop_assert_eq!(status == StepStatus::Fail, samples.is_empty());
            prop_assert!(delayed(&samples) <= samples.len());
        }
    }
}
