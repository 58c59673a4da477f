//! Construction, who may do what, seats and successors, signed actions.

use super::*;
use bizkey_primitives::{
    action::{foundation::Action, signed_bytes, Authorization},
    board::{BudgetLine, Director, Succession, INITIAL_SHARES, SUCCESSION_MS},
    signature::Signature,
};

#[ink::test]
fn a_foundation_starts_with_named_directors_and_a_chief_executive() {
    let foundation = foundation();
    let expected: Vec<Director> =
        DIRECTORS.iter().map(|n| Director { director: u32::from(*n), account: account(*n), name: name(*n) }).collect();
    assert_eq!(foundation.directors(), expected);
    assert_eq!((foundation.chair(), foundation.chief_executive()), (None, Some(account(CHIEF))));
    assert!(foundation.may_pause() && foundation.powers().is_empty() && !foundation.is_ossified());
    assert_eq!(foundation.budget().lines.map(|funds| funds.share), INITIAL_SHARES);
    assert_eq!((foundation.calendar(), foundation.genesis()), (calendar(), hash(9)));
    assert_eq!((foundation.resolutions(), foundation.resolution(1), foundation.motion_of(1)), (0, None, None));
    assert_eq!(events(), 5 + 3, "a seat each, the chief executive, its pause, the shares");
}

/// What a constructor with these directors is refused for, in an environment of its own.
fn refusal(directors: Vec<(AccountId, Vec<u8>)>) -> Option<Error> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let outcome = test::run_test::<DefaultEnvironment, _>(|_| {
        sender.send(instantiate(directors).err()).unwrap();
        Ok(())
    });
    outcome.unwrap();
    receiver.recv().unwrap()
}

#[test]
fn a_board_that_breaks_a_rule_is_refused() {
    assert_eq!(refusal(seats(&[1, 2])), Some(Error::TooFewDirectors));
    assert_eq!(refusal(seats(&(1..=33).collect::<Vec<u8>>())), Some(Error::TooManyDirectors));
    assert_eq!(refusal(seats(&[0, 1, 2])), Some(Error::ZeroAccount));
    assert_eq!(refusal(vec![(account(1), name(1)), (account(1), name(2))]), Some(Error::AlreadyDirector));
    assert_eq!(refusal(vec![(account(1), name(1)), (account(2), name(1))]), Some(Error::NameTaken));
    assert_eq!(refusal(vec![(account(1), vec![])]), Some(Error::BadName));
    assert_eq!(refusal(seats(&(1..=32).collect::<Vec<u8>>())), None);
}

#[ink::test]
fn a_foundation_has_the_networks_calendar_and_a_real_chief_executive() {
    let other = Calendar::new(GENESIS_MS, EPOCH_MS + 1).unwrap();
    foundation();
    let new = |calendar, chief| Foundation::new(calendar, account(BZKY), seats(&DIRECTORS), account(chief)).err();
    assert_eq!(new(other, CHIEF), Some(Error::BadCalendar));
    assert_eq!(new(calendar(), 0), Some(Error::ZeroAccount));
    let unusable = Calendar { genesis_ms: 0, epoch_ms: 0 };
    world(|world| world.network = Some((hash(9), unusable)));
    assert_eq!(new(unusable, CHIEF), Some(Error::BadCalendar));
    world(|world| world.network = None);
    assert_eq!(new(calendar(), CHIEF), Some(Error::CalleeFailed));
}

#[ink::test]
fn the_deployer_names_the_pausable_contracts_once() {
    let mut foundation = foundation();
    by(STRANGER);
    assert_eq!(foundation.bind(vec![account(TARGET)]), Err(Error::NotDeployer));
    by(DEPLOYER);
    assert_eq!(foundation.bind(vec![account(TARGET); 2]), Err(Error::BadPausable));
    assert!(!foundation.is_bound());
    foundation.bind(vec![account(TARGET)]).unwrap();
    assert!(foundation.is_bound());
    assert_eq!(foundation.bind(vec![]), Err(Error::AlreadyBound));
    assert_eq!(foundation.pausable(), [account(TARGET)]);
}

