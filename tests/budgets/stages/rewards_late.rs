//! `rewards` after three years: a committee of 32 that was named every day,
//! 34 pauses, epochs of the first days that nobody settled, claims in the time
//! by which pauses make theirs longer, and 128 shops in debt whose standing
//! changed 64 times. (A change a day is the most; 400 would be three reads a
//! shop more, and minutes of preparation.)

use super::trees::{deep, longest_branch, Deep};
use crate::{
    case::Stage,
    site::{account, hash, Member, Site, Wallet},
};
use bizkey_client::ContractKind as Kind;
use bizkey_primitives::{
    action::rewards::Action,
    bizpower::SCALE,
    challenge::Charge,
    party::{HoldingIndex, PushedLeaf},
    report::{LeafClaim, Report, SideReport, BIZPOWER_1, BIZPOWER_2},
    tree::{Domain, Leaf, SUBTREE_LEAVES},
    AccountId, Balance, Epoch, Hash, Side, Status, TOKEN,
};
use bizkey_tests::{party::Device, HOUR, WINDOW};

const KIND: Kind = Kind::Rewards;

/// The first two are in their second round since [`FIRST_REPORTS`], with what
/// the first one reserved: one pending, one disputed. The third is final.
const PENDING: Epoch = 0;
const DISPUTED: Epoch = 1;
const EXPIRED: Epoch = 2;
const FIRST_REPORTS: Epoch = 9;
/// Final since [`CLAIMS_OPEN`]: a pushed one, one of 16 leaves, one of one
/// leaf, and one whose rewards were put off.
const PUSHED: Epoch = 680;
const SIXTEEN: Epoch = 681;
const SINGLE: Epoch = 682;
const DEFERRED: Epoch = 683;
const CLAIMS_OPEN: Epoch = 692;
/// Changes of each shop's standing, one a day.
const CHANGES: Epoch = 64;
const FIRST_CHANGE: Epoch = 700;
/// The last reports, 15 days ago: disputed and reserved in its second round,
/// pending, disputable, and with one vote short of a majority.
const LAST_REPORTS: Epoch = 1_110;
const TO_DECIDE: Epoch = 1_102;
const TO_FINALISE: Epoch = 1_103;
const TO_DISPUTE: Epoch = 1_104;
const TO_REPORT: Epoch = 1_105;
/// The last pause began then, and ends on the present day.
const LAST_PAUSE: Epoch = 1_122;
const TODAY: Epoch = 1_125;

const MEMBERS: usize = 32;
const MAJORITY: usize = 17;
/// One for every day until today.
const COMMITTEES: Epoch = TODAY + 1;
/// Algorithms that are set before another one can be.
const ALGORITHMS: Epoch = 63;
/// The first epoch under bizpower-2.
const HARDENED: Epoch = 30;
const BOND: Balance = 1_000 * TOKEN;
/// Levels of the longest proof.
const LONGEST: u32 = 32;
/// Levels beside a subtree of 16: with its own four, the longest proof.
const BESIDE_SIXTEEN: u32 = LONGEST - 4;

const LATE: &str = "14 pauses since it became final";

/// Who acts.
struct Court {
    members: Vec<Wallet>,
    disputer: Wallet,
    shops: Vec<Member>,
    tills: [Device; 2],
    devices: Vec<u32>,
}

/// What is claimed.
struct Claims {
    pushed: Deep,
    sixteen: Deep,
    single: Deep,
}

/// The stage.
pub fn stage() -> Stage {
    let mut site = Site::new();
    let mut court = court(&mut site);
    first_days(&mut site, &mut court);
    hold(&mut site, &court, 600);
    let claims = open_claims(&mut site, &mut court);
    for change in 0..CHANGES {
        site.advance(&[KIND], FIRST_CHANGE + change);
        let status = if change % 2 == 0 { Status::Demoted } else { Status::Active };
        for shop in &court.shops {
            let arguments = (Side::Merchant, shop.index, status, Hash::default());
            site.done(account("admin"), Kind::Registry, "set_status", &arguments);
        }
    }
    for shop in &court.shops {
        let debt = (Side::Merchant, shop.index, 1u128, hash("reason"));
        site.done(account("admin"), KIND, "book_debt", &debt);
    }
    last_days(&mut site, &mut court);
    of_claims(&mut site, &court, &claims);
    of_reports(&mut site, &court);
    of_bonds(&mut site, &court);
    site.stage("rewards late")
}

// What came before.

