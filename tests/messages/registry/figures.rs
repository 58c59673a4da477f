//! What two attestors say of a shop, and the board's parameters of bizpower-2:
//! each counts from an epoch that has not begun, and stays readable for every
//! epoch before.

use super::desk::{cells, done, refuses, said, told, who, SHOP};
use bizkey_primitives::{
    calendar::EPOCHS_PER_MONTH,
    errors::registry::Error,
    events::{
        BusinessAttested, BusinessProposed, CapitalAttested, CapitalFloorSet, CapitalProposed, CashCapSet, ClampSet,
        Event,
    },
    membership::{Business, Clamp},
    party::Capital,
    receipt::MAX_AMOUNT,
    Epoch,
};
use bizkey_tests::Sandbox;

/// The figures at their bounds (contracts/README.md).
const LARGEST: Capital =
    Capital { area_m2: 1_000_000, staff: 100_000, rent_per_m2_month: 1_000_000_000_000, wage_month: 1_000_000_000_000 };
/// What they come to, minor units a month.
const LARGEST_TOTAL: u128 = 1_000_000 * 1_000_000_000_000 + 100_000 * 1_000_000_000_000;

/// Figures that are told apart by their area.
fn figures(area_m2: u32) -> Capital {
    Capital { area_m2, staff: 2, rent_per_m2_month: 3, wage_month: 4 }
}

fn capital_at(network: &mut Sandbox, merchant: u32, epoch: Epoch) -> Option<Capital> {
    told(network, "capital_of", &(merchant, epoch))
}

/// Both attestors state the same figures now.
fn agree(network: &mut Sandbox, merchant: u32, capital: Capital) {
    for attestor in ["attestor 1", "attestor 2"] {
        done::<()>(network, attestor, "attest_capital", &(merchant, capital));
    }
}

/// No attestor sets figures alone, in whatever order it says them, and nobody
/// sets figures out of bounds.
pub fn capital(network: &mut Sandbox) {
    network.merchant("shop");
    let state = |capital: Capital| (1u32, capital);
    for beyond in [
        Capital { area_m2: LARGEST.area_m2 + 1, ..figures(1) },
        Capital { staff: LARGEST.staff + 1, ..figures(1) },
        Capital { rent_per_m2_month: LARGEST.rent_per_m2_month + 1, ..figures(1) },
        Capital { wage_month: LARGEST.wage_month + 1, ..figures(1) },
        Capital { area_m2: u32::MAX, staff: u32::MAX, rent_per_m2_month: u64::MAX, wage_month: u64::MAX },
    ] {
        refuses(network, "attestor 1", "attest_capital", &state(beyond), Error::CapitalOutOfBounds);
    }
    for unknown in [0u32, 2] {
        refuses(network, "attestor 1", "attest_capital", &(unknown, figures(1)), Error::UnknownParty);
    }
    refuses(network, "shop", "attest_capital", &state(figures(1)), Error::NotAttestor);

    let [first, second] = ["attestor 1", "attestor 2"].map(|name| who(network, name));
    let proposed = |attestor, capital| Event::CapitalProposed(CapitalProposed { merchant: 1, attestor, capital });
    done::<()>(network, "attestor 1", "attest_capital", &state(figures(1)));
    said(network, &[proposed(first, figures(1))]);
    refuses(network, "attestor 1", "attest_capital", &state(figures(1)), Error::SameAttestor);
    // Back and forth it remains one attestor's word.
    done::<()>(network, "attestor 1", "attest_capital", &state(figures(2)));
    done::<()>(network, "attestor 1", "attest_capital", &state(figures(1)));
    said(network, &[proposed(first, figures(1))]);
    assert_eq!(capital_at(network, 1, 0), None);
    // Others replace the proposal, so the first one's repeat agrees with nobody.
    done::<()>(network, "attestor 2", "attest_capital", &state(figures(2)));
    said(network, &[proposed(second, figures(2))]);
    done::<()>(network, "attestor 1", "attest_capital", &state(figures(1)));
    done::<()>(network, "attestor 2", "attest_capital", &state(figures(1)));
    let attested = CapitalAttested { merchant: 1, capital: figures(1), from_epoch: 0 };
    said(network, &[Event::CapitalAttested(attested)]);
    assert_eq!(capital_at(network, 1, 0), Some(figures(1)));
    // That used the proposal up: a third word is a first one again.
    done::<()>(network, "attestor 2", "attest_capital", &state(figures(1)));
    said(network, &[proposed(second, figures(1))]);
    done::<()>(network, "attestor 1", "attest_capital", &state(LARGEST));
    done::<()>(network, "attestor 2", "attest_capital", &state(LARGEST));
    assert_eq!(capital_at(network, 1, 0), Some(LARGEST), "the bounds themselves; still before genesis");

    // Whoever is no attestor any more has said nothing.
    let third = who(network, "attestor 3");
    done::<()>(network, "attestor 1", "attest_capital", &state(figures(5)));
    done::<()>(network, "admin", "set_attestor", &(first, false));
    done::<()>(network, "admin", "set_attestor", &(third, true));
    done::<()>(network, "attestor 2", "attest_capital", &state(figures(5)));
    said(network, &[proposed(second, figures(5))]);
    assert_eq!(capital_at(network, 1, 0), Some(LARGEST));
    done::<()>(network, "attestor 3", "attest_capital", &state(figures(5)));
    assert_eq!(capital_at(network, 1, 0), Some(figures(5)));
}

