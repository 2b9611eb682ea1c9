//! From what was seen to the report: [`model::check::Report`] for programs, text for the clipboard, one HTML file, and a
//! request for those who run the network. Looks at nothing itself.

mod assembly;
mod comparison;
mod endpoint;
mod frame;
mod html;
mod it;
mod labels;
mod raised;
mod rows;
#[cfg(test)]
mod sample;
mod schema;
#[cfg(test)]
mod tests;
mod text;
mod voice;

#[cfg(test)]
pub(crate) use self::assembly::assemble_for_tests;
pub(crate) use self::{
    assembly::{assemble, judge, no_judgement},
    comparison::baseline,
    frame::Frame,
};
pub use self::{
    html::html,
    it::for_it,
    schema::schema,
    text::{Line, Tone, lines, text},
};
