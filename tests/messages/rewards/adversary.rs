//! Trees written by an adversary, before an epoch whose parties and holdings
//! are known: an honest tree stands against every challenge, and each rule that
//! a tree breaks can be shown.

use super::{
    forest::{recipe, with_foreign_root, Forged, Recipe, Shape},
    stage::{
        account, lock, property, refusal, send, set_status, skip_a_month, stake, supply, tokens, Outcome, Street,
        Tally, KIND,
    },
};
use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    challenge::{Branch, Charge},
    errors::rewards::Error,
    party::HoldingIndex,
    report::{EpochState, Report, SideReport, BIZPOWER_1},
    tree::{Domain, Leaf},
    AccountId, Balance, Epoch, Side, Status,
};
use bizkey_tests::{Sandbox, WINDOW};
use proptest::prelude::*;

/// The first epoch of the second month: scores and holdings are both paid.
pub const EPOCH: Epoch = 30;
/// Parties of each side that had joined by then, and one that had not.
const PARTIES: u32 = 7;
const LATE: u32 = PARTIES + 1;
/// Indices on either side, by their standing. At the epoch's close: 2 demoted,
/// 3 removed, 4 restricted. Since then: 5 removed, 3 and 4 active again.
const REWARDED: [u32; 5] = [1, 2, 5, 6, 7];
pub const PAYABLE: [u32; 4] = [1, 2, 6, 7];
/// A shop holds as many times this as its index says.
pub const UNIT: Balance = tokens(10);
const MEMBER_BOND: Balance = tokens(100);

/// What a shop held at the lowest, of those that had joined.
fn low(index: u32) -> Balance {
    u128::from(index) * UNIT
}

/// Everything but the report of epoch 30, whose turn it is.
pub fn before_the_report() -> Sandbox {
    let mut network = Sandbox::new();
    let network_ref = &mut network;
    let mut street = Street::new(network_ref, PARTIES);
    for (index, shop) in (1..).zip(&street.shops) {
        network_ref.give(shop.account(), low(index));
    }
    // A part of the first one's is a deposit.
    lock(network_ref, street.shops[0].account(), street.tills[0].id, UNIT / 2);
    network_ref.enter_epoch(EPOCH);
    street.trade(network_ref);
    let each = |network: &mut Sandbox, index, status| {
        for side in Side::ALL {
            set_status(network, side, index, status);
        }
    };
    each(network_ref, 2, Status::Demoted);
    each(network_ref, 3, Status::Removed);
    each(network_ref, 4, Status::Restricted);
    network_ref.enter_epoch(EPOCH + 1);
    each(network_ref, 3, Status::Active);
    each(network_ref, 4, Status::Active);
    each(network_ref, 5, Status::Removed);
    let late = [network_ref.merchant("late"), network_ref.customer("late customer")];
    assert_eq!(late.map(|party| party.index), [LATE; 2]);
    skip_a_month(network_ref);
    let admin = account(network_ref, "admin");
    send(network_ref, admin, "set_bonds", &(MEMBER_BOND, 0u128)).unwrap();
    for name in ["member 1", "member 2"] {
        stake(network_ref, name, MEMBER_BOND);
    }
    network
}

pub fn domain(network: &Sandbox, side: Side) -> Domain {
    Domain::new(&network.genesis, network.contracts.rewards.as_ref(), side, EPOCH, BIZPOWER_1)
}

fn report_of(side: Side, said: SideReport) -> Report {
    let empty = SideReport::default();
    match side {
        Side::Merchant => Report { algorithm_version: BIZPOWER_1, merchants: said, customers: empty },
        Side::Customer => Report { algorithm_version: BIZPOWER_1, merchants: empty, customers: said },
    }
}

/// Has the committee report a tree; whether the contract takes the report at all.
pub fn said(network: &mut Sandbox, side: Side, said: SideReport) -> bool {
    let report = report_of(side, said);
    match network.vote(1, EPOCH, &report) {
        Err(error) => {
            assert_eq!(error, refusal(Error::InconsistentReport));
            let empty = said.count == 0 || said.root == Default::default();
            assert!(empty || side == Side::Customer && said.sum_v2 != 0, "{said:?}");
            false
        }
        Ok(()) => {
            network.vote(2, EPOCH, &report).unwrap();
            true
        }
    }
}

/// Where the holding of each shop is found: it never changes once the epoch is over.
pub struct Indices(Vec<HoldingIndex>);

