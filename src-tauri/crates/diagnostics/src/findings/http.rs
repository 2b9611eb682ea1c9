//! Findings about HTTP answers: HT-01 to HT-08, PC-07 and PX-01 by status, WS-01 to WS-03 where a page came in place of the
//! upgrade. The upgrade's own answer is judged; the ordinary request's only where no upgrade was asked for.

use model::check::{Confidence, FindingCode as Code, FindingOwner, StepId};

use super::{
    draft::{Draft, target},
    scene::{now, page, sealed},
};
use crate::{
    facts::{Detour, EndpointFacts, Facts, PageFacts, UpgradeEnd},
    words::quantity::time,
};

/// A first byte later than this is slow, milliseconds.
const SLOW_MS: f64 = 1_000.0;

/// The ordinary web request.
pub(super) fn find(facts: &Facts, endpoint: &EndpointFacts) -> Vec<Draft> {
    let mut found: Vec<_> = slow(endpoint).into_iter().collect();
    let Some(page) = page(endpoint) else { return found };
    if endpoint.upgrade.is_none() {
        // A path for WebSocket alone rightly answers 400, 404, 405 or 426 to this; after a check that was cut short nobody
        // knows whether the upgrade would have worked.
        let judged = match page.status {
            401 | 403 | 404 | 410 => !facts.cut_short,
            200..=299 => page.filter_mark.is_some(),
            400..=428 => page.filter_mark.is_some() && !facts.cut_short,
            _ => true,
        };
        found.extend(
            Some(judged).filter(|judged| *judged).and_then(|_| answer(facts, endpoint, page, StepId::F1)),
        );
    }
    found
}

/// HT-08: the ordinary request or the upgrade.
fn slow(endpoint: &EndpointFacts) -> Option<Draft> {
    let good = endpoint.last_good.as_ref();
    // The way there and back is not the server's: see QU-01.
    let way = endpoint.quality.as_ref().and_then(|quality| quality.kernel_srtt_ms).unwrap_or(0.0);
    let late =
        |took: f64, usual: Option<f64>| took - way > SLOW_MS && usual.is_none_or(|usual| took >= usual * 1.5);
    let draft = |step, took: f64, usual: Option<f64>| {
        Draft::new(Code::Ht08, step)
            .warn()
            .arg("host", &endpoint.host)
            .arg("time", time(took))
            .arg("usual", usual.map_or_else(|| "none".into(), time))
    };
    let usual = good.and_then(|good| good.first_byte_ms);
    if let Some(took) = endpoint.http.as_ref().and_then(|http| http.first_byte_ms)
        && let Some(page) = page(endpoint)
        && late(took, usual)
    {
        let seen = format!("first byte after {}", time(took));
        return Some(draft(StepId::F1, took, usual).seen(seen).seen(line(page)));
    }
    let upgrade = endpoint.upgrade.as_ref().filter(|upgrade| upgrade.end == UpgradeEnd::Switched)?;
    let (took, usual) = (upgrade.ms?, good.and_then(|good| good.phases.upgrade));
    late(took, usual).then(|| draft(StepId::G1, took, usual).seen(format!("101 after {}", time(took))))
}

