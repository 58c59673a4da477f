//! Agents: they lock deposits for shops (architecture.md, pos_deposit).

use bizkey_primitives::{errors::registry::Error, membership::Agent, AccountId, Hash};
use ink::storage::Mapping;

/// Every agent, by its number from 1.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Agents {
    /// Agents so far, which is the last number.
    count: u32,
    agents: Mapping<u32, Agent>,
    /// One agent a person or company.
    nullifiers: Mapping<Hash, ()>,
}

impl Agents {
    /// Agents ever registered.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// An agent.
    pub fn get(&self, agent: u32) -> Option<Agent> {
        self.agents.get(agent)
    }

    /// Registers an agent under the next number.
    ///
    /// # Errors
    /// `NullifierUsed`, `IndexExhausted`.
    pub fn register(&mut self, account: AccountId, nullifier: Hash, commitment: Hash) -> Result<u32, Error> {
        if self.nullifiers.contains(nullifier) {
            return Err(Error::NullifierUsed);
        }
        let agent = self.count.checked_add(1).ok_or(Error::IndexExhausted)?;
        self.count = agent;
        self.nullifiers.insert(nullifier, &());
        self.agents.insert(agent, &Agent { account, commitment, active: true });
        Ok(agent)
    }

    /// Removes an agent or takes it back. Returns whether that changed anything.
    ///
    /// # Errors
    /// `UnknownAgent`.
    pub fn set_active(&mut self, agent: u32, active: bool) -> Result<bool, Error> {
        let mut found = self.get(agent).ok_or(Error::UnknownAgent)?;
        if found.active == active {
            return Ok(false);
        }
        found.active = active;
        self.agents.insert(agent, &found);
        Ok(true)
    }

    /// Gives an agent another account. Returns the one before.
    ///
    /// # Errors
    /// `UnknownAgent`.
    pub fn set_account(&mut self, agent: u32, account: AccountId) -> Result<AccountId, Error> {
        let found = self.get(agent).ok_or(Error::UnknownAgent)?;
        self.agents.insert(agent, &Agent { account, ..found });
        Ok(found.account)
    }
}
