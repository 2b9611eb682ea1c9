//! A check ("diagnostics run") as data: steps, findings, verdict, progress and report. Shapes only: what is found when
//! stands in the crate `diagnostics`.
//!
//! Codes, arguments and raw errors are for programs and experts; sentences are added in the reader's language, so a report
//! can be read again in another one.

mod finding;
mod kind;
mod progress;
mod reason;
mod report;
mod step;

pub use finding::{Confidence, Finding, FindingCode, FindingOwner, Severity};
pub use kind::{Mode, Package, TransportResult, Tray, Trigger, VerdictClass};
pub use progress::{CheckEvent, CheckProgress};
pub use reason::StepReason;
pub use report::{
    Address, App, Certificate, Change, Comparison, Endpoint, Environment, Http, Interface, Live, NameServer,
    ProxyUse, QualityFigures, RedactionSummary, Report, Timing, Tls, TransportTry, Verdict,
};
pub use step::{Step, StepId, StepStatus};
