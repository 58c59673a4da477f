//! A network of its own for one test.

use crate::{
    party::{Batch, Customer, Device, DeviceKey, Shop},
    Tree,
};
use bizkey_client::{deploy, Client, ContractError, DeployConfig, Result, RpcClient, Signer, Submitted, Suite};
use bizkey_devchain::{Clock, Devchain, DevchainConfig, InProcessRpc};
use bizkey_primitives::{
    hash::blake2x256,
    party::{HoldingIndex, PushedLeaf},
    report::{EpochRecord, Report, BIZPOWER_1},
    tree::{Domain, Leaf},
    vesting::{Beneficiaries, Line},
    AccountId, Balance, Calendar, CustomerIndex, Epoch, Hash, Side, Status,
};

/// An hour in milliseconds.
pub const HOUR: u64 = 3_600_000;
/// A day in milliseconds: the test networks' epoch.
pub const DAY: u64 = 24 * HOUR;
/// The test networks' challenge window, milliseconds.
pub const WINDOW: u64 = 2 * HOUR;
/// Start of epoch 0 of the test networks, Unix milliseconds.
pub const GENESIS_MS: u64 = 1_500_000_000_000;
/// Shops and customers that own native coin, so that they can sign.
const FUNDED: u32 = 6;
/// Native coin of each, smallest unit.
const FUNDS: u128 = 1_000_000 * 1_000_000_000_000;

/// A deployed network on a chain of its own. Blocks are made at once; the
/// clock stands still until the test moves it.
pub struct World {
    /// The chain.
    pub chain: Devchain,
    /// The contracts.
    pub suite: Suite,
    /// Deployer and, until it hands over, admin; platform of `pos_deposit`.
    pub admin: Signer,
    /// Receives what `vesting` releases to early supporters, team and partners.
    pub treasury: Signer,
    /// Attest parties and, together, capital.
    pub attestors: [Signer; 2],
    /// Reports epochs.
    pub committee: [Signer; 3],
    /// The board.
    pub directors: [Signer; 3],
    /// Somebody without any role.
    pub stranger: Signer,
}

/// Keys of the board.
const DIRECTORS: [&str; 3] = ["//Director/1", "//Director/2", "//Director/3"];
/// Keys of the attestors.
const ATTESTORS: [&str; 2] = ["//Charlie", "//Dave"];
/// Keys of the committee.
const COMMITTEE: [&str; 3] = ["//Committee/1", "//Committee/2", "//Committee/3"];

/// What the test networks are deployed with.
#[must_use]
pub fn config() -> DeployConfig {
    let account = |uri| signer(uri).account_id();
    let treasury = account("//Bob");
    DeployConfig {
        calendar: Calendar { genesis_ms: GENESIS_MS, epoch_ms: DAY },
        beneficiaries: Beneficiaries { early_supporters: treasury, team: treasury, partners: treasury },
        directors: named(DIRECTORS.map(account)),
        chief_executive: account("//Ferdie"),
        attestors: ATTESTORS.map(account).to_vec(),
        committee: COMMITTEE.map(account).to_vec(),
        window_ms: WINDOW,
        penalty_window_ms: 7 * DAY,
        // What the trees and reports below are made for.
        algorithm_version: BIZPOWER_1,
        cash_cap: None,
    }
}

/// Accounts with the names that the board gives its directors.
pub(crate) fn named(directors: [AccountId; 3]) -> Vec<(AccountId, Vec<u8>)> {
    let name = |number: u8| [&b"Director "[..], &[b'0' + number]].concat();
    (1..).zip(directors).map(|(number, director)| (director, name(number))).collect()
}

fn signer(uri: &str) -> Signer {
    Signer::from_uri(uri).expect("a development key")
}

fn shop_signer(name: u32) -> Signer {
    signer(&format!("//Shop/{name}"))
}

fn customer_signer(name: u32) -> Signer {
    signer(&format!("//Customer/{name}"))
}

impl World {
    /// A network an hour before its genesis, its chain in memory.
    pub async fn new() -> World {
        Self::on(DevchainConfig::default()).await
    }

    /// As [`World::new`], on a chain that is set up as `settings` say, but for
    /// its clock; its accounts come beside the world's own.
    pub async fn on(settings: DevchainConfig) -> World {
        Self::deployed(settings, &config()).await
    }