/// What an answer means that is not the one that was wanted.
pub(super) fn answer(
    facts: &Facts,
    endpoint: &EndpointFacts,
    page: &PageFacts,
    step: StepId,
) -> Option<Draft> {
    let draft = |code| {
        let at = target(&endpoint.host, endpoint.port);
        Draft::new(code, step)
            .arg("host", &endpoint.host)
            .arg("target", at)
            .arg("status", page.status.to_string())
            .seen(line(page))
    };
    if let Some(mark) = &page.filter_mark {
        return Some(blocked(endpoint, draft(Code::Ht03).seen(format!("mark of a filter: {mark}")), page));
    }
    let request = page.request_id.as_deref().unwrap_or("none");
    Some(match page.status {
        401 => draft(Code::Ht01).seen(format!("schemes: {}", page.auth_schemes.join(", "))),
        403 => forbidden(endpoint, page, &draft),
        404 | 410 => nothing_there(endpoint, draft(Code::Ht04)),
        // Not the server's: a proxy nobody configured answers in its place.
        407 => draft(Code::Px01)
            .arg("proxy", page.via.as_deref().unwrap_or(&endpoint.host))
            .arg(
                "schemes",
                if page.auth_schemes.is_empty() { "none".into() } else { page.auth_schemes.join(", ") },
            )
            .sure(Confidence::Likely),
        429 => draft(Code::Ht05).arg(
            "wait",
            page.retry_after_s.map_or_else(|| "none".into(), |s| time(s.min(1 << 40) as f64 * 1e3)),
        ),
        451 => blocked(endpoint, draft(Code::Ht03), page),
        // 520 to 527 and 530 are how a network of gateways says that it does not reach the server.
        502..=504 | 520..=527 | 530 => {
            draft(Code::Ht07).arg("gateway", page.server.as_deref().unwrap_or("none"))
        }
        511 => draft(Code::Pc07),
        500..=599 => draft(Code::Ht06).arg("request", request).arg(
            "at",
            now(facts).map_or_else(|| "none".into(), |now| now.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        ),
        _ if step == StepId::F1 => return None,
        status => not_switched(endpoint, page, status, &draft),
    })
}

/// HT-04.
fn nothing_there(endpoint: &EndpointFacts, draft: Draft) -> Draft {
    draft.arg("path", if endpoint.path.is_empty() { "/" } else { &endpoint.path })
}

/// HT-03.
fn blocked(endpoint: &EndpointFacts, draft: Draft, page: &PageFacts) -> Draft {
    between(endpoint, draft)
        .arg("title", page.title.as_deref().filter(|title| !title.is_empty()).unwrap_or("none"))
}

/// HT-02. Servers too send a page with a 403, so a page alone blocks nobody.
fn forbidden(endpoint: &EndpointFacts, page: &PageFacts, draft: &dyn Fn(Code) -> Draft) -> Draft {
    let draft = draft(Code::Ht02).arg("origin", endpoint.origin.as_deref().unwrap_or("none"));
    if page.html && !sealed(endpoint) { draft.sure(Confidence::Possible) } else { draft }
}

/// WS-01, WS-02, WS-03: an answer in place of 101.
fn not_switched(
    endpoint: &EndpointFacts,
    page: &PageFacts,
    status: u16,
    draft: &dyn Fn(Code) -> Draft,
) -> Draft {
    let version =
        page.websocket_version.as_deref().filter(|version| !version.split(',').any(|one| one.trim() == "13"));
    let protocol =
        page.upgrade.as_deref().filter(|upgrade| !upgrade.to_ascii_lowercase().contains("websocket"));
    match (status, version.or(protocol).filter(|wanted| !wanted.is_empty())) {
        (400 | 426, Some(wanted)) => draft(Code::Ws03).arg("version", wanted),
        (426, None) => removed(endpoint, draft(Code::Ws02)),
        (400, None) if page.names_upgrade => removed(endpoint, draft(Code::Ws02)),
        // Some WebSocket servers answer so to an upgrade on a path they do not serve; the web request tells.
        (400, None) if let Some(plain) = missing(endpoint) => nothing_there(endpoint, draft(Code::Ht04))
            .arg("status", plain.status.to_string())
            .seen(line(plain)),
        (200..=299, _) => draft(Code::Ws01),
        _ => draft(Code::Ws01).sure(Confidence::Possible),
    }
}

/// The answer to the ordinary request where it says that the endpoint's path is not there.
fn missing(endpoint: &EndpointFacts) -> Option<&PageFacts> {
    page(endpoint).filter(|plain| !endpoint.health_page && matches!(plain.status, 404 | 410))
}

/// WS-02.
pub(super) fn removed(endpoint: &EndpointFacts, draft: Draft) -> Draft {
    between(endpoint, draft.seen("the request carried Upgrade and Connection"))
}

/// Says where a thing between here and the server stands. Inside an encryption that everybody vouches for it can only be the
/// server's own gateway: nobody on the way can read or change anything.
pub(super) fn between(endpoint: &EndpointFacts, draft: Draft) -> Draft {
    if sealed(endpoint) {
        draft
            .owner(FindingOwner::Server)
            .arg("where", "server")
            .seen("nobody on the way could have changed it: the encryption reaches the server's own gateway")
    } else {
        draft.arg("where", "network")
    }
}

/// CF-02, or a block page that sends elsewhere.
pub(super) fn redirected(
    endpoint: &EndpointFacts,
    to: Option<&str>,
    why: &str,
    detour: Detour,
    page: &PageFacts,
) -> Draft {
    let at = target(&endpoint.host, endpoint.port);
    let draft = |code| {
        Draft::new(code, StepId::G1).arg("host", &endpoint.host).arg("target", &at).seen(line(page)).seen(why)
    };
    if let Some(mark) = &page.filter_mark {
        return blocked(endpoint, draft(Code::Ht03).seen(format!("mark of a filter: {mark}")), page);
    }
    let kind = match detour {
        // Whoever is signed in is not sent there.
        Detour::SignIn => {
            let draft = draft(Code::Ht01).arg("status", page.status.to_string()).sure(Confidence::Likely);
            return draft.seen("it leads to a page where people sign in");
        }
        Detour::Elsewhere => "elsewhere",
        Detour::Circle => "circle",
        Detour::Weaker => "weaker",
    };
    let draft =
        draft(Code::Cf02).arg("kind", kind).arg("location", to.filter(|to| !to.is_empty()).unwrap_or("none"));
    // Without encryption anybody on the way can send elsewhere.
    if endpoint.encrypted { draft } else { draft.sure(Confidence::Likely) }
}

/// An answer, for experts.
fn line(page: &PageFacts) -> String {
    let named = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!(", {name}: {value}")).unwrap_or_default()
    };
    let upgrade = named("Upgrade", &page.upgrade) + &named("Sec-WebSocket-Version", &page.websocket_version);
    let by = named("Server", &page.server) + &named("Via", &page.via) + &named("request", &page.request_id);
    let what = named("Location", &page.location) + &named("page", &page.title);
    format!("status {}{by}{upgrade}{what}", page.status)
}
