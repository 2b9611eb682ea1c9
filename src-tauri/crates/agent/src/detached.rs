//! Whether this process is to outlive the terminal it was started from. Looks only at how it was started.

/// Whether hangups were ignored when this process began, as `nohup` has it. To be asked before anything handles them, and
/// then left alone: who did that wants the agent to stay. Known on Linux; elsewhere the answer is no.
pub fn outlives_its_terminal() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangups(&status))
}

/// By the kernel's account of a process.
fn ignores_hangups(status: &str) -> bool {
    /// Signal 1 is the first bit.
    const HANGUP: u64 = 1;

    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & HANGUP != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_bit_of_the_ignored_signals_counts() {
        let of = |mask: &str| ignores_hangups(&format!("Name:\tlinekeeper\nSigBlk:\t1\nSigIgn:\t{mask}\n"));
        assert!(of("0000000000000001") && of("0000000000001001"));
        assert!(!of("0000000000001000") && !of("0000000000000000") && !of("?"));
        assert!(!ignores_hangups(""));
    }
}
