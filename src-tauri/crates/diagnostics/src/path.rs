//! The way to one endpoint, walked as live traffic walks it: name, addresses, proxy, TLS, web request, WebSocket, silence.

use dial::Dialer;

use crate::{Inquiry, Notebook, Subject};

/// Walks it; `index` is the endpoint's place in the facts.
pub(crate) async fn walk(_: &Notebook, _: &Inquiry, _: &Subject, _index: usize, _: &Dialer) {
    std::future::ready(()).await;
}