fn court(site: &mut Site) -> Court {
    let (admin, rewards) = (account("admin"), site.network.contracts.rewards);
    let members: Vec<Wallet> = (1..=MEMBERS).map(|number| Wallet::named(&format!("judge {number}"))).collect();
    let accounts: Vec<AccountId> = members.iter().map(Wallet::account).collect();
    for epoch in 0..COMMITTEES {
        site.done(admin, KIND, "set_committee", &(epoch, &accounts));
    }
    for epoch in HARDENED..HARDENED + ALGORITHMS {
        site.done(admin, KIND, "set_algorithm", &(epoch, BIZPOWER_2));
    }
    site.done(admin, KIND, "set_bonds", &(BOND, BOND));
    let disputer = Wallet::named("disputer");
    for party in members.iter().chain([&disputer]) {
        site.equip(party.account(), 100 * BOND, rewards);
    }
    for member in &members {
        site.done(member.account(), KIND, "bond", &BOND);
    }
    let shops: Vec<Member> = (1..=SUBTREE_LEAVES).map(|n| site.party(Side::Merchant, &format!("shop {n}"))).collect();
    site.party(Side::Customer, "customer");
    let holders: Vec<AccountId> = shops.iter().map(Member::account).collect();
    site.pay_many(&holders, 1_000 * TOKEN);
    let pos_deposit = site.network.contracts.pos_deposit;
    let mut devices = Vec::new();
    for shop in &shops {
        site.network.approve(shop.account(), pos_deposit, 100 * TOKEN);
        devices.push(site.network.device(shop.index, "deposited").id);
    }
    let tills = [1, 2].map(|index| site.network.device(index, "recording"));
    Court { members, disputer, shops, tills, devices }
}

/// A receipt of two shops in an epoch.
fn record(site: &mut Site, court: &mut Court, epoch: Epoch) {
    site.advance(&[KIND], epoch);
    for till in &mut court.tills {
        site.network.record(till, &[(1, 1_000)]);
    }
}

fn domain(site: &Site, side: Side, epoch: Epoch) -> Domain {
    let (rewards, algorithm) = (site.network.contracts.rewards, algorithm(epoch));
    Domain::new(&site.network.genesis, rewards.as_ref(), side, epoch, algorithm)
}

const fn algorithm(epoch: Epoch) -> u16 {
    if epoch < HARDENED {
        BIZPOWER_1
    } else {
        BIZPOWER_2
    }
}

fn leaf(account: u32, v2: Balance) -> Leaf {
    Leaf { account, v1: SCALE, v2 }
}

/// A report of these merchants and of one customer.
fn report(site: &Site, epoch: Epoch, merchants: SideReport) -> Report {
    let customer = deep(&domain(site, Side::Customer, epoch), vec![leaf(1, 0)], 0);
    Report { algorithm_version: algorithm(epoch), merchants, customers: customer.report }
}

/// A report of so many merchants without holdings.
fn plain(site: &Site, epoch: Epoch, merchants: u32) -> Report {
    let leaves = (1..=merchants).map(|account| leaf(account, 0)).collect();
    report(site, epoch, deep(&domain(site, Side::Merchant, epoch), leaves, 0).report)
}

/// Has a majority report, which it may after it bonded what it lost.
fn vote(site: &mut Site, court: &Court, epoch: Epoch, report: &Report, votes: usize) {
    for member in &court.members[..votes] {
        let bond: bizkey_primitives::report::Bond = site.network.read(KIND, "bond_of", &member.account());
        if bond.amount < BOND {
            site.done(member.account(), KIND, "bond", &BOND);
        }
        site.done(member.account(), KIND, "report", &(epoch, report));
    }
}

fn dispute(site: &mut Site, court: &Court, epoch: Epoch) {
    site.done(court.disputer.account(), KIND, "dispute", &epoch);
}

/// Strikes an epoch's first report; its turn, if it is now, passes before.
fn strike(site: &mut Site, court: &Court, epoch: Epoch, merchants: u32, is_next: bool) {
    let first = plain(site, epoch, merchants);
    vote(site, court, epoch, &first, MAJORITY);
    dispute(site, court, epoch);
    if is_next {
        site.network.finalise(epoch).expect("its turn has come");
    }
    site.done(account("admin"), KIND, "decide", &(epoch, true));
}

/// A leaf that says too much, at the end of the longest branch.
fn overstated() -> Leaf {
    leaf(1, 1 << 100)
}

fn first_days(site: &mut Site, court: &mut Court) {
    for epoch in [PENDING, DISPUTED, EXPIRED] {
        record(site, court, epoch);
    }
    site.advance(&[KIND], FIRST_REPORTS);
    strike(site, court, PENDING, 2, true);
    // Less than the first round reserved: the rest goes back when it is final.
    let second = plain(site, PENDING, 1);
    vote(site, court, PENDING, &second, MAJORITY);
    strike(site, court, DISPUTED, 2, true);
    let (_, merchants) = longest_branch(&domain(site, Side::Merchant, DISPUTED), overstated());
    let second = report(site, DISPUTED, merchants);
    vote(site, court, DISPUTED, &second, MAJORITY);
    dispute(site, court, DISPUTED);
    let settled = plain(site, EXPIRED, 2);
    vote(site, court, EXPIRED, &settled, MAJORITY);
    site.network.pass(WINDOW);
    site.network.finalise(EXPIRED).expect("its turn has come");
    let leaving = court.members.last().expect("a member that reported nothing");
    site.done(leaving.account(), KIND, "unbond", &());
}

