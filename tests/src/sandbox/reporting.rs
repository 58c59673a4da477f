//! Reports of epochs in a sandbox, and claims from them.

use super::Sandbox;
use crate::{world::report, Tree, DAY, WINDOW};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    party::{HoldingIndex, PushedLeaf},
    report::{EpochRecord, Report, BIZPOWER_1},
    tree::{Domain, Leaf},
    AccountId, Balance, Epoch, Hash, Side,
};

const KIND: ContractKind = ContractKind::Rewards;

impl Sandbox {
    /// A tree of `(account, v1, v2)` for a side and epoch, by the first algorithm.
    #[must_use]
    pub fn tree(&self, side: Side, epoch: Epoch, leaves: &[(u32, u128, u128)]) -> Tree {
        self.tree_by(BIZPOWER_1, side, epoch, leaves)
    }

    /// A tree by another algorithm.
    #[must_use]
    pub fn tree_by(&self, algorithm: u16, side: Side, epoch: Epoch, leaves: &[(u32, u128, u128)]) -> Tree {
        let domain = Domain::new(&self.genesis, self.contracts.rewards.as_ref(), side, epoch, algorithm);
        let leaves = leaves.iter().map(|(account, v1, v2)| Leaf { account: *account, v1: *v1, v2: *v2 }).collect();
        Tree { domain, leaves }
    }

    /// Has one member report. `member` is 1 to 3.
    ///
    /// # Errors
    /// Those of `report`.
    pub fn vote(&mut self, member: u32, epoch: Epoch, report: &Report) -> Result<(), ContractError> {
        let member = self.actor(&format!("member {member}")).account();
        self.call(member, KIND, "report", &(epoch, report))
    }

    /// Has two of three members report; the epoch is pending then.
    ///
    /// # Panics
    /// When they are refused.
    pub fn report(&mut self, epoch: Epoch, merchants: &Tree, customers: &Tree) -> Report {
        let report = report(merchants, customers);
        for member in 1..=2 {
            self.vote(member, epoch, &report).expect("a member's report");
        }
        report
    }

    /// Reports an epoch, waits out the window, and finalises it.
    ///
    /// # Panics
    /// When any of that is refused.
    pub fn settle(&mut self, epoch: Epoch, merchants: &Tree, customers: &Tree) -> EpochRecord {
        self.report(epoch, merchants, customers);
        self.pass(WINDOW);
        self.finalise(epoch).expect("the epoch's turn has come");
        self.record_of(epoch)
    }

    /// Finalises by the actor "stranger".
    ///
    /// # Errors
    /// Those of `finalise`.
    pub fn finalise(&mut self, epoch: Epoch) -> Result<(), ContractError> {
        let stranger = self.actor("stranger").account();
        self.call(stranger, KIND, "finalise", &epoch)
    }

    /// Voids every epoch from `first` to before `end`, whose reports are overdue.
    ///
    /// # Panics
    /// When one of them cannot be voided: fewer than 7 days after `end`.
    pub fn void_epochs(&mut self, first: Epoch, end: Epoch) {
        let stranger = self.actor("stranger").account();
        for epoch in first..end {
            let voided: Result<(), _> = self.call(stranger, KIND, "void_overdue", &epoch);
            voided.unwrap_or_else(|error| panic!("epoch {epoch} cannot be voided: {error}"));
        }
    }

    /// What `rewards` keeps of an epoch.
    ///
    /// # Panics
    /// When nobody has reported it.
    pub fn record_of(&mut self, epoch: Epoch) -> EpochRecord {
        self.read::<Option<EpochRecord>>(KIND, "epoch", &epoch).expect("an epoch with a majority")
    }

    /// Where the holding of an account in an epoch is found.
    pub fn holding_index(&mut self, account: AccountId, epoch: Epoch) -> HoldingIndex {
        HoldingIndex {
            bzky: self.read(ContractKind::Bzky, "checkpoint_index", &(account, epoch)),
            pos_deposit: self.read(ContractKind::PosDeposit, "checkpoint_index", &(account, epoch)),
        }
    }

    /// Claims the leaf at `position` by the actor "stranger", its holding's
    /// place found if it has one. Returns what was paid.
    ///
    /// # Errors
    /// Those of `claim`.
    pub fn claim(&mut self, side: Side, epoch: Epoch, tree: &Tree, position: usize) -> Result<Balance, ContractError> {
        let leaf = tree.leaves[position];
        let holding = self.holding_of(side, epoch, &leaf);
        let stranger = self.actor("stranger").account();
        self.call(stranger, KIND, "claim", &(side, epoch, leaf, holding, tree.proof(position)))
    }

    /// Pushes the subtree that starts at `128 · word` by the actor "stranger".
    ///
    /// # Errors
    /// Those of `push`.
    pub fn push(&mut self, side: Side, epoch: Epoch, tree: &Tree, word: usize) -> Result<u32, ContractError> {
        let (leaves, proof) = tree.subtree(word);
        let mut pushed = Vec::new();
        for leaf in leaves {
            pushed.push(PushedLeaf { leaf: *leaf, holding: self.holding_of(side, epoch, leaf) });
        }
        let stranger = self.actor("stranger").account();
        self.call(stranger, KIND, "push", &(side, epoch, pushed, proof))
    }

    /// Where a leaf's holding is found; none for a leaf without.
    pub fn holding_of(&mut self, side: Side, epoch: Epoch, leaf: &Leaf) -> HoldingIndex {
        if leaf.v2 == 0 {
            return HoldingIndex::default();
        }
        let account: Option<AccountId> = self.read(ContractKind::Registry, "account_of", &(side, leaf.account));
        account.map_or_else(HoldingIndex::default, |account| self.holding_index(account, epoch))
    }

    /// The hash of a contract's code as it was deployed.
    ///
    /// # Panics
    /// When the bundles of this source cannot be read.
    #[must_use]
    pub fn code_hash(&self, kind: ContractKind) -> Hash {
        Hash::from(bizkey_client::Bundles::embedded().expect("the bundles of this source").bundle(kind).code_hash)
    }

    /// Moves to so many days after the start of `epoch`, and an hour.
    pub fn days_after(&mut self, epoch: Epoch, days: u64) {
        self.enter_epoch(epoch);
        self.pass(days * DAY);
    }
}