#[ink::test]
fn after_the_board_named_them_the_deployer_cannot() {
    let mut foundation = foundation();
    resolve(&mut foundation, Motion::SetPausable { contracts: vec![account(61)] }).unwrap();
    by(DEPLOYER);
    assert_eq!(foundation.bind(vec![]), Err(Error::AlreadyBound));
    assert_eq!((foundation.pausable(), foundation.is_bound()), (vec![account(61)], true));
}

#[ink::test]
fn every_action_needs_its_role() {
    let mut foundation = foundation();
    let id = propose(&mut foundation, Motion::DismissChiefExecutive);
    for caller in [CHIEF, DEPLOYER, STRANGER] {
        by(caller);
        assert_eq!(foundation.propose(Motion::DismissChiefExecutive), Err(Error::NotDirector));
        assert_eq!(foundation.vote(id, true), Err(Error::NotDirector));
        assert_eq!(foundation.name_successor(None), Err(Error::NotDirector));
        assert_eq!(foundation.claim_seat(1), Err(Error::NotSuccessor));
    }
    for caller in [1, DEPLOYER, STRANGER] {
        by(caller);
        assert_eq!(foundation.execute(account(TARGET), call_input()), Err(Error::NotChiefExecutive));
        assert_eq!(foundation.spend(BudgetLine::Operation, account(9), 1), Err(Error::NotChiefExecutive));
        assert_eq!(foundation.pause(START_MS + 1, true), Err(Error::NotChiefExecutive));
    }
    assert_eq!(calls(), []);
}

#[ink::test]
fn directors_join_leave_and_follow_by_resolution() {
    let mut foundation = foundation();
    resolve(&mut foundation, Motion::ElectChair { director: 4 }).unwrap();
    resolve(&mut foundation, Motion::AddDirector { account: account(6), name: name(6) }).unwrap();
    let taken = Motion::AddDirector { account: account(7), name: name(6) };
    let id = propose(&mut foundation, taken);
    for director in [1, 2, 3, 4] {
        by(director);
        foundation.vote(id, true).unwrap();
    }
    assert_eq!(foundation.enact(id), Err(Error::NameTaken));
    let votes = |foundation: &mut Foundation, motion| {
        let id = propose(foundation, motion);
        for director in [1, 2, 3, 6] {
            by(director);
            foundation.vote(id, true).unwrap();
        }
        foundation.enact(id)
    };
    let same_name = Motion::ReplaceDirector { director: 4, account: account(40), name: name(4) };
    assert_eq!(votes(&mut foundation, same_name), Ok(()));
    assert_eq!(foundation.chair(), None, "the chair left");
    assert_eq!((foundation.director_of(account(40)), foundation.name_of(7)), (Some(7), name(4)));
    assert_eq!((foundation.director_of(account(4)), foundation.name_of(4)), (None, vec![]));
    assert_eq!(votes(&mut foundation, Motion::RemoveDirector { director: 5 }), Ok(()));
    assert_eq!(votes(&mut foundation, Motion::ElectChair { director: 5 }), Err(Error::UnknownDirector));
    by(5);
    assert_eq!(foundation.propose(Motion::DismissChiefExecutive), Err(Error::NotDirector));
    let numbers: Vec<u32> = foundation.directors().iter().map(|director| director.director).collect();
    assert_eq!(numbers, [1, 2, 3, 7, 6]);
}

#[ink::test]
fn a_board_of_three_cannot_shrink() {
    let mut foundation = instantiate(seats(&[1, 2, 3])).unwrap();
    assert_eq!(resolve(&mut foundation, Motion::RemoveDirector { director: 3 }), Err(Error::TooFewDirectors));
    assert_eq!(foundation.directors().len(), 3);
}

