//! Numbers and text as people read them.

use bizkey_primitives::TOKEN;

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount of a token in millions, with one decimal, rounded down.
pub fn millions(amount: u128) -> String {
    let tenths = amount / (100_000 * TOKEN);
    format!("{}.{}", grouped(u64::try_from(tenths / 10).unwrap_or(u64::MAX)), tenths % 10)
}

/// A signed amount in parts of `whole`, with `decimals` decimals, rounded
/// toward zero.
fn parts(amount: i128, whole: u128, decimals: usize) -> String {
    let scale = 10u128.pow(u32::try_from(decimals).unwrap_or(0));
    // Dividing first keeps the product small; what is left is below `whole`.
    let absolute = amount.unsigned_abs();
    let scaled = absolute / whole * scale + absolute % whole * scale / whole;
    let sign = if amount < 0 && scaled > 0 { "-" } else { "" };
    let integer = grouped(u64::try_from(scaled / scale.max(1)).unwrap_or(u64::MAX));
    if decimals == 0 {
        return format!("{sign}{integer}");
    }
    format!("{sign}{integer}.{:0decimals$}", scaled % scale)
}

/// Millionths of a minor unit as major units with two decimals.
pub fn money(millionths: i128) -> String {
    parts(millionths, 100_000_000, 2)
}

/// A price in millionths of a minor unit as major units with four decimals.
pub fn price(millionths: u128) -> String {
    parts(i128::try_from(millionths).unwrap_or(i128::MAX), 100_000_000, 4)
}

/// A signed amount of a token in whole ones.
pub fn whole(amount: i128) -> String {
    parts(amount, TOKEN, 0)
}

/// `text` in lines of at most `width` characters, each after `indent`.
pub fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let mut lines = vec![String::from(indent)];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.len() + 1 + word.len() > width && line.len() > indent.len() {
            lines.push(format!("{indent}{word}"));
        } else {
            if line.len() > indent.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        let numbers = [0, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn amounts_are_rounded_toward_zero_and_keep_their_sign() {
        assert_eq!(money(123_456_789_000), "1,234.56");
        assert_eq!(money(-150_000_000), "-1.50");
        assert_eq!(money(-999_999), "0.00");
        assert_eq!(price(1_000_000), "0.0100");
        assert_eq!(whole(-2_500_000_000_000), "-2");
        assert_eq!(millions(1_234_567_890 * TOKEN), "1,234.5");
    }

    #[test]
    fn lines_are_wrapped_between_words() {
        assert_eq!(wrapped(" one two  three", "  ", 9), "  one two\n  three");
    }
}
