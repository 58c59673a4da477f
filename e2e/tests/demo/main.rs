//! `bizkey demo` to exact files, against a second computation that shares no
//! code with the program: whole histories each day, exact fractions.

mod reference;
mod town;

use bizkey_e2e::{Chain, Needs};
use reference::Expected;
use std::collections::BTreeMap;
use std::path::Path;

fn read(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(path).expect("the file is there");
    reader.records().map(|record| record.expect("a row").iter().map(str::to_owned).collect()).collect()
}

async fn demo(directory: &Path, receipts: &Path, shops: &Path, more: &[&str]) -> bizkey_e2e::Output {
    let text = |path: &Path| path.to_str().expect("a path of text").to_owned();
    let (receipts, shops, out) = (text(receipts), text(shops), text(&directory.join("out")));
    let mut arguments = vec!["demo", "--receipts", &receipts, "--shops", &shops, "--out", &out];
    arguments.extend(more);
    bizkey_e2e::run(&arguments).await.expect("the program starts")
}

fn compare(out: &Path, expected: &Expected) {
    assert_eq!(read(&out.join("merchants.csv")), expected.merchants, "merchants.csv");
    assert_eq!(read(&out.join("customers.csv")), expected.customers, "customers.csv");
    let mut rejected: Vec<_> = read(&out.join("rejected.csv"));
    rejected.sort();
    let mut wanted = expected.rejected.clone();
    wanted.push(vec!["receipt_id".to_owned(), "reason".to_owned()]);
    wanted.sort();
    assert_eq!(rejected, wanted, "rejected.csv");
}

/// Whether the demo has its chain: it moves the clock from day to day.
async fn has_clock(scenario: &str) -> bool {
    Chain::of(scenario, &[Needs::DevControls]).await.expect("a chain").is_some()
}

/// Each side's totals add up to the rows, and nothing is paid over the emission.
fn check_epochs(out: &Path, days: u32) {
    let mut sums: BTreeMap<(String, String), (u128, u128, u128, u32)> = BTreeMap::new();
    let number = |text: &String| text.parse::<u128>().expect("a number");
    for row in read(&out.join("merchants.csv")).iter().skip(1) {
        let sum = sums.entry((row[0].clone(), "merchant".to_owned())).or_default();
        sum.0 += number(&row[9]);
        sum.1 += number(&row[10]);
        sum.2 += number(&row[11]);
        sum.3 += 1;
    }
    for row in read(&out.join("customers.csv")).iter().skip(1) {
        let sum = sums.entry((row[0].clone(), "customer".to_owned())).or_default();
        sum.0 += number(&row[2]);
        sum.2 += number(&row[3]);
        sum.3 += 1;
    }
    let epochs = read(&out.join("epochs.csv"));
    assert_eq!(epochs[0], ["day", "epoch", "side", "root", "count", "sum_v1", "sum_v2", "emission", "paid"]);
    assert_eq!(epochs.len() as u32, 1 + 2 * days, "one row a day and side, empty days too");
    for row in &epochs[1..] {
        let (v1, v2, paid, count) = sums.get(&(row[0].clone(), row[2].clone())).copied().unwrap_or_default();
        assert_eq!((number(&row[4]), number(&row[5]), number(&row[6])), (u128::from(count), v1, v2), "{row:?}");
        assert_eq!(number(&row[8]), paid, "{row:?}");
        assert!(paid <= number(&row[7]), "paid over the emission: {row:?}");
        assert_eq!(count == 0, row[3] == format!("0x{}", "0".repeat(64)), "{row:?}");
    }
}

async fn verify(out: &Path) {
    let data = out.join("data");
    let verdict = bizkey_e2e::run(&["verify", "--data-dir", data.to_str().expect("a path of text")]).await;
    let verdict = verdict.expect("the program starts");
    assert_eq!(verdict.code, Some(0), "{verdict:?}");
    assert!(verdict.stdout.contains("epochs agree"), "{verdict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_town_with_every_oddity_comes_out_exactly() {
    if !has_clock("the demo of a small town").await {
        return;
    }
    let directory = tempfile::tempdir().expect("a folder");
    let town = town::write(directory.path(), 11, 34);
    let output = demo(directory.path(), &town.receipts, &town.shops, &[]).await;
    assert_eq!(output.code, Some(0), "{output:?}");
    let out = directory.path().join("out");
    let expected = reference::compute(&town.receipts, &town.shops, None);
    compare(&out, &expected);
    check_epochs(&out, 34);
    verify(&out).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_plays_the_first_calendar_days_only() {
    if !has_clock("the demo of some days").await {
        return;
    }
    let directory = tempfile::tempdir().expect("a folder");
    let town = town::write(directory.path(), 12, 9);
    let output = demo(directory.path(), &town.receipts, &town.shops, &["--days", "3"]).await;
    assert_eq!(output.code, Some(0), "{output:?}");
    let out = directory.path().join("out");
    compare(&out, &reference::compute(&town.receipts, &town.shops, Some(3)));
    check_epochs(&out, 3);
}

/// The real receipts, where they are: a fortnight, and all of it on demand.
#[tokio::test(flavor = "multi_thread")]
async fn real_receipts_come_out_exactly() {
    if !has_clock("the demo of real receipts").await {
        return;
    }
    let data = bizkey_e2e::root().join("../shared/data");
    let (receipts, shops) = (data.join("receipts-2017h1.csv.gz"), data.join("shops.csv"));
    if !receipts.exists() {
        bizkey_e2e::left_out(&format!("real receipts need {}", receipts.display()));
        return;
    }
    let days = std::env::var("BIZKEY_DEMO_DAYS").unwrap_or_else(|_| "14".to_owned());
    let directory = tempfile::tempdir().expect("a folder");
    let output = demo(directory.path(), &receipts, &shops, &["--days", &days]).await;
    assert_eq!(output.code, Some(0), "{output:?}");
    let out = directory.path().join("out");
    let days = days.parse().expect("BIZKEY_DEMO_DAYS is a number");
    compare(&out, &reference::compute(&receipts, &shops, Some(days)));
    check_epochs(&out, days);
    verify(&out).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unusable_files_are_named_with_the_reason() {
    let directory = tempfile::tempdir().expect("a folder");
    let town = town::write(directory.path(), 13, 2);
    let shops = directory.path().join("bad-shops.csv");
    std::fs::write(&shops, "store_id,area_m2,staff,rent_per_m2_month,wage_month\n1,ten,1,1,1\n").expect("written");
    let output = demo(directory.path(), &town.receipts, &shops, &[]).await;
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("bad-shops.csv, line 2"), "{output:?}");
    std::fs::write(&shops, "store,area_m2\n").expect("written");
    let output = demo(directory.path(), &town.receipts, &shops, &[]).await;
    assert!(output.stderr.contains("no column `store_id`"), "{output:?}");
    let output = demo(directory.path(), Path::new("/nowhere.csv"), &town.shops, &[]).await;
    assert!(output.stderr.contains("/nowhere.csv"), "{output:?}");
}
