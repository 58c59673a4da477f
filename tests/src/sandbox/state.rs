//! Contracts on the runtime: instantiating, calling, time, going back.

use bizkey_client::{Bundles, ContractError, ContractKind, Weight};
use bizkey_devchain::runtime::{self, build_genesis_storage, Runtime, RuntimeEvent};
use bizkey_primitives::{events::Event, hash::selector, AccountId, Balance};
use codec::{Decode, Encode};
use frame_support::{storage::child::ChildInfo, traits::Currency};
use pallet_contracts::{Code, CollectEvents, DebugInfo, Determinism};
use sp_io::{
    hashing::{twox_128, twox_64},
    TestExternalities,
};
use std::fmt::Debug;

type System = frame_system::Pallet<Runtime>;
type Balances = pallet_balances::Pallet<Runtime>;
type Contracts = pallet_contracts::Pallet<Runtime>;

/// Gas that a call may use: many blocks' worth. Whether a message fits a block
/// is a matter of the budgets.
pub const GAS: frame_support::weights::Weight = frame_support::weights::Weight::from_parts(20_000_000_000_000, 1 << 40);
/// Native coin of whoever calls, for storage deposits: more than any test needs.
const ENDOWMENT: Balance = 1 << 100;

/// The networks' penalty window, milliseconds: 7 days.
pub const PENALTY_WINDOW: u64 = 7 * crate::DAY;

/// What a call did.
#[derive(Clone, Debug)]
pub struct Executed {
    /// What the message returned, or why it refused.
    pub result: Result<Vec<u8>, Vec<u8>>,
    /// The gas limit that it needs.
    pub required: Weight,
    /// Native coin that it locks for storage, smallest unit; negative when it frees some.
    pub deposit: i128,
    /// Events of the suite, in order; empty if it was refused.
    pub events: Vec<Event>,
    /// Which contract emitted each of them.
    pub emitters: Vec<AccountId>,
}

/// A runtime's state with contracts in it.
pub struct State {
    externalities: TestExternalities,
    bundles: Bundles,
    now_ms: u64,
    /// The times at which what is not undone yet was begun.
    begun_ms: Vec<u64>,
}

impl State {
    /// A state with nothing in it.
    ///
    /// # Panics
    /// When the runtime's genesis cannot be built.
    #[must_use]
    pub fn new(now_ms: u64) -> Self {
        let genesis = build_genesis_storage(&[]).expect("a genesis");
        let bundles = Bundles::embedded().expect("the bundles of this source");
        let mut state = Self { externalities: TestExternalities::new(genesis), bundles, now_ms, begun_ms: Vec::new() };
        state.externalities.execute_with(|| System::set_block_number(1));
        state.set_time(now_ms);
        state
    }

    /// The time of the present block, Unix milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Sets the time of the present block, Unix milliseconds; back too, since
    /// a state that goes back takes its time with it.
    pub fn set_time(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        self.externalities.execute_with(|| pallet_timestamp::Now::<Runtime>::put(now_ms));
    }

    /// Runs `part` and undoes all that it did, the time included.
    pub fn rolled_back<R>(&mut self, part: impl FnOnce(&mut Self) -> R) -> R {
        self.begin();
        let result = part(self);
        self.roll_back();
        result
    }

    /// Begins what [`State::roll_back`] undoes; can be nested.
    pub fn begin(&mut self) {
        self.begun_ms.push(self.now_ms);
        self.externalities.execute_with(sp_io::storage::start_transaction);
    }

    /// Undoes all since the last [`State::begin`], the time included.
    ///
    /// # Panics
    /// When nothing was begun.
    pub fn roll_back(&mut self) {
        self.now_ms = self.begun_ms.pop().expect("something was begun");
        self.externalities.execute_with(sp_io::storage::rollback_transaction);
    }