    /// As [`World::on`], of what `config` says; its offices are those of
    /// [`config`].
    pub async fn deployed(settings: DevchainConfig, config: &DeployConfig) -> World {
        let committee = COMMITTEE.map(signer);
        let parties = (1..=FUNDED).flat_map(|name| [shop_signer(name), customer_signer(name)]);
        let funded = committee.iter().cloned().chain(DIRECTORS.map(signer)).chain(parties);
        let funded = funded.map(|signer| ((*AsRef::<[u8; 32]>::as_ref(&signer.account_id())).into(), FUNDS));
        let chain = Devchain::open(DevchainConfig {
            clock: Clock::Manual(GENESIS_MS - HOUR),
            endowed: funded.chain(settings.endowed).collect(),
            ..settings
        })
        .expect("a chain");
        let rpc = RpcClient::new(InProcessRpc::new(&chain).expect("the chain's methods"));
        let client = Client::from_rpc(rpc).await.expect("a client of the chain in this process");
        let (admin, treasury, stranger) = (signer("//Alice"), signer("//Bob"), signer("//Eve"));
        let attestors = ATTESTORS.map(signer);
        let directors = DIRECTORS.map(signer);
        let deployment = deploy(&client, &admin, config).await.expect("the suite is deployed");
        let suite = Suite::new(client, deployment).expect("the deployment is of this chain");
        suite.vesting().release(Line::EarlySupporters).send(&treasury).await.expect("what is due at issue");
        World { chain, suite, admin, treasury, attestors, committee, directors, stranger }
    }

    /// Moves the clock, and the chain with it.
    pub async fn set_time(&self, ms: u64) {
        self.chain.set_clock(Clock::Manual(ms));
        self.chain.seal_block().await.expect("an empty block");
    }

    /// Moves to an hour after the start of `epoch`.
    pub async fn enter_epoch(&self, epoch: Epoch) {
        self.set_time(self.suite.deployment().calendar.start_ms(epoch) + HOUR).await;
    }

    /// Moves on past the challenge window of what was just reported. Blocks
    /// are stamped a millisecond apart while the clock stands, so a window
    /// ends a little later than the clock says: hence the hour more.
    pub async fn pass_window(&self) {
        self.set_time(self.chain.now_ms() + WINDOW + HOUR).await;
    }

    /// Registers shop `name` with an ECDSA device.
    pub async fn shop(&self, name: u32) -> Shop {
        self.shop_with(name, DeviceKey::ecdsa(&format!("device of shop {name}"))).await
    }

    /// Registers shop `name` with a device of this key.
    pub async fn shop_with(&self, name: u32, key: DeviceKey) -> Shop {
        let signer = shop_signer(name);
        let index = self.register(Side::Merchant, &signer, name).await;
        let registered = self.suite.registry().register_device(index, key.public()).send(&self.attestors[0]).await;
        let id = registered.expect("a device").device_id().expect("its number");
        Shop { index, signer, device: Device { id, key, next_seq: 0 } }
    }

    /// Registers shops 1 to `count`; their indices are their names.
    pub async fn shops(&self, count: u32) -> Vec<Shop> {
        let mut shops = Vec::new();
        for name in 1..=count {
            shops.push(self.shop(name).await);
        }
        shops
    }

    /// Registers customers 1 to `count`; their indices are their names.
    pub async fn customers(&self, count: u32) -> Vec<Customer> {
        let mut customers = Vec::new();
        for name in 1..=count {
            let signer = customer_signer(name);
            let index = self.register(Side::Customer, &signer, name).await;
            customers.push(Customer { index, signer });
        }
        customers
    }

    async fn register(&self, side: Side, signer: &Signer, name: u32) -> u32 {
        let nullifier = Hash::from(blake2x256(format!("{} {name}", side.name()).as_bytes()));
        let call = self.suite.registry().register(side, signer.account_id(), nullifier, Hash::default());
        call.send(&self.attestors[0]).await.expect("a new party").party_index().expect("its index")
    }

    /// A shop's next batch, not sent.
    #[must_use]
    pub fn batch(&self, shop: &Shop, sales: &[(CustomerIndex, u64)]) -> Batch {
        shop.device.batch(self.suite.client().genesis_hash(), self.suite.receipts().address(), sales)
    }

    /// Sends a batch by somebody who is nobody.
    ///
    /// # Errors
    /// Those of `record`.
    pub async fn send(&self, batch: &Batch) -> Result<Submitted> {
        let Batch { device, seq, count, payload, signature } = batch;
        self.suite.receipts().record(*device, *seq, *count, payload, *signature).send(&self.stranger).await
    }

    /// Records one sale of each amount to each customer at a shop.
    pub async fn record(&self, shop: &mut Shop, sales: &[(CustomerIndex, u64)]) {
        self.send(&self.batch(shop, sales)).await.expect("a good batch");
        shop.device.next_seq += 1;
    }

    /// Gives Bzky of the treasury.
    pub async fn give(&self, account: AccountId, amount: Balance) {
        self.suite.bzky().transfer(account, amount).send(&self.treasury).await.expect("the treasury has enough");
    }

    /// Locks `amount` of a shop's Bzky for its device.
    pub async fn lock(&self, shop: &Shop, amount: Balance) {
        let pos_deposit = self.suite.pos_deposit();
        let approved = self.suite.bzky().approve(pos_deposit.address(), amount).send(&shop.signer).await;
        approved.expect("an allowance");
        pos_deposit.lock(shop.device.id, amount).send(&shop.signer).await.expect("a deposit");
    }

