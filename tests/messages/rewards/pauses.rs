//! Pauses: what stands still, and that every window is the longer for it.

use super::stage::{account, agree, at, claim_of, empty_report, refuse, send, stake, Outcome, Street, KIND};
use bizkey_client::ContractError;
use bizkey_primitives::{
    action::rewards::Action,
    bizpower::SCALE,
    challenge::{Branch, Charge},
    errors::rewards::Error,
    events::Event,
    party::PushedLeaf,
    report::{LeafClaim, Report, BIZPOWER_2},
    tree, Balance, Side,
};
use bizkey_tests::{Sandbox, Tree, DAY, HOUR, WINDOW};

/// Longest pause.
const LONGEST: u64 = 72 * HOUR;
/// From one pause's end to the next one's start.
const BETWEEN: u64 = 30 * DAY;
/// The pause of this test.
const PAUSE: u64 = 10 * HOUR;
/// Epochs after its own until a deferred reward opens: 32 to demand a receipt,
/// 30 at most to open it, 1 to book a debt.
const DEFERRED_DAYS: u64 = 63;

/// Epoch 0 is final with rewards that wait for its receipts, 1 disputed and
/// reserved, 2 pending, 3 reported by nobody, and "leaver" wants its bond
/// back: all of that begins now, and so does a pause.
struct Scene {
    now: u64,
    day: Tree,
    pending: Report,
}

fn scene(network: &mut Sandbox) -> Scene {
    let admin = account(network, "admin");
    send(network, admin, "set_algorithm", &(0u32, BIZPOWER_2)).unwrap();
    let mut street = Street::new(network, 2);
    network.enter_epoch(0);
    street.trade(network);
    network.enter_epoch(4);
    let leaves = [(1, SCALE, 0), (2, SCALE, 0)];
    let day = network.tree_by(BIZPOWER_2, Side::Merchant, 0, &leaves);
    let customers = network.tree_by(BIZPOWER_2, Side::Customer, 0, &leaves);
    let of = |merchants: &Tree, customers: &Tree| Report {
        algorithm_version: BIZPOWER_2,
        merchants: merchants.report(),
        customers: customers.report(),
    };
    agree(network, 0, &of(&day, &customers));
    network.pass(WINDOW);
    network.finalise(0).unwrap();
    network.claim(Side::Merchant, 0, &day, 0).unwrap();
    let empty = Report { algorithm_version: BIZPOWER_2, ..empty_report() };
    agree(network, 1, &empty);
    send(network, admin, "dispute", &1u32).unwrap();
    network.finalise(1).unwrap();
    let shop = network.tree_by(BIZPOWER_2, Side::Merchant, 2, &leaves[..1]);
    let nobody = network.tree_by(BIZPOWER_2, Side::Customer, 2, &[]);
    let pending = of(&shop, &nobody);
    agree(network, 2, &pending);
    stake(network, "leaver", 7);
    let leaver = account(network, "leaver");
    send(network, leaver, "unbond", &()).unwrap();
    Scene { now: network.state.now_ms(), day, pending }
}

pub fn a_pause_stops_reports_finality_and_claims_only(network: &mut Sandbox) {
    let scene = scene(network);
    let (admin, now) = (account(network, "admin"), scene.now);
    for until in [0, now, now + LONGEST + 1, u64::MAX] {
        refuse(network, admin, "pause", &until, Error::PauseTooLong);
    }
    network.rolled_back(|network| send(network, admin, "pause", &(now + LONGEST)).unwrap());
    send(network, admin, "pause", &(now + PAUSE)).unwrap();
    assert!(matches!(&network.events[..], [Event::RewardsPaused(paused)] if paused.until_ms == now + PAUSE));
    for moment in [now, now + PAUSE - 1, now + PAUSE, now + PAUSE + BETWEEN - 1] {
        at(network, moment, |network| refuse(network, admin, "pause", &(moment + 1), Error::PauseCoolingDown));
    }
    at(network, now + PAUSE + BETWEEN, |network| {
        send(network, admin, "pause", &(now + PAUSE + BETWEEN + 1)).unwrap();
    });
    for moment in [now, now + PAUSE - 1] {
        at(network, moment, |network| stands_still(network, &scene));
        at(network, moment, |network| goes_on(network, &scene));
    }
    at(network, now + PAUSE, |network| {
        network.vote(1, 3, &Report { algorithm_version: BIZPOWER_2, ..empty_report() }).unwrap();
        network.claim(Side::Merchant, 0, &scene.day, 1).unwrap();
    });
}

fn stands_still(network: &mut Sandbox, scene: &Scene) {
    let (stranger, member) = (account(network, "stranger"), network.actor("member 1"));
    let report = Report { algorithm_version: BIZPOWER_2, ..empty_report() };
    refuse(network, member.account(), "report", &(3u32, report), Error::Paused);
    let relayed = network.relay(KIND, &member, &Action::Report { epoch: 3, report });
    assert_eq!(relayed, Err(ContractError::Rewards(Error::Paused)));
    refuse(network, stranger, "finalise", &2u32, Error::Paused);
    let claim = claim_of(network, &scene.day, Side::Merchant, 0, 1);
    refuse(network, stranger, "claim", &claim, Error::Paused);
    let (side, epoch, leaf, holdings, proof) = claim;
    refuse(network, stranger, "claim_many", &vec![LeafClaim { side, epoch, leaf, holdings, proof }], Error::Paused);
    let leaves: Vec<PushedLeaf> =
        scene.day.leaves.iter().map(|leaf| PushedLeaf { leaf: *leaf, holding: holdings }).collect();
    refuse(network, stranger, "push", &(side, epoch, leaves, Vec::<tree::ProofStep>::new()), Error::Paused);
    refuse(network, stranger, "claim_deferred", &(0u32, 1u32), Error::Paused);
}