    /// Instantiates a contract with its constructor `new`.
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
        salt: &[u8],
    ) -> Result<AccountId, ContractError> {
        let code = Code::Upload(self.bundles.bundle(kind).code.to_vec());
        let input = input("new", arguments);
        let outcome = self.externalities.execute_with(|| {
            let origin = prepare(origin);
            let (debug, collect) = (DebugInfo::Skip, CollectEvents::Skip);
            Contracts::bare_instantiate(origin, 0, GAS, None, code, input, salt.to_vec(), debug, collect)
        });
        let made = outcome.result.unwrap_or_else(|error| panic!("{kind} cannot be instantiated: {error:?}"));
        if made.result.did_revert() {
            return Err(refused(kind, "new", &made.result.data));
        }
        Ok(AccountId::from(*AsRef::<[u8; 32]>::as_ref(&made.account_id)))
    }

    /// Puts a contract's code on the chain without an instance; its hash.
    ///
    /// # Panics
    /// When the chain does not take it.
    pub fn upload(&mut self, origin: AccountId, code: Vec<u8>) -> [u8; 32] {
        let uploaded = self
            .externalities
            .execute_with(|| Contracts::bare_upload_code(prepare(origin), code, None, Determinism::Enforced));
        uploaded.expect("code that the chain takes").code_hash.0
    }

    /// Calls a contract with these bytes, in a block of its own.
    ///
    /// # Panics
    /// When the call traps, or runs out of gas.
    pub fn execute(&mut self, origin: AccountId, contract: AccountId, input: Vec<u8>) -> Executed {
        let outcome = self.externalities.execute_with(|| {
            System::reset_events();
            System::set_block_number(System::block_number().saturating_add(1));
            let (debug, collect) = (DebugInfo::Skip, CollectEvents::UnsafeCollect);
            let origin = prepare(origin);
            Contracts::bare_call(
                origin,
                chain_account(contract),
                0,
                GAS,
                None,
                input,
                debug,
                collect,
                Determinism::Enforced,
            )
        });
        let returned = outcome.result.unwrap_or_else(|error| panic!("a call that does not run: {error:?}"));
        let deposit = match outcome.storage_deposit {
            pallet_contracts::StorageDeposit::Charge(amount) => amount as i128,
            pallet_contracts::StorageDeposit::Refund(amount) => -(amount as i128),
        };
        let (events, emitters) = self.events_of(outcome.events.unwrap_or_default());
        Executed {
            result: if returned.did_revert() { Err(returned.data) } else { Ok(returned.data) },
            required: Weight {
                ref_time: outcome.gas_required.ref_time(),
                proof_size: outcome.gas_required.proof_size(),
            },
            deposit,
            events,
            emitters,
        }
    }

    fn events_of(&self, records: Vec<runtime::EventRecord>) -> (Vec<Event>, Vec<AccountId>) {
        let mut events = (Vec::new(), Vec::new());
        for record in records {
            let RuntimeEvent::Contracts(pallet_contracts::Event::ContractEmitted { contract, data }) = record.event
            else {
                continue;
            };
            let topic = record.topics.first().map(|topic| topic.0);
            let name = self.bundles.event_name(topic.as_ref()).expect("an event of the suite");
            events.0.push(Event::decode(name, &data).unwrap_or_else(|| panic!("{name} cannot be read")));
            events.1.push(AccountId::from(*AsRef::<[u8; 32]>::as_ref(&contract)));
        }
        events
    }

    /// All of the state: its entries, and those of every contract by the name
    /// of its trie.
    ///
    /// # Panics
    /// When a contract's record cannot be read.
    pub fn export(&mut self) -> (Cells, Vec<(Vec<u8>, Cells)>) {
        self.externalities.execute_with(|| {
            let (mut top, mut tries) = (Vec::new(), Vec::new());
            let mut key = Vec::new();
            while let Some(next) = sp_io::storage::next_key(&key) {
                let value = frame_support::storage::unhashed::get_raw(&next).unwrap_or_default();
                if next.starts_with(&contract_records()) {
                    let (trie, _) = Record::decode(&mut &value[..]).expect("a contract's record");
                    let cells = cells_of(&ChildInfo::new_default(&trie));
                    tries.push((trie, cells));
                }
                top.push((next.clone(), value));
                key = next;
            }
            (top, tries)
        })
    }

    /// The entries of a contract's storage.
    ///
    /// # Panics
    /// When there is no such contract.
    pub fn storage_of(&mut self, contract: AccountId) -> Cells {
        self.externalities.execute_with(|| cells_of(&ChildInfo::new_default(&record_of(contract).0)))
    }

    /// The hash of the code that a contract runs.
    ///
    /// # Panics
    /// When there is no such contract.
    pub fn code_of(&mut self, contract: AccountId) -> [u8; 32] {
        self.externalities.execute_with(|| record_of(contract).1)
    }

    /// Writes an entry of a contract's storage by hand: for figures that no
    /// test can count up to. `key` as [`State::storage_of`] tells it.
    ///
    /// # Panics
    /// When there is no such contract, or no such entry.
    pub fn overwrite(&mut self, contract: AccountId, key: &[u8], value: &[u8]) {
        self.externalities.execute_with(|| {
            let trie = ChildInfo::new_default(&record_of(contract).0);
            assert!(frame_support::storage::child::exists(&trie, key), "no such entry");
            frame_support::storage::child::put_raw(&trie, key, value);
        });
    }
}