/// Changes what every shop holds, of both kinds.
fn hold(site: &mut Site, court: &Court, day: Epoch) {
    site.advance(&[KIND], day);
    let holders: Vec<AccountId> = court.shops.iter().map(Member::account).collect();
    site.pay_many(&holders, TOKEN);
    for (shop, device) in court.shops.iter().zip(&court.devices) {
        site.done(shop.account(), Kind::PosDeposit, "lock", &(*device, TOKEN));
    }
}

fn open_claims(site: &mut Site, court: &mut Court) -> Claims {
    hold(site, court, PUSHED - 2);
    record(site, court, PUSHED);
    hold(site, court, PUSHED);
    record(site, court, SIXTEEN);
    record(site, court, SINGLE);
    hold(site, court, SINGLE);
    record(site, court, DEFERRED);
    hold(site, court, DEFERRED + 1);
    site.advance(&[KIND], CLAIMS_OPEN);
    let leaves = |count: u32| (1..=count).map(|account| leaf(account, TOKEN)).collect::<Vec<Leaf>>();
    let of = |site: &Site, epoch, count, levels| deep(&domain(site, Side::Merchant, epoch), leaves(count), levels);
    let claims = Claims {
        pushed: of(site, PUSHED, SUBTREE_LEAVES, LONGEST),
        sixteen: of(site, SIXTEEN, 16, BESIDE_SIXTEEN),
        single: of(site, SINGLE, 1, LONGEST),
    };
    let deferred = of(site, DEFERRED, 1, 0);
    let epochs =
        [(PUSHED, &claims.pushed), (SIXTEEN, &claims.sixteen), (SINGLE, &claims.single), (DEFERRED, &deferred)];
    for (epoch, tree) in epochs {
        let report = report(site, epoch, tree.report);
        vote(site, court, epoch, &report, MAJORITY);
    }
    site.network.pass(WINDOW);
    site.network.void_epochs(EXPIRED + 1, PUSHED);
    for (epoch, _) in epochs {
        site.network.finalise(epoch).expect("its turn has come");
    }
    let pushed = with_holdings(site, court, DEFERRED, &deferred);
    site.done(account("stranger"), KIND, "push", &(Side::Merchant, DEFERRED, pushed, &deferred.proof));
    claims
}

fn with_holdings(site: &mut Site, court: &Court, epoch: Epoch, tree: &Deep) -> Vec<PushedLeaf> {
    let with_holding = |(leaf, shop): (&Leaf, &Member)| PushedLeaf {
        leaf: *leaf,
        holding: site.network.holding_index(shop.account(), epoch),
    };
    tree.leaves.iter().zip(&court.shops).map(with_holding).collect()
}

fn last_days(site: &mut Site, court: &mut Court) {
    for epoch in [TO_DECIDE, TO_FINALISE] {
        record(site, court, epoch);
    }
    site.advance(&[KIND], LAST_REPORTS);
    site.network.void_epochs(DEFERRED + 1, TO_DECIDE);
    strike(site, court, TO_DECIDE, 2, true);
    let second = plain(site, TO_DECIDE, 2);
    vote(site, court, TO_DECIDE, &second, MAJORITY);
    dispute(site, court, TO_DECIDE);
    for (epoch, votes) in [(TO_REPORT, MAJORITY - 1), (TO_FINALISE, MAJORITY)] {
        let report = plain(site, epoch, 2);
        vote(site, court, epoch, &report, votes);
    }
    // Half an hour before the last pause, and half an hour after it.
    let begins_ms = site.network.calendar.start_ms(LAST_PAUSE) + HOUR;
    site.network.state.set_time(begins_ms - HOUR / 2);
    let disputable = plain(site, TO_DISPUTE, 2);
    vote(site, court, TO_DISPUTE, &disputable, MAJORITY);
    site.advance(&[KIND], TODAY);
    site.network.pass(HOUR / 2);
}

// What is measured.

