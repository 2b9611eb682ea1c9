//! Colour by meaning. Each meaning has one colour; nothing else is coloured.

use model::{EndpointSnapshot, EndpointState, Reason};

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// As the terminal has it.
    Text,
    /// Titles.
    Strong,
    /// Works.
    Good,
    /// Works with less, or is about to.
    Notice,
    /// Needs somebody.
    Trouble,
    /// Beside the point, or resting.
    Quiet,
}

/// Paints, or leaves text as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Painter {
    pub(crate) colour: bool,
}

impl Painter {
    pub(crate) fn paint(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            Ink::Text => return text.to_owned(),
            Ink::Strong => "1",
            Ink::Good => "32",
            Ink::Notice => "33",
            Ink::Trouble => "31",
            Ink::Quiet => "2",
        };
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Shape and colour of an endpoint's state.
pub(crate) fn mark(endpoint: &EndpointSnapshot) -> (&'static str, Ink) {
    match (endpoint.state, endpoint.reason) {
        (EndpointState::Connected, _) if endpoint.degraded => ("◐", Ink::Notice),
        (EndpointState::Connected, _) => ("●", Ink::Good),
        (EndpointState::Connecting, _) => ("◌", Ink::Quiet),
        (EndpointState::Reconnecting, _) => ("○", Ink::Notice),
        (EndpointState::Disconnected, Some(Reason::Paused)) => ("‖", Ink::Quiet),
        (EndpointState::Disconnected | EndpointState::Failed, _) => ("×", Ink::Trouble),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_text_stays_as_it_is() {
        assert_eq!(Painter { colour: false }.paint(Ink::Trouble, "x"), "x");
        assert_eq!(Painter { colour: true }.paint(Ink::Trouble, "x"), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(Painter { colour: true }.paint(Ink::Trouble, ""), "");
    }
}
