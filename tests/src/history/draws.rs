//! Numbers that are the same in every run.

/// A stream of draws (splitmix64).
#[derive(Clone, Debug)]
pub struct Draws(u64);

impl Draws {
    /// The stream of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`; 0 if that is 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        (self.any() % u64::from(bound.max(1))) as u32
    }

    /// From 1 to `last`, all alike.
    pub fn one_to(&mut self, last: u32) -> u32 {
        1 + self.below(last)
    }

    /// Once in so many times.
    pub fn once_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// Below `bound`, small numbers far more often: the least of them
    /// `sqrt(bound)` times as often as on average.
    pub fn skewed(&mut self, bound: u32) -> u32 {
        // 53 bits are what a float holds.
        let part = (self.any() >> 11) as f64 / (1u64 << 53) as f64;
        (part * part * f64::from(bound)) as u32
    }

    /// One of them; `None` of none.
    pub fn pick<'a, T>(&mut self, those: &'a [T]) -> Option<&'a T> {
        those.get(self.below(those.len() as u32) as usize)
    }

    /// Brings them into another order.
    pub fn shuffle<T>(&mut self, those: &mut [T]) {
        for last in (1..those.len()).rev() {
            those.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_a_hundred_times_as_busy() {
        let mut draws = Draws::new(1);
        let mut counts = vec![0u32; 20_000];
        for _ in 0..1_000_000 {
            counts[draws.skewed(20_000) as usize] += 1;
        }
        assert!(counts[0] > 5_000, "{} of 50 on average", counts[0]);
        let rest: u32 = counts[10_000..].iter().sum();
        assert!((250_000..350_000).contains(&rest), "the lower half has {rest}");
    }
}