/// Keys and values.
pub type Cells = Vec<(Vec<u8>, Vec<u8>)>;

/// What the keys of contracts' records begin with.
fn contract_records() -> Vec<u8> {
    [twox_128(b"Contracts"), twox_128(b"ContractInfoOf")].concat()
}

/// What pallet-contracts keeps of a contract first: the name of its trie and
/// its code's hash.
type Record = (Vec<u8>, [u8; 32]);

fn record_of(contract: AccountId) -> Record {
    let account = chain_account(contract).encode();
    let key = [&contract_records(), &twox_64(&account)[..], &account].concat();
    let record = frame_support::storage::unhashed::get_raw(&key).expect("a contract");
    Record::decode(&mut &record[..]).expect("a contract's record")
}

fn cells_of(trie: &ChildInfo) -> Cells {
    let (mut cells, mut key) = (Vec::new(), Vec::new());
    while let Some(next) = sp_io::default_child_storage::next_key(trie.storage_key(), &key) {
        let value = frame_support::storage::child::get_raw(trie, &next).unwrap_or_default();
        cells.push((next.clone(), value));
        key = next;
    }
    cells
}

/// A message's selector and arguments.
#[must_use]
pub fn input(message: &str, arguments: &impl Encode) -> Vec<u8> {
    let mut input = selector(message).to_vec();
    arguments.encode_to(&mut input);
    input
}

/// Why a message was refused, out of ink!'s wrapping.
///
/// # Panics
/// When it is none of the contract's own errors: ink! could not read the call.
#[must_use]
pub fn refused(kind: ContractKind, message: &str, data: &[u8]) -> ContractError {
    match data {
        [0, 1, error @ ..] => ContractError::decode(kind, error),
        _ => None,
    }
    .unwrap_or_else(|| panic!("{kind}.{message} was not understood: {data:?}"))
}

/// What a message returned, out of ink!'s wrapping.
///
/// # Panics
/// When it is something else.
#[must_use]
pub fn returned<V: Decode>(message: &str, data: &[u8], checked: bool) -> V {
    let mut value = match (checked, data) {
        (true, [0, 0, value @ ..]) | (false, [0, value @ ..]) => value,
        _ => panic!("{message} returned something else: {data:?}"),
    };
    let read = V::decode(&mut value).unwrap_or_else(|error| panic!("{message} returned something else: {error}"));
    assert!(value.is_empty(), "{message} returned more than was read");
    read
}

fn chain_account(account: AccountId) -> runtime::AccountId {
    (*AsRef::<[u8; 32]>::as_ref(&account)).into()
}

/// Gives whoever calls native coin for deposits, contracts too: a test may act
/// as one of them.
fn prepare(origin: AccountId) -> runtime::AccountId {
    let account = chain_account(origin);
    if Balances::free_balance(&account) < ENDOWMENT / 2 {
        let _ = Balances::deposit_creating(&account, ENDOWMENT);
    }
    account
}
