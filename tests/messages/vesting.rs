//! `vesting`: every message, error and role. Its amounts and dates are held
//! against the whitepaper's table, day by day, in [`table`].

mod table;

use bizkey_client::{ContractError, ContractKind};
use bizkey_primitives::{
    action::vesting::Action,
    errors::vesting::Error,
    events::{Event, ListingDateSet, Transfer, VestingBeneficiaryChanged, VestingBeneficiaryProposed, VestingReleased},
    vesting::{Beneficiaries, Line, Tranche},
    AccountId, Balance, Calendar, Hash, TOKEN,
};
use bizkey_tests::{sandbox, Sandbox, DAY};
use codec::{Decode, Encode};

const KIND: ContractKind = ContractKind::Vesting;
/// A month of the test networks, milliseconds.
const MONTH: u64 = 30 * DAY;
/// Six of them.
const HALF_YEAR: u64 = 6 * MONTH;
/// The lines that are paid to somebody's account.
const BENEFICIARIES: [Line; 3] = [Line::EarlySupporters, Line::Team, Line::Partners];
/// Everybody in office, and who is in none.
const ROLES: [&str; 9] =
    ["admin", "treasury", "attestor 1", "member 1", "director 1", "director 2", "chief executive", "thief", "stranger"];
const NOBODY: [u8; 32] = [0; 32];

fn refused<V>(error: Error) -> Result<V, ContractError> {
    Err(ContractError::Vesting(error))
}

fn call<V: Decode>(
    network: &mut Sandbox,
    origin: AccountId,
    message: &str,
    arguments: &impl Encode,
) -> Result<V, ContractError> {
    network.call(origin, KIND, message, arguments)
}

/// Checks that a call is refused for this reason, and leaves no trace.
fn refuses(network: &mut Sandbox, origin: AccountId, message: &str, arguments: &impl Encode, error: Error) {
    let before = network.snapshot();
    let outcome = network.execute(network.contracts.vesting, origin, KIND, message, arguments).result;
    let reason = sandbox::refused(KIND, message, &outcome.expect_err("a refusal"));
    assert_eq!(reason, ContractError::Vesting(error), "{message}");
    assert!(network.snapshot() == before, "{message} was refused and changed something");
}

/// Every account that is not the foundation's.
fn everybody_else(network: &Sandbox) -> Vec<AccountId> {
    let mut accounts: Vec<_> = ROLES.iter().map(|name| network.actor(name).account()).collect();
    let contracts = network.contracts;
    accounts.extend([contracts.bzky, contracts.vault, contracts.rewards, contracts.vesting, contracts.otc]);
    accounts
}

#[test]
fn every_message_and_error() {
    let mut network = Sandbox::new();
    construction(&mut network);
    binding(&mut network);
    before_it_is_bound(&mut network);
    release(&mut network);
    listing(&mut network);
    the_foundations_line(&mut network);
    beneficiaries(&mut network);
    signed_actions(&mut network);
    without_the_tokens(&mut network);
    let arithmetic = "a line's instalments sum up to its share, and a cap is a tenth of what is left: no \
                      release can pass the share, let alone the type";
    network.coverage.assert_complete(KIND, &[("Overflow", arithmetic)]);
}

fn somebody(network: &Sandbox) -> Beneficiaries {
    let account = |name: &str| network.actor(name).account();
    Beneficiaries { early_supporters: account("a"), team: account("b"), partners: account("c") }
}

/// Another instance of the network's calendar, not bound; its deployer is the actor "admin".
fn another(network: &mut Sandbox) -> AccountId {
    let (admin, calendar, somebody) = (network.actor("admin").account(), network.calendar, somebody(network));
    network.instantiate(admin, KIND, &(calendar, somebody)).unwrap()
}

