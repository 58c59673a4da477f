//! What the machine did meanwhile: other work on it makes every figure worse.

use std::time::Duration;

/// Clock ticks a second in `/proc` (`USER_HZ`, the same on every Linux).
const TICKS: u64 = 100;

/// Processor time so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Processor {
    /// Of this process.
    pub own: Duration,
    /// Of PostgreSQL's processes.
    pub postgres: Duration,
    /// Of the whole machine.
    pub all: Duration,
}

impl Processor {
    /// Reads it; zero where `/proc` is not there.
    pub fn so_far() -> Self {
        Self { own: own().unwrap_or_default(), postgres: postgres(), all: all().unwrap_or_default() }
    }

    /// What came since.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            own: self.own.saturating_sub(earlier.own),
            postgres: self.postgres.saturating_sub(earlier.postgres),
            all: self.all.saturating_sub(earlier.all),
        }
    }
}

fn ticks(text: &str) -> Option<u64> {
    text.parse().ok()
}

fn duration(ticks: u64) -> Duration {
    Duration::from_millis(ticks.saturating_mul(1_000 / TICKS))
}

fn own() -> Option<Duration> {
    time_of(&std::fs::read_to_string("/proc/self/stat").ok()?)
}

/// Other clusters on the machine count too: their servers bear the same name.
fn postgres() -> Duration {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Duration::ZERO };
    let stats = processes.flatten().filter_map(|process| std::fs::read_to_string(process.path().join("stat")).ok());
    stats.filter(|stat| stat.contains("(postgres)")).filter_map(|stat| time_of(&stat)).sum()
}

/// Time of a process, by its `stat`.
fn time_of(stat: &str) -> Option<Duration> {
    // The name, in brackets, may hold spaces; user and system time are the
    // 12th and 13th figure after it.
    let mut figures = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(duration(ticks(figures.next()?)?.saturating_add(ticks(figures.next()?)?)))
}

fn all() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let figures: Vec<u64> = stat.lines().next()?.split_whitespace().skip(1).filter_map(ticks).collect();
    let total: u64 = figures.iter().take(8).sum();
    // Idle, and waiting for a disk.
    let idle: u64 = figures.iter().skip(3).take(2).sum();
    Some(duration(total.saturating_sub(idle)))
}
