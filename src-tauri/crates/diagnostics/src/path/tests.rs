//! Walks to real servers that do exactly as told: one test for every fact.

mod backups;
mod peer;
mod refusals;
mod sessions;
mod stage;
mod tls;
mod way;
mod web;
