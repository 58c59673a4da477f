//! A deployed network in a sandbox, and calls of its contracts.

use super::{
    state::{self, input, refused, returned},
    Actor, Coverage, Executed, Party, State,
};
use crate::{
    party::{Batch, Device, DeviceKey},
    world::{named, DAY, GENESIS_MS, HOUR, WINDOW},
};
use bizkey_client::{ContractAddresses, ContractError, ContractKind, PerContract};
use bizkey_primitives::{
    action::{signed_bytes, Authorization},
    events::Event,
    hash::blake2x256,
    party::Contracts,
    redemption::RedemptionContracts,
    vesting::{Beneficiaries, Line},
    AccountId, Balance, Calendar, CustomerIndex, DeviceId, Epoch, Hash, MerchantIndex, Side,
};
use codec::{Decode, Encode};
use std::convert::Infallible;

/// Names of the actors on the board.
pub const DIRECTORS: [&str; 3] = ["director 1", "director 2", "director 3"];

/// A deployed network, an hour before its epoch 0. Until it is handed over its
/// deployer, the actor "admin", administers every contract and is the platform
/// of `pos_deposit`. The other actors in office: "treasury" (receives what
/// vesting releases to early supporters, team and partners; early supporters'
/// 300,000,000 Bzky at once), "attestor 1" and "attestor 2", "member 1" to
/// "member 3" (the committee), [`DIRECTORS`], "chief executive".
pub struct Sandbox {
    /// The state that the contracts are in.
    pub state: State,
    /// Where they are.
    pub contracts: ContractAddresses,
    /// What stands for the chain's genesis hash.
    pub genesis: Hash,
    /// When epochs start.
    pub calendar: Calendar,
    /// What was tried.
    pub coverage: Coverage,
    /// Events of the last call.
    pub events: Vec<Event>,
    /// Which contract emitted each of them.
    pub emitters: Vec<AccountId>,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// A deployed network with an epoch of a day.
    ///
    /// # Panics
    /// When it cannot be deployed.
    #[must_use]
    pub fn new() -> Self {
        let mut state = State::new(GENESIS_MS - HOUR);
        let genesis = Hash::from(blake2x256(b"the sandbox's genesis"));
        let calendar = Calendar { genesis_ms: GENESIS_MS, epoch_ms: DAY };
        let contracts = instantiate(&mut state, genesis, calendar);
        let coverage = Coverage::default();
        let (events, emitters) = (Vec::new(), Vec::new());
        let mut sandbox = Self { state, contracts, genesis, calendar, coverage, events, emitters };
        sandbox.bind();
        let treasury = sandbox.actor("treasury").account();
        let released: Result<Balance, _> =
            sandbox.call(treasury, ContractKind::Vesting, "release", &Line::EarlySupporters);
        released.expect("what is due at issue");
        sandbox
    }

    fn bind(&mut self) {
        let admin = self.actor("admin").account();
        let ContractAddresses { vault, bzky, registry, receipts, pos_deposit, rewards, .. } = self.contracts;
        let ContractAddresses { time, redemption, foundation, .. } = self.contracts;
        let mut bind = |kind, input: &dyn Fn(&mut Self) -> Result<(), ContractError>| {
            input(self).unwrap_or_else(|error| panic!("{kind} cannot be bound: {error}"));
        };
        use ContractKind as Kind;
        bind(Kind::Vault, &|network| network.call(admin, Kind::Vault, "bind", &(bzky, rewards)));
        bind(Kind::Vesting, &|network| network.call(admin, Kind::Vesting, "bind", &(bzky, foundation)));
        let minters = (rewards, registry, redemption, foundation);
        bind(Kind::Time, &|network| network.call(admin, Kind::Time, "bind", &minters));
        bind(Kind::Registry, &|network| network.call(admin, Kind::Registry, "bind", &receipts));
        let around = (pos_deposit, rewards, vault);
        bind(Kind::Receipts, &|network| network.call(admin, Kind::Receipts, "bind", &around));
        bind(Kind::PosDeposit, &|network| network.call(admin, Kind::PosDeposit, "bind", &(receipts, rewards)));
        let pausable = vec![receipts, rewards, time, redemption];
        bind(Kind::Foundation, &|network| network.call(admin, Kind::Foundation, "bind", &pausable));
    }