#[ink::test]
fn a_successor_takes_the_seat_thirty_days_after_its_claim() {
    let mut foundation = foundation();
    resolve(&mut foundation, Motion::ElectChair { director: 2 }).unwrap();
    let open = propose(&mut foundation, Motion::DismissChiefExecutive);
    by(2);
    foundation.vote(open, true).unwrap();
    assert_eq!(foundation.name_successor(Some(account(3))), Err(Error::AlreadyDirector));
    assert_eq!(foundation.name_successor(Some(account(0))), Err(Error::ZeroAccount));
    foundation.name_successor(Some(account(20))).unwrap();
    assert_eq!(foundation.take_seat(2), Err(Error::NotClaimed));
    assert_eq!(foundation.take_seat(3), Err(Error::NotClaimed));
    by(20);
    assert_eq!(foundation.claim_seat(3), Err(Error::NotSuccessor));
    foundation.claim_seat(2).unwrap();
    assert_eq!(foundation.claim_seat(2), Err(Error::AlreadyClaimed));
    let takes_over_ms = START_MS + SUCCESSION_MS;
    let expected = Succession { successor: account(20), takes_over_ms: Some(takes_over_ms) };
    assert_eq!(foundation.successor_of(2), Some(expected));
    at(takes_over_ms - 1);
    assert_eq!(foundation.take_seat(2), Err(Error::SuccessionOpen));
    at(takes_over_ms);
    by(STRANGER);
    foundation.take_seat(2).unwrap();
    assert_eq!((foundation.director_of(account(20)), foundation.director_of(account(2))), (Some(2), None));
    assert_eq!((foundation.name_of(2), foundation.chair(), foundation.successor_of(2)), (name(2), Some(2), None));
    assert_eq!(foundation.votes_of(open).len(), 1, "its vote stays");
    assert_eq!(foundation.take_seat(2), Err(Error::NotClaimed));
}

#[ink::test]
fn the_director_cancels_a_claim_at_any_time() {
    let mut foundation = foundation();
    by(2);
    foundation.name_successor(Some(account(20))).unwrap();
    by(20);
    foundation.claim_seat(2).unwrap();
    at(START_MS + SUCCESSION_MS);
    by(2);
    foundation.name_successor(None).unwrap();
    let before = events();
    foundation.name_successor(None).unwrap();
    assert_eq!(events(), before, "said twice");
    assert_eq!(foundation.take_seat(2), Err(Error::NotClaimed));
    by(20);
    assert_eq!(foundation.claim_seat(2), Err(Error::NotSuccessor));
    // Naming the same one again ends a claim, too.
    by(2);
    foundation.name_successor(Some(account(20))).unwrap();
    by(20);
    foundation.claim_seat(2).unwrap();
    by(2);
    foundation.name_successor(Some(account(20))).unwrap();
    at(START_MS + 2 * SUCCESSION_MS);
    assert_eq!(foundation.take_seat(2), Err(Error::NotClaimed));
}

#[ink::test]
fn a_successor_with_a_seat_of_its_own_takes_no_other() {
    let mut foundation = foundation();
    by(2);
    foundation.name_successor(Some(account(20))).unwrap();
    by(20);
    foundation.claim_seat(2).unwrap();
    resolve(&mut foundation, Motion::AddDirector { account: account(20), name: name(20) }).unwrap();
    at(START_MS + SUCCESSION_MS);
    assert_eq!(foundation.take_seat(2), Err(Error::AlreadyDirector));
}

#[ink::test]
fn who_left_has_no_successor() {
    let mut foundation = foundation();
    by(5);
    foundation.name_successor(Some(account(20))).unwrap();
    by(20);
    foundation.claim_seat(5).unwrap();
    resolve(&mut foundation, Motion::RemoveDirector { director: 5 }).unwrap();
    at(START_MS + SUCCESSION_MS);
    assert_eq!(foundation.take_seat(5), Err(Error::NotClaimed));
}

struct Wallet(schnorrkel::Keypair);

impl Wallet {
    fn new(seed: u8) -> Self {
        let secret = schnorrkel::MiniSecretKey::from_bytes(&[seed; 32]).unwrap();
        Self(secret.expand_to_keypair(schnorrkel::ExpansionMode::Ed25519))
    }

    fn account(&self) -> AccountId {
        AccountId::from(self.0.public.to_bytes())
    }

    fn authorize(&self, nonce: u64, expires_ms: u64, action: &Action) -> Authorization {
        let account = self.account();
        let bytes = signed_bytes(&hash(9), &own(), &account, nonce, expires_ms, action);
        let signature = Signature::Sr25519(self.0.sign_simple(b"substrate", &bytes).to_bytes());
        Authorization { account, nonce, expires_ms, signature }
    }
}

