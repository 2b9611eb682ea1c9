//! `linekeeper config keyring-set`: puts a secret where the configuration can name it.
//!
//! The secret comes from the terminal, unseen, or from standard input; never from an argument, which every program
//! on this computer can read.

use std::io::{self, IsTerminal as _, Read as _};

use agent::secrets::keyring::{self, KeyringError};
use anyhow::{Context as _, bail};
use secrecy::{SecretString, zeroize::Zeroizing};
use serde_json::json;
use tokio::task::block_in_place;

use crate::{
    exit::Exit,
    output::{self, say},
};

/// Longest secret taken, bytes; as long as one from a file may be.
const MAX_BYTES: u64 = 64 << 10;

pub(crate) async fn set(entry: &str) -> anyhow::Result<Exit> {
    let secret = block_in_place(|| secret(entry))?;
    keyring::store(entry, &secret).await.map_err(|error| told(entry, &error))?;
    say("Stored in the keyring. Name it in the endpoint's configuration, for example as a bearer token:");
    output::print(&format!("\"auth\": {}", json!({ "bearer": { "keyring": entry } })))?;
    Ok(Exit::Done)
}

pub(crate) async fn delete(entry: &str) -> anyhow::Result<Exit> {
    keyring::delete(entry).await.map_err(|error| told(entry, &error))?;
    say(&format!("Deleted the keyring entry {entry:?}."));
    Ok(Exit::Done)
}

fn told(entry: &str, error: &KeyringError) -> anyhow::Error {
    anyhow::anyhow!("the keyring entry {entry:?} {error}")
}

fn secret(entry: &str) -> anyhow::Result<SecretString> {
    let text = if io::stdin().is_terminal() {
        let prompt = format!("Secret for {entry:?}, unseen: ");
        Zeroizing::new(rpassword::prompt_password(prompt).context("the secret could not be read")?)
    } else {
        let mut bytes = Zeroizing::new(Vec::new());
        io::stdin()
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .context("standard input could not be read")?;
        let text = std::str::from_utf8(&bytes).context("the secret is not text in UTF-8")?;
        Zeroizing::new(without_line_break(text).to_owned())
    };
    check(&text)?;
    Ok(text.as_str().into())
}

/// `echo` and files end with a line break that belongs to no secret.
fn without_line_break(text: &str) -> &str {
    text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
}

fn check(text: &str) -> anyhow::Result<()> {
    if text.is_empty() {
        bail!("the secret is empty; nothing was stored");
    }
    if text.len() as u64 > MAX_BYTES {
        bail!("the secret is larger than {} KiB; nothing was stored", MAX_BYTES >> 10);
    }
    Ok(())
}
