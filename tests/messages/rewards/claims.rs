//! Claims: single ones, several at once, pushed subtrees, and their end.

use super::stage::{account, claim_of, flat, next_epoch, refuse, send, set_status, tokens, Outcome, Street, KIND};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    bizpower::SCALE,
    errors::rewards::Error,
    events::Event,
    party::{HoldingIndex, PushedLeaf},
    report::{EpochRecord, LeafClaim},
    tree::{self, Leaf, ProofStep},
    Balance, Epoch, Hash, Side, Status,
};
use bizkey_tests::{world::report, Sandbox, Tree, DAY, WINDOW};

/// Most claims in one call.
const MOST_CLAIMS: usize = 16;
/// Epochs for which claims are open.
const OPEN_DAYS: u64 = 400;

/// Two trees of an epoch, final: merchants as given, three customers alike.
fn settled(network: &mut Sandbox, epoch: Epoch, merchants: &[(u32, u128, u128)]) -> (Tree, Tree) {
    let merchants = network.tree(Side::Merchant, epoch, merchants);
    let customers = flat(network, Side::Customer, epoch, 3);
    network.settle(epoch, &merchants, &customers);
    (merchants, customers)
}

/// Three shops that traded in epochs 0 and 1; epoch 2 runs.
fn two_days(network: &mut Sandbox) -> Street {
    let mut street = Street::new(network, 3);
    for epoch in [0, 1] {
        network.enter_epoch(epoch);
        street.trade(network);
    }
    network.enter_epoch(2);
    street
}

type Claim = (Side, Epoch, Leaf, HoldingIndex, Vec<ProofStep>);

fn leaf_claim((side, epoch, leaf, holdings, proof): Claim) -> LeafClaim {
    LeafClaim { side, epoch, leaf, holdings, proof }
}

pub fn single(network: &mut Sandbox) {
    let street = two_days(network);
    let (stranger, admin) = (account(network, "stranger"), account(network, "admin"));
    let of_nobody = 9;
    let leaves = [(1, SCALE, 0), (2, 3 * SCALE, 0), (3, 0, 0), (of_nobody, 0, 0)];
    let tree = network.tree(Side::Merchant, 0, &leaves);
    let claim = claim_of(network, &tree, Side::Merchant, 0, 1);
    refuse(network, stranger, "claim", &claim, Error::NotFinal);
    let (tree, customers) = settled(network, 0, &leaves);
    refuse(network, stranger, "claim", &(Side::Merchant, 1u32, claim.2, claim.3, claim.4.clone()), Error::NotFinal);
    let other_proof = tree.proof(0);
    refuse(network, stranger, "claim", &(Side::Merchant, 0u32, claim.2, claim.3, other_proof), Error::BadProof);
    let of_another = Leaf { account: 3, ..claim.2 };
    refuse(network, stranger, "claim", &(Side::Merchant, 0u32, of_another, claim.3, claim.4.clone()), Error::BadProof);
    let nobodys = claim_of(network, &tree, Side::Merchant, 0, 3);
    refuse(network, stranger, "claim", &nobodys, Error::UnknownParty);
    set_status(network, Side::Merchant, 2, Status::Removed);
    refuse(network, stranger, "claim", &claim, Error::NotPayable);
    set_status(network, Side::Merchant, 2, Status::Active);
    let until = network.state.now_ms() + DAY;
    let held: Outcome =
        network.call(admin, ContractKind::Registry, "place_hold", &(Side::Merchant, 2u32, until, Hash::default()));
    held.unwrap();
    refuse(network, stranger, "claim", &claim, Error::NotPayable);
    network.state.set_time(until);

    // By anybody, to the shop: of 300 Bzky three quarters.
    let paid: Balance = network.call(stranger, KIND, "claim", &claim).unwrap();
    assert_eq!((paid, network.bzky_of(street.account(Side::Merchant, 2))), (tokens(225), tokens(225)));
    assert_eq!(network.bzky_of(stranger), 0);
    let told = network.events.iter().find_map(|event| match event {
        Event::RewardsPaid(paid) => Some((paid.side, paid.epoch, paid.rewards[0].index, paid.rewards[0].amount)),
        _ => None,
    });
    assert_eq!(told, Some((Side::Merchant, 0, 2, tokens(225))));
    refuse(network, stranger, "claim", &claim, Error::AlreadyClaimed);
    assert_eq!(network.claim(Side::Merchant, 0, &tree, 2), Ok(0));
    let nothing = claim_of(network, &tree, Side::Merchant, 0, 2);
    refuse(network, stranger, "claim", &nothing, Error::AlreadyClaimed);
    assert_eq!(network.read::<u128>(KIND, "claimed_words", &(Side::Merchant, 0u32, 0u32)), 0b110);
    assert_eq!(
        [0, 1, 2, 3].map(|at: u32| network.read::<bool>(KIND, "is_claimed", &(Side::Merchant, 0u32, at))),
        [false, true, true, false]
    );
    assert_eq!(network.read::<u128>(KIND, "claimed_words", &(Side::Customer, 0u32, 0u32)), 0);
    assert_eq!(network.claim(Side::Customer, 0, &customers, 0), Ok(tokens(10)));
    assert_eq!(network.time_of(street.account(Side::Customer, 1)), tokens(10));
    expiry(network, &tree);
}