#[ink::test]
fn anybody_carries_what_somebody_signed_once() {
    let wallet = Wallet::new(1);
    let mut seats = seats(&[2, 3]);
    seats.push((wallet.account(), name(9)));
    let mut foundation = instantiate(seats).unwrap();
    by(STRANGER);
    let propose = Action::Propose { motion: Motion::DismissChiefExecutive };
    let authorization = wallet.authorize(0, START_MS, &propose);
    foundation.relay(propose.clone(), authorization).unwrap();
    assert_eq!((foundation.resolutions(), foundation.nonce_of(wallet.account())), (1, 1));
    assert_eq!(foundation.resolution(1).unwrap().proposer, 3);
    assert_eq!(foundation.relay(propose, authorization), Err(Error::BadNonce), "not twice");

    let vote = Action::Vote { resolution: 1, in_favour: true };
    let against = Action::Vote { resolution: 1, in_favour: false };
    let authorization = wallet.authorize(1, START_MS, &vote);
    assert_eq!(foundation.relay(against, authorization), Err(Error::BadSignature), "nor changed");
    at(START_MS + 1);
    assert_eq!(foundation.relay(vote.clone(), authorization), Err(Error::Expired), "nor later");
    foundation.relay(vote.clone(), wallet.authorize(1, START_MS + 1, &vote)).unwrap();
    assert_eq!(foundation.votes_of(1).len(), 1);
    let name_successor = Action::NameSuccessor { successor: Some(account(20)) };
    foundation.relay(name_successor.clone(), wallet.authorize(2, u64::MAX, &name_successor)).unwrap();
    assert!(foundation.successor_of(3).is_some());
}

#[ink::test]
fn a_signed_action_needs_the_role_like_a_call() {
    let wallet = Wallet::new(1);
    let refusals = [
        (Action::Propose { motion: Motion::DismissChiefExecutive }, Error::NotDirector),
        (Action::Vote { resolution: 1, in_favour: true }, Error::NotDirector),
        (Action::NameSuccessor { successor: None }, Error::NotDirector),
        (Action::ClaimSeat { director: 1 }, Error::NotSuccessor),
        (Action::Execute { target: account(TARGET), input: call_input() }, Error::NotChiefExecutive),
        (Action::Spend { line: BudgetLine::Reserve, to: account(9), amount: 1 }, Error::NotChiefExecutive),
        (Action::Pause { until_ms: START_MS + 1, skip_failing: true }, Error::NotChiefExecutive),
    ];
    let mut foundation = foundation();
    for (action, refusal) in refusals {
        let authorization = wallet.authorize(foundation.nonce_of(wallet.account()), u64::MAX, &action);
        assert_eq!(foundation.relay(action.clone(), authorization), Err(refusal), "{action:?}");
    }
}

#[ink::test]
fn a_successor_and_the_chief_executive_sign_too() {
    let wallet = Wallet::new(1);
    let mut foundation = foundation();
    by(2);
    foundation.name_successor(Some(wallet.account())).unwrap();
    by(STRANGER);
    let claim = Action::ClaimSeat { director: 2 };
    foundation.relay(claim.clone(), wallet.authorize(0, u64::MAX, &claim)).unwrap();
    assert!(foundation.successor_of(2).unwrap().takes_over_ms.is_some());

    resolve(&mut foundation, Motion::AppointChiefExecutive { account: wallet.account() }).unwrap();
    resolve(&mut foundation, Motion::SetPausable { contracts: vec![account(TARGET)] }).unwrap();
    let selector = ink::selector_bytes!("set_status");
    resolve(&mut foundation, Motion::GrantPower { target: account(TARGET), selector, limit: Some(1) }).unwrap();
    resolve(&mut foundation, Motion::SetSpendingLimit { line: BudgetLine::Reserve, limit: 5 }).unwrap();
    world(|world| world.held = 100);
    let actions = [
        Action::Execute { target: account(TARGET), input: call_input() },
        Action::Spend { line: BudgetLine::Reserve, to: account(9), amount: 5 },
        Action::Pause { until_ms: START_MS + 1, skip_failing: false },
    ];
    for (nonce, action) in (1..).zip(actions) {
        foundation.relay(action.clone(), wallet.authorize(nonce, u64::MAX, &action)).unwrap();
    }
    let targets: Vec<AccountId> = calls().into_iter().map(|(target, ..)| target).collect();
    assert_eq!(targets, [account(TARGET), account(BZKY), account(TARGET)]);
}
