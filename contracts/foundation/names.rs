//! What a director may be called.

use bizkey_primitives::{board::MAX_NAME_BYTES, errors::foundation::Error};

/// Checks that a name has 1 to 64 bytes of printable UTF-8 and does not begin
/// or end with a space.
///
/// # Errors
/// `BadName`.
pub fn check_name(name: &[u8]) -> Result<(), Error> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(Error::BadName);
    }
    let text = core::str::from_utf8(name).map_err(|_| Error::BadName)?;
    let padded = name.first() == Some(&b' ') || name.last() == Some(&b' ');
    if padded || !text.chars().all(is_printable) {
        return Err(Error::BadName);
    }
    Ok(())
}

/// Refuses control characters and those that are not seen but change what is
/// seen: with them two names could look alike. The joiners U+200C and U+200D
/// stay, since some scripts need them.
const fn is_printable(character: char) -> bool {
    !matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff0}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_to_sixty_four_bytes_of_printable_text() {
        let longest = "a".repeat(64);
        for good in ["A", "Ada Lovelace", "김민준", "می‌خواهم", "O'Neill-Ødegård", longest.as_str()] {
            assert_eq!(check_name(good.as_bytes()), Ok(()), "{good}");
        }
        let too_long = "김".repeat(22);
        for bad in
            ["", " ", " Ada", "Ada ", "A\nB", "A\u{7f}", "A\u{85}", "A\u{202e}B", "A\u{200b}B", too_long.as_str()]
        {
            assert_eq!(check_name(bad.as_bytes()), Err(Error::BadName), "{bad:?}");
        }
        assert_eq!(check_name(&[0xff]), Err(Error::BadName), "not UTF-8");
        assert_eq!(check_name(&[0xed, 0x95]), Err(Error::BadName), "half a character");
    }
}