/// Claims end, and what was not paid is back in the pools.
fn expiry(network: &mut Sandbox, tree: &Tree) {
    let (stranger, vault) = (account(network, "stranger"), network.contracts.vault);
    refuse(network, stranger, "expire", &0u32, Error::ClaimsOpen);
    refuse(network, stranger, "expire", &1u32, Error::NotFinal);
    let record = network.record_of(0);
    network.state.set_time(record.since_ms + OPEN_DAYS * DAY);
    let late = claim_of(network, tree, Side::Merchant, 0, 0);
    refuse(network, stranger, "claim", &late, Error::ClaimsExpired);
    let before = network.bzky_of(vault);
    send(network, stranger, "expire", &0u32).unwrap();
    let told = matches!(&network.events[0], Event::ClaimsExpired(over)
        if (over.epoch, over.merchants, over.customers) == (0, tokens(75), tokens(20)));
    assert!(told, "{:?}", network.events);
    assert_eq!(network.bzky_of(vault) - before, tokens(75));
    assert_eq!(network.bzky_of(network.contracts.rewards), 0);
    assert_eq!(network.read::<Balance>(KIND, "customer_reserved", &()), tokens(10));
    refuse(network, stranger, "expire", &0u32, Error::ClaimsExpired);
}

/// Of several epochs and both sides; all, or none.
pub fn several(network: &mut Sandbox) {
    let street = two_days(network);
    let stranger = account(network, "stranger");
    let leaves = [(1, SCALE, 0), (2, SCALE, 0), (3, SCALE, 0)];
    let days = [settled(network, 0, &leaves), settled(network, 1, &leaves)];
    let mut claims = Vec::new();
    for (epoch, (merchants, customers)) in (0..).zip(&days) {
        for (side, tree) in [(Side::Merchant, merchants), (Side::Customer, customers)] {
            for position in 0..3 {
                claims.push(leaf_claim(claim_of(network, tree, side, epoch, position)));
            }
        }
    }
    let too_many = vec![claims[0].clone(); MOST_CLAIMS + 1];
    refuse(network, stranger, "claim_many", &too_many, Error::TooManyClaims);
    // The last one is a repeat: none is paid.
    let mut twice = claims.clone();
    twice.push(claims[0].clone());
    refuse(network, stranger, "claim_many", &twice, Error::AlreadyClaimed);
    let mut forged = claims.clone();
    forged[11].leaf.v1 += 1;
    refuse(network, stranger, "claim_many", &forged, Error::BadProof);
    assert_eq!(network.bzky_of(street.account(Side::Merchant, 1)), 0);
    let none: Vec<Balance> = network.call(stranger, KIND, "claim_many", &Vec::<LeafClaim>::new()).unwrap();
    assert_eq!(none, []);
    let paid: Vec<Balance> = network.call(stranger, KIND, "claim_many", &claims).unwrap();
    let (bzky, time) = ([tokens(100); 3], [tokens(10); 3]);
    assert_eq!(paid, [bzky, time, bzky, time].concat());
    for index in 1..=3 {
        assert_eq!(network.bzky_of(street.account(Side::Merchant, index)), tokens(200));
        assert_eq!(network.time_of(street.account(Side::Customer, index)), tokens(20));
    }
    refuse(network, stranger, "claim_many", &claims[..1].to_vec(), Error::AlreadyClaimed);
}

