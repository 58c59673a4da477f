//! What the tests of `redemption` play on: a network that was handed over to
//! its board, with two shops and two customers that have Bzky, the roles
//! given, and prices set.

use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    action::redemption::Action,
    errors::redemption::Error,
    events::Event,
    redemption::{Collection, MintCause, RedemptionParameters, RedemptionRole, Task, PRICE_SCALE},
    AccountId, Balance, Epoch, Hash, Side, Status, TOKEN,
};
use bizkey_tests::{
    sandbox::{Actor, Coverage, Layouts, Party, State},
    Device, Sandbox, DAY, HOUR,
};
use codec::{Decode, Encode};
use std::{collections::BTreeMap, sync::OnceLock};

pub const KIND: ContractKind = ContractKind::Redemption;
/// The epoch in which the stage opens, an hour after its start.
pub const TODAY: Epoch = 10;
/// One Time costs 100 minor units, one Bzky 50: a Time is 2 Bzky, 1.8 with the discount.
pub const OFFICIAL: u64 = 100 * PRICE_SCALE;
pub const PRICE: u64 = 50 * PRICE_SCALE;
/// What a task or privilege costs at first; half of it is burned.
pub const FEE: Balance = 10 * TOKEN;
/// Bzky of each shop and customer at first; `redemption` may spend all of it.
pub const FUNDS: Balance = 10_000 * TOKEN;
/// Time that the shop and the customer have bought.
pub const SHOPS_TIME: Balance = 1_000 * TOKEN;
pub const CUSTOMERS_TIME: Balance = 100 * TOKEN;
/// What was left of the price of that in the ecosystem pool.
pub const POOL: Balance = 990 * TOKEN;
/// Price of the privilege that `Stage::privilege` describes.
pub const PRIVILEGE_PRICE: Balance = 2 * TOKEN;
/// Five minutes, the life of a ticket here.
pub const TICKET_MS: u64 = 300_000;

pub const ROLES: [(RedemptionRole, &str); 3] = [
    (RedemptionRole::PriceSetter, "price setter"),
    (RedemptionRole::FiatSeller, "fiat seller"),
    (RedemptionRole::TaskConfirmer, "task confirmer"),
];

pub struct Stage {
    pub network: Sandbox,
    /// The instance that is called.
    pub contract: AccountId,
    pub shop: Party,
    pub rival: Party,
    pub customer: Party,
    pub friend: Party,
    /// The shop's, with an ECDSA key.
    pub device: Device,
}

/// Where a storage key names a contract's field: behind pallet-contracts' own hash.
pub const NAMED: std::ops::Range<usize> = 16..20;

/// Storage of the three contracts that `redemption` changes.
type Kept = Vec<Vec<(Vec<u8>, Vec<u8>)>>;

pub fn layouts() -> &'static Layouts {
    static LAYOUTS: OnceLock<Layouts> = OnceLock::new();
    LAYOUTS.get_or_init(Layouts::read)
}

/// What `redemption`, `time` and `bzky` keep, without the nonces of the first.
pub fn kept(state: &mut State, contracts: [AccountId; 3]) -> Kept {
    let nonces = layouts().key(KIND, "nonces.next");
    let mut all = contracts.map(|contract| state.storage_of(contract));
    all[0].retain(|(key, _)| key.get(NAMED) != Some(&nonces[..]));
    all.to_vec()
}

impl Stage {
    /// A new stage that goes on with what was tried before.
    pub fn with(coverage: Coverage) -> Self {
        let mut network = Sandbox::new();
        network.coverage = coverage;
        network.hand_over();
        network.enter_epoch(TODAY);
        let (shop, rival) = (network.merchant("shop"), network.merchant("rival"));
        let (customer, friend) = (network.customer("customer"), network.customer("friend"));
        let device = network.device(shop.index, "device");
        let contract = network.contracts.redemption;
        let mut stage = Self { network, contract, shop, rival, customer, friend, device };
        let admin = stage.admin();
        for (role, name) in ROLES {
            let account = stage.account(name);
            stage.call(admin, "set_role", &(role, Some(account))).unwrap();
        }
        let parameters = RedemptionParameters { official_price: OFFICIAL, ..RedemptionParameters::initial(DAY) };
        stage.call(admin, "set_parameters", &parameters).unwrap();
        stage.call(admin, "anchor_price", &PRICE).unwrap();
        stage.set_price(PRICE).unwrap();
        for name in ["shop", "rival", "customer", "friend"] {
            let account = stage.account(name);
            stage.network.give(account, FUNDS);
            stage.network.approve(account, contract, FUNDS);
        }
        stage.buy("shop", SHOPS_TIME).unwrap();
        stage.buy("customer", CUSTOMERS_TIME).unwrap();
        stage
    }