    /// Gives the deployer's powers to the foundation.
    ///
    /// # Panics
    /// When that was done before.
    pub fn hand_over(&mut self) {
        let (admin, board) = (self.actor("admin").account(), self.contracts.foundation);
        use ContractKind as Kind;
        for kind in [Kind::Registry, Kind::Receipts, Kind::PosDeposit, Kind::Rewards, Kind::Redemption, Kind::Otc] {
            let done: Result<(), _> = self.call(admin, kind, "hand_over", &board);
            done.unwrap_or_else(|error| panic!("{kind} cannot be handed over: {error}"));
        }
    }

    /// The actor of this name.
    #[must_use]
    pub fn actor(&self, name: &str) -> Actor {
        Actor::named(name)
    }

    /// Where a contract is.
    #[must_use]
    pub fn address(&self, kind: ContractKind) -> AccountId {
        *self.contracts.get(kind)
    }

    // Calls.

    /// Calls a message that returns `Result<V, Error>`. `message` as ink!
    /// hashes it, `PSP22::transfer` for a trait's; `arguments` a tuple of all,
    /// or the only one.
    ///
    /// # Errors
    /// The contract's own.
    ///
    /// # Panics
    /// When the call traps, or ink! cannot read it.
    pub fn call<V: Decode>(
        &mut self,
        origin: AccountId,
        kind: ContractKind,
        message: &str,
        arguments: &impl Encode,
    ) -> Result<V, ContractError> {
        self.call_at(self.address(kind), origin, kind, message, arguments)
    }

    /// [`Sandbox::call`] of another instance than the network's.
    ///
    /// # Errors
    /// As [`Sandbox::call`].
    ///
    /// # Panics
    /// As [`Sandbox::call`].
    pub fn call_at<V: Decode>(
        &mut self,
        contract: AccountId,
        origin: AccountId,
        kind: ContractKind,
        message: &str,
        arguments: &impl Encode,
    ) -> Result<V, ContractError> {
        let executed = self.execute(contract, origin, kind, message, arguments);
        match executed.result {
            Ok(data) => Ok(returned(message, &data, true)),
            Err(data) => Err(refused(kind, message, &data)),
        }
    }

    /// Calls a message and tells all about it; the events are kept here.
    pub fn execute(
        &mut self,
        contract: AccountId,
        origin: AccountId,
        kind: ContractKind,
        message: &str,
        arguments: &impl Encode,
    ) -> Executed {
        let executed = self.state.execute(origin, contract, input(message, arguments));
        match &executed.result {
            Ok(_) => self.coverage.carried_out(kind, message),
            Err(data) => self.coverage.refused(kind, refused(kind, message, data)),
        }
        self.events.clone_from(&executed.events);
        self.emitters.clone_from(&executed.emitters);
        executed
    }

    /// Calls a message that returns `V`: a pure read.
    ///
    /// # Panics
    /// When the call traps, or ink! cannot read it.
    pub fn read<V: Decode>(&mut self, kind: ContractKind, message: &str, arguments: &impl Encode) -> V {
        self.read_at(self.address(kind), kind, message, arguments)
    }

    /// [`Sandbox::read`] of another instance than the network's.
    ///
    /// # Panics
    /// As [`Sandbox::read`].
    pub fn read_at<V: Decode>(
        &mut self,
        contract: AccountId,
        kind: ContractKind,
        message: &str,
        arguments: &impl Encode,
    ) -> V {
        let reader = self.actor("stranger").account();
        let data = self.state.execute(reader, contract, input(message, arguments)).result;
        self.coverage.carried_out(kind, message);
        returned(message, &data.unwrap_or_else(|data| panic!("{kind}.{message} was refused: {data:?}")), false)
    }

    /// Instantiates one more contract of a kind, not bound to anything.
    ///
    /// # Errors
    /// The constructor's.
    ///
    /// # Panics
    /// When it does not run at all.
    pub fn instantiate(
        &mut self,
        origin: AccountId,
        kind: ContractKind,
        arguments: &impl Encode,
    ) -> Result<AccountId, ContractError> {
        let salt = blake2x256(&(self.state.now_ms(), arguments.encode()).encode());
        let made = self.state.instantiate(origin, kind, arguments, &salt);
        if let Err(error) = made {
            self.coverage.refused(kind, error);
        }
        made
    }

