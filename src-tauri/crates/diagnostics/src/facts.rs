//! What was seen, typed: the only thing findings and verdicts are made from. Plain data; `None` means "not looked at" or
//! "cannot be known here", never "bad".

mod computer;
mod names;
mod path;
mod realtime;

use model::check::{Mode, StepId};
use serde::{Deserialize, Serialize};

pub use computer::{
    BufferFacts, ClockSource, ComputerFacts, InterfaceFacts, Neighbour, NeighbourState, OtherOwner,
    PortalEnd, PortalFacts, ProxySetting, Recent, RouteFacts, Volume,
};
pub use names::{AnswerEnd, LookupEnd, NameFacts, ServerAnswer};
pub use path::{
    AddressEnd, AddressFacts, BackupEnd, BackupFacts, BulkFacts, CertificateFacts, CertificateFlaw,
    ControlFacts, EndpointFacts, HttpEnd, HttpFacts, PageFacts, PathPhases, ProxyEnd, ProxyPathFacts, TlsEnd,
    TlsPathFacts,
};
pub use realtime::{
    Baseline, CloseFacts, Detour, IdleFacts, LiveFacts, QualityFacts, RuleBroken, SessionFacts, TcpScope,
    UpgradeEnd, UpgradePathFacts,
};

/// Everything one check saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// How thorough the check was.
    pub mode: Option<Mode>,
    /// This computer and its network.
    pub computer: ComputerFacts,
    /// Other endpoints that were knocked at.
    pub controls: Vec<ControlFacts>,
    /// Every endpoint.
    pub endpoints: Vec<EndpointFacts>,
    /// The check was cancelled, or its time was over.
    pub cut_short: bool,
    /// Steps that were not reached or not over when the check was cut short.
    pub unfinished: Vec<StepId>,
    /// Steps that broke: a fault of Linekeeper's own.
    pub broken: Vec<StepId>,
}