    // Calls.

    pub fn ask<V: Decode>(&mut self, origin: AccountId, message: &str, arguments: &impl Encode) -> Result<V, Error> {
        self.network.call_at(self.contract, origin, KIND, message, arguments).map_err(own)
    }

    pub fn call(&mut self, origin: AccountId, message: &str, arguments: &impl Encode) -> Result<(), Error> {
        self.ask(origin, message, arguments)
    }

    /// A call by the actor of this name.
    pub fn by(&mut self, name: &str, message: &str, arguments: &impl Encode) -> Result<(), Error> {
        let origin = self.account(name);
        self.ask(origin, message, arguments)
    }

    pub fn read<V: Decode>(&mut self, message: &str, arguments: &impl Encode) -> V {
        self.network.read_at(self.contract, KIND, message, arguments)
    }

    pub fn relay(&mut self, actor: &Actor, action: &Action) -> Result<(), Error> {
        self.network.relay(KIND, actor, action).map_err(own)
    }

    /// A call that is refused for `error`, and changes nothing.
    #[track_caller]
    pub fn refused(&mut self, name: &str, message: &str, arguments: &impl Encode, error: Error) {
        let before = self.kept();
        assert_eq!(self.by(name, message, arguments), Err(error), "{message} by {name}");
        assert!(before == self.kept(), "{message} was refused and changed something");
    }

    /// A message that all but `allowed` are refused, for `error`.
    #[track_caller]
    pub fn only(&mut self, allowed: &[AccountId], message: &str, arguments: &impl Encode, error: Error) {
        let before = self.kept();
        for (name, account) in self.everybody() {
            if !allowed.contains(&account) {
                assert_eq!(self.call(account, message, arguments), Err(error), "{message} by {name}");
            }
        }
        assert!(before == self.kept(), "{message} was refused and changed something");
    }

    pub fn kept(&mut self) -> Kept {
        let contracts = [self.contract, self.network.contracts.time, self.network.contracts.bzky];
        kept(&mut self.network.state, contracts)
    }

    // Who there is.

    /// The board's contract, which administers.
    pub fn admin(&self) -> AccountId {
        self.network.contracts.foundation
    }

    pub fn account(&self, name: &str) -> AccountId {
        self.network.actor(name).account()
    }

    /// Everybody with any part in the network, all contracts and a stranger.
    pub fn everybody(&self) -> Vec<(&'static str, AccountId)> {
        const NAMES: [&str; 17] = [
            "admin",
            "treasury",
            "attestor 1",
            "attestor 2",
            "member 1",
            "director 1",
            "director 2",
            "chief executive",
            "price setter",
            "fiat seller",
            "task confirmer",
            "shop",
            "rival",
            "customer",
            "friend",
            "relayer",
            "stranger",
        ];
        let named = NAMES.map(|name| (name, self.account(name)));
        let contracts = ContractKind::ALL.map(|kind| (kind.name(), self.network.address(kind)));
        named.into_iter().chain(contracts).collect()
    }

    pub fn set_status(&mut self, side: Side, index: u32, status: Status) {
        let (admin, arguments) = (self.admin(), (side, index, status, Hash::default()));
        let set: Result<(), _> = self.network.call(admin, ContractKind::Registry, "set_status", &arguments);
        set.unwrap();
    }

    pub fn place_hold(&mut self, side: Side, index: u32) {
        let (admin, arguments) = (self.admin(), (side, index, self.now() + HOUR, Hash::default()));
        let placed: Result<(), _> = self.network.call(admin, ContractKind::Registry, "place_hold", &arguments);
        placed.unwrap();
    }

    /// Has a party change its account to that of the actor "new NAME".
    pub fn change_account(&mut self, side: Side, party: &Party, name: &str) -> Actor {
        let new = self.network.actor(&format!("new {name}"));
        let proposed: Result<(), _> =
            self.network.call(party.account(), ContractKind::Registry, "propose_account", &new.account());
        proposed.unwrap();
        let accepted: Result<(), _> =
            self.network.call(new.account(), ContractKind::Registry, "accept_account", &(side, party.index));
        accepted.unwrap();
        new
    }

