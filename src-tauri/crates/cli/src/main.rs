//! The `linekeeper` program.
fn main() {}
