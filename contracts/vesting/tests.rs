//! The messages on ink!'s off-chain environment, which cannot call `bzky`:
//! what is paid is tested in [`crate::ledger`], the transfer on the embedded
//! chain.

use crate::vesting::{Binding, Roles, Vesting};
use bizkey_primitives::{
    action::{signed_bytes, vesting::Action, Authorization},
    errors::vesting::Error,
    events::{ListingDateSet, VestingBeneficiaryChanged, VestingBeneficiaryProposed},
    signature::Signature,
    vesting::{Beneficiaries, Line},
    AccountId, Calendar, Hash, TOKEN,
};
use ink::env::{test, DefaultEnvironment};

const CALENDAR: Calendar = Calendar { genesis_ms: 1_000, epoch_ms: 100 };
const MONTH_MS: u64 = 3_000;
const ISSUED_MS: u64 = 500;
const FOUNDATION: u8 = 20;
const DEPLOYER: u8 = 1;
const LINES: [(Line, u8); 3] = [(Line::EarlySupporters, 11), (Line::Team, 12), (Line::Partners, 13)];

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

fn by(caller: u8) {
    test::set_caller::<DefaultEnvironment>(account(caller));
}

fn at(now_ms: u64) {
    test::set_block_timestamp::<DefaultEnvironment>(now_ms);
}

fn beneficiaries() -> Beneficiaries {
    Beneficiaries { early_supporters: account(11), team: account(12), partners: account(13) }
}

fn unbound() -> Vesting {
    unbound_for(beneficiaries())
}

fn unbound_for(beneficiaries: Beneficiaries) -> Vesting {
    by(DEPLOYER);
    at(ISSUED_MS);
    Vesting::new(CALENDAR, beneficiaries).unwrap()
}

fn contract() -> Vesting {
    bound(unbound())
}

/// As `bind` leaves it.
fn bound(mut contract: Vesting) -> Vesting {
    let binding = Binding { bzky: account(30), foundation: account(FOUNDATION), genesis: genesis() };
    contract.roles.set(&Roles { deployer: account(DEPLOYER), binding: Some(binding) });
    contract
}

fn genesis() -> Hash {
    Hash::from([9; 32])
}

fn key() -> schnorrkel::Keypair {
    schnorrkel::MiniSecretKey::from_bytes(&[5; 32]).unwrap().expand_to_keypair(schnorrkel::ExpansionMode::Ed25519)
}

fn wallet() -> AccountId {
    AccountId::from(key().public.to_bytes())
}

fn authorize(action: &Action, nonce: u64, expires_ms: u64) -> Authorization {
    let contract = ink::env::account_id::<DefaultEnvironment>();
    let bytes = signed_bytes(&genesis(), &contract, &wallet(), nonce, expires_ms, action);
    let signature = Signature::Sr25519(key().sign_simple(b"substrate", &bytes).to_bytes());
    Authorization { account: wallet(), nonce, expires_ms, signature }
}

/// The events so far, as their SCALE bytes.
fn events() -> Vec<Vec<u8>> {
    test::recorded_events().map(|event| event.data).collect()
}

fn encoded(event: &impl scale::Encode) -> Vec<u8> {
    event.encode()
}

#[ink::test]
fn an_unusable_calendar_and_nobody_as_beneficiary_are_refused() {
    let bad = Calendar { genesis_ms: 0, epoch_ms: 0 };
    assert_eq!(Vesting::new(bad, beneficiaries()).map(|_| ()), Err(Error::BadCalendar));
    let nobody = account(0);
    for beneficiaries in [
        Beneficiaries { early_supporters: nobody, ..beneficiaries() },
        Beneficiaries { team: nobody, ..beneficiaries() },
        Beneficiaries { partners: nobody, ..beneficiaries() },
    ] {
        assert_eq!(Vesting::new(CALENDAR, beneficiaries).map(|_| ()), Err(Error::ZeroAccount));
    }
}

#[ink::test]
fn only_the_deployer_binds_and_once() {
    let mut contract = unbound();
    by(2);
    assert_eq!(contract.bind(account(30), account(FOUNDATION)), Err(Error::NotDeployer));
    by(DEPLOYER);
    assert_eq!(contract.bind(account(30), account(0)), Err(Error::ZeroAccount));
    assert_eq!((contract.bzky(), contract.foundation()), (None, None));
    let mut contract = self::contract();
    by(2);
    assert_eq!(contract.bind(account(2), account(2)), Err(Error::NotDeployer));
    by(DEPLOYER);
    assert_eq!(contract.bind(account(2), account(2)), Err(Error::AlreadyBound));
    assert_eq!((contract.bzky(), contract.foundation()), (Some(account(30)), Some(account(FOUNDATION))));
}

#[ink::test]
fn before_it_is_bound_it_pays_nobody() {
    let mut contract = unbound();
    by(FOUNDATION);
    assert_eq!(contract.release(Line::Partners), Err(Error::NotBound));
    assert_eq!(contract.release_foundation(1), Err(Error::NotBound));
    assert_eq!(contract.set_listing_date(ISSUED_MS), Err(Error::NotBound));
    let action = Action::AcceptBeneficiary { line: Line::Team };
    assert_eq!(contract.relay(action, authorize(&action, 0, ISSUED_MS)), Err(Error::NotBound));
    assert_eq!(contract.beneficiary_of(Line::Foundation), None);
}

