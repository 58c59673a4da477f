//! Who may do what, and what the admin decides.

use crate::{chain::now_ms, redemption::Redemption};
use bizkey_primitives::{
    administration::Administration,
    emit::emit,
    errors::redemption::Error,
    events::{
        BzkyPriceAnchored, RedemptionCodeChanged, RedemptionHandedOver, RedemptionOssified, RedemptionParametersSet,
        RedemptionPaused, RedemptionRoleSet,
    },
    redemption::{RedemptionParameters, RedemptionRole},
    AccountId, Hash,
};
use ink::env::DefaultEnvironment;

/// Who may do what.
#[derive(Clone, Copy, Debug)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Roles {
    /// Deployer and admin.
    pub administration: Administration,
    /// Moves Bzky's price.
    pub price_setter: Option<AccountId>,
    /// Sells Time for fiat.
    pub fiat_seller: Option<AccountId>,
    /// Confirms fulfilments of Bizkey's own tasks.
    pub task_confirmer: Option<AccountId>,
}

impl Roles {
    /// The roles of a new contract.
    pub fn new(deployer: AccountId) -> Self {
        let administration = Administration::new(deployer);
        Self { administration, price_setter: None, fiat_seller: None, task_confirmer: None }
    }

    /// Who has a role.
    pub fn of(&mut self, role: RedemptionRole) -> &mut Option<AccountId> {
        match role {
            RedemptionRole::PriceSetter => &mut self.price_setter,
            RedemptionRole::FiatSeller => &mut self.fiat_seller,
            RedemptionRole::TaskConfirmer => &mut self.task_confirmer,
        }
    }
}

impl Redemption {
    /// Who may do what. The constructor sets it; without it nobody governs.
    pub(crate) fn roles(&self) -> Roles {
        self.roles.get().unwrap_or(Roles::new(AccountId::from([0; 32])))
    }

    pub(crate) fn check_running(&self) -> Result<(), Error> {
        if self.pauses.is_on(now_ms()) {
            Err(Error::Paused)
        } else {
            Ok(())
        }
    }

    pub(crate) fn do_hand_over(&mut self, admin: AccountId) -> Result<(), Error> {
        let mut roles = self.roles();
        roles.administration.hand_over(caller(), admin)?;
        self.roles.set(&roles);
        emit(&RedemptionHandedOver { admin });
        Ok(())
    }

    pub(crate) fn do_set_code(&mut self, code_hash: Hash) -> Result<(), Error> {
        self.roles().administration.may_change_code(caller())?;
        ink::env::set_code_hash::<DefaultEnvironment>(&code_hash).map_err(|_| Error::UnknownCode)?;
        emit(&RedemptionCodeChanged { code_hash });
        Ok(())
    }

    pub(crate) fn do_ossify(&mut self) -> Result<(), Error> {
        let mut roles = self.roles();
        roles.administration.ossify(caller())?;
        self.roles.set(&roles);
        emit(&RedemptionOssified {});
        Ok(())
    }

    pub(crate) fn do_pause(&mut self, until_ms: u64) -> Result<(), Error> {
        self.only_admin()?;
        self.pauses.begin(now_ms(), until_ms)?;
        emit(&RedemptionPaused { until_ms });
        Ok(())
    }

    pub(crate) fn do_set_role(&mut self, role: RedemptionRole, account: Option<AccountId>) -> Result<(), Error> {
        let mut roles = self.only_admin()?;
        *roles.of(role) = account;
        self.roles.set(&roles);
        emit(&RedemptionRoleSet { role, account });
        Ok(())
    }

    pub(crate) fn do_set_parameters(&mut self, parameters: RedemptionParameters) -> Result<(), Error> {
        self.only_admin()?;
        if !parameters.is_valid() {
            return Err(Error::BadParameters);
        }
        let fixed = self.parameters().official_price;
        if fixed != 0 && parameters.official_price != fixed {
            return Err(Error::OfficialPriceFixed);
        }
        self.parameters.set(&parameters);
        emit(&RedemptionParametersSet { parameters });
        Ok(())
    }

    pub(crate) fn do_anchor_price(&mut self, price: u64) -> Result<(), Error> {
        self.only_admin()?;
        self.sales.anchor(self.today(), price)?;
        emit(&BzkyPriceAnchored { price });
        Ok(())
    }

    pub(crate) fn only_fiat_seller(&self) -> Result<(), Error> {
        if self.roles().fiat_seller == Some(caller()) {
            Ok(())
        } else {
            Err(Error::NotFiatSeller)
        }
    }

    fn only_admin(&self) -> Result<Roles, Error> {
        let roles = self.roles();
        roles.administration.only_admin(caller())?;
        Ok(roles)
    }
}

fn caller() -> AccountId {
    ink::env::caller::<DefaultEnvironment>()
}