fn pushed(leaves: &[Leaf]) -> Vec<PushedLeaf> {
    leaves.iter().map(|leaf| PushedLeaf { leaf: *leaf, holding: HoldingIndex::default() }).collect()
}

/// A push pays what can be paid, once, and leaves the rest.
pub fn subtrees(network: &mut Sandbox) {
    const LEAVES: u32 = 300;
    let street = two_days(network);
    let stranger = account(network, "stranger");
    let tree = flat(network, Side::Merchant, 0, LEAVES);
    let push = |range: std::ops::Range<usize>| -> (Side, Epoch, Vec<PushedLeaf>, Vec<ProofStep>) {
        let proof = if range.is_empty() { Vec::new() } else { tree.proof_of(range.start, range.len()) };
        (Side::Merchant, 0, pushed(&tree.leaves[range]), proof)
    };
    refuse(network, stranger, "push", &push(0..128), Error::NotFinal);
    let nobody = network.tree(Side::Customer, 0, &[]);
    network.settle(0, &tree, &nobody);
    refuse(network, stranger, "push", &push(0..0), Error::BadSubtree);
    refuse(network, stranger, "push", &push(0..256), Error::BadSubtree);
    refuse(network, stranger, "push", &push(64..128), Error::BadSubtree);
    let (side, epoch, mut forged, proof) = push(0..128);
    forged[127].leaf.v1 += 1;
    refuse(network, stranger, "push", &(side, epoch, forged, proof), Error::BadProof);
    let (side, epoch, mut swapped, proof) = push(0..128);
    swapped.swap(3, 4);
    refuse(network, stranger, "push", &(side, epoch, swapped, proof), Error::BadProof);

    set_status(network, Side::Merchant, 2, Status::Removed);
    let each = tokens(300) / u128::from(LEAVES);
    assert_eq!(network.claim(Side::Merchant, 0, &tree, 0), Ok(each));
    // Of the first 128 leaves 1 is claimed, 2 removed, 3 good, and the others of nobody.
    let count = |network: &mut Sandbox, arguments: &(Side, Epoch, Vec<PushedLeaf>, Vec<ProofStep>)| {
        network.call::<u32>(stranger, KIND, "push", arguments).unwrap()
    };
    assert_eq!(count(network, &push(0..128)), 1);
    let word =
        |network: &mut Sandbox, word: u32| network.read::<u128>(KIND, "claimed_words", &(Side::Merchant, 0u32, word));
    assert_eq!(word(network, 0), 0b101);
    let before = network.state.storage_of(network.contracts.rewards);
    assert_eq!([count(network, &push(0..128)), count(network, &push(256..300))], [0, 0]);
    assert!(before == network.state.storage_of(network.contracts.rewards), "a push of nothing leaves a trace");
    assert!(network.events.is_empty(), "{:?}", network.events);
    set_status(network, Side::Merchant, 2, Status::Active);
    assert_eq!(count(network, &push(0..64)), 1, "a part of a word from its start on");
    assert_eq!([word(network, 0), word(network, 1), word(network, 2)], [0b111, 0, 0]);
    for index in 1..=3 {
        assert_eq!(network.bzky_of(street.account(Side::Merchant, index)), each);
    }
    let since = network.record_of(0).since_ms;
    network.state.set_time(since + OPEN_DAYS * DAY);
    refuse(network, stranger, "push", &push(0..128), Error::ClaimsExpired);
}

