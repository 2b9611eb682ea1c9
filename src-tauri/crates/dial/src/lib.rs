//! The one production dialer: from a URL to an open WebSocket, every phase reported and every failure typed.
//!
//! Phases: resolve the name, race the addresses (RFC 8305), the way through a proxy where there is one, TLS where
//! the URL asks for it, WebSocket upgrade, or one ordinary web request in its place.
//! Live traffic and diagnostics dial through here alone, so both see the same resolver, sockets, trust and
//! answers. It makes exactly one attempt, redirects included: when to try again, what to trust less, which host comes
//! next are decisions of the rooms above. It never retries, never turns verification off, hands no other origin a
//! secret and puts no header value or query into an error text.

mod attempt;
mod body;
mod budget;
mod client_auth;
mod credential;
mod dialer;
mod error;
pub mod evidence;
mod excerpt;
mod fetch;
mod file_threads;
#[cfg(fuzzing)]
pub mod fuzzing;
mod head;
mod knock;
mod known;
mod line;
mod memory;
mod one_line;
mod pem_file;
mod phase;
#[cfg(test)]
mod pieces;
mod proxy;
mod race;
mod reach;
mod redirect;
mod request;
mod resolve;
mod route;
mod secrets;
mod socket;
mod stream;
mod tap;
mod target;
mod tls;
mod upgrade;
mod witness;

pub use credential::{Credential, CredentialFlaw};
pub use dialer::{Dialed, Dialer};
pub use error::{
    CaFileError, CaFileProblem, CertificateProblem, ClientCertError, ClientCertProblem, DialCause, DialError,
    HandshakeRule, HttpAnswer, ProxyCause, ProxyError, ProxyFlaw, ProxyProtocolFlaw, ProxySettingError,
    RedirectFlaw, RequestFlaw, ResolveError, ResolveErrorKind, SocketFailure, SocksReply, Timeout,
    TimeoutScope, TlsCause, UpgradeCause,
};
pub use fetch::Fetched;
pub use file_threads::FileThreads;
pub use known::KnownSecrets;
pub use memory::AddressMemory;
pub use one_line::one_line;
pub use phase::{
    AddressOutcome, AddressReport, ClientAuth, ConnectFacts, DialReport, ExchangeFacts, Phase, PhaseEvent,
    PhaseFacts, PhaseOutcome, PhaseReport, ProxyFacts, Remembered, ResolveFacts, TlsFacts, UpgradeFacts,
};
pub use proxy::{
    Desktop, DesktopProxies, DesktopSettings, DesktopUnreadable, Exceptions, NamedProxy, NoProxyReason,
    ProxyChoice, ProxyDecision, ProxyEnvironment, ProxyKind, ProxyNamed, ProxyNote, ProxyServer, ProxyServes,
    ProxySource, SystemProxies,
};
pub use reach::Reached;
pub use redirect::Redirect;
pub use request::{DialLimits, DialRequest, TlsOptions};
pub use resolve::{Lookup, SystemLookup};
pub use route::AddressFamily;
pub use stream::{Stream, Wire};
pub use tap::Tap;
