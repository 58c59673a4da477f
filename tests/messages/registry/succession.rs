//! Whose account a party's is: everybody who could have an interest in it acts
//! at random, and no account is taken without two attestors and seven days, or
//! without its owner; and whatever was done, two honest attestors and the board
//! bring it back.

use super::desk::{told, KIND, SHOP, TO_ACCEPT, TO_FINISH, TO_OBJECT};
use bizkey_client::ContractError;
use bizkey_primitives::{errors::registry::Error, hash::blake2x256, AccountId};
use bizkey_tests::{sandbox::Actor, Sandbox, DAY, HOUR};
use codec::Encode;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use std::{cell::Cell, collections::BTreeSet};

const MOVES: usize = 120;
const CASES: u32 = 40;
/// Attestors at a time, at most; two of them are in office at first.
const SEATS: usize = 3;

/// What somebody tries.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// The attestor of a seat, or one who was or may become one, names an heir.
    Attest(usize, usize),
    Consent(usize),
    /// By the present account, the admin, an attestor, an heir.
    Cancel(usize),
    Confirm(usize),
    Finish,
    Appoint(usize, bool),
    Hours(u64),
    /// The present account proposes one of three accounts anew, or itself.
    Propose(usize),
    /// One of them accepts.
    Accept(usize),
}

fn a_move() -> impl Strategy<Value = Move> {
    // Mostly the same one, or two attestors would hardly ever agree.
    let heir = prop_oneof![8 => Just(0usize), 1 => Just(1)];
    prop_oneof![
        14 => (0usize..3, heir.clone()).prop_map(|(attestor, heir)| Move::Attest(attestor, heir)),
        8 => heir.clone().prop_map(Move::Consent),
        3 => prop_oneof![3 => Just(0usize), 1 => 1usize..4].prop_map(Move::Cancel),
        8 => heir.prop_map(Move::Confirm),
        12 => Just(Move::Finish),
        2 => (0usize..3, prop::bool::weighted(0.7)).prop_map(|(attestor, active)| Move::Appoint(attestor, active)),
        12 => prop_oneof![2 => Just(1u64), 2 => Just(30), 4 => Just(7 * 24), 1 => Just(40 * 24)].prop_map(Move::Hours),
        2 => (0usize..4).prop_map(Move::Propose),
        2 => (0usize..3).prop_map(Move::Accept),
    ]
}

/// What was done, for whoever is to judge an account's change.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    Said { attestor: AccountId, heir: AccountId },
    Consented(AccountId),
    Objected,
    Confirmed(AccountId),
}

struct Dispute {
    network: Sandbox,
    /// Of the shop, as it must be.
    present: AccountId,
    /// Since the last change by recovery and the last word of the board against one.
    deeds: Vec<(u64, Deed)>,
    /// Whoever was dismissed last, or is to be appointed first, where it is not in office.
    attestors: [AccountId; SEATS],
    in_office: [bool; SEATS],
    dismissed: BTreeSet<AccountId>,
    /// So that the names of attestors who were dismissed are not used again.
    known: usize,
    proposal: Option<(AccountId, u64)>,
    /// So that the names of accounts that were used are not used again.
    generation: u64,
    /// Accounts that were recovered, and how many of them against an objection.
    recovered: u32,
    against_objection: u32,
}

fn attestor(number: usize) -> AccountId {
    Actor::named(&format!("attestor {number}")).account()
}

impl Dispute {
    fn new() -> Self {
        let mut network = Sandbox::new();
        network.enter_epoch(1);
        let present = network.merchant("shop").account();
        Self {
            network,
            present,
            deeds: vec![],
            attestors: [1, 2, 3].map(attestor),
            in_office: [true, true, false],
            dismissed: BTreeSet::new(),
            known: SEATS,
            proposal: None,
            generation: 0,
            recovered: 0,
            against_objection: 0,
        }
    }

    fn account(&self, kind: &str, number: usize) -> AccountId {
        AccountId::from(blake2x256(&(kind, self.generation, number as u64).encode()))
    }

    fn heir(&self, number: usize) -> AccountId {
        self.account("heir", number)
    }

    fn now_ms(&self) -> u64 {
        self.network.state.now_ms()
    }

    fn did(&mut self, deed: Deed) {
        self.deeds.push((self.now_ms(), deed));
    }

    fn by(&mut self, origin: AccountId, message: &str, arguments: &impl Encode) -> Result<(), ContractError> {
        self.network.call(origin, KIND, message, arguments)
    }

    fn admin(&self) -> AccountId {
        Actor::named("admin").account()
    }