    pub fn pause_time(&mut self, ms: u64) {
        let (admin, until_ms) = (self.admin(), self.now() + ms);
        let paused: Result<(), _> = self.network.call(admin, ContractKind::Time, "pause", &until_ms);
        paused.unwrap();
    }

    // Time and sums.

    pub fn now(&self) -> u64 {
        self.network.state.now_ms()
    }

    pub fn pass(&mut self, ms: u64) {
        self.network.pass(ms);
    }

    pub fn at(&mut self, now_ms: u64) {
        self.network.state.set_time(now_ms);
    }

    pub fn time_of(&mut self, name: &str) -> Balance {
        let account = self.account(name);
        self.network.time_of(account)
    }

    pub fn bzky_of(&mut self, name: &str) -> Balance {
        let account = self.account(name);
        self.network.bzky_of(account)
    }

    /// Time in the contract's hands.
    pub fn held(&mut self) -> Balance {
        self.network.time_of(self.contract)
    }

    /// Bzky of the ecosystem pool.
    pub fn pool(&mut self) -> Balance {
        self.network.bzky_of(self.contract)
    }

    pub fn supply(&mut self, token: ContractKind) -> Balance {
        self.network.read(token, "PSP22::total_supply", &())
    }

    /// Time that the contract owes: what is set aside for tasks and what was
    /// collected, added up from its own cells.
    pub fn owed(&mut self) -> Balance {
        let tasks: Vec<Task> = self.cells("tasks.tasks");
        let collections: Vec<Collection> = self.cells("collections.collections");
        let aside: Balance = tasks.iter().map(|task| task.terms.reward * Balance::from(task.terms.stock)).sum();
        aside + collections.iter().map(|collection| collection.held).sum::<Balance>()
    }

    /// Every value of a mapping, read from the contract's storage.
    fn cells<V: Decode>(&mut self, field: &str) -> Vec<V> {
        let prefix = layouts().key(KIND, field);
        let cells = self.network.state.storage_of(self.contract).into_iter();
        let of_field = cells.filter(|(key, _)| key.get(NAMED) == Some(&prefix[..]));
        of_field.map(|(_, value)| V::decode(&mut &value[..]).unwrap()).collect()
    }

    /// Time of everybody who has any, read from the storage of `time`.
    pub fn times(&mut self) -> BTreeMap<AccountId, Balance> {
        let prefix = layouts().key(ContractKind::Time, "points.balances");
        let cells = self.network.state.storage_of(self.network.contracts.time).into_iter();
        let balances = cells.filter(|(key, _)| key.get(NAMED) == Some(&prefix[..]));
        balances
            .map(|(key, value)| {
                let account = AccountId::decode(&mut &key[NAMED.end..]).unwrap();
                (account, Balance::decode(&mut &value[..]).unwrap())
            })
            .collect()
    }

    /// What the contract has in Time is what it owes.
    #[track_caller]
    pub fn even(&mut self) {
        assert_eq!(self.held(), self.owed(), "Time in the contract's hands, and what it owes");
    }

    // Events.

    /// The last call had this event, once.
    #[track_caller]
    pub fn told(&self, event: Event) {
        let times = self.network.events.iter().filter(|told| **told == event).count();
        assert_eq!(times, 1, "{event:?} among {:?}", self.network.events);
    }

    /// The causes of what the last call minted: each token that came from
    /// nowhere stands right behind its cause.
    #[track_caller]
    pub fn causes(&self) -> Vec<(MintCause, AccountId, Balance)> {
        causes(&self.network.events)
    }
}

/// The contract's own error.
pub fn own(error: ContractError) -> Error {
    match error {
        ContractError::Redemption(error) => error,
        error => panic!("another contract's error: {error}"),
    }
}

#[track_caller]
fn causes(events: &[Event]) -> Vec<(MintCause, AccountId, Balance)> {
    let mut causes = Vec::new();
    for (position, event) in events.iter().enumerate() {
        match event {
            Event::TimeMinted(minted) => causes.push((minted.cause, minted.to, minted.amount)),
            Event::Transfer(moved) if moved.from.is_none() => {
                let cause = position.checked_sub(1).map(|before| &events[before]);
                let Some(Event::TimeMinted(minted)) = cause else { panic!("minted without a cause: {events:?}") };
                assert_eq!((Some(minted.to), minted.amount), (moved.to, moved.value));
            }
            _ => {}
        }
    }
    causes
}
