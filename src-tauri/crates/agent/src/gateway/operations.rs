//! Everything a program can ask of the gateway: the table from which the router and `/openapi.json` are made.

use http::Method;
use model::{ReceivedMessage, RecordingInfo, StatusSnapshot, check::Report};
use serde_json::Value;

use super::{
    diagnostics, endpoints, events, hub,
    operation::{Heeded, Operation},
    outbox, recording, reports, sending,
};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const DELETE: Method = Method::DELETE;

/// The table.
pub(super) fn operations() -> Vec<Operation> {
    let mut all = of_the_agent();
    all.extend(of_endpoints());
    all.extend(of_buffers());
    all.extend(of_checks());
    all.extend(of_past_checks());
    all.extend(of_recordings());
    all
}

fn of_checks() -> Vec<Operation> {
    vec![
        Operation::new(
            POST,
            "/v1/diagnostics",
            "diagnose",
            "Checks endpoints and says what is wrong, who can mend it, and how.",
            diagnostics::check,
        )
        .heeds(Heeded {
            name: "Accept",
            about: "With `text/event-stream`: events `progress`, a CheckProgress each, then one `report`. Who asks for \
                    what is being checked takes part, from the first `progress` on. The last who hangs up cancels \
                    the check.",
            pattern: "^.*$",
        })
        .takes::<diagnostics::Wanted>("application/json")
        .or_nothing()
        .answers::<Report>(200, "The report, when the check is over.")
        .refuses(&[404, 408, 409, 413, 429, 503]),
        Operation::new(
            GET,
            "/v1/diagnostics/last",
            "last_check",
            "The report of the newest check, whoever asked for it.",
            diagnostics::last,
        )
        .answers::<Report>(200, "The report.")
        .becomes(204, "There was none yet.")
        .refuses(&[503]),
        Operation::new(
            DELETE,
            "/v1/diagnostics",
            "cancel_check",
            "Ends the check under way; whoever asked for it gets the report of what is done.",
            reports::cancel,
        )
        .answers::<reports::Ended>(202, "It ends within a moment.")
        .refuses(&[408, 413, 503]),
    ]
}

fn of_recordings() -> Vec<Operation> {
    vec![
        Operation::new(
            POST,
            "/v1/diagnostics/recording",
            "record",
            "Begins to record a problem: for a while the log says more, between two marks. One that is under way goes on as \
             it is.",
            recording::begin,
        )
        .takes::<recording::Wanted>("application/json")
        .or_nothing()
        .answers::<RecordingInfo>(200, "The recording; its end shows in the status.")
        .refuses(&[408, 413, 429, 503]),
        Operation::new(
            DELETE,
            "/v1/diagnostics/recording",
            "end_recording",
            "Ends the recording under way; the log says again what it is set to.",
            recording::end,
        )
        .answers::<recording::Ended>(200, "The recording, if there was one.")
        .refuses(&[408, 413, 503]),
    ]
}

fn of_past_checks() -> Vec<Operation> {
    const MISSES: [u16; 2] = [404, 503];
    vec![
        Operation::new(
            GET,
            "/v1/diagnostics/{run}/text",
            "check_text",
            "A past check in words.",
            reports::text,
        )
        .asks::<reports::Spoken>()
        .streams::<String>(200, "text/plain", "What is wrong, who can mend it, and how.")
        .refuses(&MISSES),
        Operation::new(
            GET,
            "/v1/diagnostics/{run}/it",
            "check_for_it",
            "A past check as a request to those who can help.",
            reports::for_it,
        )
        .asks::<reports::Spoken>()
        .streams::<String>(200, "text/plain", "The request; where all is well, what `text` answers.")
        .refuses(&MISSES),
        Operation::new(
            GET,
            "/v1/diagnostics/{run}/html",
            "check_page",
            "A past check as one page without script.",
            reports::page,
        )
        .asks::<reports::Spoken>()
        .streams::<String>(200, "text/html", "The page, to be saved.")
        .refuses(&MISSES),
        Operation::new(
            GET,
            "/v1/diagnostics/{run}/bundle",
            "bundle_contents",
            "What the support bundle around a check would hold.",
            reports::contents,
        )
        .asks::<reports::Discretion>()
        .answers::<reports::Contents>(200, "Its files, with what was taken out of them.")
        .refuses(&MISSES),
        Operation::new(
            POST,
            "/v1/diagnostics/{run}/bundle",
            "bundle",
            "The support bundle around a check: the one that was looked at last, when it is of the same check and privacy.",
            reports::bundle,
        )
        .takes::<reports::Packing>("application/json")
        .or_nothing()
        .streams::<Octets>(200, "application/zip", "A zip file, to be saved.")
        .refuses(&[404, 408, 413, 429, 503]),
    ]
}

