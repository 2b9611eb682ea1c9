//! The demo server over real sockets: every path, every fault, the registry, bad input and the end.

mod client;
mod faults;
mod hub;
mod input;
mod life;
mod paths;
