//! `receipts` after years: 34 pauses, a demand that nobody settled since the
//! first weeks, a customer whose standing changed 256 times, and batches of
//! yesterday.

use super::receipts_batches::{batch, batch_hash, device_carrier, longest, payload, SIZES};
use crate::{
    case::Stage,
    site::{account, Member, Site, Wallet, PAUSE_MS},
};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{
    action::receipts::Action,
    opening::{Evidence, OpeningRules},
    receipt::{self, next_head, Channel, Header, Rail, Receipt},
    signature::{PublicKey, Signature},
    ticket::Ticket,
    AccountId, DeviceId, Epoch, Hash, Side, Status, TOKEN,
};
use bizkey_tests::party::{Device, DeviceKey};

const KIND: Kind = Kind::Receipts;
/// More than 30 days after the last of 34 pauses.
const TODAY: Epoch = 1_160;
/// Changes of the customer's standing; between them and the receipt's epoch it
/// had another account.
const CHANGES: u32 = 256;
/// Batches after the one that is demanded: all that an epoch can have.
const LATER: usize = 1_023;

/// The stage.
pub fn stage() -> Stage {
    let mut site = Site::new();
    let owner = site.party(Side::Merchant, "owner");
    let forgetful = site.party(Side::Merchant, "forgetful");
    let mut buyer = site.party(Side::Customer, "buyer");
    let mut till = |shop: &Member, name: &str| site.network.device(shop.index, name);
    let (overdue, forgotten) = (till(&owner, "overdue"), till(&forgetful, "forgotten"));
    let (shown, many) = (till(&owner, "shown"), till(&owner, "many"));
    let (large, sleeper) = (till(&owner, "large"), till(&owner, "sleeper"));
    let doubter = Wallet::named("doubter");
    site.equip(doubter.account(), 1_000 * TOKEN, site.network.contracts.receipts);
    old_demands(&mut site, &owner, [overdue.clone(), forgotten.clone()]);
    for change in 0..CHANGES {
        site.advance(&[KIND], 100 + change);
        flip(&mut site, &buyer, change);
    }
    site.advance(&[KIND], TODAY - 3);
    let (ticket, signature) = shown_receipt(&mut site, &shown, &owner, &mut buyer);
    site.advance(&[KIND], TODAY - 2);
    let evidence = evidence(&shown, TODAY - 3, ticket_payload(&ticket), 0);
    site.done(doubter.account(), KIND, "demand_opening", &evidence);
    site.advance(&[KIND], TODAY - 1);
    flip(&mut site, &buyer, CHANGES);
    let heads = batches(&mut site, &many, &large, &sleeper);
    site.advance(&[KIND], TODAY);
    let (count, bytes) = longest();
    let first = batch(&site, &sleeper, 1, count, bytes);
    let situation = "16,000 bytes, the first batch of the device and of everybody in a new epoch";
    site.case(KIND, "record", situation, device_carrier(), &first);
    demands(&mut site, &doubter, &many, &large, &heads);
    let open = (shown.id, 0u64, 0u16, ticket, signature);
    let situation = "by the key at the epoch's opening, 256 changes of the customer's standing";
    site.case(KIND, "open_receipt", situation, device_carrier(), &open);
    let situation = "32 pauses since, more than the deposit, paid to a changed account";
    site.case(KIND, "fail_opening", situation, account("stranger"), &(overdue.id, 0u64, 0u16));
    let forget = (forgotten.id, 0u64, 0u16);
    site.case(KIND, "forget_demand", "settled long ago", account("stranger"), &forget);
    voids(&mut site, &owner, &many);
    administration(&mut site, &owner, &many);
    site.stage("receipts")
}

/// Two demands of the first weeks, one of which failed.
fn old_demands(site: &mut Site, owner: &Member, [mut overdue, mut forgotten]: [Device; 2]) {
    let mut demander = site.party(Side::Customer, "demander");
    let contracts = site.network.contracts;
    site.equip(demander.account(), 100 * TOKEN, contracts.receipts);
    // Less than the penalty, more than the demander's half.
    site.equip(owner.account(), 75 * TOKEN, contracts.pos_deposit);
    site.done(owner.account(), Kind::PosDeposit, "lock", &(overdue.id, 75 * TOKEN));
    site.network.enter_epoch(10);
    let sales = [(demander.index, 1_000)];
    let payload = site.network.batch(&overdue, &sales).payload;
    site.network.record(&mut overdue, &sales);
    site.network.record(&mut forgotten, &sales);
    site.network.enter_epoch(11);
    for device in [&overdue, &forgotten] {
        let evidence = evidence(device, 10, payload.clone(), 0);
        site.done(demander.account(), KIND, "demand_opening", &evidence);
    }
    site.network.enter_epoch(20);
    site.change_account(Side::Customer, &mut demander, &Wallet::named("demander's next"));
    site.network.give(demander.account(), TOKEN);
    site.done(account("stranger"), KIND, "fail_opening", &(forgotten.id, 0u64, 0u16));
}

/// What shows the only receipt of a device's only batch.
fn evidence(device: &Device, epoch: Epoch, payload: Vec<u8>, seq: u64) -> Evidence {
    let (count, index, head_before, later) = (1, 0, [0; 32], Vec::new());
    Evidence { device: device.id, epoch, seq, count, index, head_before, later, payload }
}

