//! How a stage is prepared: calls that must succeed, parties whose wallets sign
//! with ECDSA (which costs more than sr25519), and the calls that are measured.

use crate::case::{Case, Stage};
use bizkey_client::ContractKind;
use bizkey_primitives::{
    action::{signed_bytes, Authorization},
    hash::blake2x256,
    signature::Signature,
    AccountId, Balance, Epoch, Hash, Side,
};
use bizkey_tests::{
    sandbox::{input, Actor},
    Sandbox, HOUR,
};
use codec::{Decode, Encode};
use std::collections::BTreeSet;
use subxt_signer::ecdsa;

/// From the start of a pause to the next: 72 hours and the cool-down of 30 days.
pub const PAUSE_EVERY: Epoch = 33;
/// Longest pause, milliseconds.
pub const PAUSE_MS: u64 = 72 * HOUR;
/// Pauses after which another one adds nothing: a window is made longer by
/// the last one and by 32 before it.
pub const PAUSES: u32 = 34;

/// A wallet that signs with ECDSA; its account is the hash of its key.
#[derive(Clone)]
pub struct Wallet(ecdsa::Keypair);

impl Wallet {
    /// The wallet of this name: always the same.
    pub fn named(name: &str) -> Self {
        Self(ecdsa::Keypair::from_secret_key(blake2x256(name.as_bytes())).expect("a hash is a key"))
    }

    /// Its account.
    pub fn account(&self) -> AccountId {
        AccountId::from(blake2x256(&self.0.public_key().0))
    }

    /// Signs bytes.
    pub fn sign(&self, bytes: &[u8]) -> Signature {
        Signature::Ecdsa(self.0.sign_prehashed(&blake2x256(bytes)).0)
    }
}

/// A registered shop or customer.
#[derive(Clone)]
pub struct Member {
    /// Its number on its side.
    pub index: u32,
    /// Its wallet.
    pub wallet: Wallet,
}

impl Member {
    /// Its account.
    pub fn account(&self) -> AccountId {
        self.wallet.account()
    }
}

/// The account of an actor of the sandbox.
pub fn account(name: &str) -> AccountId {
    Actor::named(name).account()
}

/// A hash that follows from `name`.
pub fn hash(name: &str) -> Hash {
    Hash::from(blake2x256(name.as_bytes()))
}

/// A network that becomes a stage.
pub struct Site {
    /// The network.
    pub network: Sandbox,
    cases: Vec<Case>,
    pauses: u32,
}

impl Site {
    /// A deployed network, an hour before its genesis.
    pub fn new() -> Self {
        Self { network: Sandbox::new(), cases: Vec::new(), pauses: 0 }
    }

    /// The stage.
    pub fn stage(mut self, name: &'static str) -> Stage {
        let origins: BTreeSet<AccountId> = self.cases.iter().map(|case| case.origin).collect();
        let bzky = self.network.contracts.bzky;
        for origin in origins {
            // Whoever calls in the sandbox has native coin from then on.
            let called = self.network.state.execute(origin, bzky, input("calendar", &()));
            assert!(called.result.is_ok(), "a read fails");
        }
        Stage { name, network: self.network, cases: self.cases }
    }

    // Calls that prepare.

    /// Makes a call that must succeed.
    pub fn done(&mut self, origin: AccountId, kind: ContractKind, message: &str, arguments: &impl Encode) {
        self.done_at(self.network.address(kind), origin, kind, message, arguments);
    }

    /// [`Site::done`] at another instance.
    pub fn done_at(
        &mut self,
        contract: AccountId,
        origin: AccountId,
        kind: ContractKind,
        message: &str,
        arguments: &impl Encode,
    ) {
        let executed = self.network.execute(contract, origin, kind, message, arguments);
        if let Err(data) = executed.result {
            panic!("{kind}.{message} is refused: {}", bizkey_tests::sandbox::refused(kind, message, &data));
        }
    }

    /// Makes a call that must succeed, and returns what it made.
    pub fn made<V: Decode>(
        &mut self,
        origin: AccountId,
        kind: ContractKind,
        message: &str,
        arguments: &impl Encode,
    ) -> V {
        let made = self.network.call(origin, kind, message, arguments);
        made.unwrap_or_else(|error| panic!("{kind}.{message} is refused: {error}"))
    }

