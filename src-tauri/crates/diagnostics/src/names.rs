//! Steps B2 and B3: what each name server by itself and the hosts file say. Second opinions: they explain, and never dial.

use crate::{Notebook, Subject};

/// Asks about the name of one endpoint; `index` is its place in the facts.
pub(crate) async fn ask(_notebook: &Notebook, _subject: &Subject, _index: usize) {
    std::future::ready(()).await;
}