    fn try_out(&mut self, one: Move) {
        let (side, index) = SHOP;
        match one {
            Move::Attest(seat, number) => {
                let (attestor, heir) = (self.attestors[seat], self.heir(number));
                let done = self.by(attestor, "attest_recovery", &(side, index, heir));
                assert!(done.is_err() || self.in_office[seat]);
                if done.is_ok() {
                    self.did(Deed::Said { attestor, heir });
                }
            }
            Move::Consent(number) => {
                let heir = self.heir(number);
                if self.by(heir, "consent_recovery", &SHOP).is_ok() {
                    self.did(Deed::Consented(heir));
                }
            }
            Move::Cancel(who) => self.cancel(who),
            Move::Confirm(number) => {
                let (admin, heir) = (self.admin(), self.heir(number));
                if self.by(admin, "confirm_recovery", &(side, index, heir)).is_ok() {
                    self.did(Deed::Confirmed(heir));
                }
            }
            Move::Finish => self.finish(),
            Move::Appoint(seat, active) => self.appoint(seat, active),
            Move::Hours(hours) => self.network.pass(hours * HOUR),
            Move::Propose(number) => {
                let (present, new) = (self.present, self.account("own", number));
                let new = if number == 3 { present } else { new };
                if self.by(present, "propose_account", &new).is_ok() {
                    self.proposal = Some((new, self.now_ms())).filter(|_| new != present);
                }
            }
            Move::Accept(number) => {
                let new = self.account("own", number);
                if self.by(new, "accept_account", &SHOP).is_ok() {
                    let (proposed, at_ms) = self.proposal.expect("nobody proposed an account");
                    assert!(proposed == new && self.now_ms() <= at_ms + TO_ACCEPT, "not as it was proposed");
                    self.did(Deed::Objected);
                    self.change(new);
                }
            }
        }
    }

    /// Fills a seat or empties it. Who was dismissed is not appointed again:
    /// somebody new follows.
    fn appoint(&mut self, seat: usize, active: bool) {
        let (admin, former) = (self.admin(), self.attestors[seat]);
        if active && self.dismissed.contains(&former) {
            let again = self.by(admin, "set_attestor", &(former, true));
            assert_eq!(again, Err(ContractError::Registry(Error::AccountUsed)));
            self.known += 1;
            self.attestors[seat] = attestor(self.known);
        } else if !active && self.in_office[seat] {
            self.dismissed.insert(former);
        }
        self.by(admin, "set_attestor", &(self.attestors[seat], active)).unwrap();
        self.in_office[seat] = active;
    }

    fn cancel(&mut self, who: usize) {
        let origin = [self.present, self.admin(), self.attestors[0], self.heir(0)][who];
        let done = self.by(origin, "cancel_recovery", &SHOP);
        match (done, who) {
            (Ok(()), 0) => self.did(Deed::Objected),
            (Ok(()), 1) => self.deeds.clear(),
            (Ok(()), _) => panic!("cancelled by somebody else"),
            (Err(_), _) => {}
        }
    }

    fn finish(&mut self) {
        let anybody = Actor::named("stranger").account();
        if self.by(anybody, "finish_recovery", &SHOP).is_err() {
            return;
        }
        let account: Option<AccountId> = told(&mut self.network, "account_of", &SHOP);
        let heir = account.expect("a shop");
        assert!(self.is_due(heir), "taken by {heir:?}: {:?}", self.deeds);
        let last = |deed: Deed| self.deeds.iter().rposition(|(_, one)| *one == deed);
        self.recovered += 1;
        self.against_objection +=
            u32::from(last(Deed::Objected).is_some_and(|at| Some(at) < last(Deed::Confirmed(heir))));
        self.deeds.clear();
        self.change(heir);
    }

    /// Two who are attestors said so at least seven days ago and at most 37;
    /// the heir agreed; and nobody objected after the second word whom the
    /// board has not overruled.
    fn is_due(&self, heir: AccountId) -> bool {
        let now_ms = self.now_ms();
        let seats = self.attestors.into_iter().zip(self.in_office);
        let in_office: Vec<AccountId> = seats.filter(|(_, active)| *active).map(|(attestor, _)| attestor).collect();
        let words: Vec<(usize, u64, AccountId)> = (0..)
            .zip(&self.deeds)
            .filter_map(|(place, (at_ms, deed))| match deed {
                Deed::Said { attestor, heir: named } if *named == heir => Some((place, *at_ms, *attestor)),
                _ => None,
            })
            .filter(|(_, _, attestor)| in_office.contains(attestor))
            .collect();
        let after = |place: usize, deed: Deed| self.deeds.iter().skip(place).any(|(_, one)| *one == deed);
        words.iter().any(|(_, _, first)| {
            words.iter().any(|(place, at_ms, second)| {
                let in_time = at_ms + TO_OBJECT <= now_ms && now_ms <= at_ms + TO_OBJECT + TO_FINISH;
                let overruled = !after(*place, Deed::Objected) || after(*place, Deed::Confirmed(heir));
                first != second && in_time && overruled
            })
        }) && after(0, Deed::Consented(heir))
    }

