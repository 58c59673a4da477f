//! `contracts/BUDGETS.md`: the table for people.

use crate::{
    headline::{self, Batch, MICROSECOND},
    measure::Figures,
    price::{self, Part},
    table::{Row, Table},
};
use std::fmt::Write as _;

/// Where it is.
pub const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/BUDGETS.md");
/// What a block gives ordinary calls, picoseconds: 1.5 s.
const BLOCK: u64 = 1_500_000 * MICROSECOND;
/// A millionth of a coin, smallest unit.
const MILLIONTH: i128 = 1_000_000;

const HEAD: &str = "\
# What the contracts cost

Written by `BIZKEY_RENEW_BUDGETS=1 cargo test --release --workspace --test budgets` out of
`tests/budgets/budgets.json`, which the same tests compare with the built bundles. A figure above
its budget fails, and so does one that is more than 10 % below it: then the table is renewed.

Every message that changes state is measured in the situation in which it costs most, and in
others where they tell more: the longest lists that it takes, entries that are new, every call to
another contract, histories as long as years make them. Signatures are ECDSA, which costs more
than sr25519. Figures are the gas limit that a call needs on the embedded chain (pallet-contracts'
own weights), and the deposit that it locks, negative where it frees some; the last column is the
same call in the same state on substrate-contracts-node 0.42, whose pallet-contracts is older and
whose deposits are the same.
";

/// The document.
pub fn text(table: &Table) -> String {
    let mut text = String::from(HEAD);
    let (call, base) = price::extrinsic();
    let _ = write!(
        text,
        "An extrinsic adds {} µs for the call and {} µs for itself, which no dry run tells and the figures do\nnot \
         hold. A block gives ordinary calls 1.5 s.\n",
        micros(call),
        micros(base)
    );
    headlines(&mut text, table);
    code(&mut text, table);
    messages(&mut text, table);
    text
}

fn headlines(text: &mut String, table: &Table) {
    text.push_str("\n## The figures that the design limits\n");
    receipts(text, &headline::batches(table));
    let (flat, deep) = headline::claims(table);
    let _ = write!(
        text,
        "\n### A claim through 21 levels\n\nAt most 300 µs without the calls of other contracts: the difference \
         between a claim of a tree of one leaf ({} µs)\nand one through 21 levels ({} µs), {} µs.\n",
        micros(flat.ref_time),
        micros(deep.ref_time),
        micros(headline::levels(table))
    );
    parts(text, &headline::parts_of_levels(table));
    text.push_str("\nThe rest of the claim, holdings not asked for:\n");
    parts(text, &headline::parts_of_claim(table));
    let push = headline::push(table);
    let _ = write!(
        text,
        "\n### A pushed claim\n\nA push of 128 leaves costs {} µs, {} µs a leaf, its payment included. 80 µs would be \
         less than half of what the pallet\ncharges for writing one cell, and a payment writes the payee's balance \
         and, once an epoch, the checkpoint that closes;\nwhat is asked of other contracts is a cell each. So the \
         pallet's prices allow no such figure:\n",
        micros(push.ref_time),
        micros(headline::pushed_each(table))
    );
    parts(text, &headline::parts_of_push(table));
}

fn receipts(text: &mut String, batches: &[Batch]) {
    text.push_str(
        "\n### A receipt in a batch of 300\n\nAt most 3 µs, signature check and event included, and 32 bytes of \
         block. By the length of a receipt, in an epoch with\nfewer than 100,000 receipts so far and in one with \
         more:\n\n| bytes of a receipt | that is | µs, young epoch | µs, past the counts | bytes of block |\n\
         |---|---|---|---|---|\n",
    );
    let (young, busy): (Vec<&Batch>, Vec<&Batch>) = batches.iter().partition(|batch| batch.is_young);
    for (young, busy) in young.iter().zip(&busy) {
        let bytes = young.bytes_each();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {}.{:02} |",
            young.size.bytes,
            young.size.words,
            thousandths(young.each()),
            thousandths(busy.each()),
            bytes / 100,
            bytes % 100
        );
    }
    let (call, base) = price::extrinsic();
    let (of_young, of_busy) = (headline::of_byte(&young), headline::of_byte(&busy));
    let _ = write!(
        text,
        "\nEach byte costs {} ns, 60 of them by the schedule's price of an event. The rest is the batch's own, so a \
         receipt of 22\nbytes costs 3 µs in batches of {} in a young epoch and of {} past the counts. The extrinsic \
         around a batch of 300\nis another {} µs a receipt.\n",
        of_young.div_ceil(1_000),
        headline::enough(young[1], of_young),
        headline::enough(busy[1], of_busy),
        thousandths((call + base) / 300)
    );
    for batch in [young[1], busy[1]] {
        let when = if batch.is_young { "in a young epoch" } else { "past the counts" };
        let _ = write!(text, "\nWhere the time of 300 receipts of 22 bytes goes {when}:\n");
        parts(text, &batch.parts());
    }
}

fn parts(text: &mut String, parts: &[Part]) {
    text.push_str("\n| for | µs |\n|---|---|\n");
    for Part { what, time } in parts {
        let _ = writeln!(text, "| {what} | {} |", tenths(*time));
    }
    let total: u64 = parts.iter().map(|part| part.time).sum();
    let _ = writeln!(text, "| together | {} |", tenths(total));
}

fn code(text: &mut String, table: &Table) {
    text.push_str("\n## Code\n\n| contract | bytes | limit |\n|---|---|---|\n");
    for bundle in &table.bundles {
        let _ = writeln!(text, "| `{}` | {} | {} |", bundle.contract, grouped(bundle.bytes), grouped(bundle.limit));
    }
}

fn messages(text: &mut String, table: &Table) {
    text.push_str("\n## Messages\n");
    let mut contract = "";
    for row in &table.rows {
        if row.contract != contract {
            contract = &row.contract;
            let _ = write!(
                text,
                "\n### {contract}\n\n| message | situation | µs | proof, bytes | deposit, millionths of a coin | of a \
                 block | µs, node |\n|---|---|---|---|---|---|---|\n"
            );
        }
        line(text, row);
    }
}

fn line(text: &mut String, row: &Row) {
    let Row { message, situation, embedded: Figures { ref_time, proof_size, deposit }, node, .. } = row;
    // Rounded up: what frees a deposit frees at least so much.
    let millionths = deposit.div_euclid(MILLIONTH) + i128::from(deposit.rem_euclid(MILLIONTH) > 0);
    let _ = writeln!(
        text,
        "| `{message}` | {situation} | {} | {} | {} | {} % | {} |",
        micros(*ref_time),
        grouped(*proof_size as usize),
        signed(millionths),
        hundredths(ref_time * 10_000 / BLOCK),
        node.map_or_else(String::new, |node| micros(node.ref_time))
    );
}

/// Microseconds, rounded up.
fn micros(time: u64) -> String {
    grouped(time.div_ceil(MICROSECOND) as usize)
}

/// Microseconds with one decimal, rounded.
fn tenths(time: u64) -> String {
    let tenths = (time + MICROSECOND / 20) / (MICROSECOND / 10);
    format!("{}.{}", grouped(tenths as usize / 10), tenths % 10)
}

/// Microseconds with three decimals, rounded up.
fn thousandths(time: u64) -> String {
    let thousandths = time.div_ceil(MICROSECOND / 1_000);
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

fn signed(number: i128) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(number.unsigned_abs() as usize))
}

/// With a comma every three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
