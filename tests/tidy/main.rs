//! The house rules as tests: what may depend on what, how files open, that every code has words and every
//! tray state its icons.

mod checkout;
mod sources;
mod walls;
mod words;
