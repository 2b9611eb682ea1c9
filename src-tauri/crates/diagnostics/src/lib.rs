//! Diagnostics: checks along the production path, one verdict, its owner and its remedy.
//!
//! Dials through `dial` like live traffic. So far this room holds its public words only; the runner, the
//! checks and the report come later, and nothing in the product offers a check before they do.

use serde::{Deserialize, Serialize};

/// Who can mend what a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The person at the workstation.
    User,
    /// Whoever administers the workstation.
    ComputerAdmin,
    /// Whoever administers the network, its proxy or its security software.
    NetworkAdmin,
    /// Whoever runs the server.
    ServerOperator,
    /// The makers of Linekeeper.
    Linekeeper,
}

/// How sure a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Fits the evidence; other causes do too.
    Possible,
    /// The best explanation of the evidence.
    Likely,
    /// The evidence allows no other cause.
    Certain,
}