/// What protects somebody does not stand still.
fn goes_on(network: &mut Sandbox, scene: &Scene) {
    let (admin, stranger) = (account(network, "admin"), account(network, "stranger"));
    stake(network, "joiner", 3);
    let joiner = account(network, "joiner");
    send(network, joiner, "unbond", &()).unwrap();
    refuse(network, stranger, "withdraw_bond", &joiner, Error::BondLocked);
    refuse(network, stranger, "void_overdue", &1u32, Error::NotOverdue);
    refuse(network, stranger, "expire", &0u32, Error::ClaimsOpen);
    let shop = network.tree_by(BIZPOWER_2, Side::Merchant, 2, &[(1, SCALE, 0)]);
    let top = tree::top(&shop.domain, &shop.leaves).unwrap();
    assert_eq!(top.root(&shop.domain), scene.pending.merchants.root);
    let branch = Branch { top, descents: Vec::new(), leaf: None };
    let challenge = (2u32, Side::Merchant, branch, Charge::Structure);
    refuse(network, stranger, "challenge", &challenge, Error::NoViolation);
    send(network, admin, "dispute", &2u32).unwrap();
    send(network, admin, "decide", &(1u32, false)).unwrap();
}

/// Each of two outcomes, a millisecond before a moment and at it.
fn turns(
    network: &mut Sandbox,
    moment: u64,
    act: impl Fn(&mut Sandbox) -> Outcome,
    before: Result<(), Error>,
    then: Result<(), Error>,
) {
    for (now_ms, expected) in [(moment - 1, before), (moment, then)] {
        let seen = at(network, now_ms, &act);
        assert_eq!(seen, expected.map_err(ContractError::Rewards), "{} ms to go", moment - now_ms);
    }
}

/// The same with and without a pause of ten hours that begins with the windows.
pub fn every_window_is_longer_by_the_pause_that_it_meets(network: &mut Sandbox) {
    let scene = scene(network);
    network.rolled_back(|network| windows_end(network, &scene, 0));
    let admin = account(network, "admin");
    send(network, admin, "pause", &(scene.now + PAUSE)).unwrap();
    windows_end(network, &scene, PAUSE);
}

fn windows_end(network: &mut Sandbox, scene: &Scene, more: u64) {
    let (admin, stranger, leaver) =
        (account(network, "admin"), account(network, "stranger"), account(network, "leaver"));
    let (now, calendar) = (scene.now, network.calendar);
    let end = now + WINDOW + more;
    turns(network, end, |network| network.finalise(2), Err(Error::WindowOpen), Ok(()));
    turns(network, end, |network| send(network, admin, "dispute", &2u32), Ok(()), Err(Error::WindowOver));
    let void_in_turn = |network: &mut Sandbox| {
        network.finalise(2).unwrap();
        send(network, stranger, "void_overdue", &3u32)
    };
    let end = calendar.end_ms(3) + 7 * DAY + more;
    turns(network, end, void_in_turn, Err(Error::NotOverdue), Ok(()));
    let end = now + 14 * DAY + more;
    for upheld in [true, false] {
        let decide = |network: &mut Sandbox| send(network, admin, "decide", &(1u32, upheld));
        turns(network, end, decide, Ok(()), Err(Error::DecisionOverdue));
    }
    turns(network, end, |network| send(network, stranger, "void_overdue", &1u32), Err(Error::NotOverdue), Ok(()));
    let end = now + 21 * DAY + 2 * WINDOW + more;
    let withdraw = |network: &mut Sandbox| send(network, stranger, "withdraw_bond", &leaver);
    turns(network, end, withdraw, Err(Error::BondLocked), Ok(()));
    let end = calendar.end_ms(0) + DEFERRED_DAYS * DAY + more;
    let deferred =
        |network: &mut Sandbox| network.call::<Balance>(stranger, KIND, "claim_deferred", &(0u32, 1u32)).map(drop);
    turns(network, end, deferred, Err(Error::StillDeferred), Ok(()));
    let paid_at_once = |network: &mut Sandbox| network.claim(Side::Merchant, 0, &scene.day, 1).unwrap() > 0;
    assert_eq!((at(network, end - 1, paid_at_once), at(network, end, paid_at_once)), (false, true));
    let end = now + 400 * DAY + more;
    let claim = |network: &mut Sandbox| network.claim(Side::Merchant, 0, &scene.day, 1).map(drop);
    turns(network, end, claim, Ok(()), Err(Error::ClaimsExpired));
    turns(network, end, deferred, Ok(()), Err(Error::ClaimsExpired));
    turns(network, end, |network| send(network, stranger, "expire", &0u32), Err(Error::ClaimsOpen), Ok(()));
}