impl Indices {
    pub fn find(network: &mut Sandbox) -> Self {
        let mut indices = Vec::new();
        for shop in 1..=LATE {
            let of: Option<AccountId> = network.read(ContractKind::Registry, "account_of", &(Side::Merchant, shop));
            indices.push(network.holding_index(of.expect("a shop"), EPOCH));
        }
        Self(indices)
    }

    /// That of a party; zeros for customers and for nobody.
    pub fn of(&self, side: Side, index: u32) -> HoldingIndex {
        let position = if side == Side::Merchant { index as usize } else { 0 };
        position.checked_sub(1).and_then(|position| self.0.get(position)).copied().unwrap_or_default()
    }
}

/// Charges that parties and holdings give cause for, beside the tree's own rules.
fn charges(indices: &Indices, tree: &Forged) -> Vec<(Branch, Charge)> {
    let mut charges: Vec<(Branch, Charge)> = Vec::new();
    for branch in tree.branches() {
        let Some(leaf) = branch.leaf else { continue };
        if !leads(tree, &branch) {
            continue;
        }
        if !REWARDED.contains(&leaf.account) {
            charges.push((branch.clone(), Charge::Status));
        }
        if (1..=PARTIES).contains(&leaf.account) && tree.side == Side::Merchant && leaf.v2 > low(leaf.account) {
            charges.push((branch, Charge::Holding(indices.of(tree.side, leaf.account))));
        }
    }
    charges
}

/// Whether a branch's hashes lead from the root to its leaf, and no deeper
/// than anybody can show.
fn leads(tree: &Forged, branch: &Branch) -> bool {
    let mut hash = tree.top.says.hash;
    for descent in &branch.descents {
        if bizkey_primitives::tree::Tuple::node_hash(&tree.domain, &descent.left, &descent.right) != hash {
            return false;
        }
        hash = if descent.to_right { descent.right.hash } else { descent.left.hash };
    }
    branch.descents.len() <= 33 && branch.leaf.is_none_or(|leaf| leaf.hash(&tree.domain) == hash)
}

fn challenge(network: &mut Sandbox, side: Side, branch: &Branch, charge: Charge) -> Outcome {
    let hunter = account(network, "hunter");
    send(network, hunter, "challenge", &(EPOCH, side, branch, charge))
}

/// The recipe for a side: a report of customers that admits a holding is
/// refused, so that they hold nothing, or the report denies it.
pub fn for_side(side: Side, mut recipe: Recipe) -> Recipe {
    if side == Side::Customer {
        if recipe.leaves[0].v1 % 4 == 0 {
            let sum = recipe.leaves.iter().fold(0u128, |sum, leaf| sum.wrapping_add(leaf.v2));
            recipe.claimed.2 = sum.wrapping_neg();
        } else {
            recipe.leaves.iter_mut().for_each(|leaf| leaf.v2 = 0);
        }
    }
    recipe
}

pub fn sides() -> impl Strategy<Value = Side> {
    prop_oneof![3 => Just(Side::Merchant), 1 => Just(Side::Customer)]
}

/// Every broken rule can be shown by whoever knows the tree, and is punished;
/// and where none is broken nothing can be shown.
#[test]
fn whatever_a_tree_breaks_can_be_shown_and_nothing_else() {
    let (mut network, tally) = (before_the_report(), Tally::default());
    let indices = Indices::find(&mut network);
    property(300, &mut network, &(sides(), recipe(UNIT)), |network, (side, recipe)| {
        let tree = Forged::new(domain(network, side), side, &for_side(side, recipe));
        if !said(network, side, tree.report) {
            return;
        }
        let mut faults: Vec<(String, Branch, Charge)> =
            tree.faults().into_iter().map(|fault| (fault.rule.into(), fault.branch, Charge::Structure)).collect();
        for (branch, charge) in charges(&indices, &tree) {
            faults.push((format!("{charge:?}"), branch, charge));
        }
        tally.note(if faults.is_empty() { "a sound tree" } else { "a broken tree" });
        for (rule, branch, charge) in &faults {
            tally.note(rule.split('(').next().unwrap_or_default());
            network.rolled_back(|network| {
                let before = supply(network);
                let shown = challenge(network, side, branch, *charge);
                assert_eq!(shown, Ok(()), "{rule} cannot be shown: {branch:?}");
                let record = network.record_of(EPOCH);
                assert_eq!((record.state, record.round), (EpochState::Open, 1), "{rule}");
                let hunter = account(network, "hunter");
                assert_eq!(network.bzky_of(hunter), MEMBER_BOND, "half of two bonds for {rule}");
                assert_eq!(before - supply(network), MEMBER_BOND, "the other half burns");
            });
        }
        if faults.is_empty() {
            stands(network, &indices, &tree);
        }
    });
    tally.assert_seen(&[
        "a sound tree",
        "totals",
        "counts",
        "scores",
        "holdings",
        "range",
        "order",
        "split",
        "Status",
        "Holding",
        "a leaf that is not what its node says",
        "a customer that holds something",
    ]);
}

