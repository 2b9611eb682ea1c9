//! A real agent against real servers.
