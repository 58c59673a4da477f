//! The network that a sequence plays on: a few shops, customers and traders,
//! handed over to its board, and what is remembered of what they did.

use crate::ledger::Ledger;
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    board::Motion,
    opening::Evidence,
    receipt::{self, Channel, Header, Rail, Receipt},
    redemption::{RedemptionParameters, RedemptionRole},
    report::{Report, BIZPOWER_2},
    signature::PublicKey,
    ticket::Ticket,
    AccountId, Balance, Epoch, Hash, Side, TOKEN,
};
use bizkey_tests::{
    party::{Batch, Device},
    sandbox::{input, Actor, Layouts, Party},
    Sandbox, Tree, DAY,
};
use codec::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// Shops, and as many customers.
pub const PEOPLE: u8 = 4;
/// Bzky that everybody starts with.
const START: Balance = 10_000 * TOKEN;
/// The start of towns that are scored by bizpower-2.
pub const HARDENED: Epoch = 40;
/// What a committee member has at stake, and what a dispute does.
const BONDS: (Balance, Balance) = (100 * TOKEN, 50 * TOKEN);

/// What a demand can show of a receipt that was recorded.
#[derive(Clone)]
pub struct Recorded {
    pub evidence: Evidence,
    pub ticket: Ticket,
}

/// A network with what is remembered of it.
pub struct Town {
    pub network: Sandbox,
    pub layouts: Layouts,
    pub memory: Memory,
}

/// What is remembered of what people did.
#[derive(Clone, Default)]
pub struct Memory {
    pub ledger: Ledger,
    pub shops: Vec<Party>,
    pub customers: Vec<Party>,
    pub devices: Vec<Device>,
    /// Algorithm and trees of every report that somebody made, the last one of
    /// each epoch.
    pub trees: BTreeMap<Epoch, (u16, Tree, Tree)>,
    /// Epochs that found a majority.
    pub pending: BTreeSet<Epoch>,
    pub recorded: Vec<Recorded>,
    /// Hash of a device's batches in its present epoch, rolling.
    pub heads: BTreeMap<u32, (Epoch, [u8; 32])>,
    /// Spend tickets that were signed.
    pub tickets: Vec<bizkey_primitives::spend::SpendTicket>,
    /// Party whose status was changed last.
    pub judged: Option<(Side, u32)>,
    /// Accounts that parties gave up.
    pub left: Vec<AccountId>,
    /// Places among the recorded receipts of those that were demanded.
    pub demanded: Vec<usize>,
    /// Devices whose return was confirmed, and that were offered to another.
    pub returned: Vec<u32>,
    pub offered: Vec<u32>,
    /// The last reservation that was disputed.
    pub disputed: u64,
    /// The last task.
    pub task: u32,
    /// The last offer and the last reservation.
    pub trades: (u64, u64),
    /// What a wallet or a till numbers its next ticket, payment or quote with.
    pub serial: u64,
}

impl Town {
    /// A town in epoch `start`, all earlier ones void.
    pub fn new(start: Epoch) -> Self {
        let network = Sandbox::new();
        let mut town = Self { network, layouts: Layouts::read(), memory: Memory::default() };
        town.people();
        town.offices();
        // The last seven can still be reported.
        let first = start.saturating_sub(7);
        if start == HARDENED {
            let admin = town.account("admin");
            town.network.call::<()>(admin, ContractKind::Rewards, "set_algorithm", &(first, BIZPOWER_2)).unwrap();
        }
        for epoch in first..start {
            town.network.enter_epoch(epoch);
            for device in &mut town.memory.devices {
                town.network.record(device, &[(1, 500), (2, 700)]);
            }
        }
        town.network.enter_epoch(start);
        town.network.void_epochs(0, first);
        town.price();
        town.network.hand_over();
        town.open_books();
        town
    }

    fn people(&mut self) {
        let network = &mut self.network;
        for number in 0..PEOPLE {
            let shop = network.merchant(&format!("shop {number}"));
            let device = network.device(shop.index, &format!("device {number}"));
            let customer = network.customer(&format!("customer {number}"));
            for account in [shop.account(), customer.account()] {
                network.give(account, START);
            }
            let (deposit, amount) = (network.contracts.pos_deposit, TOKEN * 50);
            network.approve(shop.account(), deposit, amount);
            network.call::<()>(shop.account(), ContractKind::PosDeposit, "lock", &(device.id, amount)).unwrap();
            self.memory.shops.push(shop);
            self.memory.customers.push(customer);
            self.memory.devices.push(device);
        }
        let agent = network.actor("agent").account();
        let attestor = network.actor("attestor 1").account();
        let nullifier = Hash::from([77; 32]);
        network
            .call::<u32>(attestor, ContractKind::Registry, "register_agent", &(agent, nullifier, nullifier))
            .unwrap();
        for name in ["agent", "desk", "stranger", "member 1", "member 2", "member 3"] {
            network.give(network.actor(name).account(), START);
        }
        // Allowances without end, so that what fails does not fail for want of one.
        let spenders = [
            network.contracts.pos_deposit,
            network.contracts.receipts,
            network.contracts.rewards,
            network.contracts.redemption,
            network.contracts.otc,
        ];
        for owner in self.holders() {
            for spender in spenders {
                self.network.approve(owner, spender, Balance::MAX);
            }
        }
    }

