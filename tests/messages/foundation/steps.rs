//! What the parts share: a board that proposes, votes and carries out.

use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    board::{Motion, ResolutionId},
    errors::foundation::Error,
    AccountId,
};
use bizkey_tests::{
    sandbox::{input, DIRECTORS},
    Sandbox,
};
use codec::{Decode, Encode};
use std::fmt::Debug;

pub const KIND: ContractKind = ContractKind::Foundation;

/// Contracts that the deployer administers until it hands them over.
pub const ADMINISTERED: [ContractKind; 6] = [
    ContractKind::Registry,
    ContractKind::Receipts,
    ContractKind::PosDeposit,
    ContractKind::Rewards,
    ContractKind::Redemption,
    ContractKind::Otc,
];
/// Contracts whose code nobody can ever change.
pub const FINAL: [ContractKind; 4] =
    [ContractKind::Bzky, ContractKind::Time, ContractKind::Vesting, ContractKind::Vault];

pub fn refused<T>(error: Error) -> Result<T, ContractError> {
    Err(ContractError::Foundation(error))
}

/// Checks that the foundation refuses something for this reason, and that
/// nothing at it has changed.
pub fn assert_refused<T: Debug>(
    network: &mut Sandbox,
    error: Error,
    attempt: impl FnOnce(&mut Sandbox) -> Result<T, ContractError>,
) {
    let foundation = network.contracts.foundation;
    let before = network.state.storage_of(foundation);
    assert_eq!(attempt(network).map(drop), refused(error));
    assert_eq!(network.state.storage_of(foundation), before, "{error:?} left a trace");
}

/// The account of an actor.
pub fn account(network: &Sandbox, name: &str) -> AccountId {
    network.actor(name).account()
}

/// A motion to call a message of a contract of the network.
pub fn call(network: &Sandbox, kind: ContractKind, message: &str, arguments: &impl Encode) -> Motion {
    Motion::Call { target: network.address(kind), input: input(message, arguments) }
}

/// A board and who sits on it. Director number n is the n-th of `directors`,
/// as long as nobody left.
#[derive(Clone, Debug)]
pub struct Board {
    pub address: AccountId,
    pub directors: Vec<AccountId>,
}

impl Board {
    /// The network's.
    pub fn of(network: &Sandbox) -> Self {
        let directors = DIRECTORS.map(|name| account(network, name)).to_vec();
        Self { address: network.contracts.foundation, directors }
    }

    /// Another one, of so many directors, which governs nothing and is not bound.
    pub fn sized(network: &mut Sandbox, size: usize) -> Self {
        // Where a contract lies depends on the time, too, so that each is another.
        network.pass(1);
        let directors: Vec<_> = (1..=size).map(|number| account(network, &format!("director {number}"))).collect();
        let named: Vec<_> =
            (1..).zip(&directors).map(|(n, who)| (*who, format!("Director {n}").into_bytes())).collect();
        let (admin, chief) = (account(network, "admin"), account(network, "chief executive"));
        let arguments = (network.calendar, network.contracts.bzky, named, chief);
        let address = network.instantiate(admin, KIND, &arguments).unwrap();
        Self { address, directors }
    }

    pub fn read<V: Decode>(&self, network: &mut Sandbox, message: &str, arguments: &impl Encode) -> V {
        network.read_at(self.address, KIND, message, arguments)
    }

    /// Has the first director propose.
    pub fn propose(&self, network: &mut Sandbox, motion: &Motion) -> Result<ResolutionId, ContractError> {
        network.call_at(self.address, self.directors[0], KIND, "propose", motion)
    }

    /// Has a director vote; the first is 1.
    pub fn vote(
        &self,
        network: &mut Sandbox,
        director: usize,
        resolution: ResolutionId,
        in_favour: bool,
    ) -> Result<(), ContractError> {
        let voter = self.directors[director - 1];
        network.call_at(self.address, voter, KIND, "vote", &(resolution, in_favour))
    }

    /// Has as many directors as it takes propose something and vote for it.
    pub fn pass(&self, network: &mut Sandbox, motion: &Motion) -> ResolutionId {
        let resolution = self.propose(network, motion).unwrap_or_else(|error| panic!("{motion:?}: {error}"));
        for director in 1..=self.directors.len() / 2 + 1 {
            self.vote(network, director, resolution, true).expect("a director's vote");
        }
        resolution
    }

    /// Has a stranger carry a resolution out.
    pub fn enact(&self, network: &mut Sandbox, resolution: ResolutionId) -> Result<(), ContractError> {
        let stranger = account(network, "stranger");
        network.call_at(self.address, stranger, KIND, "enact", &resolution)
    }

    /// Passes something and carries it out at once.
    pub fn resolve(&self, network: &mut Sandbox, motion: &Motion) -> Result<(), ContractError> {
        let resolution = self.pass(network, motion);
        self.enact(network, resolution)
    }
}
