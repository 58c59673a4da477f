//! Who a line is paid to, and how that changes: the beneficiary names the next
//! account, and that account accepts, so no slip pays a key that nobody has.

use bizkey_primitives::{errors::vesting::Error, AccountId};

/// A line's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Recipient {
    /// Who is paid.
    pub account: AccountId,
    /// Who is paid once it accepts.
    pub proposed: Option<AccountId>,
}

impl Recipient {
    /// A line's first account.
    pub fn new(account: AccountId) -> Result<Self, Error> {
        Ok(Self { account: not_zero(account)?, proposed: None })
    }

    /// The beneficiary names the next account; itself to withdraw an earlier proposal.
    pub fn propose(&mut self, caller: AccountId, account: AccountId) -> Result<(), Error> {
        if caller != self.account {
            return Err(Error::NotBeneficiary);
        }
        self.proposed = Some(not_zero(account)?).filter(|account| *account != caller);
        Ok(())
    }

    /// The account that was named takes over.
    pub fn accept(&mut self, caller: AccountId) -> Result<(), Error> {
        if self.proposed != Some(caller) {
            return Err(Error::NotProposed);
        }
        *self = Self { account: caller, proposed: None };
        Ok(())
    }
}

fn not_zero(account: AccountId) -> Result<AccountId, Error> {
    if account == AccountId::from([0; 32]) {
        return Err(Error::ZeroAccount);
    }
    Ok(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u8) -> AccountId {
        AccountId::from([number; 32])
    }

    #[test]
    fn only_the_beneficiary_proposes_and_only_the_proposed_accepts() {
        let mut line = Recipient::new(account(1)).unwrap();
        assert_eq!(line.propose(account(2), account(2)), Err(Error::NotBeneficiary));
        assert_eq!(line.accept(account(1)), Err(Error::NotProposed));
        line.propose(account(1), account(2)).unwrap();
        assert_eq!(line.account, account(1), "nothing moves before it is accepted");
        assert_eq!(line.accept(account(3)), Err(Error::NotProposed));
        line.accept(account(2)).unwrap();
        assert_eq!(line, Recipient { account: account(2), proposed: None });
        assert_eq!(line.accept(account(2)), Err(Error::NotProposed));
        assert_eq!(line.propose(account(1), account(1)), Err(Error::NotBeneficiary));
    }

    #[test]
    fn a_later_proposal_replaces_the_earlier_and_ones_own_account_withdraws_it() {
        let mut line = Recipient::new(account(1)).unwrap();
        line.propose(account(1), account(2)).unwrap();
        line.propose(account(1), account(3)).unwrap();
        assert_eq!(line.accept(account(2)), Err(Error::NotProposed));
        line.propose(account(1), account(1)).unwrap();
        assert_eq!(line, Recipient { account: account(1), proposed: None });
        assert_eq!(line.accept(account(3)), Err(Error::NotProposed));
    }

    #[test]
    fn nobody_is_no_beneficiary() {
        assert_eq!(Recipient::new(account(0)), Err(Error::ZeroAccount));
        let mut line = Recipient::new(account(1)).unwrap();
        assert_eq!(line.propose(account(1), account(0)), Err(Error::ZeroAccount));
    }
}
