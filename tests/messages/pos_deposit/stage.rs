//! What the parts share: two shops with two devices each and an agent, all with
//! Bzky that `pos_deposit` may take.

use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    errors::pos_deposit::Error, events::Event, opening::Evidence, party::Deposit, AccountId, Balance, DeviceId, Epoch,
    Hash, Side, TOKEN,
};
use bizkey_tests::{
    sandbox::{Actor, Coverage, Party, PENALTY_WINDOW},
    Device, Sandbox, DAY,
};
use codec::{Decode, Encode};

pub const KIND: ContractKind = ContractKind::PosDeposit;
/// The epoch in which a stage opens.
pub const TODAY: Epoch = 10;
/// What each of them has.
pub const FUNDS: Balance = 10_000 * TOKEN;
/// The shop's devices, and the neighbour's.
pub const FIRST: usize = 0;
pub const SECOND: usize = 1;
pub const THIRD: usize = 2;
pub const FOURTH: usize = 3;
/// How long a deposit that went over answers for the number that it left: for
/// what is demanded in the penalty window, and the most epochs that a shop can
/// have to open.
pub const ANSWERS: u64 = PENALTY_WINDOW + 30 * DAY;
/// A device that nobody registered.
pub const UNKNOWN: DeviceId = 99;

/// People with a key, in every office and in none.
pub const PEOPLE: [&str; 15] = [
    "admin",
    "treasury",
    "attestor 1",
    "attestor 2",
    "member 1",
    "director 1",
    "director 2",
    "chief executive",
    "shop",
    "neighbour",
    "agent",
    "other agent",
    "customer",
    "relayer",
    "stranger",
];

pub struct Stage {
    pub network: Sandbox,
    pub shop: Party,
    pub neighbour: Party,
    pub devices: [Device; 4],
}

impl Stage {
    pub fn with(coverage: Coverage) -> Self {
        let mut network = Sandbox::new();
        network.coverage = coverage;
        network.enter_epoch(TODAY);
        let (shop, neighbour) = (network.merchant("shop"), network.merchant("neighbour"));
        let names = ["first", "second", "third", "fourth"];
        let merchants = [shop.index, shop.index, neighbour.index, neighbour.index];
        let mut device = |position: usize| network.device(merchants[position], names[position]);
        let devices = [device(FIRST), device(SECOND), device(THIRD), device(FOURTH)];
        let mut stage = Self { network, shop, neighbour, devices };
        let attestor = stage.account("attestor 1");
        for (number, name) in ["agent", "other agent"].into_iter().enumerate() {
            let papers = (stage.account(name), Hash::from([100 + number as u8; 32]), Hash::default());
            let _: u32 = stage.network.call(attestor, ContractKind::Registry, "register_agent", &papers).unwrap();
        }
        for name in ["shop", "neighbour", "agent", "other agent"] {
            stage.fund(name);
        }
        stage
    }

    /// Gives somebody [`FUNDS`], all of which `pos_deposit` may take.
    pub fn fund(&mut self, name: &str) {
        let (account, contract) = (self.account(name), self.network.contracts.pos_deposit);
        self.network.give(account, FUNDS);
        self.network.approve(account, contract, Balance::MAX);
    }

    pub fn account(&self, name: &str) -> AccountId {
        Actor::named(name).account()
    }

    pub fn id(&self, device: usize) -> DeviceId {
        self.devices[device].id
    }

    /// Everybody but those named, contracts too.
    pub fn all_but(&self, but: &[AccountId]) -> Vec<AccountId> {
        let contracts = ContractKind::ALL.map(|kind| self.network.address(kind));
        let mut all: Vec<AccountId> = PEOPLE.iter().map(|name| self.account(name)).chain(contracts).collect();
        all.retain(|account| !but.contains(account));
        all
    }

    pub fn call<V: Decode>(&mut self, origin: AccountId, message: &str, arguments: &impl Encode) -> Result<V, Error> {
        self.network.call(origin, KIND, message, arguments).map_err(own)
    }

    /// A message of the actor of this name that must succeed.
    pub fn done(&mut self, name: &str, message: &str, arguments: &impl Encode) {
        let done = self.call::<()>(self.account(name), message, arguments);
        done.unwrap_or_else(|error| panic!("{message} by {name}: {error:?}"));
    }

    /// A message of the actor of this name that must be refused with `error`
    /// and leave everything as it was.
    pub fn refuses(&mut self, name: &str, message: &str, arguments: &impl Encode, error: Error) {
        let before = self.kept();
        assert_eq!(self.call::<()>(self.account(name), message, arguments), Err(error), "{message} by {name}");
        assert!(before == self.kept(), "{message} was refused and left a trace");
        assert!(self.network.events.is_empty());
    }

    /// A message that all but `may` are refused.
    pub fn only(&mut self, may: &[AccountId], message: &str, arguments: &impl Encode, error: Error) {
        let before = self.kept();
        for origin in self.all_but(may) {
            // What a message returns is of no matter here: it is refused.
            assert_eq!(self.call::<()>(origin, message, arguments), Err(error), "{message} by {origin:?}");
        }
        assert!(before == self.kept(), "{message} was refused and left a trace");
    }

