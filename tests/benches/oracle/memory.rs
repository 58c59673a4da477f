//! How much memory this process has used at most.

use anyhow::Context as _;

/// Starts counting anew.
///
/// # Errors
/// Where the system has no such file.
pub fn reset_peak() -> anyhow::Result<()> {
    // proc(5): 5 resets the peak of the resident set.
    std::fs::write("/proc/self/clear_refs", "5").context("resetting the peak of memory")
}

/// Most bytes that were resident since.
///
/// # Errors
/// Where the system has no such file.
pub fn peak() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("reading the peak of memory")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("there is no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().context("VmHWM is no number")?;
    Ok(kilobytes * 1024)
}

/// Bytes as GiB.
pub fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}