fn construction(network: &mut Sandbox) {
    let (admin, calendar, somebody) = (network.actor("admin").account(), network.calendar, somebody(network));
    let mut make = |calendar, beneficiaries| network.instantiate(admin, KIND, &(calendar, beneficiaries)).map(drop);
    let unusable = Calendar { epoch_ms: 0, ..calendar };
    assert_eq!(make(unusable, somebody), refused(Error::BadCalendar));
    let nobody = AccountId::from(NOBODY);
    for gap in [
        Beneficiaries { early_supporters: nobody, ..somebody },
        Beneficiaries { team: nobody, ..somebody },
        Beneficiaries { partners: nobody, ..somebody },
    ] {
        assert_eq!(make(calendar, gap), refused(Error::ZeroAccount), "{gap:?}");
    }
    let made = another(network);
    let of = |network: &mut Sandbox, line| network.read_at::<Option<AccountId>>(made, KIND, "beneficiary_of", &line);
    assert_eq!(of(network, Line::EarlySupporters), Some(somebody.early_supporters));
    assert_eq!(of(network, Line::Team), Some(somebody.team));
    assert_eq!(of(network, Line::Partners), Some(somebody.partners));
    assert_eq!(of(network, Line::Foundation), None, "until it is bound");
    assert_eq!(network.read_at::<Option<AccountId>>(made, KIND, "bzky", &()), None);
    assert_eq!(network.read_at::<Option<AccountId>>(made, KIND, "foundation", &()), None);
    assert_eq!(network.read_at::<u64>(made, KIND, "issued_ms", &()), network.state.now_ms());
    assert_eq!(network.read_at::<Calendar>(made, KIND, "calendar", &()), calendar);
    let amounts: Vec<Tranche> = network.read_at(made, KIND, "schedule", &Line::Partners);
    let at_issue = Tranche { due_ms: Some(network.state.now_ms()), amount: 50_000_000 * TOKEN };
    assert_eq!((amounts.len(), amounts[0]), (7, at_issue));
}

/// Once, by the deployer, to a token of this calendar that minted the 70 % here.
fn binding(network: &mut Sandbox) {
    let (admin, stranger) = (network.actor("admin").account(), network.actor("stranger").account());
    let (networks, foundation, calendar) = (network.contracts.bzky, network.contracts.foundation, network.calendar);
    let made = another_later(network);
    let bind = |network: &mut Sandbox, origin, bzky, foundation| {
        network.call_at::<()>(made, origin, KIND, "bind", &(bzky, foundation))
    };
    assert_eq!(bind(network, stranger, networks, foundation), refused(Error::NotDeployer));
    assert_eq!(bind(network, admin, networks, AccountId::from(NOBODY)), refused(Error::ZeroAccount));
    assert_eq!(bind(network, admin, stranger, foundation), refused(Error::CalleeFailed), "no contract there");
    assert_eq!(bind(network, admin, networks, foundation), refused(Error::Underfunded), "it minted to another");
    let mut bzky = |calendar: Calendar, treasury: AccountId| {
        let arguments = (Hash::default(), calendar, treasury, network.contracts.vault);
        network.instantiate(admin, ContractKind::Bzky, &arguments).unwrap()
    };
    let of_other_days = bzky(Calendar { genesis_ms: calendar.genesis_ms + 1, ..calendar }, made);
    let own = bzky(calendar, made);
    assert_eq!(bind(network, admin, of_other_days, foundation), refused(Error::BadCalendar));
    network.rolled_back(|network| {
        let arguments = (stranger, 1u128, Vec::<u8>::new());
        network.call_at::<()>(own, made, ContractKind::Bzky, "PSP22::transfer", &arguments).unwrap();
        assert_eq!(bind(network, admin, own, foundation), refused(Error::Underfunded), "one unit too few");
    });
    bind(network, admin, own, foundation).unwrap();
    assert_eq!(bind(network, admin, own, foundation), refused(Error::AlreadyBound));
    assert_eq!(bind(network, stranger, own, foundation), refused(Error::NotDeployer));
    assert_eq!(network.read_at::<Option<AccountId>>(made, KIND, "bzky", &()), Some(own));
    assert_eq!(network.read_at::<Option<AccountId>>(made, KIND, "foundation", &()), Some(foundation));
    assert_eq!(network.read_at::<Option<AccountId>>(made, KIND, "beneficiary_of", &Line::Foundation), Some(foundation));
    // What is due at issue is paid from the moment it is bound.
    let paid = network.call_at::<Balance>(made, stranger, KIND, "release", &Line::Partners);
    assert_eq!(paid, Ok(50_000_000 * TOKEN));
}