    fn change(&mut self, account: AccountId) {
        self.present = account;
        self.proposal = None;
        self.generation += 1;
    }

    /// Nothing else has moved the account.
    fn check(&mut self) {
        let account: Option<AccountId> = told(&mut self.network, "account_of", &SHOP);
        assert_eq!(account, Some(self.present));
    }

    /// Whoever has the present key does what it can to keep it.
    fn resist(&mut self, time: usize) {
        let (present, new) = (self.present, self.account("thief", time));
        let _ = self.by(present, "cancel_recovery", &SHOP);
        self.by(present, "propose_account", &new).unwrap();
        match self.by(new, "accept_account", &SHOP) {
            Ok(()) => self.present = new,
            Err(error) => assert_eq!(error, ContractError::Registry(Error::ChangedThisEpoch)),
        }
        self.by(self.present, "propose_account", &self.account("next thief", time)).unwrap();
    }

    /// Two honest attestors and the board, against whoever has the key now and
    /// a third attestor who was with the thief.
    fn rescue(&mut self) {
        let (admin, owner, (side, index)) = (self.admin(), self.account("owner", 0), SHOP);
        for (seat, active) in [true, true, false].into_iter().enumerate() {
            self.appoint(seat, active);
        }
        let attestors = self.attestors;
        // There may be none, or one for somebody else.
        let _ = self.by(admin, "cancel_recovery", &SHOP);
        self.resist(0);
        self.by(attestors[0], "attest_recovery", &(side, index, owner)).unwrap();
        self.by(attestors[1], "attest_recovery", &(side, index, owner)).unwrap();
        self.resist(1);
        assert!(self.by(attestors[2], "attest_recovery", &(side, index, owner)).is_err());
        self.by(owner, "consent_recovery", &SHOP).unwrap();
        self.network.pass(6 * DAY);
        self.by(admin, "confirm_recovery", &(side, index, owner)).unwrap();
        self.resist(2);
        assert!(self.by(self.present, "cancel_recovery", &SHOP).is_err());
        self.network.pass(DAY);
        self.resist(3);
        self.by(owner, "finish_recovery", &SHOP).unwrap();
        let (thief, next) = (self.present, self.account("next thief", 3));
        self.present = owner;
        self.check();
        assert!(self.by(next, "accept_account", &SHOP).is_err());
        assert!(self.by(thief, "propose_account", &next).is_err());
        self.check();
    }
}

#[test]
fn no_account_is_taken_and_none_withheld_for_ever() {
    let counts = Cell::new((0, 0));
    let config = Config { cases: CASES, max_shrink_iters: 300, failure_persistence: None, ..Config::default() };
    let moves = proptest::collection::vec(a_move(), MOVES);
    let outcome = TestRunner::new(config).run(&moves, |moves| {
        let mut dispute = Dispute::new();
        for one in moves {
            dispute.try_out(one);
            dispute.check();
        }
        let (recovered, against_objection) = counts.get();
        counts.set((recovered + dispute.recovered, against_objection + dispute.against_objection));
        dispute.rescue();
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let (recovered, against_objection) = counts.get();
    // Some 50 and 17 in most runs.
    assert!(recovered > CASES / 4 && against_objection > 0, "hardly any account was recovered: {counts:?}");
}

/// Whoever has the key of a party that was robbed acts first in each epoch, as
/// a bot at midnight can: what the board confirmed is finished all the same.
#[test]
fn a_thief_who_changes_the_account_every_day_withholds_nothing() {
    let mut dispute = Dispute::new();
    let (admin, owner, (side, index)) = (dispute.admin(), dispute.account("owner", 0), SHOP);
    for seat in [0, 1] {
        dispute.by(dispute.attestors[seat], "attest_recovery", &(side, index, owner)).unwrap();
    }
    dispute.by(owner, "consent_recovery", &SHOP).unwrap();
    dispute.by(admin, "confirm_recovery", &(side, index, owner)).unwrap();
    dispute.network.pass(TO_OBJECT);
    let days = TO_FINISH / DAY;
    let finished = (0..days).any(|day| {
        dispute.resist(day as usize);
        let finished = dispute.by(owner, "finish_recovery", &SHOP).is_ok();
        dispute.network.pass(DAY);
        finished
    });
    assert!(finished, "put off for {days} days, till it lapsed");
}
