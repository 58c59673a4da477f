//! What the parts share: a shop with two devices and its neighbour with one, a
//! customer, somebody who doubts, and what every device has recorded, to show
//! any receipt of it.

use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    errors::receipts::Error,
    events::Event,
    opening::{Demand, Evidence},
    party::Device as Record,
    receipt::{self, batch_hash, next_head, Channel, Header, Rail, Receipt},
    signature::Signature,
    ticket::{Reference, Ticket},
    AccountId, Balance, CustomerIndex, DeviceId, Epoch, TOKEN,
};
use bizkey_tests::{
    party::{Batch, DeviceKey},
    sandbox::{Actor, Coverage, Party},
    Device, Sandbox,
};
use codec::{Decode, Encode};
use std::collections::BTreeMap;

pub const KIND: ContractKind = ContractKind::Receipts;
/// The epoch in which a stage opens.
pub const TODAY: Epoch = 40;
/// The shop's devices, with an ECDSA and an sr25519 key, and the neighbour's.
pub const TILL: usize = 0;
pub const SECOND: usize = 1;
pub const FOREIGN: usize = 2;
/// A device that nobody registered.
pub const UNKNOWN: DeviceId = 99;
/// What the doubter has, and `receipts` may take.
pub const FUNDS: Balance = 10_000 * TOKEN;
/// What a demand costs at first, and a failed opening does.
pub const BOND: Balance = 10 * TOKEN;
pub const PENALTY: Balance = 100 * TOKEN;
/// Amount of a sale, minor units.
pub const AMOUNT: u64 = 500;

/// People with a key, in every office and in none.
pub const PEOPLE: [&str; 14] = [
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
    "customer",
    "doubter",
    "relayer",
    "stranger",
];

/// A batch on chain.
pub struct Recorded {
    pub seq: u64,
    pub count: u16,
    pub payload: Vec<u8>,
    pub hash: [u8; 32],
}

pub struct Stage {
    pub network: Sandbox,
    pub shop: Party,
    pub neighbour: Party,
    pub customer: Party,
    pub devices: [Device; 3],
    /// By device and epoch, in order.
    pub tapes: BTreeMap<(DeviceId, Epoch), Vec<Recorded>>,
}

impl Stage {
    pub fn with(coverage: Coverage) -> Self {
        Self::opening(coverage, TODAY)
    }

    /// A stage that opens in another epoch.
    pub fn opening(coverage: Coverage, epoch: Epoch) -> Self {
        let mut network = Sandbox::new();
        network.coverage = coverage;
        network.enter_epoch(epoch);
        let (shop, neighbour) = (network.merchant("shop"), network.merchant("neighbour"));
        let customer = network.customer("customer");
        let till = network.device(shop.index, "till");
        let key = DeviceKey::sr25519("second till");
        let attestor = network.actor("attestor 1").account();
        let arguments = (shop.index, key.public());
        let id = network.call(attestor, ContractKind::Registry, "register_device", &arguments).unwrap();
        let foreign = network.device(neighbour.index, "foreign till");
        let devices = [till, Device { id, key, next_seq: 0 }, foreign];
        let doubter = network.actor("doubter").account();
        network.give(doubter, FUNDS);
        network.approve(doubter, network.contracts.receipts, FUNDS);
        Self { network, shop, neighbour, customer, devices, tapes: BTreeMap::new() }
    }