fn flip(site: &mut Site, buyer: &Member, change: u32) {
    let status = if change % 2 == 0 { Status::Demoted } else { Status::Active };
    let arguments = (Side::Customer, buyer.index, status, Hash::default());
    site.done(account("admin"), Kind::Registry, "set_status", &arguments);
}

fn ticket_payload(ticket: &Ticket) -> Vec<u8> {
    let header = Header { version: receipt::PAYLOAD_VERSION, currency: *b"USD", at_ms: 0 };
    let sale = Receipt {
        delta_seconds: 1,
        amount: ticket.amount,
        customer: ticket.customer,
        channel: Channel::InStore,
        rail: Rail::Cash,
        reference: ticket.reference(),
    };
    receipt::encode_payload(&header, &[sale])
}

/// A receipt with a true ticket, of the epoch in which its customer got
/// another account: signed by the one before.
fn shown_receipt(site: &mut Site, device: &Device, owner: &Member, buyer: &mut Member) -> (Ticket, Signature) {
    let contract = *AsRef::<[u8; 32]>::as_ref(&site.network.contracts.receipts);
    let (merchant, customer) = (owner.index, buyer.index);
    let genesis = site.network.genesis;
    let ticket = Ticket { genesis, contract, merchant, customer, nonce: 1, amount: 1_000, expiry: TODAY };
    let signature = buyer.wallet.sign(&ticket.signed_bytes());
    site.change_account(Side::Customer, buyer, &Wallet::named("buyer's next"));
    let batch = batch(site, device, 0, 1, ticket_payload(&ticket));
    site.done(device_carrier(), KIND, "record", &batch);
    (ticket, signature)
}

/// Batches of one epoch; the hashes of those of `many`.
fn batches(site: &mut Site, many: &Device, large: &Device, sleeper: &Device) -> Vec<[u8; 32]> {
    let short = payload(1, &SIZES[1]);
    let mut hashes = Vec::new();
    for seq in 0..=LATER as u64 {
        hashes.push(batch_hash(site, many.id, seq, 1, &short));
        let batch = batch(site, many, seq, 1, short.clone());
        site.done(device_carrier(), KIND, "record", &batch);
    }
    let (count, long) = longest();
    for (device, count, payload) in [(large, count, long), (sleeper, 1, short)] {
        let batch = batch(site, device, 0, count, payload);
        site.done(device_carrier(), KIND, "record", &batch);
    }
    hashes
}

fn demands(site: &mut Site, doubter: &Wallet, many: &Device, large: &Device, hashes: &[[u8; 32]]) {
    let (count, payload_of_large) = longest();
    let last = Evidence { count, index: count - 1, ..evidence(large, TODAY - 1, payload_of_large, 0) };
    let situation = "the last of 799 receipts in 16,000 bytes";
    site.case(KIND, "demand_opening", situation, doubter.account(), &last);
    let situation = "1,023 later batches";
    let evidence = with_later(many, hashes, LATER);
    site.case(KIND, "demand_opening", situation, doubter.account(), &evidence);
    let action = Action::DemandOpening(with_later(many, hashes, LATER));
    site.relayed(KIND, "DemandOpening, 1,023 later batches", doubter, &action);
}

/// What shows the receipt of a batch after which so many came.
fn with_later(many: &Device, hashes: &[[u8; 32]], later: usize) -> Evidence {
    let (before, rest) = hashes.split_at(hashes.len() - later - 1);
    let head_before = before.iter().fold([0; 32], |head, batch| next_head(&head, batch));
    let evidence = evidence(many, TODAY - 1, payload(1, &SIZES[1]), before.len() as u64);
    Evidence { head_before, later: rest[1..].to_vec(), ..evidence }
}

fn voids(site: &mut Site, owner: &Member, many: &Device) {
    let (device, seq, index) = (many.id, 0u64, 0u16);
    let contract = site.network.contracts.receipts;
    let hash = receipt::void_hash(&site.network.genesis, contract.as_ref(), device, seq, index);
    let signed = (device, seq, index, many.key.sign(&hash));
    site.case(KIND, "void_receipt", "signed with ECDSA", device_carrier(), &signed);
    site.case(KIND, "void_by_merchant", "by the shop", owner.account(), &(device, seq, index));
    let action = Action::VoidByMerchant { device, seq, index };
    site.relayed(KIND, "VoidByMerchant", &owner.wallet, &action);
}

fn administration(site: &mut Site, owner: &Member, many: &Device) {
    let (admin, registry): (AccountId, AccountId) = (account("admin"), site.network.contracts.registry);
    let until_ms = site.network.state.now_ms() + PAUSE_MS;
    site.case(KIND, "pause", "not the first one", admin, &until_ms);
    site.case(KIND, "set_opening_rules", "other rules", admin, &OpeningRules { epochs: 30, ..OpeningRules::default() });
    let (another, key): (DeviceId, PublicKey) = (9_999, DeviceKey::ecdsa("another").public());
    site.case(KIND, "add_device", "a new device with an ECDSA key", registry, &(another, owner.index, key));
    site.case(KIND, "set_device_active", "stopped", registry, &(many.id, false));
    site.case(KIND, "retire_device", "the only time", registry, &many.id);
}
