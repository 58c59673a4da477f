//! Products of two amounts, divided, without losing a unit in between.
//!
//! Long division in digits of 32 bits (Knuth, The Art of Computer Programming,
//! volume 2, 4.3.1, algorithm D): a contract has 64-bit division and little
//! room, and general 256-bit integers would take a sixteenth of it.

/// Digits of a `u128`, lowest first.
type Digits = [u32; 4];

/// `floor(a · b / c)`; `None` when `c` is 0 or the quotient passes 128 bits.
#[must_use]
pub fn mul_div(a: u128, b: u128, c: u128) -> Option<u128> {
    if c == 0 {
        return None;
    }
    // Shifted by this, the divisor's highest bit is set; that changes no quotient.
    let shift = c.leading_zeros();
    let divisor = c.wrapping_shl(shift);
    let (high, low) = product(a, b);
    let carried = low.checked_shr(128u32.saturating_sub(shift)).unwrap_or(0);
    let lost = high.checked_shr(128u32.saturating_sub(shift)).unwrap_or(0);
    let high = high.wrapping_shl(shift) | carried;
    if lost != 0 || high >= divisor {
        return None;
    }
    Some(divide(high, low.wrapping_shl(shift), digits(divisor)))
}

/// The lowest 32 bits.
#[allow(clippy::cast_possible_truncation)] // which is what it is for
const fn lowest(value: u64) -> u32 {
    value as u32
}

#[allow(clippy::cast_possible_truncation)] // each digit takes its own bits
fn digits(value: u128) -> Digits {
    [value as u32, (value >> 32) as u32, (value >> 64) as u32, (value >> 96) as u32]
}

fn value(digits: Digits) -> u128 {
    digits.iter().rev().fold(0u128, |value, digit| value << 32 | u128::from(*digit))
}

/// `a · b` as its upper and lower 128 bits.
fn product(a: u128, b: u128) -> (u128, u128) {
    let (a, b) = (digits(a), digits(b));
    let (mut low, mut high): (Digits, Digits) = ([0; 4], [0; 4]);
    for (i, digit) in a.iter().enumerate() {
        let mut carry = 0u64;
        for (j, other) in b.iter().enumerate() {
            let place = i.wrapping_add(j);
            let Some(sum) = (if place < 4 { low.get_mut(place) } else { high.get_mut(place.wrapping_sub(4)) }) else {
                continue;
            };
            // At most (2^32 - 1)^2 + 2 · (2^32 - 1) = 2^64 - 1.
            carry = u64::from(*digit).wrapping_mul(u64::from(*other)).wrapping_add(u64::from(*sum)).wrapping_add(carry);
            *sum = lowest(carry);
            carry >>= 32;
        }
        if let Some(sum) = high.get_mut(i) {
            *sum = lowest(carry);
        }
    }
    (value(high), value(low))
}

/// `(high · 2^128 + low) / divisor`, for a divisor whose highest bit is set
/// and that is more than `high`.
fn divide(high: u128, low: u128, divisor: Digits) -> u128 {
    // What is left of the dividend: below the divisor, and one digit more at its end.
    let mut rest = digits(high);
    let mut quotient = 0u128;
    for next in digits(low).into_iter().rev() {
        let [d0, d1, d2, d3] = rest;
        let mut dividend = [next, d0, d1, d2, d3];
        let mut digit = estimate(d3, d2, d1, &divisor);
        if subtract(&mut dividend, &divisor, digit) {
            // One too many: rare, and never two.
            digit = digit.wrapping_sub(1);
            add(&mut dividend, &divisor);
        }
        let [r0, r1, r2, r3, _] = dividend;
        rest = [r0, r1, r2, r3];
        quotient = quotient << 32 | u128::from(digit);
    }
    quotient
}

/// A quotient's digit from the highest three digits of the dividend and two of
/// the divisor: right, or one too many.
fn estimate(d3: u32, d2: u32, d1: u32, divisor: &Digits) -> u64 {
    let [_, _, second, first] = divisor.map(u64::from);
    let top = u64::from(d3) << 32 | u64::from(d2);
    // Never a division by zero: the divisor's highest bit is set.
    let mut digit = top.checked_div(first).unwrap_or(0);
    let mut rest = top.wrapping_sub(digit.wrapping_mul(first));
    while rest <= u64::from(u32::MAX)
        && (digit > u64::from(u32::MAX) || digit.wrapping_mul(second) > (rest << 32 | u64::from(d1)))
    {
        digit = digit.wrapping_sub(1);
        rest = rest.wrapping_add(first);
    }
    digit
}

