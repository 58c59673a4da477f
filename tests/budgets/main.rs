//! Budgets: what every message costs at its worst, as a checked-in table that
//! every change is held against (`budgets.json`, for people in
//! `contracts/BUDGETS.md`), and the figures that the design sets limits to.
//!
//! | module | holds |
//! |---|---|
//! | `stages` | the prepared networks, with the calls that are measured in them |
//! | `case`, `site` | what a stage is, and how it is made |
//! | `measure` | measuring |
//! | `table`, `document` | the table, for programs and for people |
//! | `headline`, `price` | the design's figures, and what the pallet charges |
#![allow(clippy::expect_used, clippy::unwrap_used)]

mod case;
mod document;
mod headline;
mod measure;
mod price;
mod site;
mod stages;
mod table;

use bizkey_client::ContractKind;
use bizkey_tests::sandbox::bundle;
use headline::MICROSECOND;
use std::{collections::BTreeSet, sync::OnceLock};
use table::Table;

/// With this the tests write what they measure instead of comparing it.
const RENEW: &str = "BIZKEY_RENEW_BUDGETS";
const HOW_TO_RENEW: &str = "BIZKEY_RENEW_BUDGETS=1 cargo test --release --workspace --test budgets";

/// The table of what the built bundles cost now. Made once: before a test
/// writes the file that others would read.
fn measured() -> &'static Table {
    static MEASURED: OnceLock<Table> = OnceLock::new();
    MEASURED.get_or_init(|| Table::of(measure::all(), &Table::checked_in()))
}

/// Messages of a contract that its bundle says to change state.
fn state_changing(kind: ContractKind) -> BTreeSet<String> {
    let messages = bundle(kind)["spec"]["messages"].as_array().expect("messages").clone();
    let changing = messages.iter().filter(|message| message["mutates"].as_bool().expect("whether it changes state"));
    changing.map(|message| message["label"].as_str().expect("a label").to_owned()).collect()
}

#[test]
fn every_state_changing_message_has_a_budget() {
    let measured = measured();
    for kind in ContractKind::ALL {
        let of_kind = measured.rows.iter().filter(|row| row.contract == kind.name());
        let budgeted: BTreeSet<String> = of_kind.map(|row| row.message.clone()).collect();
        let declared = state_changing(kind);
        let without: Vec<_> = declared.difference(&budgeted).collect();
        let unknown: Vec<_> = budgeted.difference(&declared).collect();
        assert!(without.is_empty() && unknown.is_empty(), "{kind}: without a budget {without:?}, unknown {unknown:?}");
    }
}

#[test]
fn no_message_costs_more_than_its_budget() {
    let (budgets, measured) = (Table::checked_in(), measured());
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(table::PATH, measured.text()).expect("the table");
        std::fs::write(document::PATH, document::text(measured)).expect("the document");
        return;
    }
    let differences = budgets.differences(measured);
    assert!(
        differences.is_empty(),
        "{} figures do not agree with {}:\n{}\nIf that is meant: {HOW_TO_RENEW}",
        differences.len(),
        table::PATH,
        differences.join("\n")
    );
    assert_eq!(budgets.text(), std::fs::read_to_string(table::PATH).expect("the table"), "{HOW_TO_RENEW}");
    let document = std::fs::read_to_string(document::PATH).expect("the document");
    assert!(document == document::text(&budgets), "contracts/BUDGETS.md is not the table's: {HOW_TO_RENEW}");
}

#[test]
fn bundles_stay_within_their_limits() {
    for bundle in table::bundles() {
        assert!(bundle.bytes <= bundle.limit, "{}: {} bytes of {}", bundle.contract, bundle.bytes, bundle.limit);
    }
}

/// Signatures by sr25519 hold random numbers, and everything else that a call
/// carries is chosen; no figure may depend on either.
#[test]
fn a_random_signature_does_not_change_what_a_call_costs() {
    use bizkey_primitives::{action::bzky::Action, TOKEN};
    use bizkey_tests::{sandbox::input, Sandbox};
    let mut network = Sandbox::new();
    let treasury = network.actor("treasury");
    let action = Action::Transfer { to: network.actor("payee").account(), value: TOKEN };
    let bzky = network.contracts.bzky;
    let mut costs = BTreeSet::new();
    let mut signatures = BTreeSet::new();
    for _ in 0..8 {
        let authorization = network.authorize(ContractKind::Bzky, &treasury, &action);
        let call = input("relay", &(&action, authorization));
        signatures.insert(call.clone());
        let executed = network.state.rolled_back(|state| state.execute(treasury.account(), bzky, call));
        assert!(executed.result.is_ok());
        costs.insert((executed.required.ref_time, executed.required.proof_size, executed.deposit));
    }
    assert!(signatures.len() > 1, "sr25519 signs alike each time");
    assert_eq!(costs.len(), 1, "{costs:?}");
}

/// Nanoseconds of a receipt of each size that were reached, in a young epoch
/// and past the counts.
const REACHED: [(usize, u64, u64); 4] =
    [(20, 3_444, 2_852), (22, 3_567, 2_975), (24, 3_690, 3_098), (26, 3_813, 3_221)];

/// The design allows 3 us and 32 bytes of block. A receipt of up to 22 bytes
/// stays within both once the epoch has 100,000 receipts, when a batch writes
/// one cell. Before that it writes a second one, the counts, for 176 us: 0.59
/// us a receipt, by which it is too dear. Each further byte costs 0.062 us, 97
/// % of which the schedule asks for a byte of an event. `contracts/BUDGETS.md`
/// tells where the rest goes.
#[test]
fn a_receipt_in_a_batch_of_300() {
    let table = measured();
    for batch in headline::batches(table) {
        let (each, bytes, size) = (batch.each(), batch.bytes_each(), batch.size.bytes);
        println!("{size} bytes, young {}: {each} ps, {bytes} hundredths of a byte of block", batch.is_young);
        assert!(bytes <= 32 * 100, "{size}: {bytes} hundredths of a byte");
        let (_, young, busy) = REACHED.into_iter().find(|(of, ..)| *of == size).expect("a figure for each size");
        let reached = 1_000 * if batch.is_young { young } else { busy };
        assert!(each <= reached, "{size} bytes, young {}: {each} ps", batch.is_young);
        if size <= 22 && !batch.is_young {
            assert!(each <= headline::RECEIPT_LIMIT, "{size} bytes: {each} ps");
        }
    }
}

/// The design allows 300 us, without what the claim asks other contracts.
#[test]
fn a_claim_through_21_levels() {
    let levels = headline::levels(measured());
    println!("21 levels: {} us", levels / MICROSECOND);
    assert!(levels <= 300 * MICROSECOND, "21 levels take {} us", levels / MICROSECOND);
}

/// The design asks for 80 us a leaf if the pallet's prices allow it. They do
/// not: a payment reads the payee's cell (75 us) and writes it (176 us), and in
/// its first change of an epoch closes a checkpoint (176 us); its event costs
/// 136 us; `registry`, `bzky` and `pos_deposit` read a cell each to answer (75
/// us each). Those are 790 of 902 us. `contracts/BUDGETS.md` has it by the
/// pallet's own weights.
#[test]
fn a_pushed_claim_in_a_subtree_of_128() {
    let table = measured();
    let each = headline::pushed_each(table);
    println!("push of 128: {} us a leaf", each / MICROSECOND);
    assert!(headline::push(table).ref_time <= 1_500_000 * MICROSECOND, "a push of 128 does not fit a block");
    assert!(each <= 903 * MICROSECOND, "{} us a leaf", each / MICROSECOND);
}