#[ink::test]
fn the_table_is_read_line_by_line() {
    let contract = contract();
    assert_eq!(contract.issued_ms(), ISSUED_MS);
    assert_eq!(contract.calendar(), CALENDAR);
    assert_eq!(contract.due(Line::EarlySupporters), 300_000_000 * TOKEN);
    assert_eq!(contract.due(Line::Partners), 50_000_000 * TOKEN);
    assert_eq!((contract.due(Line::Team), contract.due(Line::Foundation)), (0, 0));
    assert_eq!(Line::ALL.map(|line| contract.schedule(line).len()), [13, 18, 7, 1]);
    assert_eq!(Line::ALL.map(|line| contract.released(line)), [0; 4]);
    for (line, number) in LINES {
        assert_eq!(contract.beneficiary_of(line), Some(account(number)));
    }
    assert_eq!(contract.beneficiary_of(Line::Foundation), Some(account(FOUNDATION)));
}

#[ink::test]
fn what_is_not_due_or_not_for_the_message_is_refused() {
    let mut contract = contract();
    assert_eq!(contract.release(Line::Team), Err(Error::NothingDue));
    assert_eq!(contract.release(Line::Foundation), Err(Error::FoundationLine));
}

#[ink::test]
fn only_the_foundation_takes_its_line() {
    let mut contract = contract();
    at(ISSUED_MS + 6 * MONTH_MS);
    for stranger in [DEPLOYER, 11, 12, 13] {
        by(stranger);
        assert_eq!(contract.release_foundation(1), Err(Error::NotFoundation));
        assert_eq!(contract.set_listing_date(ISSUED_MS + 6 * MONTH_MS), Err(Error::NotFoundation));
    }
    by(FOUNDATION);
    assert_eq!(contract.release_foundation(0), Err(Error::ZeroAmount));
    assert_eq!(contract.release_foundation(300_000_000 * TOKEN + 1), Err(Error::OverCap));
    at(ISSUED_MS + 6 * MONTH_MS - 1);
    assert_eq!(contract.release_foundation(1), Err(Error::NothingDue));
}

#[ink::test]
fn the_foundation_sets_the_listing_date_once() {
    let mut contract = contract();
    by(FOUNDATION);
    at(10_000);
    assert_eq!(contract.set_listing_date(9_999), Err(Error::BadListingDate));
    assert_eq!(contract.set_listing_date(10_001 + 12 * MONTH_MS), Err(Error::BadListingDate));
    assert_eq!(contract.listing_date(), None);
    contract.set_listing_date(10_000).unwrap();
    assert_eq!(contract.listing_date(), Some(10_000));
    assert_eq!(contract.set_listing_date(10_000), Err(Error::AlreadyListed));
    assert_eq!(events(), [encoded(&ListingDateSet { listing_ms: 10_000 })]);
    at(10_000 + 12 * MONTH_MS);
    assert_eq!(contract.due(Line::EarlySupporters), 2_000_000_000 * TOKEN);
}

#[ink::test]
fn a_beneficiary_changes_in_two_steps() {
    let mut contract = contract();
    let line = Line::Team;
    by(FOUNDATION);
    assert_eq!(contract.propose_beneficiary(line, account(2)), Err(Error::NotBeneficiary));
    assert_eq!(contract.propose_beneficiary(Line::Foundation, account(2)), Err(Error::FoundationLine));
    assert_eq!(contract.accept_beneficiary(Line::Foundation), Err(Error::FoundationLine));
    by(12);
    assert_eq!(contract.propose_beneficiary(Line::Partners, account(2)), Err(Error::NotBeneficiary));
    assert_eq!(contract.propose_beneficiary(line, account(0)), Err(Error::ZeroAccount));
    contract.propose_beneficiary(line, account(2)).unwrap();
    contract.propose_beneficiary(line, account(2)).unwrap();
    assert_eq!(contract.proposed_beneficiary(line), Some(account(2)));
    assert_eq!(contract.accept_beneficiary(line), Err(Error::NotProposed));
    by(2);
    contract.accept_beneficiary(line).unwrap();
    assert_eq!((contract.beneficiary_of(line), contract.proposed_beneficiary(line)), (Some(account(2)), None));
    assert_eq!(
        events(),
        [
            encoded(&VestingBeneficiaryProposed { line, account: Some(account(2)) }),
            encoded(&VestingBeneficiaryChanged { line, account: account(2) }),
        ],
        "a repeat has no event"
    );
}

#[ink::test]
fn a_signed_action_is_carried_once_unchanged_and_in_time() {
    let mut contract = bound(unbound_for(Beneficiaries { team: wallet(), ..beneficiaries() }));
    by(7);
    let action = Action::ProposeBeneficiary { line: Line::Team, account: account(2) };
    let late = authorize(&action, 0, ISSUED_MS - 1);
    assert_eq!(contract.relay(action, late), Err(Error::Expired));
    assert_eq!(contract.relay(action, authorize(&action, 1, ISSUED_MS)), Err(Error::BadNonce));
    let signed = authorize(&action, 0, ISSUED_MS);
    let changed = Action::ProposeBeneficiary { line: Line::Team, account: account(7) };
    assert_eq!(contract.relay(changed, signed), Err(Error::BadSignature));
    contract.relay(action, signed).unwrap();
    assert_eq!(contract.proposed_beneficiary(Line::Team), Some(account(2)));
    assert_eq!(contract.nonce_of(wallet()), 1);
    assert_eq!(contract.relay(action, signed), Err(Error::BadNonce));
}

#[ink::test]
fn the_next_beneficiary_accepts_by_a_signed_action() {
    let mut contract = contract();
    by(13);
    contract.propose_beneficiary(Line::Partners, wallet()).unwrap();
    by(7);
    let action = Action::AcceptBeneficiary { line: Line::Partners };
    contract.relay(action, authorize(&action, 0, ISSUED_MS)).unwrap();
    assert_eq!(contract.beneficiary_of(Line::Partners), Some(wallet()));
}