/// As [`another`], a moment later: two instances of one moment would be one address.
fn another_later(network: &mut Sandbox) -> AccountId {
    network.pass(1);
    another(network)
}

fn before_it_is_bound(network: &mut Sandbox) {
    let made = another_later(network);
    let (foundation, team) = (network.contracts.foundation, network.actor("b"));
    let not_bound = refused::<()>(Error::NotBound);
    assert_eq!(network.call_at::<Balance>(made, foundation, KIND, "release", &Line::Team), refused(Error::NotBound));
    assert_eq!(network.call_at(made, foundation, KIND, "release_foundation", &1u128), not_bound);
    assert_eq!(network.call_at(made, foundation, KIND, "set_listing_date", &u64::MAX), not_bound);
    let action = Action::ProposeBeneficiary { line: Line::Team, account: foundation };
    let authorization = network.authorize(KIND, &team, &action);
    assert_eq!(network.call_at(made, foundation, KIND, "relay", &(action, authorization)), not_bound);
}

fn released(network: &mut Sandbox, line: Line) -> Balance {
    network.read(KIND, "released", &line)
}

fn due(network: &mut Sandbox, line: Line) -> Balance {
    network.read(KIND, "due", &line)
}

/// Anybody may ask; what is due goes to the line's account, once.
fn release(network: &mut Sandbox) {
    let (stranger, treasury) = (network.actor("stranger").account(), network.actor("treasury").account());
    refuses(network, stranger, "release", &Line::Foundation, Error::FoundationLine);
    refuses(network, network.contracts.foundation, "release", &Line::Foundation, Error::FoundationLine);
    refuses(network, treasury, "release", &Line::Team, Error::NothingDue);
    refuses(network, treasury, "release", &Line::EarlySupporters, Error::NothingDue);
    for origin in everybody_else(network) {
        network.rolled_back(|network| {
            let before = network.bzky_of(treasury);
            let amount: Balance = call(network, origin, "release", &Line::Partners).unwrap();
            let vesting = network.contracts.vesting;
            assert_eq!(amount, 50_000_000 * TOKEN, "half a point");
            let told = VestingReleased { line: Line::Partners, account: treasury, amount };
            let moved = Transfer { from: Some(vesting), to: Some(treasury), value: amount };
            assert_eq!(network.events, [Event::VestingReleased(told), Event::Transfer(moved)]);
            assert_eq!(network.bzky_of(treasury), before + amount);
            assert_eq!((released(network, Line::Partners), due(network, Line::Partners)), (amount, 0));
            refuses(network, origin, "release", &Line::Partners, Error::NothingDue);
        });
    }
}

/// Set once, by the foundation alone, from now to twelve months ahead.
fn listing(network: &mut Sandbox) {
    let (foundation, now_ms) = (network.contracts.foundation, network.state.now_ms());
    for origin in everybody_else(network) {
        refuses(network, origin, "set_listing_date", &now_ms, Error::NotFoundation);
    }
    refuses(network, foundation, "set_listing_date", &(now_ms - 1), Error::BadListingDate);
    refuses(network, foundation, "set_listing_date", &(now_ms + 12 * MONTH + 1), Error::BadListingDate);
    refuses(network, foundation, "set_listing_date", &u64::MAX, Error::BadListingDate);
    for listing_ms in [now_ms, now_ms + 12 * MONTH] {
        network.rolled_back(|network| {
            call::<()>(network, foundation, "set_listing_date", &listing_ms).unwrap();
            assert_eq!(network.events, [Event::ListingDateSet(ListingDateSet { listing_ms })]);
            assert_eq!(network.read::<Option<u64>>(KIND, "listing_date", &()), Some(listing_ms));
        });
    }
    assert_eq!(network.read::<Option<u64>>(KIND, "listing_date", &()), None);
    call::<()>(network, foundation, "set_listing_date", &now_ms).unwrap();
    for again in [now_ms, now_ms + 1, now_ms - 1] {
        refuses(network, foundation, "set_listing_date", &again, Error::AlreadyListed);
    }
    assert_eq!(due(network, Line::EarlySupporters), 0, "no month has passed");
}

