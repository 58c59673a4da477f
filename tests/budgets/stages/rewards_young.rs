//! `rewards` in its second month: claims without anything unusual, by which
//! claims are priced, and claims against a deposit that is pledged already.

use super::trees::{deep, Deep};
use crate::{
    case::Stage,
    site::{account, hash, Member, Site, PAUSE_MS},
};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{
    bizpower::SCALE,
    party::{HoldingIndex, PushedLeaf},
    report::{Report, SideReport, BIZPOWER_1, BIZPOWER_2},
    tree::{Domain, Leaf, SUBTREE_LEAVES},
    Balance, Epoch, Side, TOKEN,
};
use bizkey_tests::WINDOW;

const KIND: Kind = Kind::Rewards;
/// When every epoch before [`DEFERRED`] can be voided.
const TODAY: Epoch = 42;
/// Of the first month, in which no holding counts: of one leaf, and of one
/// under 21 levels.
const FLAT: Epoch = 20;
const LEVELS: Epoch = 21;
/// Of the second month.
const PUSHED: Epoch = 30;
/// The first two under bizpower-2.
const PLEDGED: Epoch = 33;
const DEFERRED: Epoch = 34;
/// Levels of a tree of two million leaves.
const DEPTH: u32 = 21;
/// Of which a subtree of 128 has so many.
const IN_SUBTREE: u32 = 7;
/// What each shop has locked; less than its reward.
const LOCKED: Balance = 10 * TOKEN;
/// Most pledges of an account.
const PLEDGES: u32 = 64;

/// A claim without levels.
pub const CLAIM_FLAT: &str = "of a tree of one leaf, no holding";
/// The same under 21 levels.
pub const CLAIM_DEEP: &str = "through 21 levels, no holding";
/// The push by which pushes are priced.
pub const PUSH: &str = "128 leaves under 14 levels, holdings on both tokens that never changed, no debts";

/// The stage.
pub fn stage() -> Stage {
    let mut site = Site::new();
    let mut shops = shops(&mut site);
    let indebted = shops.split_off(SUBTREE_LEAVES as usize);
    site.done(account("admin"), KIND, "set_algorithm", &(PLEDGED, BIZPOWER_2));
    let mut till = site.network.device(shops[0].index, "recording");
    site.network.enter_epoch(2);
    let until_ms = site.network.state.now_ms() + PAUSE_MS;
    site.done(account("admin"), KIND, "pause", &until_ms);
    for epoch in [FLAT, LEVELS, PUSHED, PLEDGED, DEFERRED] {
        site.network.enter_epoch(epoch);
        site.network.record(&mut till, &[(0, 1_000)]);
    }
    site.network.enter_epoch(TODAY);
    let bare = |index: usize| vec![Leaf { account: shops[index].index, v1: SCALE, v2: 0 }];
    let all = shops.iter().map(|shop| Leaf { account: shop.index, v1: SCALE, v2: TOKEN }).collect();
    let flat = tree(&site, FLAT, BIZPOWER_1, bare(0), 0);
    let levels = tree(&site, LEVELS, BIZPOWER_1, bare(0), DEPTH);
    let pushed = tree(&site, PUSHED, BIZPOWER_1, all, DEPTH - IN_SUBTREE);
    let holding = |shop: &Member| vec![Leaf { account: shop.index, v1: SCALE, v2: TOKEN }];
    let pledged = tree(&site, PLEDGED, BIZPOWER_2, holding(&indebted[0]), DEPTH);
    let deferred = tree(&site, DEFERRED, BIZPOWER_2, holding(&indebted[1]), 0);
    settle(
        &mut site,
        &[(FLAT, &flat), (LEVELS, &levels), (PUSHED, &pushed), (PLEDGED, &pledged), (DEFERRED, &deferred)],
    );
    let stranger = account("stranger");
    for (epoch, tree, situation) in [(FLAT, &flat, CLAIM_FLAT), (LEVELS, &levels, CLAIM_DEEP)] {
        let claim = (Side::Merchant, epoch, tree.leaves[0], HoldingIndex::default(), &tree.proof);
        site.case(KIND, "claim", situation, stranger, &claim);
        assert!(site.answer::<Balance>() > 0, "it is paid");
    }
    let push = (Side::Merchant, PUSHED, leaves(&mut site, PUSHED, &pushed, &shops), &pushed.proof);
    site.case(KIND, "push", PUSH, stranger, &push);
    assert_eq!(site.answer::<u32>(), SUBTREE_LEAVES, "all are paid");
    against_pledges(&mut site, &indebted, &pledged, &deferred);
    administration(&mut site);
    site.stage("rewards young")
}