/// What is not paid by another contract stays claimable: an instance that
/// neither `vault` nor `time` knows settles and pays nothing.
#[test]
fn what_another_contract_refuses_leaves_no_trace() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let _ = two_days(network);
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    let around: bizkey_primitives::party::Contracts = network.read(KIND, "contracts", &());
    let committee: Vec<_> = [1, 2, 3].map(|number| account(network, &format!("member {number}"))).to_vec();
    let unbound = network.instantiate(admin, KIND, &(network.calendar, around, committee, WINDOW)).unwrap();
    network.contracts.rewards = unbound;
    for epoch in [0u32, 1] {
        let merchants = flat(network, Side::Merchant, epoch, if epoch == 0 { 0 } else { 3 });
        let customers = flat(network, Side::Customer, epoch, 3);
        network.report(epoch, &merchants, &customers);
    }
    network.pass(WINDOW);
    network.finalise(0).unwrap();
    let customers = flat(network, Side::Customer, 0, 3);
    let claim = claim_of(network, &customers, Side::Customer, 0, 1);
    refuse(network, stranger, "claim", &claim, Error::CalleeFailed);
    refuse(network, stranger, "claim_many", &vec![leaf_claim(claim)], Error::CalleeFailed);
    let leaves = pushed(&customers.leaves);
    refuse(network, stranger, "push", &(Side::Customer, 0u32, leaves, Vec::<ProofStep>::new()), Error::CalleeFailed);
    refuse(network, stranger, "finalise", &1u32, Error::CalleeFailed);
    assert_eq!((next_epoch(network), network.record_of(0).customers.paid), (1, 0));
}

/// A tree whose shape is not RFC 6962's can be claimed leaf by leaf, and
/// pushed only where a word begins.
#[test]
fn a_subtree_that_does_not_begin_with_a_word_is_claimed_leaf_by_leaf() {
    let mut network = Sandbox::new();
    let network = &mut network;
    let _ = two_days(network);
    let stranger = account(network, "stranger");
    let all = flat(network, Side::Merchant, 0, 3);
    let (left, right) = all.leaves.split_at(1);
    let domain = all.domain;
    let (left, right) = (tree::top(&domain, left).unwrap(), tree::top(&domain, right).unwrap());
    let top = tree::Tuple::join(&domain, &left, &right).unwrap();
    let mut said = report(&all, &flat(network, Side::Customer, 0, 0));
    said.merchants.root = top.root(&domain);
    for member in 1..=2 {
        network.vote(member, 0, &said).unwrap();
    }
    network.pass(WINDOW);
    network.finalise(0).unwrap();
    let proof = vec![ProofStep { sibling_is_left: true, sibling: left }];
    let misaligned = (Side::Merchant, 0u32, pushed(&all.leaves[1..]), proof.clone());
    refuse(network, stranger, "push", &misaligned, Error::BadSubtree);
    let second = all.leaves[2].tuple(&domain).unwrap();
    let way = [vec![ProofStep { sibling_is_left: false, sibling: second }], proof].concat();
    let arguments = (Side::Merchant, 0u32, all.leaves[1], HoldingIndex::default(), way);
    let paid: Result<Balance, ContractError> = network.call(stranger, KIND, "claim", &arguments);
    assert_eq!(paid, Ok(tokens(100)));
    let record: Option<EpochRecord> = network.read(KIND, "epoch", &0u32);
    assert_eq!(record.map(|record| record.merchants.paid), Some(tokens(100)));
}