/// Takes `digit` times the divisor away; whether that was more than there was.
fn subtract(dividend: &mut [u32; 5], divisor: &Digits, digit: u64) -> bool {
    let mut borrow = 0u64;
    let divisor = divisor.iter().map(|digit| u64::from(*digit)).chain([0]);
    for (place, other) in dividend.iter_mut().zip(divisor) {
        // What the lower digits still want, below 2^32, and a product below 2^64 - 2^33 + 2.
        let wanted = digit.wrapping_mul(other).wrapping_add(borrow);
        let (left, short) = place.overflowing_sub(lowest(wanted));
        *place = left;
        borrow = (wanted >> 32).wrapping_add(u64::from(short));
    }
    borrow != 0
}

/// Adds the divisor; what passes the highest digit makes up for what was short.
fn add(dividend: &mut [u32; 5], divisor: &Digits) {
    let mut carry = 0u64;
    let divisor = divisor.iter().map(|digit| u64::from(*digit)).chain([0]);
    for (place, other) in dividend.iter_mut().zip(divisor) {
        let sum = u64::from(*place).wrapping_add(other).wrapping_add(carry);
        *place = lowest(sum);
        carry = sum >> 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;
    use proptest::prelude::*;

    fn exact(a: u128, b: u128, c: u128) -> Option<u128> {
        (c != 0).then(|| BigUint::from(a) * b / c).and_then(|q| u128::try_from(q).ok())
    }

    /// Digits at the edges, where an estimate is off or a carry runs through.
    fn edgy() -> impl Strategy<Value = u128> {
        let digit = prop_oneof![
            3 => Just(0u32),
            3 => Just(u32::MAX),
            1 => Just(1u32),
            1 => Just(1u32 << 31),
            1 => Just((1u32 << 31) - 1),
            1 => Just(u32::MAX - 1),
            2 => any::<u32>(),
        ];
        proptest::array::uniform4(digit).prop_map(value)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn it_is_the_exact_quotient_rounded_down(a in edgy(), b in edgy(), c in edgy(), shift in 0u32..128) {
            prop_assert_eq!(mul_div(a, b, c), exact(a, b, c));
            prop_assert_eq!(mul_div(a, b >> shift, c), exact(a, b >> shift, c));
            prop_assert_eq!(mul_div(a, b, c >> shift), exact(a, b, c >> shift));
            prop_assert_eq!(mul_div(a >> shift, b, c >> shift), exact(a >> shift, b, c >> shift));
        }

        #[test]
        fn a_product_is_split_at_its_128th_bit(a in edgy(), b in edgy()) {
            let (high, low) = product(a, b);
            prop_assert_eq!((BigUint::from(high) << 128) + low, BigUint::from(a) * b);
        }
    }

    #[test]
    fn an_estimate_that_is_one_too_many_is_put_right() {
        // Knuth's exercise 21 in digits of 32 bits: the estimate passes its test and is off by one.
        let divisor = value([u32::MAX, 0, 0x8000_0000, 0x8000_0000]);
        for dividend in [value([0, 0, 0, 0x7fff_ffff]), value([3, 0, 0x8000_0000, 0x7fff_ffff])] {
            assert_eq!(mul_div(dividend, u128::MAX, divisor), exact(dividend, u128::MAX, divisor));
        }
    }

    #[test]
    fn what_does_not_fit_is_nothing() {
        assert_eq!(mul_div(1, 1, 0), None);
        assert_eq!(mul_div(u128::MAX, 2, 1), None);
        assert_eq!(mul_div(u128::MAX, u128::MAX, u128::MAX), Some(u128::MAX));
        assert_eq!(mul_div(1 << 127, 2, 1), None);
        assert_eq!(mul_div(0, 0, 7), Some(0));
    }
}