    /// Changes a standing.
    pub async fn set_status(&self, side: Side, index: u32, status: Status) {
        let call = self.suite.registry().set_status(side, index, status, Hash::default());
        call.send(&self.admin).await.expect("the admin may");
    }

    /// A tree of `(account, v1, v2)` for a side and epoch.
    #[must_use]
    pub fn tree(&self, side: Side, epoch: Epoch, leaves: &[(u32, u128, u128)]) -> Tree {
        let genesis = Hash::from(self.suite.client().genesis_hash());
        let rewards = self.suite.rewards().address();
        let domain = Domain::new(&genesis, rewards.as_ref(), side, epoch, BIZPOWER_1);
        let leaves = leaves.iter().map(|(account, v1, v2)| Leaf { account: *account, v1: *v1, v2: *v2 }).collect();
        Tree { domain, leaves }
    }

    /// Has two of three members report; the epoch is pending then.
    pub async fn report(&self, epoch: Epoch, merchants: &Tree, customers: &Tree) -> Report {
        let report = report(merchants, customers);
        for member in &self.committee[..2] {
            self.suite.rewards().report(epoch, &report).send(member).await.expect("a member's report");
        }
        report
    }

    /// Reports an epoch, waits out the window, and finalises it.
    pub async fn settle(&self, epoch: Epoch, merchants: &Tree, customers: &Tree) -> EpochRecord {
        self.report(epoch, merchants, customers).await;
        self.pass_window().await;
        self.finalise(epoch).await
    }

    /// Finalises a pending epoch.
    pub async fn finalise(&self, epoch: Epoch) -> EpochRecord {
        self.suite.rewards().finalise(epoch).send(&self.stranger).await.expect("the epoch's turn has come");
        self.record_of(epoch).await
    }

    /// What `rewards` keeps of an epoch.
    pub async fn record_of(&self, epoch: Epoch) -> EpochRecord {
        self.suite.rewards().epoch(epoch, None).await.expect("a read").expect("an epoch with a majority")
    }

    /// Where the holding of an account in an epoch is found.
    pub async fn holding_index(&self, account: AccountId, epoch: Epoch) -> HoldingIndex {
        HoldingIndex {
            bzky: self.suite.bzky().checkpoint_index(account, epoch, None).await.expect("a read"),
            pos_deposit: self.suite.pos_deposit().checkpoint_index(account, epoch, None).await.expect("a read"),
        }
    }

    /// Claims the leaf at `position`, its holding's place found if it has one.
    ///
    /// # Errors
    /// Those of `claim`.
    pub async fn claim(&self, side: Side, epoch: Epoch, tree: &Tree, position: usize) -> Result<Submitted> {
        let leaf = tree.leaves[position];
        let holding = self.holding_of(side, epoch, &leaf).await;
        let call = self.suite.rewards().claim(side, epoch, leaf, holding, &tree.proof(position));
        call.send(&self.stranger).await
    }

    /// Pushes the subtree that starts at `128 · word`.
    ///
    /// # Errors
    /// Those of `push`.
    pub async fn push(&self, side: Side, epoch: Epoch, tree: &Tree, word: usize) -> Result<Submitted> {
        let (leaves, proof) = tree.subtree(word);
        let mut pushed = Vec::new();
        for leaf in leaves {
            pushed.push(PushedLeaf { leaf: *leaf, holding: self.holding_of(side, epoch, leaf).await });
        }
        self.suite.rewards().push(side, epoch, &pushed, &proof).send(&self.stranger).await
    }

    async fn holding_of(&self, side: Side, epoch: Epoch, leaf: &Leaf) -> HoldingIndex {
        if leaf.v2 == 0 {
            return HoldingIndex::default();
        }
        let account = self.suite.registry().account_of(side, leaf.account, None).await.expect("a read");
        self.holding_index(account.expect("a registered party"), epoch).await
    }

    /// Bzky of an account.
    pub async fn bzky_of(&self, account: AccountId) -> Balance {
        self.suite.bzky().balance_of(account, None).await.expect("a read")
    }

    /// Time of an account.
    pub async fn time_of(&self, account: AccountId) -> Balance {
        self.suite.time().balance_of(account, None).await.expect("a read")
    }
}

/// A report of two trees by the first algorithm.
#[must_use]
pub fn report(merchants: &Tree, customers: &Tree) -> Report {
    Report { algorithm_version: BIZPOWER_1, merchants: merchants.report(), customers: customers.report() }
}

/// Why a contract refused.
///
/// # Panics
/// When it did not refuse, or something else went wrong.
pub fn refusal<T: std::fmt::Debug>(outcome: Result<T>) -> ContractError {
    match outcome {
        Ok(value) => panic!("not refused: {value:?}"),
        Err(error) => error.contract().unwrap_or_else(|| panic!("not refused by a contract: {error}")),
    }
}
