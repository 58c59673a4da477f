//! Scores into candles.
//!
//! A candle says what the score was between two moments: at the first, at most,
//! at least, and at the last. A score holds until the next; every epoch begins
//! with zero, since it counts its own receipts. Buckets are counted from the
//! network's genesis, so that a day's candle is an epoch where epochs are days.

use super::running::EpochRun;
use bizkey_primitives::Calendar;
use std::collections::BTreeMap;

/// How long a candle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interval {
    /// One minute.
    Minute,
    /// Five minutes.
    FiveMinutes,
    /// One hour.
    Hour,
    /// One day of 24 hours.
    Day,
}

impl Interval {
    /// All of them, the shortest first.
    pub const ALL: [Interval; 4] = [Interval::Minute, Interval::FiveMinutes, Interval::Hour, Interval::Day];
    /// Those that are kept; each other one is made of the longest kept one
    /// that divides it.
    pub const KEPT: [Interval; 3] = [Interval::Minute, Interval::Hour, Interval::Day];

    /// Its length, milliseconds.
    #[must_use]
    pub const fn ms(self) -> u64 {
        match self {
            Interval::Minute => 60_000,
            Interval::FiveMinutes => 300_000,
            Interval::Hour => 3_600_000,
            Interval::Day => 86_400_000,
        }
    }

    /// The kept interval of which its candles are made.
    #[must_use]
    pub const fn kept(self) -> Self {
        match self {
            Interval::Minute | Interval::FiveMinutes => Interval::Minute,
            Interval::Hour => Interval::Hour,
            Interval::Day => Interval::Day,
        }
    }

    /// The start of the bucket that holds a moment; that of the first one for
    /// a moment before genesis.
    #[must_use]
    pub const fn start_of(self, calendar: &Calendar, at_ms: u64) -> u64 {
        let since = at_ms.saturating_sub(calendar.genesis_ms);
        calendar.genesis_ms.saturating_add(since - since % self.ms())
    }
}

/// What a score was in a bucket. All scores have the scale 10^18.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// Start of the bucket, Unix milliseconds.
    pub start_ms: u64,
    /// The score at its start.
    pub open: u128,
    /// The highest.
    pub high: u128,
    /// The lowest.
    pub low: u128,
    /// The score at its end, or now.
    pub close: u128,
}

impl Candle {
    /// A bucket in which the score rests.
    #[must_use]
    pub const fn flat(start_ms: u64, score: u128) -> Self {
        Self { start_ms, open: score, high: score, low: score, close: score }
    }

    /// Goes on with another score.
    pub fn add(&mut self, score: u128) {
        self.high = self.high.max(score);
        self.low = self.low.min(score);
        self.close = score;
    }

    /// Goes on with a candle that follows.
    pub fn join(&mut self, later: &Candle) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
    }
}

/// The candles of the buckets in which the score of an epoch changed, in
/// order. With an epoch that is over, the score falls back to zero at its end,
/// which is in the bucket that begins there.
#[must_use]
pub fn candles(calendar: &Calendar, interval: Interval, run: &EpochRun, is_over: bool) -> Vec<Candle> {
    let (start, end) = (calendar.start_ms(run.epoch), calendar.end_ms(run.epoch));
    let mut buckets: BTreeMap<u64, Candle> = BTreeMap::new();
    let mut score = 0;
    for point in &run.points {
        // The last block of an epoch may be older than the epoch
        // (architecture.md, Calendar); what it brings counts from its start.
        let bucket = interval.start_of(calendar, point.at_ms.max(start));
        buckets.entry(bucket).or_insert_with(|| Candle::flat(bucket, score)).add(point.score);
        score = point.score;
    }
    if is_over && score != 0 {
        let bucket = interval.start_of(calendar, end);
        let open = if bucket == end { 0 } else { score };
        buckets.entry(bucket).or_insert_with(|| Candle::flat(bucket, open)).add(0);
    }
    buckets.into_values().collect()
}

/// Puts candles behind others; the first of them may go on in the last bucket.
pub fn append(candles: &mut Vec<Candle>, later: &[Candle]) {
    for candle in later {
        match candles.last_mut().filter(|last| last.start_ms == candle.start_ms) {
            Some(last) => last.join(candle),
            None => candles.push(*candle),
        }
    }
}

/// Candles of `interval` from those of its kept interval.
#[must_use]
pub fn widen(calendar: &Calendar, interval: Interval, kept: &[Candle]) -> Vec<Candle> {
    let mut wide: Vec<Candle> = Vec::new();
    for candle in kept {
        append(&mut wide, &[Candle { start_ms: interval.start_of(calendar, candle.start_ms), ..*candle }]);
    }
    wide
}

/// Fills the buckets from `from_ms` on, `count` of them but none after
/// `now_ms`: where nothing changed, the score rests. `before` is the score at
/// the start of the first bucket.
#[must_use]
pub fn fill(
    interval: Interval,
    changed: &[Candle],
    from_ms: u64,
    count: usize,
    now_ms: u64,
    before: u128,
) -> Vec<Candle> {
    let mut changed = changed.iter().skip_while(|candle| candle.start_ms < from_ms).peekable();
    let mut score = before;
    let mut filled = Vec::new();
    let mut start_ms = from_ms;
    while filled.len() < count && start_ms <= now_ms {
        let candle = changed.next_if(|candle| candle.start_ms == start_ms).copied();
        let candle = candle.unwrap_or(Candle::flat(start_ms, score));
        score = candle.close;
        filled.push(candle);
        start_ms = start_ms.saturating_add(interval.ms());
    }
    filled
}
