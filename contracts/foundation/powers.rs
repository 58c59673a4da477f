//! What the chief executive may call, and what nobody may call except by the
//! motion that is made for it.

use bizkey_primitives::{
    board::{Power, Selector, MAX_INPUT_BYTES, MAX_POWERS},
    errors::foundation::Error,
    AccountId, Stamp,
};
use ink::{prelude::vec::Vec, selector_bytes};

/// Messages of the suite that change code, roles or pauses. A call to one of
/// them would get round the delay of an upgrade, the second resolution of an
/// ossification, the one-time wiring, or the cool-down of a pause.
const REFUSED: [Selector; 5] = [
    selector_bytes!("set_code"),
    selector_bytes!("ossify"),
    selector_bytes!("hand_over"),
    selector_bytes!("bind"),
    selector_bytes!("pause"),
];

/// Accounts that no motion and no power calls: a call to the foundation itself
/// could only be one of its own messages, and every Bzky that leaves belongs
/// to a budget line.
#[derive(Clone, Copy, Debug)]
pub struct OffLimits {
    /// The foundation.
    pub own: AccountId,
    /// The token.
    pub bzky: AccountId,
}

/// Checks that a message may be called by a motion or by a power.
///
/// # Errors
/// `TargetRefused`, `SelectorRefused`.
pub fn check_message(off_limits: &OffLimits, target: AccountId, selector: Selector) -> Result<(), Error> {
    if target == off_limits.own || target == off_limits.bzky {
        return Err(Error::TargetRefused);
    }
    if REFUSED.contains(&selector) {
        return Err(Error::SelectorRefused);
    }
    Ok(())
}

/// Checks a call's input and that its message may be called. Returns which
/// message it is for.
///
/// # Errors
/// `BadInput`, `TargetRefused`, `SelectorRefused`.
pub fn check_call(off_limits: &OffLimits, target: AccountId, input: &[u8]) -> Result<Selector, Error> {
    let selector = *input.first_chunk().ok_or(Error::BadInput)?;
    if input.len() > MAX_INPUT_BYTES {
        return Err(Error::BadInput);
    }
    check_message(off_limits, target, selector)?;
    Ok(selector)
}

/// Gives a power, or changes its limit; calls made in the present epoch count
/// on. `check_message` decides which ones can be given.
///
/// # Errors
/// `BadLimit`, `TooManyPowers`.
pub fn grant(powers: &mut Vec<Power>, target: AccountId, selector: Selector, limit: Option<u32>) -> Result<(), Error> {
    if limit == Some(0) {
        return Err(Error::BadLimit);
    }
    let is_full = powers.len() >= MAX_POWERS;
    match find(powers, target, selector) {
        Ok(power) => power.limit = limit,
        Err(_) if is_full => return Err(Error::TooManyPowers),
        Err(_) => powers.push(Power { target, selector, limit, epoch: 0, used: 0 }),
    }
    Ok(())
}

/// Takes a power away.
///
/// # Errors
/// `UnknownPower`.
pub fn revoke(powers: &mut Vec<Power>, target: AccountId, selector: Selector) -> Result<(), Error> {
    let is_it = |power: &Power| power.target == target && power.selector == selector;
    let position = powers.iter().position(is_it).ok_or(Error::UnknownPower)?;
    powers.remove(position);
    Ok(())
}

/// Books one call in the epoch with stamp `now`.
///
/// # Errors
/// `UnknownPower`, `PowerExhausted`.
pub fn exercise(powers: &mut [Power], target: AccountId, selector: Selector, now: Stamp) -> Result<(), Error> {
    let power = find(powers, target, selector)?;
    if power.epoch != now {
        power.epoch = now;
        power.used = 0;
    }
    if power.limit.is_some_and(|limit| power.used >= limit) {
        return Err(Error::PowerExhausted);
    }
    power.used = power.used.saturating_add(1);
    Ok(())
}

