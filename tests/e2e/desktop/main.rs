//! The real program on a real desktop: tray icon, window, notices, second start and end, seen from outside.
//!
//! Each test sets up a desktop of its own (`stage`), with nothing of the one it runs on. Programs it needs come
//! with `make setup`; without them it fails and says so.

mod bus;
mod endpoints;
mod held_bus;
mod program;
mod stage;
mod tray_host;
mod webdriver;

mod checking;
mod ending;
mod figures;
mod notices;
mod pictures;
mod second_start;
mod sending;
mod tray;
mod window;
