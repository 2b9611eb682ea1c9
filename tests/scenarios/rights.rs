//! Rights to make networks: those of an administrator, or those that anybody has in a user namespace of their own, where
//! the system allows that.

use std::{
    env,
    process::{Command, ExitStatus, Stdio},
};

use anyhow::Result;
use rustix::process::geteuid;

/// Words for `unshare`: an administrator in a namespace of one's own.
const OWN: [&str; 3] = ["--user", "--map-root-user", "--mount"];

/// Runs a test of this program again, where it has the rights. `None` where it has them already, or can have none.
pub(crate) fn again_with_them(test: &str) -> Result<Option<ExitStatus>> {
    if geteuid().is_root() {
        return Ok(None);
    }
    let mut attempt = Command::new("unshare");
    attempt.args(OWN).arg("true").stdout(Stdio::null()).stderr(Stdio::null());
    if !attempt.status().is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    let mut again = Command::new("unshare");
    again.args(OWN).arg(env::current_exe()?).args(["--exact", test, "--nocapture"]);
    Ok(Some(again.status()?))
}