/// Once a half-year, by the foundation alone, at most a tenth of what is left.
fn the_foundations_line(network: &mut Sandbox) {
    const TENTH: Balance = 300_000_000 * TOKEN;
    let (foundation, vesting) = (network.contracts.foundation, network.contracts.vesting);
    let issued_ms: u64 = network.read(KIND, "issued_ms", &());
    network.state.set_time(issued_ms + HALF_YEAR - 1);
    assert_eq!(due(network, Line::Foundation), 0);
    refuses(network, foundation, "release_foundation", &1u128, Error::NothingDue);
    network.state.set_time(issued_ms + HALF_YEAR);
    assert_eq!(due(network, Line::Foundation), TENTH);
    for origin in everybody_else(network) {
        refuses(network, origin, "release_foundation", &1u128, Error::NotFoundation);
    }
    refuses(network, foundation, "release_foundation", &0u128, Error::ZeroAmount);
    refuses(network, foundation, "release_foundation", &(TENTH + 1), Error::OverCap);
    refuses(network, foundation, "release_foundation", &u128::MAX, Error::OverCap);
    call::<()>(network, foundation, "release_foundation", &TENTH).unwrap();
    let told = VestingReleased { line: Line::Foundation, account: foundation, amount: TENTH };
    let moved = Transfer { from: Some(vesting), to: Some(foundation), value: TENTH };
    assert_eq!(network.events, [Event::VestingReleased(told), Event::Transfer(moved)]);
    assert_eq!(network.bzky_of(foundation), TENTH);
    refuses(network, foundation, "release_foundation", &1u128, Error::NothingDue);
    // What others send here is nobody's: it raises no cap.
    network.give(vesting, 1_000 * TOKEN);
    network.state.set_time(issued_ms + 2 * HALF_YEAR);
    refuses(network, foundation, "release_foundation", &(TENTH * 9 / 10 + 1), Error::OverCap);
}

/// The beneficiary names who follows it, and that account accepts; nobody else does either.
fn beneficiaries(network: &mut Sandbox) {
    let (treasury, next) = (network.actor("treasury").account(), network.actor("next").account());
    let (stranger, foundation) = (network.actor("stranger").account(), network.contracts.foundation);
    let proposed = |network: &mut Sandbox, line| network.read::<Option<AccountId>>(KIND, "proposed_beneficiary", &line);
    refuses(network, foundation, "propose_beneficiary", &(Line::Foundation, next), Error::FoundationLine);
    refuses(network, foundation, "accept_beneficiary", &Line::Foundation, Error::FoundationLine);
    for line in BENEFICIARIES {
        for origin in everybody_else(network).into_iter().chain([foundation, next]).filter(|who| *who != treasury) {
            refuses(network, origin, "propose_beneficiary", &(line, origin), Error::NotBeneficiary);
            refuses(network, origin, "accept_beneficiary", &line, Error::NotProposed);
        }
        let nobody = AccountId::from(NOBODY);
        refuses(network, treasury, "propose_beneficiary", &(line, nobody), Error::ZeroAccount);
        refuses(network, treasury, "accept_beneficiary", &line, Error::NotProposed);
        // A later proposal replaces the earlier one; the own account withdraws it; a repeat is no news.
        for (account, left, news) in [
            (stranger, Some(stranger), true),
            (next, Some(next), true),
            (next, Some(next), false),
            (treasury, None, true),
            (treasury, None, false),
        ] {
            call::<()>(network, treasury, "propose_beneficiary", &(line, account)).unwrap();
            let told = VestingBeneficiaryProposed { line, account: left };
            let told: Vec<_> = news.then_some(Event::VestingBeneficiaryProposed(told)).into_iter().collect();
            assert_eq!(network.events, told);
            assert_eq!(proposed(network, line), left);
        }
        refuses(network, next, "accept_beneficiary", &line, Error::NotProposed);
    }
    call::<()>(network, treasury, "propose_beneficiary", &(Line::Team, next)).unwrap();
    refuses(network, next, "accept_beneficiary", &Line::Partners, Error::NotProposed);
    refuses(network, stranger, "accept_beneficiary", &Line::Team, Error::NotProposed);
    // Before it accepts, the present one is paid.
    network.rolled_back(|network| {
        let before = network.bzky_of(treasury);
        let paid: Balance = call(network, stranger, "release", &Line::Team).unwrap();
        assert_eq!(network.bzky_of(treasury), before + paid);
    });
    call::<()>(network, next, "accept_beneficiary", &Line::Team).unwrap();
    let changed = VestingBeneficiaryChanged { line: Line::Team, account: next };
    assert_eq!(network.events, [Event::VestingBeneficiaryChanged(changed)]);
    refuses(network, next, "accept_beneficiary", &Line::Team, Error::NotProposed);
    refuses(network, treasury, "propose_beneficiary", &(Line::Team, treasury), Error::NotBeneficiary);
    assert_eq!(network.read::<Option<AccountId>>(KIND, "beneficiary_of", &Line::Team), Some(next));
    assert_eq!(network.read::<Option<AccountId>>(KIND, "beneficiary_of", &Line::Partners), Some(treasury));
    assert_eq!(proposed(network, Line::Team), None);
    // What was due before goes to the new one too, and nothing of it to the old.
    let before = network.bzky_of(treasury);
    let paid: Balance = call(network, stranger, "release", &Line::Team).unwrap();
    assert_eq!((network.bzky_of(next), network.bzky_of(treasury)), (paid, before));
}