/// First figures count from the next epoch, from epoch 0 before genesis; later
/// ones from the next month; the day of the second word counts, to the
/// millisecond; and nothing reaches an epoch that has begun.
pub fn dates_of_figures(network: &mut Sandbox) {
    for shop in 1..=6 {
        network.merchant(&format!("shop {shop}"));
    }
    // When the second word falls, shop, whose figures, from when they count.
    let month = EPOCHS_PER_MONTH;
    let (start, end) = (
        |network: &Sandbox, epoch| network.calendar.start_ms(epoch),
        |network: &Sandbox, epoch| network.calendar.end_ms(epoch) - 1,
    );
    let before_genesis = network.calendar.genesis_ms - 1;
    let cases = [
        (before_genesis, 1, 1, 0),
        (before_genesis, 1, 2, 0),
        (start(network, 0), 1, 3, month),
        (start(network, 0), 2, 1, 1),
        (end(network, 0), 3, 1, 1),
        (start(network, 1), 4, 1, 2),
        (end(network, 1), 4, 2, month),
        (end(network, month - 1), 1, 4, month),
        (end(network, month - 1), 5, 1, month),
        (end(network, month - 1), 5, 2, month),
        (start(network, month), 1, 5, 2 * month),
        (start(network, month), 6, 1, month + 1),
        (end(network, 2 * month - 1), 4, 3, 2 * month),
        (start(network, 2 * month), 4, 4, 3 * month),
    ];
    for (now_ms, merchant, area, from) in cases {
        network.state.set_time(now_ms);
        let begun = network.calendar.epoch_at(now_ms);
        let until = begun.map_or(0, |epoch| epoch + 1);
        let before: Vec<_> = (0..until).map(|epoch| capital_at(network, merchant, epoch)).collect();
        // The first word is older than the second, and its day does not count.
        agree(network, merchant, figures(area));
        let attested = CapitalAttested { merchant, capital: figures(area), from_epoch: from };
        said(network, &[Event::CapitalAttested(attested)]);
        let after: Vec<_> = (0..until).map(|epoch| capital_at(network, merchant, epoch)).collect();
        assert_eq!(before, after, "an epoch that has begun");
        let last = from.checked_sub(1).and_then(|epoch| capital_at(network, merchant, epoch));
        assert_ne!(last, Some(figures(area)));
        for epoch in [from, from + 1, u32::MAX] {
            assert_eq!(capital_at(network, merchant, epoch), Some(figures(area)), "shop {merchant}, epoch {epoch}");
        }
    }
    let history = |network: &mut Sandbox, merchant, epochs: &[Epoch]| -> Vec<Option<u32>> {
        epochs.iter().map(|epoch| capital_at(network, merchant, *epoch).map(|capital| capital.area_m2)).collect()
    };
    let epochs = [0, 1, 2, month - 1, month, 2 * month - 1, 2 * month, 3 * month];
    let known = |areas: [u32; 8]| areas.map(|area| Some(area).filter(|area| *area > 0));
    assert_eq!(history(network, 1, &epochs), known([2, 2, 2, 2, 4, 4, 5, 5]));
    assert_eq!(history(network, 4, &epochs), known([0, 0, 1, 1, 2, 2, 3, 4]));
    assert_eq!(history(network, 5, &epochs), known([0, 0, 0, 0, 2, 2, 2, 2]));
    a_words_own_day(network);
}