    /// What this contract and `bzky` keep.
    pub fn kept(&mut self) -> [Vec<(Vec<u8>, Vec<u8>)>; 2] {
        let (pos_deposit, bzky) = (self.network.contracts.pos_deposit, self.network.contracts.bzky);
        [pos_deposit, bzky].map(|contract| self.network.state.storage_of(contract))
    }

    /// A message of another contract of the suite, by the actor of this name.
    pub fn other(&mut self, name: &str, kind: ContractKind, message: &str, arguments: &impl Encode) {
        let origin = self.account(name);
        let done: Result<(), _> = self.network.call(origin, kind, message, arguments);
        done.unwrap_or_else(|error| panic!("{kind}.{message} by {name}: {error}"));
    }

    pub fn read<V: Decode>(&mut self, message: &str, arguments: &impl Encode) -> V {
        self.network.read(KIND, message, arguments)
    }

    pub fn epoch(&self) -> Epoch {
        self.network.calendar.epoch_at(self.network.state.now_ms()).unwrap()
    }

    /// Checks that the last call had these events of this contract.
    pub fn said(&self, events: &[Event]) {
        let emitted = self.network.events.iter().zip(&self.network.emitters);
        let own = emitted.filter(|(_, emitter)| **emitter == self.network.contracts.pos_deposit);
        assert_eq!(own.map(|(event, _)| event.clone()).collect::<Vec<_>>(), events);
    }

    // Deposits.

    pub fn lock(&mut self, name: &str, device: usize, amount: Balance) {
        let id = self.id(device);
        self.done(name, "lock", &(id, amount));
    }

    pub fn deposit(&mut self, device: usize) -> Option<Deposit> {
        let id = self.id(device);
        self.read("deposit_of", &id)
    }

    /// Whose the deposit of a device is, and how much.
    pub fn held(&mut self, device: usize) -> Option<(AccountId, Balance)> {
        self.deposit(device).map(|deposit| (deposit.depositor, deposit.amount))
    }

    /// What the actor of this name has locked, and what of it is pledged.
    pub fn locked(&mut self, name: &str) -> (Balance, Balance) {
        let account = self.account(name);
        let (locked, pledged): (Balance, Balance) =
            (self.read("balance_of", &account), self.read("pledged_of", &account));
        assert_eq!(self.read::<Balance>("unpledged_of", &account), locked - pledged);
        (locked, pledged)
    }

    /// What the contract holds.
    pub fn escrowed(&mut self) -> Balance {
        self.network.bzky_of(self.network.contracts.pos_deposit)
    }

    pub fn bzky(&mut self, name: &str) -> Balance {
        self.network.bzky_of(self.account(name))
    }

    /// Names the agent of a device, by its shop.
    pub fn name_agent(&mut self, device: usize, agent: &str) {
        let shop = if device < THIRD { "shop" } else { "neighbour" };
        let (id, agent) = (self.id(device), self.account(agent));
        self.done(shop, "set_agent", &(id, Some(agent)));
    }

    /// Has a device stopped, or started, by an attestor.
    pub fn switch(&mut self, device: usize, active: bool) {
        let id = self.id(device);
        self.other("attestor 1", ContractKind::Registry, "set_device_active", &(id, active));
    }

    /// Has a device stopped and its return confirmed.
    pub fn give_back(&mut self, device: usize) {
        self.switch(device, false);
        let id = self.id(device);
        self.done("admin", "confirm_return", &id);
    }

    /// A party goes from the account of one actor to that of another.
    pub fn rotate(&mut self, index: u32, from: &str, to: &str) {
        let new = self.account(to);
        self.other(from, ContractKind::Registry, "propose_account", &new);
        self.other(to, ContractKind::Registry, "accept_account", &(Side::Merchant, index));
    }

    /// Pledges what an account has locked, by `rewards`.
    pub fn pledge(&mut self, name: &str, amount: Balance, until: Epoch) -> Balance {
        let (rewards, account) = (self.network.contracts.rewards, self.account(name));
        self.call(rewards, "pledge", &(account, amount, until)).unwrap()
    }

    /// Has a device record a receipt, and in the next epoch the treasury
    /// demands it. The moment at which it can no longer be answered.
    pub fn demand(&mut self, device: usize) -> u64 {
        let (treasury, receipts) = (self.account("treasury"), self.network.contracts.receipts);
        let customer = self.network.customer("customer").index;
        let (batch, epoch) = (self.network.batch(&self.devices[device], &[(customer, 5)]), self.epoch());
        self.network.send(&batch).unwrap();
        self.network.enter_epoch(epoch + 1);
        self.network.approve(treasury, receipts, FUNDS);
        let evidence = Evidence {
            device: batch.device,
            epoch,
            seq: batch.seq,
            count: batch.count,
            index: 0,
            head_before: [0; 32],
            later: Vec::new(),
            payload: batch.payload,
        };
        self.other("treasury", ContractKind::Receipts, "demand_opening", &evidence);
        self.network.state.now_ms() + 7 * DAY
    }
}

/// The contract's own error.
pub fn own(error: ContractError) -> Error {
    match error {
        ContractError::PosDeposit(error) => error,
        other => panic!("an error of another contract: {other}"),
    }
}