    /// Runs `part` and undoes all that it did to the chain, the time included.
    /// What it covered, and the last call's events, stay.
    pub fn rolled_back<R>(&mut self, part: impl FnOnce(&mut Self) -> R) -> R {
        self.state.begin();
        let result = part(self);
        self.state.roll_back();
        result
    }

    /// An authorization of `action` by `actor`, with its next nonce and an hour.
    pub fn authorize(&mut self, kind: ContractKind, actor: &Actor, action: &impl Encode) -> Authorization {
        let nonce = self.read(kind, "nonce_of", &actor.account());
        self.authorize_until(kind, actor, action, nonce, self.state.now_ms() + HOUR)
    }

    /// An authorization with a nonce and an end of one's own choice.
    #[must_use]
    pub fn authorize_until(
        &self,
        kind: ContractKind,
        actor: &Actor,
        action: &impl Encode,
        nonce: u64,
        expires_ms: u64,
    ) -> Authorization {
        let (account, contract) = (actor.account(), self.address(kind));
        let bytes = signed_bytes(&self.genesis, &contract, &account, nonce, expires_ms, action);
        Authorization { account, nonce, expires_ms, signature: actor.sign(&bytes) }
    }

    /// Has the actor "relayer" carry what `actor` signs.
    ///
    /// # Errors
    /// Those of the action.
    pub fn relay(&mut self, kind: ContractKind, actor: &Actor, action: &impl Encode) -> Result<(), ContractError> {
        let authorization = self.authorize(kind, actor, action);
        self.carry(kind, action, authorization)
    }

    /// Has the actor "relayer" carry an authorized action.
    ///
    /// # Errors
    /// Those of the authorization and of the action.
    pub fn carry(
        &mut self,
        kind: ContractKind,
        action: &impl Encode,
        authorization: Authorization,
    ) -> Result<(), ContractError> {
        let relayer = self.actor("relayer").account();
        self.call(relayer, kind, "relay", &(action, authorization))
    }

    // Time.

    /// Moves to an hour after the start of `epoch`.
    pub fn enter_epoch(&mut self, epoch: Epoch) {
        self.state.set_time(self.calendar.start_ms(epoch) + HOUR);
    }

    /// Moves on by so many milliseconds.
    pub fn pass(&mut self, ms: u64) {
        self.state.set_time(self.state.now_ms() + ms);
    }

    // Parties and devices.

    /// Registers a party of this name, whose account is the actor's of that
    /// name, by the first attestor.
    ///
    /// # Panics
    /// When that name is registered on that side, or serves another party.
    pub fn register(&mut self, side: Side, name: &str) -> Party {
        let (actor, attestor) = (self.actor(name), self.actor("attestor 1").account());
        let nullifier = Hash::from(blake2x256(name.as_bytes()));
        let arguments = (side, actor.account(), nullifier, Hash::default());
        let index = self.call(attestor, ContractKind::Registry, "register", &arguments).expect("a new party");
        Party { index, actor }
    }

    /// Registers a shop.
    ///
    /// # Panics
    /// As [`Sandbox::register`].
    pub fn merchant(&mut self, name: &str) -> Party {
        self.register(Side::Merchant, name)
    }

    /// Registers a customer.
    ///
    /// # Panics
    /// As [`Sandbox::register`].
    pub fn customer(&mut self, name: &str) -> Party {
        self.register(Side::Customer, name)
    }

    /// Registers a device of a shop, with an ECDSA key that follows from `name`.
    ///
    /// # Panics
    /// When there is no such shop.
    pub fn device(&mut self, merchant: MerchantIndex, name: &str) -> Device {
        let (key, attestor) = (DeviceKey::ecdsa(name), self.actor("attestor 1").account());
        let arguments = (merchant, key.public());
        let id: DeviceId =
            self.call(attestor, ContractKind::Registry, "register_device", &arguments).expect("a shop's device");
        Device { id, key, next_seq: 0 }
    }

    /// A device's next batch, not sent: one sale in cash of each amount to
    /// each customer (0 for an unknown one).
    #[must_use]
    pub fn batch(&self, device: &Device, sales: &[(CustomerIndex, u64)]) -> Batch {
        device.batch(self.genesis.into(), self.contracts.receipts, sales)
    }

    /// Has the actor "relayer" send a batch.
    ///
    /// # Errors
    /// Those of `record`.
    pub fn send(&mut self, batch: &Batch) -> Result<(), ContractError> {
        let Batch { device, seq, count, payload, signature } = batch;
        let relayer = self.actor("relayer").account();
        self.call(relayer, ContractKind::Receipts, "record", &(device, seq, count, payload, signature))
    }

