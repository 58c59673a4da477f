//! What every message needs, and what the deployer and the admin do with the
//! contract itself.

use crate::{
    accounts::Accounts,
    agents::Agents,
    capital::counts_from,
    devices::Devices,
    parameters,
    parties::Parties,
    recovery::Successions,
    registry::{Registry, Setup, MAX_QUERIES},
    values::{Subject, Value, Values},
};
use bizkey_primitives::{
    action::Nonces,
    administration::Administration,
    cross_contract::call,
    emit::{emit, Encoded},
    errors::{receipts, registry::Error},
    events::{AttestorChanged, RegistryCodeChanged, RegistryHandedOver, RegistryOssified},
    AccountId, Calendar, Epoch, Hash, MerchantIndex, Side, Stamp,
};
use ink::{
    codegen::{Env as _, StaticEnv as _},
    prelude::vec::Vec,
    storage::{Lazy, Mapping},
};

impl Registry {
    /// The state that a constructor leaves.
    pub(crate) fn open(calendar: Calendar, genesis: Hash, attestors: &[AccountId]) -> Result<Self, Error> {
        if attestors.len() > MAX_QUERIES {
            return Err(Error::TooManyQueries);
        }
        let mut registry = Self {
            calendar,
            setup: Lazy::default(),
            roles: Lazy::default(),
            attestors: Mapping::default(),
            accounts: Accounts::default(),
            parties: Parties::default(),
            successions: Successions::default(),
            agents: Agents::default(),
            devices: Devices::default(),
            values: Values::default(),
            nonces: Nonces::default(),
        };
        registry.setup.set(&Setup { genesis, receipts: None });
        registry.roles.set(&Administration::new(Self::env().caller()));
        for &attestor in attestors {
            registry.change_attestor(attestor, true)?;
        }
        Ok(registry)
    }

    pub(crate) fn now(&self) -> Stamp {
        self.calendar.stamp_at(self.env().block_timestamp())
    }

    /// The constructor sets it; without it nobody is the admin.
    pub(crate) fn roles(&self) -> Result<Administration, Error> {
        self.roles.get().ok_or(Error::NotAdmin)
    }

    pub(crate) fn only_admin(&self, caller: AccountId) -> Result<(), Error> {
        Ok(self.roles()?.only_admin(caller)?)
    }

    /// Checks that the admin calls.
    #[inline(never)]
    pub(crate) fn by_admin(&self) -> Result<(), Error> {
        self.only_admin(self.env().caller())
    }

    /// Books an attestor's word on a shop. Returns the attestor, and the first
    /// epoch scored by it if a second attestor thereby agreed.
    #[inline(never)]
    pub(crate) fn state(
        &mut self,
        merchant: MerchantIndex,
        subject: Subject,
        value: Value,
    ) -> Result<(AccountId, Option<Epoch>), Error> {
        let attestor = self.only_attestor()?;
        self.parties.only_known((Side::Merchant, merchant))?;
        if !self.values.agree(subject, attestor, value, |of| self.attestors.get(of).unwrap_or(false))? {
            return Ok((attestor, None));
        }
        let from = counts_from(self.now(), !self.values.has(subject));
        self.values.book(subject, from, from, value);
        Ok((attestor, Some(from)))
    }

    /// Books the admin's decision on a parameter.
    #[inline(never)]
    pub(crate) fn decide(&mut self, subject: Subject, value: Value, from: Epoch) -> Result<(), Error> {
        self.by_admin()?;
        let now = self.now();
        parameters::decide(&mut self.values, subject, value, from, now)
    }

    /// Everything `receipts` is told answers alike; it refuses only what this
    /// contract never asks, so a refusal is a failure. The arguments come
    /// encoded, so that all calls share their code.
    #[inline(never)]
    pub(crate) fn tell_receipts(&self, selector: [u8; 4], arguments: Vec<u8>) -> Result<(), Error> {
        let receipts = self.receipts().ok_or(Error::NotBound)?;
        let answer: Result<(), receipts::Error> =
            call(receipts, selector, &Encoded(arguments)).map_err(|_| Error::CalleeFailed)?;
        answer.map_err(|_| Error::CalleeFailed)
    }

    /// The constructor sets it; without it nothing is bound.
    pub(crate) fn setup(&self) -> Result<Setup, Error> {
        self.setup.get().ok_or(Error::NotBound)
    }

    pub(crate) fn only_attestor(&self) -> Result<AccountId, Error> {
        let caller = self.env().caller();
        if self.is_attestor(caller) {
            Ok(caller)
        } else {
            Err(Error::NotAttestor)
        }
    }

    pub(crate) fn change_attestor(&mut self, attestor: AccountId, active: bool) -> Result<(), Error> {
        match self.attestors.get(attestor) {
            Some(before) if before == active => return Ok(()),
            // Its old words would count again.
            Some(false) => return Err(Error::AccountUsed),
            None if !active => return Ok(()),
            _ => {}
        }
        self.attestors.insert(attestor, &active);
        emit(&AttestorChanged { attestor, active });
        Ok(())
    }
}

/// What the deployer and the admin do with the contract itself.
impl Registry {
    pub(crate) fn hand_over_to(&mut self, admin: AccountId) -> Result<(), Error> {
        let mut roles = self.roles()?;
        roles.hand_over(self.env().caller(), admin)?;
        if admin == AccountId::from([0; 32]) {
            // Nobody could govern.
            return Err(Error::ZeroAccount);
        }
        self.roles.set(&roles);
        emit(&RegistryHandedOver { admin });
        Ok(())
    }

    pub(crate) fn change_code(&mut self, code_hash: Hash) -> Result<(), Error> {
        self.roles()?.may_change_code(self.env().caller())?;
        self.env().set_code_hash(&code_hash).map_err(|_| Error::UnknownCode)?;
        emit(&RegistryCodeChanged { code_hash });
        Ok(())
    }

    pub(crate) fn make_final(&mut self) -> Result<(), Error> {
        let mut roles = self.roles()?;
        roles.only_admin(self.env().caller())?;
        if !roles.ossified {
            roles.ossified = true;
            self.roles.set(&roles);
            emit(&RegistryOssified {});
        }
        Ok(())
    }
}
