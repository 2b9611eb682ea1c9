//! Shared by the suites: homes, servers, waiting.