    /// Records sales at a device.
    ///
    /// # Panics
    /// When they are refused.
    pub fn record(&mut self, device: &mut Device, sales: &[(CustomerIndex, u64)]) {
        let batch = self.batch(device, sales);
        self.send(&batch).expect("a good batch");
        device.next_seq += 1;
    }

    // Bzky.

    /// Gives Bzky of the treasury.
    ///
    /// # Panics
    /// When it has less.
    pub fn give(&mut self, account: AccountId, amount: Balance) {
        let treasury = self.actor("treasury").account();
        let arguments = (account, amount, Vec::<u8>::new());
        let given: Result<(), _> = self.call(treasury, ContractKind::Bzky, "PSP22::transfer", &arguments);
        given.expect("the treasury has enough");
    }

    /// Lets `spender` spend `amount` of `owner`'s Bzky.
    ///
    /// # Panics
    /// Never: an allowance is not refused.
    pub fn approve(&mut self, owner: AccountId, spender: AccountId, amount: Balance) {
        let approved: Result<(), _> = self.call(owner, ContractKind::Bzky, "PSP22::approve", &(spender, amount));
        approved.expect("an allowance");
    }

    /// Bzky of an account, smallest unit.
    pub fn bzky_of(&mut self, account: AccountId) -> Balance {
        self.read(ContractKind::Bzky, "PSP22::balance_of", &account)
    }

    /// Time of an account, smallest unit.
    pub fn time_of(&mut self, account: AccountId) -> Balance {
        self.read(ContractKind::Time, "PSP22::balance_of", &account)
    }
}

/// Instantiates every contract by the actor "admin", as the client's `deploy`.
fn instantiate(state: &mut State, genesis: Hash, calendar: Calendar) -> ContractAddresses {
    let account = |name: &str| Actor::named(name).account();
    let (admin, treasury) = (account("admin"), account("treasury"));
    let nowhere = |_| Ok::<_, Infallible>(AccountId::from([0; 32]));
    let Ok(mut contracts) = PerContract::KINDS.try_map(nowhere);
    let beneficiaries = Beneficiaries { early_supporters: treasury, team: treasury, partners: treasury };
    let attestors = vec![account("attestor 1"), account("attestor 2")];
    let committee = vec![account("member 1"), account("member 2"), account("member 3")];
    let directors = named(DIRECTORS.map(account));
    let mut make = |kind: ContractKind, arguments: Vec<u8>| {
        let made = state.instantiate(admin, kind, &Raw(arguments), b"network");
        made.unwrap_or_else(|error| panic!("{kind} cannot be instantiated: {error}"))
    };
    use ContractKind as Kind;
    contracts.vault = make(Kind::Vault, calendar.encode());
    contracts.vesting = make(Kind::Vesting, (calendar, beneficiaries).encode());
    contracts.bzky = make(Kind::Bzky, (genesis, calendar, contracts.vesting, contracts.vault).encode());
    contracts.time = make(Kind::Time, (calendar, contracts.bzky).encode());
    contracts.registry = make(Kind::Registry, (calendar, contracts.bzky, attestors).encode());
    contracts.receipts = make(Kind::Receipts, (calendar, contracts.bzky, contracts.registry).encode());
    let deposit = (calendar, contracts.bzky, contracts.registry, state::PENALTY_WINDOW);
    contracts.pos_deposit = make(Kind::PosDeposit, deposit.encode());
    let ContractAddresses { bzky, time, registry, pos_deposit, receipts, vault, .. } = contracts;
    let around = Contracts { bzky, time, registry, pos_deposit, receipts, vault };
    contracts.rewards = make(Kind::Rewards, (calendar, around, committee, WINDOW).encode());
    let around = RedemptionContracts { bzky, time, registry, receipts };
    contracts.redemption = make(Kind::Redemption, (calendar, around).encode());
    contracts.otc = make(Kind::Otc, (calendar, bzky).encode());
    contracts.foundation = make(Kind::Foundation, (calendar, bzky, directors, account("chief executive")).encode());
    contracts
}

/// Bytes that are SCALE already.
pub struct Raw(pub Vec<u8>);

impl Encode for Raw {
    fn encode_to<O: codec::Output + ?Sized>(&self, out: &mut O) {
        out.write(&self.0);
    }
}