/// No branch of the tree, changed or not, succeeds under any charge.
fn stands(network: &mut Sandbox, indices: &Indices, tree: &Forged) {
    let contract = network.contracts.rewards;
    let before = network.state.storage_of(contract);
    for branch in tree.branches() {
        let account = branch.leaf.map_or(1, |leaf| leaf.account);
        let right = indices.of(tree.side, account);
        let wrong = HoldingIndex { bzky: right.bzky + 1, pos_deposit: right.pos_deposit };
        let charges = [Charge::Structure, Charge::Status, Charge::Holding(right), Charge::Holding(wrong)];
        for charge in charges {
            assert!(challenge(network, tree.side, &branch, charge).is_err(), "{charge:?} of {branch:?}");
        }
        for changed in changes(&branch) {
            let shown = challenge(network, tree.side, &changed, Charge::Structure);
            assert_eq!(shown, Err(refusal(Error::BadProof)), "{changed:?}");
        }
        let other = if tree.side == Side::Merchant { Side::Customer } else { Side::Merchant };
        let shown = challenge(network, other, &branch, Charge::Structure);
        assert_eq!(shown, Err(refusal(Error::BadProof)), "of the other side");
    }
    assert!(before == network.state.storage_of(contract));
}

/// Branches that are not the tree's.
fn changes(branch: &Branch) -> Vec<Branch> {
    let mut all = vec![Branch { top: bump(branch.top), ..branch.clone() }];
    for at in 0..branch.descents.len() {
        for right in [false, true] {
            let mut changed = branch.clone();
            let descent = &mut changed.descents[at];
            let node = if right { &mut descent.right } else { &mut descent.left };
            *node = bump(*node);
            all.push(changed);
        }
    }
    match branch.leaf {
        Some(leaf) => {
            all.push(Branch { leaf: Some(Leaf { v1: leaf.v1 ^ 1, ..leaf }), ..branch.clone() });
            all.push(Branch { leaf: Some(Leaf { account: leaf.account ^ 1, ..leaf }), ..branch.clone() });
            if let Some(last) = branch.descents.len().checked_sub(1) {
                let mut astray = branch.clone();
                astray.descents[last].to_right = !astray.descents[last].to_right;
                all.push(astray);
                let mut short = branch.clone();
                short.descents.pop();
                all.push(short);
            }
        }
        // A leaf that nobody wrote.
        None => all.push(Branch { leaf: Some(Leaf { account: 1_000, v1: 0, v2: 0 }), ..branch.clone() }),
    }
    all
}

fn bump(tuple: bizkey_primitives::tree::Tuple) -> bizkey_primitives::tree::Tuple {
    bizkey_primitives::tree::Tuple { sum_v1: tuple.sum_v1 ^ 1, ..tuple }
}

/// Honest trees: those in standing, in order, with no more than they held.
fn honest() -> impl Strategy<Value = (Side, Recipe)> {
    let values = proptest::collection::vec((any::<bool>(), 0u128..1 << 100, 0u128..=UNIT), REWARDED.len());
    (sides(), values).prop_map(|(side, values)| {
        let leaf = |(index, (_, v1, part)): (u32, (bool, u128, u128))| Leaf {
            account: index,
            v1,
            v2: if side == Side::Merchant { low(index) - part } else { 0 },
        };
        let mut leaves: Vec<Leaf> = REWARDED.into_iter().zip(values).filter(|(_, value)| value.0).map(leaf).collect();
        if leaves.is_empty() {
            leaves.push(Leaf { account: 1, v1: 5, v2: 0 });
        }
        (side, Recipe { leaves, shape: Shape::Rfc, lies: Vec::new(), claimed: (0, 0, 0) })
    })
}