/// A first word of long ago is as good as one of today, but no better.
fn a_words_own_day(network: &mut Sandbox) {
    network.merchant("slow shop");
    done::<()>(network, "attestor 1", "attest_capital", &(7u32, figures(1)));
    network.enter_epoch(100);
    done::<()>(network, "attestor 2", "attest_capital", &(7u32, figures(1)));
    assert_eq!([100, 101].map(|epoch| capital_at(network, 7, epoch)), [None, Some(figures(1))]);
}

/// Trade and region, by the same rule and apart from the figures.
pub fn business(network: &mut Sandbox) {
    network.enter_epoch(3);
    network.merchant("shop");
    let (baker, butcher) = (Business { trade: 1, region: 9 }, Business { trade: 2, region: 9 });
    let at = |network: &mut Sandbox, epoch: Epoch| told::<Option<Business>>(network, "business_of", &(1u32, epoch));
    refuses(network, "attestor 1", "attest_business", &(2u32, baker), Error::UnknownParty);
    refuses(network, "shop", "attest_business", &(1u32, baker), Error::NotAttestor);
    let attestor = who(network, "attestor 1");
    done::<()>(network, "attestor 1", "attest_business", &(1u32, baker));
    said(network, &[Event::BusinessProposed(BusinessProposed { merchant: 1, attestor, business: baker })]);
    refuses(network, "attestor 1", "attest_business", &(1u32, baker), Error::SameAttestor);
    done::<()>(network, "attestor 2", "attest_capital", &(1u32, figures(1)));
    assert_eq!(at(network, 4), None, "figures are no word on the trade");
    done::<()>(network, "attestor 2", "attest_business", &(1u32, baker));
    said(network, &[Event::BusinessAttested(BusinessAttested { merchant: 1, business: baker, from_epoch: 4 })]);
    for attestor in ["attestor 2", "attestor 1"] {
        done::<()>(network, attestor, "attest_business", &(1u32, butcher));
    }
    let month = EPOCHS_PER_MONTH;
    assert_eq!(
        [3, 4, month - 1, month].map(|epoch| at(network, epoch)),
        [None, Some(baker), Some(baker), Some(butcher)]
    );
    assert_eq!(capital_at(network, 1, month), None, "one attestor's word still");
}

/// The board's parameters: bounded, from a coming epoch on, and the last word
/// on an epoch that has not begun counts.
pub fn parameters(network: &mut Sandbox) {
    let business = Business { trade: 1, region: 2 };
    let clamp = |lo, hi| Clamp { lo, hi };
    for (lo, hi) in [(0, 1), (2, 1), (1, MAX_AMOUNT + 1), (0, 0), (u64::MAX, u64::MAX)] {
        refuses(network, "admin", "set_clamp", &(1u16, clamp(lo, hi), 0u32), Error::BadClamp);
    }
    let floor = |floor: u128, from: Epoch| (business, floor, from);
    refuses(network, "admin", "set_capital_floor", &floor(LARGEST_TOTAL + 1, 0), Error::CapitalOutOfBounds);
    // Before genesis epoch 0 has not begun.
    done::<()>(network, "admin", "set_clamp", &(1u16, clamp(1, MAX_AMOUNT), 0u32));
    let event = ClampSet { trade: 1, clamp: clamp(1, MAX_AMOUNT), from_epoch: 0 };
    said(network, &[Event::ClampSet(event)]);
    done::<()>(network, "admin", "set_capital_floor", &floor(LARGEST_TOTAL, 0));
    let event = CapitalFloorSet { business, floor: LARGEST_TOTAL, from_epoch: 0 };
    said(network, &[Event::CapitalFloorSet(event)]);
    done::<()>(network, "admin", "set_cash_cap", &(0u64, 0u32));
    said(network, &[Event::CashCapSet(CashCapSet { cap: 0, from_epoch: 0 })]);
    assert_eq!(told::<Option<Clamp>>(network, "clamp_of", &(1u16, 0u32)), Some(clamp(1, MAX_AMOUNT)));
    assert_eq!(told::<Option<Clamp>>(network, "clamp_of", &(2u16, 0u32)), None, "another trade");
    assert_eq!(told::<Option<u128>>(network, "capital_floor", &(business, 0u32)), Some(LARGEST_TOTAL));
    for (trade, region) in [(1u16, 3u16), (2, 2), (2, 1)] {
        let other = Business { trade, region };
        assert_eq!(told::<Option<u128>>(network, "capital_floor", &(other, 0u32)), None, "{other:?}");
    }
    coming_epochs(network, business);
}