fn find(powers: &mut [Power], target: AccountId, selector: Selector) -> Result<&mut Power, Error> {
    powers.iter_mut().find(|power| power.target == target && power.selector == selector).ok_or(Error::UnknownPower)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // an overflow fails the test
mod tests {
    use super::*;
    use bizkey_primitives::hash::selector;
    use proptest::prelude::*;

    const SELECTOR: Selector = [1, 2, 3, 4];

    fn account(n: u8) -> AccountId {
        AccountId::from([n; 32])
    }

    fn off_limits() -> OffLimits {
        OffLimits { own: account(1), bzky: account(2) }
    }

    #[test]
    fn code_roles_and_pauses_have_their_own_motions() {
        for name in ["set_code", "ossify", "hand_over", "bind", "pause"] {
            assert_eq!(check_message(&off_limits(), account(9), selector(name)), Err(Error::SelectorRefused), "{name}");
            let mut input = selector(name).to_vec();
            input.extend([7; 40]);
            assert_eq!(check_call(&off_limits(), account(9), &input), Err(Error::SelectorRefused), "{name}");
        }
        for name in ["set_status", "seize", "book_debt", "set_platform"] {
            assert_eq!(check_message(&off_limits(), account(9), selector(name)), Ok(()), "{name}");
        }
    }

    #[test]
    fn neither_itself_nor_the_token_is_called() {
        for target in [1, 2] {
            assert_eq!(check_message(&off_limits(), account(target), SELECTOR), Err(Error::TargetRefused));
        }
    }

    #[test]
    fn an_input_has_a_selector_and_a_bound() {
        let of = |length: usize| check_call(&off_limits(), account(9), &vec![5; length]);
        assert_eq!([of(0), of(3), of(4097)], [Err(Error::BadInput); 3]);
        assert_eq!([of(4), of(4096)], [Ok([5; 4]); 2]);
    }

    #[test]
    fn a_power_is_for_one_message_of_one_contract() {
        let mut powers = Vec::new();
        grant(&mut powers, account(9), SELECTOR, None).unwrap();
        assert_eq!(exercise(&mut powers, account(9), SELECTOR, 1), Ok(()));
        assert_eq!(exercise(&mut powers, account(8), SELECTOR, 1), Err(Error::UnknownPower));
        assert_eq!(exercise(&mut powers, account(9), [0; 4], 1), Err(Error::UnknownPower));
        assert_eq!(revoke(&mut powers, account(8), SELECTOR), Err(Error::UnknownPower));
        revoke(&mut powers, account(9), SELECTOR).unwrap();
        assert_eq!(exercise(&mut powers, account(9), SELECTOR, 1), Err(Error::UnknownPower));
    }

    #[test]
    fn a_new_limit_does_not_forget_the_epochs_calls() {
        let mut powers = Vec::new();
        assert_eq!(grant(&mut powers, account(9), SELECTOR, Some(0)), Err(Error::BadLimit));
        grant(&mut powers, account(9), SELECTOR, None).unwrap();
        for _ in 0..3 {
            exercise(&mut powers, account(9), SELECTOR, 5).unwrap();
        }
        grant(&mut powers, account(9), SELECTOR, Some(4)).unwrap();
        assert_eq!(powers.len(), 1);
        assert_eq!(exercise(&mut powers, account(9), SELECTOR, 5), Ok(()));
        assert_eq!(exercise(&mut powers, account(9), SELECTOR, 5), Err(Error::PowerExhausted));
        assert_eq!(exercise(&mut powers, account(9), SELECTOR, 6), Ok(()));
    }

    #[test]
    fn there_are_at_most_sixty_four() {
        let mut powers = Vec::new();
        for n in 0..64 {
            grant(&mut powers, account(n), SELECTOR, None).unwrap();
        }
        assert_eq!(grant(&mut powers, account(64), SELECTOR, None), Err(Error::TooManyPowers));
        assert_eq!(grant(&mut powers, account(63), SELECTOR, Some(1)), Ok(()));
    }

    proptest! {
        /// In no epoch are there more calls than the limit, and none is refused below it.
        #[test]
        fn an_epoch_has_as_many_calls_as_the_limit(limit in 1u32..5, waits in proptest::collection::vec(0u32..3, 1..60)) {
            let mut powers = Vec::new();
            grant(&mut powers, account(9), SELECTOR, Some(limit)).unwrap();
            let (mut now, mut calls) = (0, std::collections::BTreeMap::<u32, u32>::new());
            for wait in waits {
                now += wait;
                let made = calls.entry(now).or_default();
                let allowed = exercise(&mut powers, account(9), SELECTOR, now).is_ok();
                prop_assert_eq!(allowed, *made < limit);
                *made += u32::from(allowed);
            }
        }
    }
}