fn of_the_agent() -> Vec<Operation> {
    vec![
        Operation::new(GET, "/healthz", "health", "Says that the agent runs.", endpoints::health)
            .public()
            .answers::<endpoints::Health>(200, "It runs."),
        Operation::new(GET, "/v1/status", "status", "The whole state of the agent.", endpoints::status)
            .answers::<StatusSnapshot>(200, "The newest snapshot."),
        Operation::new(GET, "/v1/events", "events", "What happens, as it happens.", events::listen)
            .streams::<String>(
                200,
                "text/event-stream",
                "Events `status`, `transition`, `message`, `delivered` and `missed`; the first is a `status`.",
            )
            .refuses(&[503]),
        Operation::new(GET, "/openapi.json", "document", "This document.", endpoints::document)
            .answers::<serde_json::Map<String, Value>>(200, "OpenAPI 3.1."),
        Operation::new(GET, "/v1/connections", "connections", "Who is connected to the hub.", hub::list)
            .answers::<hub::Members>(200, "The connections, oldest first."),
        Operation::new(
            GET,
            "/ws",
            "hub",
            "The hub: messages of all endpoints in one WebSocket, both ways.",
            hub::join,
        )
        .heeds(Heeded {
            name: "Sec-WebSocket-Protocol",
            about: "`linekeeper`, or `linekeeper, TOKEN` in place of the header Authorization.",
            pattern: "^[ -~]+$",
        })
        .becomes(101, "A WebSocket; its text frames are ClientFrame and ServerFrame.")
        .refuses(&[400, 426, 503]),
    ]
}

fn of_endpoints() -> Vec<Operation> {
    vec![
        Operation::new(
            GET,
            "/v1/endpoints/{id}/messages",
            "received",
            "The newest messages an endpoint sent, oldest first.",
            endpoints::messages,
        )
        .asks::<endpoints::Newest>()
        .answers::<Vec<ReceivedMessage>>(200, "At most 100 messages.")
        .refuses(&[404, 503]),
        Operation::new(
            POST,
            "/v1/endpoints/{id}/messages",
            "send",
            "Hands messages over. They are sent in order, as soon as the endpoint takes them.",
            sending::send,
        )
        .asks::<sending::Division>()
        .heeds(Heeded {
            name: "Idempotency-Key",
            about: "Names what is sent, so that it can be repeated without harm: the id of one message; the ids of a \
                    batch are derived from it.",
            pattern: "^[!-~]{1,255}$",
        })
        .takes::<Value>("application/json")
        .takes::<String>("text/plain")
        .takes::<Lines>("application/x-ndjson")
        .takes::<Octets>("application/octet-stream")
        .answers::<sending::Receipt>(202, "All of them are as safe as the endpoint is configured to keep them.")
        .refuses(&[404, 408, 413, 415, 429, 503, 507]),
        Operation::new(
            POST,
            "/v1/endpoints/{id}/{action}",
            "control",
            "Connects, reconnects, pauses or resumes an endpoint.",
            endpoints::control_one,
        )
        .answers::<endpoints::Ordered>(202, "The endpoint has the order; what comes of it shows in the status.")
        .refuses(&[404, 408, 413, 503]),
        Operation::new(
            POST,
            "/v1/{action}",
            "control_all",
            "Connects, reconnects, pauses or resumes all endpoints.",
            endpoints::control_all,
        )
        .answers::<endpoints::Ordered>(202, "The endpoints have the order.")
        .refuses(&[404, 408, 413, 503]),
    ]
}

