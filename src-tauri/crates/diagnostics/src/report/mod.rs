//! From what was seen to the report: [`model::check::Report`] for programs, text for the clipboard, one HTML file, and a
//! request for those who run the network. Looks at nothing itself.

mod assembly;
mod comparison;
mod endpoint;
mod frame;
mod schema;

#[cfg(test)]
pub(crate) use self::assembly::assemble_for_tests;
pub use self::schema::schema;
pub(crate) use self::{
    assembly::{assemble, judge, no_judgement, skew},
    comparison::baseline,
    frame::Frame,
};