fn of_claims(site: &mut Site, court: &Court, claims: &Claims) {
    let (side, stranger) = (Side::Merchant, account("stranger"));
    let pushed = with_holdings(site, court, PUSHED, &claims.pushed);
    let push = (side, PUSHED, pushed, &claims.pushed.proof);
    let situation = "128 leaves under 32 levels, holdings of both tokens changed since and each standing 64 times, a \
                     debt each, 14 pauses since it became final";
    site.case(KIND, "push", situation, stranger, &push);
    assert_eq!(site.answer::<u32>(), SUBTREE_LEAVES, "all are paid");
    let sixteen = with_holdings(site, court, SIXTEEN, &claims.sixteen);
    let claim = |(position, pushed): (usize, &PushedLeaf)| LeafClaim {
        side,
        epoch: SIXTEEN,
        leaf: pushed.leaf,
        holdings: pushed.holding,
        proof: proof_of(site, &claims.sixteen, position),
    };
    let many: Vec<LeafClaim> = sixteen.iter().enumerate().map(claim).collect();
    let situation = "16 claims through 32 levels, else as a late claim";
    site.case(KIND, "claim_many", situation, stranger, &many);
    assert!(site.answer::<Vec<Balance>>().iter().all(|paid| *paid > 0), "all are paid");
    let single = with_holdings(site, court, SINGLE, &claims.single);
    let PushedLeaf { leaf, holding } = single[0];
    let claim = (side, SINGLE, leaf, holding, &claims.single.proof);
    let situation = "through 32 levels, holdings of both tokens changed since and the standing 64 times, a debt, 14 \
                     pauses since it became final";
    site.case(KIND, "claim", situation, stranger, &claim);
    assert!(site.answer::<Balance>() > 0, "it is paid");
    site.case(KIND, "claim_deferred", LATE, stranger, &(DEFERRED, court.shops[0].index));
    site.case(KIND, "expire", "Bzky and Time go back, 32 pauses since it became final", stranger, &EXPIRED);
}

/// The proof of one leaf of a subtree that has a proof itself.
fn proof_of(site: &Site, tree: &Deep, position: usize) -> Vec<bizkey_primitives::tree::ProofStep> {
    let domain = domain(site, Side::Merchant, SIXTEEN);
    let subtree = bizkey_tests::Tree { domain, leaves: tree.leaves.clone() };
    [subtree.proof(position), tree.proof.clone()].concat()
}

fn of_reports(site: &mut Site, court: &Court) {
    let (admin, stranger) = (account("admin"), account("stranger"));
    let decisive = &court.members[MAJORITY - 1];
    let first = plain(site, TO_REPORT, 2);
    let situation = "the first round's 17th vote of 32: the epoch's record is new";
    site.case(KIND, "report", situation, decisive.account(), &(TO_REPORT, first));
    let action = Action::Report { epoch: TO_REPORT, report: first };
    site.relayed(KIND, "Report, the first round's 17th vote of 32", decisive, &action);
    site.case(KIND, "dispute", "a pause fell into its window", court.disputer.account(), &TO_DISPUTE);
    let action = Action::Dispute { epoch: TO_DISPUTE };
    site.relayed(KIND, "Dispute, a pause fell into its window", &court.disputer, &action);
    let situation = "upheld in the second round: 17 bonds are slashed, what was reserved goes back";
    site.case(KIND, "decide", situation, admin, &(TO_DECIDE, true));
    let (branch, _) = longest_branch(&domain(site, Side::Merchant, DISPUTED), overstated());
    let holding: HoldingIndex = site.network.holding_index(court.shops[0].account(), DISPUTED);
    let situation =
        "a holding, through 32 levels, after a dispute that nobody decided in years: 17 bonds are slashed, \
                     what was reserved goes back";
    let challenge = (DISPUTED, Side::Merchant, branch, Charge::Holding(holding));
    site.case(KIND, "challenge", situation, stranger, &challenge);
    site.case(KIND, "void_overdue", "a dispute that nobody decided in years", stranger, &DISPUTED);
    let situation = "its turn is now: both pools are asked and reserved";
    site.case(KIND, "finalise", situation, stranger, &TO_FINALISE);
    let situation = "pending for years in its second round, for less than was reserved";
    site.case(KIND, "finalise", situation, stranger, &PENDING);
    let others: Vec<AccountId> = (1..=MEMBERS).map(|number| account(&format!("other {number}"))).collect();
    site.case(KIND, "set_committee", "32 members, 1,126 committees before", admin, &(TODAY + 1, others));
    let situation = "the last of 64";
    site.case(KIND, "set_algorithm", situation, admin, &(TODAY + 1, BIZPOWER_2 + 1));
}

fn of_bonds(site: &mut Site, court: &Court) {
    let idle = &court.members[MEMBERS - 2];
    site.case(KIND, "bond", "more", idle.account(), &BOND);
    site.relayed(KIND, "Bond", idle, &Action::Bond { amount: BOND });
    site.case(KIND, "unbond", "without a report", idle.account(), &());
    site.relayed(KIND, "Unbond", idle, &Action::Unbond);
    let leaving = court.members[MEMBERS - 1].account();
    site.case(KIND, "withdraw_bond", "asked for years ago, 32 pauses since", account("stranger"), &leaving);
}