fn signed_actions(network: &mut Sandbox) {
    let (treasury, next, line) = (network.actor("treasury"), network.actor("next"), Line::Partners);
    let propose = Action::ProposeBeneficiary { line, account: next.account() };
    let other = Action::ProposeBeneficiary { line, account: network.actor("relayer").account() };
    let accept = Action::AcceptBeneficiary { line };
    for (action, error) in [
        (Action::ProposeBeneficiary { line: Line::Team, account: treasury.account() }, Error::NotBeneficiary),
        (Action::ProposeBeneficiary { line, account: AccountId::from(NOBODY) }, Error::ZeroAccount),
        (Action::ProposeBeneficiary { line: Line::Foundation, account: next.account() }, Error::FoundationLine),
        (accept, Error::NotProposed),
    ] {
        assert_eq!(network.relay(KIND, &treasury, &action), refused(error), "{action:?}");
    }
    assert_eq!(network.read::<u64>(KIND, "nonce_of", &treasury.account()), 0, "what is refused uses no nonce");
    network.relay_as_called(KIND, &treasury, ("propose_beneficiary", &(line, next.account())), &propose, &other);
    network.relay_as_called(KIND, &next, ("accept_beneficiary", &line), &accept, &propose);
    assert_eq!(network.read::<Option<AccountId>>(KIND, "beneficiary_of", &line), Some(next.account()));
}

/// A release that the token refuses is not booked. It cannot be without the
/// contract's own key, which nobody has: here it gives its tokens away.
fn without_the_tokens(network: &mut Sandbox) {
    let (vesting, stranger) = (network.contracts.vesting, network.actor("stranger").account());
    let held = network.bzky_of(vesting);
    let arguments = (stranger, held, Vec::<u8>::new());
    network.call::<()>(vesting, ContractKind::Bzky, "PSP22::transfer", &arguments).unwrap();
    refuses(network, stranger, "release", &Line::Partners, Error::PaymentRefused);
    refuses(network, network.contracts.foundation, "release_foundation", &1u128, Error::PaymentRefused);
}

/// Two resolutions of the board or a bad admin cannot do it: `vesting` has no
/// message for it, and asks the chain for none of the ways to become other code.
#[test]
fn nobody_can_change_its_code() {
    let bundles = bizkey_client::Bundles::embedded().unwrap();
    let asks_for = |kind, import: &[u8]| bundles.bundle(kind).code.windows(import.len()).any(|bytes| bytes == import);
    assert!(asks_for(ContractKind::Otc, b"set_code_hash"), "a contract that can be upgraded asks for it");
    for import in [&b"set_code_hash"[..], b"delegate_call", b"terminate"] {
        assert!(!asks_for(KIND, import), "{}", String::from_utf8_lossy(import));
    }
}
