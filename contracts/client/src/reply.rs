//! What a message returned, out of ink!'s wrapping.

use crate::{contracts_api::Returned, ClientError, ContractError, ContractKind, Result};
use codec::Decode;

/// How a message's return value is wrapped, and what is in it.
pub struct Reply<V>(fn(&[u8]) -> std::result::Result<V, codec::Error>);

impl<V> Clone for Reply<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Reply<V> {}

impl<V: Decode> Reply<V> {
    /// A message that cannot be refused: a pure read.
    pub const PLAIN: Self = Self(|mut data| V::decode(&mut data));

    /// A message that returns `Result<V, Error>`.
    pub const CHECKED: Self = Self(|data| match data.split_first() {
        Some((0, mut value)) => V::decode(&mut value),
        _ => Err("an error without a revert".into()),
    });
}

impl<V> Reply<V> {
    /// The value of a message that was not refused.
    pub fn value(self, contract: ContractKind, message: &'static str, returned: &Returned) -> Result<V> {
        check(contract, message, returned)?;
        let what = || format!("the reply of `{contract}.{message}`");
        match returned.data.split_first() {
            // 0: ink!'s own Ok.
            Some((0, data)) => (self.0)(data).map_err(|error| ClientError::decode(what(), error)),
            _ => Err(ClientError::decode(what(), "the contract does not know the message")),
        }
    }
}

/// Whether the message was carried out; the contract's error if not.
pub fn check(contract: ContractKind, message: &'static str, returned: &Returned) -> Result<()> {
    if !returned.reverted() {
        return Ok(());
    }
    let error = match returned.data.as_slice() {
        // Ok of ink!, Err of the message.
        [0, 1, code @ ..] => ContractError::decode(contract, code),
        _ => None,
    };
    match error {
        Some(error) => Err(ClientError::Contract { message, error }),
        None => Err(ClientError::decode(
            format!("the refusal of `{contract}.{message}`"),
            format!("0x{}: this client and the contract are of different versions", hex::encode(&returned.data)),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bizkey_primitives::errors::receipts;
    use codec::Encode;

    fn returned(flags: u32, data: &[u8]) -> Returned {
        Returned::decode(&mut (flags, data).encode().as_slice()).unwrap()
    }

    #[test]
    fn values_come_out_of_their_wrapping() {
        let plain = returned(0, &[0, 7, 0, 0, 0]);
        assert_eq!(Reply::<u32>::PLAIN.value(ContractKind::Registry, "count", &plain), Ok(7));
        let checked = returned(0, &[0, 0, 7, 0, 0, 0]);
        assert_eq!(Reply::<u32>::CHECKED.value(ContractKind::Registry, "register", &checked), Ok(7));
    }

    #[test]
    fn a_refusal_is_the_contracts_own_error() {
        let error = receipts::Error::SequenceGap;
        let data = [&[0, 1][..], &error.encode()].concat();
        let outcome = Reply::<()>::CHECKED.value(ContractKind::Receipts, "record", &returned(1, &data)).unwrap_err();
        assert_eq!(outcome.contract(), Some(ContractError::Receipts(error)));
        assert_eq!(outcome.to_string(), "`record` was refused by receipts: SequenceGap");
    }

    #[test]
    fn an_unknown_message_or_error_is_told_apart() {
        for data in [&[1, 1][..], &[0, 1, 250], &[]] {
            let outcome = check(ContractKind::Receipts, "record", &returned(1, data));
            assert!(matches!(outcome, Err(ClientError::Decode { .. })), "{outcome:?}");
        }
    }
}
