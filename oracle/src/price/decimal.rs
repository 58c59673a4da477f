//! Prices as text into integers, exactly. No float is ever made.

/// Longest number that is read, bytes.
const LONGEST: usize = 64;
/// Largest exponent that is read, either way.
const MAX_EXPONENT: i32 = 64;

/// Why a text is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// It is not a decimal number as JSON writes it.
    #[error("it is no decimal number")]
    NotADecimal,
    /// It is below zero.
    #[error("it is negative")]
    Negative,
    /// It is zero, or too small to be told from zero.
    #[error("it is zero, or less than the smallest price")]
    Zero,
    /// It passes 64 bits.
    #[error("it passes 64 bits")]
    TooLarge,
}

/// `floor(text · 10^digits)` of a positive decimal number as JSON writes it,
/// such as `12.50` or `1.25e1`. Digits that are finer are cut off.
///
/// # Errors
/// [`DecimalError`].
pub fn scaled(text: &str, digits: u8) -> Result<u64, DecimalError> {
    if text.len() > LONGEST {
        return Err(DecimalError::NotADecimal);
    }
    if let Some(rest) = text.strip_prefix('-') {
        // `-0` is no price either.
        return Err(parts(rest).map_or(DecimalError::NotADecimal, |_| DecimalError::Negative));
    }
    let (whole, fraction, exponent) = parts(text).ok_or(DecimalError::NotADecimal)?;
    let mut number = format!("{whole}{fraction}");
    // At most 64 digits each way, so nothing here overflows.
    let length = i32::try_from(fraction.len()).map_err(|_| DecimalError::NotADecimal)?;
    let shift = exponent.saturating_add(i32::from(digits)).saturating_sub(length);
    if shift >= 0 {
        let zeros = usize::try_from(shift).map_err(|_| DecimalError::NotADecimal)?;
        number.extend(std::iter::repeat_n('0', zeros));
    } else {
        let cut = usize::try_from(shift.unsigned_abs()).map_err(|_| DecimalError::NotADecimal)?;
        number.truncate(number.len().saturating_sub(cut));
    }
    let significant = number.trim_start_matches('0');
    if significant.is_empty() {
        return Err(DecimalError::Zero);
    }
    significant.parse().map_err(|_| DecimalError::TooLarge)
}

/// Digits before and after the point, and the exponent.
fn parts(text: &str) -> Option<(&str, &str, i32)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        None => (text, 0),
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            let exponent: i32 = is_digits(digits).then(|| exponent.parse().ok()).flatten()?;
            (mantissa, Some(exponent).filter(|exponent| exponent.abs() <= MAX_EXPONENT)?)
        }
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        None => (mantissa, ""),
        Some((whole, fraction)) => (whole, Some(fraction).filter(|fraction| is_digits(fraction))?),
    };
    let is_plain = is_digits(whole) && (whole == "0" || !whole.starts_with('0'));
    is_plain.then_some((whole, fraction, exponent))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use proptest::prelude::*;

    #[test]
    fn a_price_is_read_to_the_last_digit() {
        for (text, digits, expected) in [
            ("1", 8, 100_000_000),
            ("0.00000001", 8, 1),
            ("12.50", 8, 1_250_000_000),
            ("1.25e1", 8, 1_250_000_000),
            ("125E-1", 8, 1_250_000_000),
            ("0.1", 0, 0),
            ("184467440737.09551615", 8, u64::MAX),
            ("0.123456789", 8, 12_345_678),
        ] {
            let expected = if expected == 0 { Err(DecimalError::Zero) } else { Ok(expected) };
            assert_eq!(scaled(text, digits), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in ["", " 1", "1 ", "01", ".5", "5.", "1e", "1e+", "1e999", "0x10", "1_000", "1,5", "NaN", "inf", "١"]
        {
            assert_eq!(scaled(text, 8), Err(DecimalError::NotADecimal), "{text}");
        }
        assert_eq!(scaled(&"9".repeat(65), 0), Err(DecimalError::NotADecimal));
        assert_eq!(scaled("-1", 8), Err(DecimalError::Negative));
        assert_eq!(scaled("0.000", 8), Err(DecimalError::Zero));
        assert_eq!(scaled("1e-60", 8), Err(DecimalError::Zero));
        assert_eq!(scaled("184467440737.09551616", 8), Err(DecimalError::TooLarge));
        assert_eq!(scaled("1e40", 8), Err(DecimalError::TooLarge));
    }

    proptest! {
        /// The integer is the exact number, scaled and rounded down.
        #[test]
        fn a_number_is_the_exact_fraction_rounded_down(
            whole in 0u64..1 << 40, fraction in "[0-9]{1,20}", exponent in -12i32..6, digits in 0u8..12,
        ) {
            let ten = |power: i32| {
                let base = BigRational::from_integer(BigInt::from(10));
                num_traits_pow(&base, power)
            };
            let text = format!("{whole}.{fraction}e{exponent}");
            let digits_of = BigInt::parse_bytes(format!("{whole}{fraction}").as_bytes(), 10).unwrap();
            let exact = BigRational::from_integer(digits_of)
                * ten(exponent + i32::from(digits) - i32::try_from(fraction.len()).unwrap());
            let floor = exact.floor().to_integer();
            let expected = match u64::try_from(floor) {
                Ok(0) => Err(DecimalError::Zero),
                Ok(number) => Ok(number),
                Err(_) => Err(DecimalError::TooLarge),
            };
            prop_assert_eq!(scaled(&text, digits), expected);
        }
    }

    fn num_traits_pow(base: &BigRational, power: i32) -> BigRational {
        let mut product = BigRational::from_integer(1.into());
        for _ in 0..power.unsigned_abs() {
            product *= base;
        }
        if power < 0 {
            product.recip()
        } else {
            product
        }
    }
}
