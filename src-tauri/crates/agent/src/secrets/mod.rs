//! Secrets: read where the settings say they are, handed to the links that need them, watched while one waits.
//!
//! ```text
//!  link ── at each dial ──► EndpointCredential ──► SecretStore ──► environment, file, keyring
//!                                                    ▲   │ a value is another one now
//!                   watch, while an endpoint waits ──┘   └──► supervisor ──► the links that wait for it
//! ```
//!
//! A value is never written, logged or shown, and leaves here only inside a [`dial::Credential`]. What may be told
//! is the [`Place`] it is read from.

mod credential;
mod desk;
mod file;
pub mod keyring;
mod place;
mod store;
mod vault;
mod watch;

pub(crate) use credential::EndpointCredential;
pub(crate) use desk::Secrets;
pub use place::Place;
use store::SecretStore;