fn coming_epochs(network: &mut Sandbox, business: Business) {
    network.state.set_time(network.calendar.end_ms(7) - 1);
    for begun in [0u32, 6, 7] {
        let unchanged = cells(network);
        refuses(network, "admin", "set_clamp", &(1u16, Clamp { lo: 1, hi: 2 }, begun), Error::EpochBegun);
        refuses(network, "admin", "set_capital_floor", &(business, 5u128, begun), Error::EpochBegun);
        refuses(network, "admin", "set_cash_cap", &(5u64, begun), Error::EpochBegun);
        assert_eq!(cells(network), unchanged);
    }
    let cap_at = |network: &mut Sandbox, epoch: Epoch| told::<Option<u64>>(network, "cash_cap", &epoch);
    let set = |network: &mut Sandbox, cap: u64, from: Epoch| done::<()>(network, "admin", "set_cash_cap", &(cap, from));
    set(network, 10, 8);
    assert_eq!([7, 8, 9].map(|epoch| cap_at(network, epoch)), [Some(0), Some(10), Some(10)]);
    // Another word before it begins, for later: it was never said.
    set(network, 20, 10);
    assert_eq!([7, 8, 9, 10].map(|epoch| cap_at(network, epoch)), [Some(0), Some(0), Some(0), Some(20)]);
    set(network, 30, 8);
    assert_eq!([7, 8, 10].map(|epoch| cap_at(network, epoch)), [Some(0), Some(30), Some(30)]);
    network.state.set_time(network.calendar.start_ms(8));
    refuses(network, "admin", "set_cash_cap", &(40u64, 8u32), Error::EpochBegun);
    set(network, 40, 9);
    assert_eq!([7, 8, 9].map(|epoch| cap_at(network, epoch)), [Some(0), Some(30), Some(40)]);
    // The others go the same way, each by itself.
    let clamp = Clamp { lo: 3, hi: 4 };
    done::<()>(network, "admin", "set_clamp", &(1u16, clamp, 9u32));
    assert_eq!(told::<Option<Clamp>>(network, "clamp_of", &(1u16, 9u32)), Some(clamp));
    assert_eq!(told::<Option<Clamp>>(network, "clamp_of", &(1u16, 8u32)), Some(Clamp { lo: 1, hi: MAX_AMOUNT }));
    done::<()>(network, "admin", "set_capital_floor", &(business, 6u128, 9u32));
    let floors = [8u32, 9].map(|epoch| told::<Option<u128>>(network, "capital_floor", &(business, epoch)));
    assert_eq!(floors, [Some(LARGEST_TOTAL), Some(6)]);
}

/// "Voids what it proposed": for good, not until the account is appointed
/// again, say when its key has been cleared of a suspicion.
#[test]
fn a_word_stays_void_when_its_attestor_is_appointed_again() {
    let mut network = Sandbox::new();
    let network = &mut network;
    network.merchant("shop");
    let (first, heir) = (who(network, "attestor 1"), who(network, "heir"));
    done::<()>(network, "attestor 1", "attest_capital", &(1u32, figures(1)));
    done::<()>(network, "attestor 1", "attest_recovery", &(SHOP.0, SHOP.1, heir));
    done::<()>(network, "admin", "set_attestor", &(first, false));
    refuses(network, "admin", "set_attestor", &(first, true), Error::AccountUsed);
    done::<()>(network, "attestor 2", "attest_capital", &(1u32, figures(1)));
    assert_eq!(capital_at(network, 1, 0), None, "one word that counts");
    done::<()>(network, "attestor 2", "attest_recovery", &(SHOP.0, SHOP.1, heir));
    let recovery: Option<bizkey_primitives::membership::Recovery> = told(network, "recovery_of", &SHOP);
    assert_eq!(recovery.unwrap().second, None, "one word that counts");
}
