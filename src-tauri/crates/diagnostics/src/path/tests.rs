//! Walks to real servers that do exactly as told: one test for every fact.

mod peer;
mod sessions;
mod stage;