    /// Moves to a day, an hour after its start; on the way the contracts of
    /// `kinds` are paused every 33 days for 72 hours, [`PAUSES`] times.
    pub fn advance(&mut self, kinds: &[ContractKind], to: Epoch) {
        while self.pauses < PAUSES && (self.pauses + 1) * PAUSE_EVERY <= to {
            self.pauses += 1;
            self.network.enter_epoch(self.pauses * PAUSE_EVERY);
            let until_ms = self.network.state.now_ms() + PAUSE_MS;
            for kind in kinds {
                self.done(account("admin"), *kind, "pause", &until_ms);
            }
        }
        self.network.enter_epoch(to);
    }

    /// Registers a party whose wallet is the one of this name.
    pub fn party(&mut self, side: Side, name: &str) -> Member {
        let wallet = Wallet::named(name);
        let arguments = (side, wallet.account(), hash(name), Hash::default());
        let index = self.made(account("attestor 1"), ContractKind::Registry, "register", &arguments);
        Member { index, wallet }
    }

    /// Gives a party another account, which it proposes and which accepts.
    pub fn change_account(&mut self, side: Side, member: &mut Member, to: &Wallet) {
        self.done(member.account(), ContractKind::Registry, "propose_account", &to.account());
        self.done(to.account(), ContractKind::Registry, "accept_account", &(side, member.index));
        member.wallet = to.clone();
    }

    /// Gives Bzky to everybody listed.
    pub fn pay_many(&mut self, payees: &[AccountId], amount: Balance) {
        let payments: Vec<(AccountId, Balance)> = payees.iter().map(|payee| (*payee, amount)).collect();
        self.done(account("treasury"), ContractKind::Bzky, "transfer_many", &payments);
    }

    /// Gives Bzky to an account and lets a contract take it.
    pub fn equip(&mut self, owner: AccountId, amount: Balance, spender: AccountId) {
        self.network.give(owner, amount);
        self.network.approve(owner, spender, amount);
    }

    // Calls that are measured.

    /// Adds a case.
    pub fn case(
        &mut self,
        kind: ContractKind,
        message: &'static str,
        situation: &'static str,
        origin: AccountId,
        arguments: &impl Encode,
    ) {
        self.case_at(self.network.address(kind), kind, message, situation, origin, arguments);
    }

    /// [`Site::case`] at another instance.
    pub fn case_at(
        &mut self,
        contract: AccountId,
        kind: ContractKind,
        message: &'static str,
        situation: &'static str,
        origin: AccountId,
        arguments: &impl Encode,
    ) {
        let input = input(message, arguments);
        self.cases.push(Case { kind, message, situation, origin, contract, input, is_refused: false });
    }

    /// What the case that was added last answers in the present state.
    pub fn answer<V: Decode>(&mut self) -> V {
        let Case { origin, contract, input, message, .. } = self.cases.last().expect("a case");
        let (origin, contract, input) = (*origin, *contract, input.clone());
        let executed = self.network.state.rolled_back(|state| state.execute(origin, contract, input));
        match executed.result.as_deref() {
            Ok([0, 0, value @ ..]) => V::decode(&mut &value[..]).expect("an answer of this type"),
            answer => panic!("{message} answers {answer:?}"),
        }
    }

    /// Adds a message that refuses everybody.
    pub fn refused(&mut self, kind: ContractKind, message: &'static str, origin: AccountId, arguments: &impl Encode) {
        self.case(kind, message, "refuses always", origin, arguments);
        if let Some(case) = self.cases.last_mut() {
            case.is_refused = true;
        }
    }

    /// Adds an action that `signer` signed with ECDSA and a relayer carries:
    /// its first one, so that its nonce is a new entry.
    pub fn relayed(&mut self, kind: ContractKind, situation: &'static str, signer: &Wallet, action: &impl Encode) {
        self.relayed_at(self.network.address(kind), kind, situation, signer, action);
    }

    /// [`Site::relayed`] at another instance.
    pub fn relayed_at(
        &mut self,
        contract: AccountId,
        kind: ContractKind,
        situation: &'static str,
        signer: &Wallet,
        action: &impl Encode,
    ) {
        let (account_of_signer, expires_ms) = (signer.account(), self.network.state.now_ms() + HOUR);
        let bytes = signed_bytes(&self.network.genesis, &contract, &account_of_signer, 0, expires_ms, action);
        let authorization =
            Authorization { account: account_of_signer, nonce: 0, expires_ms, signature: signer.sign(&bytes) };
        self.case_at(contract, kind, "relay", situation, account("relayer"), &(action, authorization));
    }
}