    fn offices(&mut self) {
        let network = &mut self.network;
        let admin = network.actor("admin").account();
        network.call::<()>(admin, ContractKind::Rewards, "set_bonds", &BONDS).unwrap();
        for member in 1..=3 {
            let member = network.actor(&format!("member {member}")).account();
            network.call::<()>(member, ContractKind::Rewards, "bond", &BONDS.0).unwrap();
        }
        let roles = [
            (RedemptionRole::PriceSetter, "price setter"),
            (RedemptionRole::FiatSeller, "fiat seller"),
            (RedemptionRole::TaskConfirmer, "task confirmer"),
        ];
        for (role, name) in roles {
            let account = network.actor(name).account();
            network.call::<()>(admin, ContractKind::Redemption, "set_role", &(role, Some(account))).unwrap();
        }
        let initial = RedemptionParameters::initial(DAY);
        let parameters = RedemptionParameters {
            official_price: 1_000_000,
            lock_epochs: 2,
            task_fee: TOKEN,
            privilege_fee: TOKEN,
            bzky_cap: 1_000 * TOKEN,
            fiat_cap: 1_000 * TOKEN,
            ..initial
        };
        network.call::<()>(admin, ContractKind::Redemption, "set_parameters", &parameters).unwrap();
        let desk = network.actor("desk");
        let key = PublicKey::Sr25519(*AsRef::<[u8; 32]>::as_ref(&desk.account()));
        network.call::<()>(admin, ContractKind::Otc, "set_desk", &(desk.account(), Some(key))).unwrap();
    }

    fn price(&mut self) {
        let (admin, setter) = (self.network.actor("admin").account(), self.network.actor("price setter").account());
        let price = 1_000_000u64;
        self.network.call::<()>(admin, ContractKind::Redemption, "anchor_price", &price).unwrap();
        let dated = self.network.state.now_ms();
        self.network.call::<()>(setter, ContractKind::Redemption, "set_price", &(price, dated)).unwrap();
    }

    /// Takes over into the ledger what the contracts hold now.
    fn open_books(&mut self) {
        // All of it was moved before epoch 0.
        let day = 0;
        let contracts = ContractKind::ALL.map(|kind| self.network.address(kind));
        for account in self.holders().into_iter().chain(contracts).chain([self.account("treasury")]) {
            for (kind, message) in [(ContractKind::Bzky, "PSP22::balance_of"), (ContractKind::PosDeposit, "balance_of")]
            {
                let balance: Balance = self.network.read(kind, message, &account);
                let books = if kind == ContractKind::Bzky {
                    &mut self.memory.ledger.bzky
                } else {
                    &mut self.memory.ledger.deposits
                };
                books.open(account, day, balance);
            }
        }
    }

    /// Everybody who has Bzky and acts.
    pub fn holders(&self) -> Vec<AccountId> {
        let names = ["agent", "desk", "stranger", "member 1", "member 2", "member 3"];
        let parties = self.memory.shops.iter().chain(&self.memory.customers).map(Party::account);
        parties.chain(names.map(|name| Actor::named(name).account())).collect()
    }

    /// One of those who act, whatever the number.
    pub fn holder(&self, number: u8) -> AccountId {
        let holders = self.holders();
        holders[usize::from(number) % holders.len()]
    }

    pub fn account(&self, name: &str) -> AccountId {
        Actor::named(name).account()
    }

    pub fn shop(&self, number: u8) -> Party {
        self.memory.shops[usize::from(number) % self.memory.shops.len()].clone()
    }

    pub fn customer(&self, number: u8) -> Party {
        self.memory.customers[usize::from(number) % self.memory.customers.len()].clone()
    }

    /// Stamp of the present epoch.
    pub fn day(&self) -> u32 {
        self.network.calendar.stamp_at(self.network.state.now_ms())
    }

