//! Seeds of tests that go by chance.

use anyhow::{Context as _, Result};

/// Gives the seed of a run that is to be repeated.
const VARIABLE: &str = "LINEKEEPER_SEED";

/// A new seed, or that of the run to be repeated. Whoever uses it prints it.
pub fn seed() -> Result<u64> {
    match std::env::var(VARIABLE) {
        Ok(seed) => seed.parse().with_context(|| format!("{VARIABLE} is a number")),
        Err(_) => Ok(fastrand::u64(..1_000_000)),
    }
}