fn of_buffers() -> Vec<Operation> {
    const LOOKS: [u16; 2] = [404, 503];
    const CHANGES: [u16; 4] = [404, 408, 413, 503];
    vec![
        Operation::new(GET, "/v1/outbox/{id}", "outbox", "What waits for an endpoint.", outbox::show)
            .asks::<outbox::Page>()
            .answers::<outbox::OutboxReport>(200, "The buffer's state and the first messages that wait.")
            .refuses(&LOOKS),
        Operation::new(
            DELETE,
            "/v1/outbox/{id}",
            "discard_all",
            "Throws away all messages that wait.",
            outbox::discard_all,
        )
        .answers::<outbox::Thrown>(200, "How many there were.")
        .refuses(&CHANGES),
        Operation::new(
            DELETE,
            "/v1/outbox/{id}/messages/{mid}",
            "discard",
            "Throws away one message that waits.",
            outbox::discard,
        )
        .answers::<outbox::Thrown>(200, "It is gone.")
        .refuses(&CHANGES),
        Operation::new(
            GET,
            "/v1/outbox/{id}/export",
            "export",
            "All messages that wait, or all dead letters, bodies included.",
            outbox::export,
        )
        .asks::<outbox::Export>()
        .streams::<Lines>(200, "application/x-ndjson", "A message a line.")
        .refuses(&LOOKS),
        Operation::new(
            POST,
            "/v1/outbox/{id}/verify",
            "verify",
            "Reads and checks everything that is stored, as much as can be in 5 s.",
            outbox::verify,
        )
        .asks::<outbox::Part>()
        .answers::<outbox::Verified>(200, "What was found; `next` is the `after` of the next part.")
        .refuses(&CHANGES),
        Operation::new(
            POST,
            "/v1/outbox/{id}/resume",
            "resume",
            "Tries the message again that holds all others up.",
            outbox::resume,
        )
        .answers::<outbox::Resumed>(200, "Whether there was one.")
        .refuses(&CHANGES),
        Operation::new(GET, "/v1/outbox/{id}/dead", "dead", "Messages that were given up.", outbox::dead)
            .asks::<outbox::Page>()
            .answers::<outbox::DeadPage>(200, "The dead letters, in the order they had.")
            .refuses(&LOOKS),
        Operation::new(
            DELETE,
            "/v1/outbox/{id}/dead",
            "clear_dead",
            "Throws all dead letters away.",
            outbox::clear_dead,
        )
        .answers::<outbox::Thrown>(200, "How many there were.")
        .refuses(&CHANGES),
        Operation::new(
            DELETE,
            "/v1/outbox/{id}/dead/{mid}",
            "delete_dead",
            "Throws one dead letter away.",
            outbox::delete_dead,
        )
        .answers::<outbox::Thrown>(200, "It is gone.")
        .refuses(&CHANGES),
        Operation::new(
            POST,
            "/v1/outbox/{id}/dead/{mid}/retry",
            "retry_dead",
            "Sends a dead letter after all.",
            outbox::retry_dead,
        )
        .answers::<outbox::Retried>(202, "It waits again, at the end.")
        .refuses(&[404, 408, 409, 413, 503, 507]),
    ]
}

/// Lines of JSON, which JSON Schema has no word for.
type Lines = String;

/// Bytes, which OpenAPI describes by the content type alone.
type Octets = String;