    pub fn account(&self, name: &str) -> AccountId {
        Actor::named(name).account()
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

    /// A message that must succeed.
    pub fn done(&mut self, origin: AccountId, message: &str, arguments: &impl Encode) {
        self.call::<()>(origin, message, arguments).unwrap_or_else(|error| panic!("{message}: {error:?}"));
    }

    /// A message that must be refused with `error` and leave everything as it was.
    pub fn refuses(&mut self, origin: AccountId, message: &str, arguments: &impl Encode, error: Error) {
        let before = self.kept();
        assert_eq!(self.call::<()>(origin, message, arguments), Err(error), "{message}");
        assert!(before == self.kept(), "{message} was refused and left a trace");
        assert!(self.network.events.is_empty());
    }

    /// A message that only `may` carries out; whether it is refused for them
    /// is not looked at.
    pub fn only(&mut self, may: &[AccountId], message: &str, arguments: &impl Encode, error: Error) {
        for origin in self.all_but(may) {
            assert_eq!(self.call::<()>(origin, message, arguments), Err(error), "{message} by {origin:?}");
        }
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

    /// What this contract and those that it can change keep.
    fn kept(&mut self) -> Vec<Vec<(Vec<u8>, Vec<u8>)>> {
        let at = self.network.contracts.clone();
        let contracts = [at.receipts, at.bzky, at.pos_deposit, at.rewards, at.registry];
        contracts.map(|contract| self.network.state.storage_of(contract)).to_vec()
    }

    pub fn contract(&self) -> [u8; 32] {
        *AsRef::<[u8; 32]>::as_ref(&self.network.contracts.receipts)
    }

    pub fn epoch(&self) -> Epoch {
        self.network.calendar.epoch_at(self.network.state.now_ms()).unwrap()
    }

    // Batches.

    pub fn id(&self, device: usize) -> DeviceId {
        self.devices[device].id
    }

    /// What a device signs for a batch.
    pub fn hash(&self, device: DeviceId, seq: u64, count: u16, payload: &[u8]) -> [u8; 32] {
        batch_hash(&self.network.genesis, &self.contract(), device, seq, count, payload)
    }

    /// A device's batch, signed as it should be.
    pub fn batch(&self, device: usize, seq: u64, count: u16, payload: Vec<u8>) -> Batch {
        let Device { id, key, .. } = &self.devices[device];
        let signature = key.sign(&self.hash(*id, seq, count, &payload));
        Batch { device: *id, seq, count, payload, signature }
    }

    pub fn send(&mut self, batch: &Batch) -> Result<(), Error> {
        self.network.send(batch).map_err(own)
    }

    /// Has a device record its next batch.
    pub fn record_as(&mut self, device: usize, count: u16, payload: Vec<u8>) {
        let (id, seq) = (self.devices[device].id, self.devices[device].next_seq);
        let batch = self.batch(device, seq, count, payload);
        self.send(&batch).unwrap_or_else(|error| panic!("device {id}, batch {seq}: {error:?}"));
        let hash = self.hash(id, seq, count, &batch.payload);
        let recorded = Recorded { seq, count, payload: batch.payload, hash };
        let epoch = self.epoch();
        self.tapes.entry((id, epoch)).or_default().push(recorded);
        self.devices[device].next_seq += 1;
    }

    /// Has a device record receipts.
    pub fn record(&mut self, device: usize, receipts: &[Receipt]) {
        self.record_as(device, receipts.len() as u16, payload(receipts));
    }

    pub fn device_of(&mut self, device: usize) -> Record {
        let id = self.devices[device].id;
        self.read::<Option<Record>>("device", &id).unwrap()
    }

    // Demands.

    /// What shows the receipt at `index` of the batch at `position` of a device's epoch.
    pub fn evidence(&self, device: usize, epoch: Epoch, position: usize, index: u16) -> Evidence {
        let device = self.devices[device].id;
        let tape = &self.tapes[&(device, epoch)];
        let Recorded { seq, count, payload, .. } = &tape[position];
        Evidence {
            device,
            epoch,
            seq: *seq,
            count: *count,
            index,
            head_before: fold(&tape[..position]),
            later: tape[position + 1..].iter().map(|recorded| recorded.hash).collect(),
            payload: payload.clone(),
        }
    }

    /// A ticket of the customer for a sale of [`AMOUNT`] at the shop, in force
    /// for today and the next two epochs.
    pub fn ticket(&self, nonce: u64) -> Ticket {
        Ticket {
            genesis: self.network.genesis,
            contract: self.contract(),
            merchant: self.shop.index,
            customer: self.customer.index,
            nonce,
            amount: AMOUNT,
            expiry: self.epoch() + 2,
        }
    }

    /// The customer's signature of a ticket.
    pub fn signed(&self, ticket: &Ticket) -> Signature {
        self.customer.actor.sign(&ticket.signed_bytes())
    }

    /// Records one receipt with a ticket at the till, and shows it in the next epoch.
    pub fn sold(&mut self, nonce: u64) -> (Ticket, Evidence) {
        let (ticket, epoch) = (self.ticket(nonce), self.epoch());
        self.record(TILL, &[sale(&ticket)]);
        let position = self.tapes[&(self.devices[TILL].id, epoch)].len() - 1;
        self.network.enter_epoch(epoch + 1);
        (ticket, self.evidence(TILL, epoch, position, 0))
    }

    /// [`Stage::sold`], and the doubter demands it. What the demand is about.
    pub fn demanded(&mut self, nonce: u64) -> (Ticket, (DeviceId, u64, u16)) {
        let (ticket, evidence) = self.sold(nonce);
        self.demand(&evidence).unwrap();
        (ticket, key_of(&evidence))
    }

    /// Has the doubter demand.
    pub fn demand(&mut self, evidence: &Evidence) -> Result<(), Error> {
        let doubter = self.account("doubter");
        self.call(doubter, "demand_opening", evidence)
    }

    /// Has the stranger show a ticket.
    pub fn open(&mut self, key: (DeviceId, u64, u16), ticket: &Ticket, signature: &Signature) -> Result<(), Error> {
        let (device, seq, index) = key;
        let stranger = self.account("stranger");
        self.call(stranger, "open_receipt", &(device, seq, index, ticket, signature))
    }

    /// Has the stranger state that nobody did.
    pub fn fail(&mut self, key: (DeviceId, u64, u16)) -> Result<(), Error> {
        let stranger = self.account("stranger");
        self.call(stranger, "fail_opening", &key)
    }

    pub fn demand_of(&mut self, key: (DeviceId, u64, u16)) -> Option<Demand> {
        self.read("demand_of", &key)
    }

    /// Moves to the first moment at which a demand can no longer be answered.
    pub fn wait_out(&mut self, key: (DeviceId, u64, u16)) {
        let ends_ms: Option<u64> = self.read("opening_ends", &key);
        self.network.state.set_time(ends_ms.unwrap());
    }

    /// Gives the shop Bzky and has it locked for the till.
    pub fn lock(&mut self, amount: Balance) {
        let (shop, pos_deposit) = (self.shop.account(), self.network.contracts.pos_deposit);
        self.network.give(shop, amount);
        self.network.approve(shop, pos_deposit, amount);
        let id = self.id(TILL);
        self.other("shop", ContractKind::PosDeposit, "lock", &(id, amount));
    }

    /// Bzky of several accounts.
    pub fn bzky_of<const N: usize>(&mut self, accounts: [AccountId; N]) -> [Balance; N] {
        accounts.map(|account| self.network.bzky_of(account))
    }

    /// Names of the last call's events of this contract.
    pub fn events(&self) -> Vec<Event> {
        let emitted = self.network.events.iter().zip(&self.network.emitters);
        let own = emitted.filter(|(_, emitter)| **emitter == self.network.contracts.receipts);
        own.map(|(event, _)| event.clone()).collect()
    }
}

/// The contract's own error.
pub fn own(error: ContractError) -> Error {
    match error {
        ContractError::Receipts(error) => error,
        other => panic!("an error of another contract: {other}"),
    }
}

pub fn key_of(evidence: &Evidence) -> (DeviceId, u64, u16) {
    (evidence.device, evidence.seq, evidence.index)
}

/// The rolling hash over batches, from the epoch's start.
pub fn fold(batches: &[Recorded]) -> [u8; 32] {
    batches.iter().fold([0; 32], |head, batch| next_head(&head, &batch.hash))
}

pub fn payload(receipts: &[Receipt]) -> Vec<u8> {
    let header = Header { version: receipt::PAYLOAD_VERSION, currency: *b"USD", at_ms: 0 };
    receipt::encode_payload(&header, receipts)
}

pub fn receipt(customer: CustomerIndex, amount: u64, reference: Reference) -> Receipt {
    Receipt { delta_seconds: 1, amount, customer, channel: Channel::InStore, rail: Rail::Cash, reference }
}

/// The receipt that refers to a ticket.
pub fn sale(ticket: &Ticket) -> Receipt {
    receipt(ticket.customer, ticket.amount, ticket.reference())
}

/// So many receipts of somebody unknown: 33 bytes at least, 64 from three on.
pub fn plain(count: u16) -> Vec<u8> {
    payload(&vec![receipt(0, 1, [0; 16]); usize::from(count)])
}