#[test]
fn an_honest_tree_stands_against_every_branch_and_charge() {
    let mut network = before_the_report();
    let indices = Indices::find(&mut network);
    property(40, &mut network, &honest(), |network, (side, recipe)| {
        let tree = Forged::new(domain(network, side), side, &recipe);
        assert!(tree.faults().is_empty(), "the judge is wrong: {:?}", tree.faults());
        assert!(said(network, side, tree.report));
        stands(network, &indices, &tree);
        network.pass(WINDOW);
        network.finalise(EPOCH).unwrap();
        // And every leaf of it can be claimed by who is payable still.
        for (leaf, proof) in tree.proofs() {
            let holding = indices.of(side, leaf.account);
            let paid = claim(network, side, leaf, holding, proof);
            assert_eq!(paid.is_ok(), PAYABLE.contains(&leaf.account), "{leaf:?}: {paid:?}");
        }
    });
}

pub fn claim(
    network: &mut Sandbox,
    side: Side,
    leaf: Leaf,
    holding: HoldingIndex,
    proof: Vec<bizkey_primitives::tree::ProofStep>,
) -> Result<Balance, ContractError> {
    let stranger = account(network, "stranger");
    network.call(stranger, KIND, "claim", &(side, EPOCH, leaf, holding, proof))
}

/// A root that was made for another side, epoch or algorithm is nobody's to
/// claim; what is wrong with it only the board can say.
#[test]
fn a_root_of_another_tree_pays_nobody() {
    let mut network = before_the_report();
    let network = &mut network;
    let leaves = vec![Leaf { account: 1, v1: 5, v2: 0 }, Leaf { account: 2, v1: 5, v2: 0 }];
    let recipe = Recipe { leaves, shape: Shape::Rfc, lies: Vec::new(), claimed: (0, 0, 0) };
    let rewards = *network.contracts.rewards.as_ref();
    let foreign = [
        (Side::Customer, EPOCH, BIZPOWER_1),
        (Side::Merchant, EPOCH - 1, BIZPOWER_1),
        (Side::Merchant, EPOCH + 1, BIZPOWER_1),
        (Side::Merchant, EPOCH, BIZPOWER_1 + 1),
    ];
    for (side, epoch, version) in foreign {
        let other = Domain::new(&network.genesis, &rewards, side, epoch, version);
        // A whole tree of the other domain, and one whose top alone is of it.
        let whole = Forged::new(other, Side::Merchant, &recipe);
        let right = Forged::new(domain(network, Side::Merchant), Side::Merchant, &recipe);
        let top_alone = Forged { report: with_foreign_root(&right, &other), ..right };
        for tree in [whole, top_alone] {
            network.rolled_back(|network| {
                assert!(said(network, Side::Merchant, tree.report));
                for branch in tree.branches() {
                    let shown = challenge(network, Side::Merchant, &branch, Charge::Structure);
                    assert_eq!(shown, Err(refusal(Error::BadProof)));
                }
                network.pass(WINDOW);
                network.finalise(EPOCH).unwrap();
                for (leaf, proof) in tree.proofs() {
                    let paid = claim(network, Side::Merchant, leaf, HoldingIndex::default(), proof);
                    assert_eq!(paid, Err(refusal(Error::BadProof)));
                }
            });
        }
    }
}

/// A leaf below more levels than a proof may have can be shown, and not claimed.
#[test]
fn a_tree_that_is_too_deep_can_be_shown() {
    let mut network = before_the_report();
    let network = &mut network;
    let leaves: Vec<Leaf> = (1..=40).map(|account| Leaf { account, v1: 1, v2: 0 }).collect();
    let recipe = Recipe { leaves, shape: Shape::Comb, lies: Vec::new(), claimed: (0, 0, 0) };
    let tree = Forged::new(domain(network, Side::Merchant), Side::Merchant, &recipe);
    assert!(said(network, Side::Merchant, tree.report));
    let deep = tree.faults().into_iter().find(|fault| fault.rule == "too deep").unwrap();
    let mut deeper = tree.branches().into_iter().filter(|branch| branch.descents.len() == 34);
    let beyond = challenge(network, Side::Merchant, &deeper.next().unwrap(), Charge::Structure);
    assert_eq!(beyond, Err(refusal(Error::BadProof)));
    network.rolled_back(|network| challenge(network, Side::Merchant, &deep.branch, Charge::Structure).unwrap());
    network.pass(WINDOW);
    network.finalise(EPOCH).unwrap();
    for (leaf, proof) in tree.proofs() {
        let levels = proof.len();
        let paid = claim(network, Side::Merchant, leaf, HoldingIndex::default(), proof);
        let expected = if levels > 32 {
            Err(Error::BadProof)
        } else if leaf.account > LATE {
            Err(Error::UnknownParty)
        } else {
            Ok(())
        };
        assert_eq!(paid.map(drop), expected.map_err(refusal), "{levels} levels");
    }
}