    /// The present epoch; sequences start after the network's genesis.
    pub fn epoch(&self) -> Epoch {
        self.day() - 1
    }

    /// A number that is not given again.
    pub fn next_serial(&mut self) -> u64 {
        self.memory.serial += 1;
        self.memory.serial
    }

    /// An amount out of a number: nothing, a unit, tokens, all that somebody
    /// has, or one more.
    pub fn amount(&self, of: AccountId, number: u32) -> Balance {
        let have = self.memory.ledger.bzky.of(of);
        match number % 8 {
            0 => 0,
            1 => 1,
            2 => have,
            3 => have + 1,
            4 => Balance::from(number),
            _ => Balance::from(number % 200) * TOKEN,
        }
    }

    /// Calls, and books what it did.
    pub fn call<V: Decode>(
        &mut self,
        origin: AccountId,
        kind: ContractKind,
        message: &str,
        arguments: &impl Encode,
    ) -> Result<V, ContractError> {
        let outcome = self.network.call(origin, kind, message, arguments);
        let (day, contracts) = (self.day(), self.network.contracts);
        if outcome.is_err() {
            assert!(self.network.events.is_empty(), "{kind}.{message} was refused and emitted events");
        }
        let events = std::mem::take(&mut self.network.events);
        for (event, emitter) in events.iter().zip(&self.network.emitters) {
            let kind = contracts.kind_of(emitter).expect("a contract of the suite");
            self.memory.ledger.book(day, contracts.vault, contracts.rewards, kind, event);
        }
        self.network.events = events;
        outcome
    }

    /// Has two of three directors carry a motion. Whether it could be enacted.
    pub fn resolve(&mut self, motion: &Motion) -> Result<(), ContractError> {
        let kind = ContractKind::Foundation;
        let resolution: u32 = self.call(self.account("director 1"), kind, "propose", motion)?;
        for director in ["director 1", "director 2"] {
            self.call::<()>(self.account(director), kind, "vote", &(resolution, true))?;
        }
        self.call(self.account("stranger"), kind, "enact", &resolution)
    }

    /// Has the board call a message.
    pub fn board(&mut self, kind: ContractKind, message: &str, arguments: &impl Encode) -> Result<(), ContractError> {
        self.resolve(&Motion::Call { target: self.network.address(kind), input: input(message, arguments) })
    }

    /// A device's next batch: one sale to each customer with a ticket.
    pub fn batch(&mut self, shop: u8, sales: &[(u8, u64)]) -> (Batch, Vec<Ticket>) {
        let shop = self.shop(shop);
        let at = usize::try_from(shop.index - 1).unwrap() % self.memory.devices.len();
        let (genesis, contract) = (self.network.genesis, self.network.contracts.receipts);
        let expiry = self.epoch();
        let mut tickets = Vec::new();
        for (customer, amount) in sales {
            let (merchant, nonce) = (shop.index, self.next_serial());
            let (customer, contract) = (self.customer(*customer).index, *contract.as_ref());
            tickets.push(Ticket { genesis, contract, merchant, customer, nonce, amount: *amount, expiry });
        }
        let header = Header { version: receipt::PAYLOAD_VERSION, currency: *b"USD", at_ms: 0 };
        let receipts: Vec<_> = tickets.iter().map(receipt_of).collect();
        let payload = receipt::encode_payload(&header, &receipts);
        let (device, count) = (&self.memory.devices[at], u16::try_from(receipts.len()).unwrap());
        let (id, seq) = (device.id, device.next_seq);
        let hash = receipt::batch_hash(&genesis, contract.as_ref(), id, seq, count, &payload);
        (Batch { device: id, seq, count, payload, signature: device.key.sign(&hash) }, tickets)
    }

    /// The report of the trees that are kept for an epoch.
    pub fn report_of(&self, epoch: Epoch) -> Option<Report> {
        let (algorithm_version, merchants, customers) = self.memory.trees.get(&epoch)?;
        let (merchants, customers) = (merchants.report(), customers.report());
        Some(Report { algorithm_version: *algorithm_version, merchants, customers })
    }

    /// One side's tree of an epoch.
    pub fn tree(&self, side: Side, epoch: Epoch) -> Option<Tree> {
        let (_, merchants, customers) = self.memory.trees.get(&epoch)?;
        Some(if side == Side::Merchant { merchants.clone() } else { customers.clone() })
    }
}

fn receipt_of(ticket: &Ticket) -> Receipt {
    Receipt {
        delta_seconds: 1,
        amount: ticket.amount,
        customer: ticket.customer,
        channel: Channel::InStore,
        rail: Rail::Cash,
        reference: ticket.reference(),
    }
}