/// 128 shops with Bzky and a deposit, and two that will have a debt too.
fn shops(site: &mut Site) -> Vec<Member> {
    let numbers = 1..=SUBTREE_LEAVES + 2;
    let shops: Vec<Member> = numbers.map(|number| site.party(Side::Merchant, &format!("shop {number}"))).collect();
    let accounts: Vec<_> = shops.iter().map(Member::account).collect();
    site.pay_many(&accounts, 10 * LOCKED);
    let pos_deposit = site.network.contracts.pos_deposit;
    for shop in &shops {
        site.network.approve(shop.account(), pos_deposit, 5 * LOCKED);
        let device = site.network.device(shop.index, "deposited").id;
        site.done(shop.account(), Kind::PosDeposit, "lock", &(device, LOCKED));
    }
    shops
}

fn tree(site: &Site, epoch: Epoch, algorithm: u16, leaves: Vec<Leaf>, levels: u32) -> Deep {
    let rewards = site.network.contracts.rewards;
    let domain = Domain::new(&site.network.genesis, rewards.as_ref(), Side::Merchant, epoch, algorithm);
    deep(&domain, leaves, levels)
}

/// Makes these epochs final, and voids those between.
fn settle(site: &mut Site, epochs: &[(Epoch, &Deep)]) {
    for (epoch, tree) in epochs {
        let algorithm_version = if *epoch < PLEDGED { BIZPOWER_1 } else { BIZPOWER_2 };
        let report = Report { algorithm_version, merchants: tree.report, customers: SideReport::default() };
        for member in 1..=2 {
            site.network.vote(member, *epoch, &report).expect("a member's report");
        }
    }
    site.network.pass(WINDOW);
    let mut next = 0;
    for (epoch, _) in epochs {
        site.network.void_epochs(next, *epoch);
        site.network.finalise(*epoch).expect("its turn has come");
        next = epoch + 1;
    }
}

fn leaves(site: &mut Site, epoch: Epoch, tree: &Deep, shops: &[Member]) -> Vec<PushedLeaf> {
    let with_holding = |(leaf, shop): (&Leaf, &Member)| PushedLeaf {
        leaf: *leaf,
        holding: site.network.holding_index(shop.account(), epoch),
    };
    tree.leaves.iter().zip(shops).map(with_holding).collect()
}

/// Rewards of which a part waits, with a debt, and 64 pledges before.
fn against_pledges(site: &mut Site, shops: &[Member], pledged: &Deep, deferred: &Deep) {
    let (rewards, stranger) = (site.network.contracts.rewards, account("stranger"));
    for shop in shops {
        for number in 0..PLEDGES {
            // All of them end after the new one, which is put before them.
            let pledge = (shop.account(), 1u128, 5 * TODAY + number);
            site.done(rewards, Kind::PosDeposit, "pledge", &pledge);
        }
        let debt = (Side::Merchant, shop.index, 1u128, hash("reason"));
        site.done(account("admin"), KIND, "book_debt", &debt);
    }
    let holding = site.network.holding_index(shops[0].account(), PLEDGED);
    let claim = (Side::Merchant, PLEDGED, pledged.leaves[0], holding, &pledged.proof);
    let situation = "through 21 levels, against 64 pledges before, less a debt, the rest waits";
    site.case(KIND, "claim", situation, stranger, &claim);
    assert!(site.answer::<Balance>() > 0, "a part is paid at once");
    let pushed = leaves(site, DEFERRED, deferred, &shops[1..2]);
    site.done(stranger, KIND, "push", &(Side::Merchant, DEFERRED, pushed, &deferred.proof));
    let situation = "against 64 pledges before, less a debt, the rest waits on";
    site.case(KIND, "claim_deferred", situation, stranger, &(DEFERRED, shops[1].index));
}

fn administration(site: &mut Site) {
    let (admin, receipts) = (account("admin"), site.network.contracts.receipts);
    let until_ms = site.network.state.now_ms() + PAUSE_MS;
    site.case(KIND, "pause", "not the first one", admin, &until_ms);
    site.case(KIND, "set_bonds", "the first ones", admin, &(TOKEN, TOKEN));
    // Far from each other, or the second would find what the first has marked.
    let (first, another) = (1u32, 1_000u32);
    let debt = |index: u32| (Side::Customer, index, TOKEN, hash("reason"));
    site.case(KIND, "book_debt", "the first of its party and its neighbours, by `receipts`", receipts, &debt(first));
    site.done(receipts, KIND, "book_debt", &debt(another));
    site.case(KIND, "settle_debt", "not all of it", admin, &(Side::Customer, another, 1u128));
}
