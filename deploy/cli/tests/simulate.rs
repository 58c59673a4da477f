//! `bizkey simulate` as somebody types it.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

fn simulate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bizkey")).arg("simulate").args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let read = |name: &str| (name.to_owned(), std::fs::read(directory.join(name)).unwrap());
    ["simulation.csv", "simulation.svg", "parameters.csv"].map(read).to_vec()
}

#[test]
fn a_year_leaves_a_row_a_day_a_picture_and_what_it_was_made_with() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("made/here");
    let run = |extra: &[&str]| {
        let output = simulate(&[["--years", "1", "--out", out.to_str().unwrap()].as_slice(), extra].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        (text(&output.stdout), files(&out))
    };
    let (said, first) = run(&[]);
    assert!(said.contains("merchants' pool: not used up yet on the last day"), "{said}");

    let mut reader = csv::Reader::from_reader(first[0].1.as_slice());
    let column = |name: &str, headers: &csv::StringRecord| headers.iter().position(|header| header == name).unwrap();
    let headers = reader.headers().unwrap().clone();
    let (supply, burned) = (column("bzky_supply", &headers), column("bzky_burned", &headers));
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 365);
    for row in &rows {
        let units = |position: usize| row[position].replace('.', "").parse::<u128>().unwrap();
        assert_eq!(units(supply) + units(burned), bizkey_primitives::BZKY_SUPPLY);
    }
    assert!(text(&first[1].1).starts_with("<svg") && text(&first[1].1).contains("locked in deposits"));
    assert!(text(&first[2].1).contains("shops_open_percent,90,percent"));

    assert_eq!(run(&[]).1, first, "the same seed and parameters give the same bytes");
    let (_, other) = run(&["--set", "shops_open_percent=80"]);
    assert_ne!(other[0], first[0]);
    assert!(text(&other[2].1).contains("shops_open_percent,80,percent"));
}

#[test]
fn what_cannot_be_asked_is_said_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("none");
    for (setting, says) in [
        ("shops=1", "no parameter is named `shops`"),
        ("burn_percent=101", "outside 0 to 100"),
        ("burn_percent", "write NAME=VALUE"),
        ("stage_1_day=900", "stages 1, 2 and 3 must be reached one after the other"),
    ] {
        let output = simulate(&["--out", out.to_str().unwrap(), "--set", setting]);
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains(says), "{setting}: {}", text(&output.stderr));
    }
    assert!(!out.exists());
}

#[test]
fn every_parameter_is_listed_with_its_argument() {
    let economy = text(&simulate(&["--list"]).stdout);
    assert!(economy.contains("deposit_stage_1 = 15,000  (Bzky; 0 to 1,000,000,000)"), "{economy}");
    let attack = text(&simulate(&["attack", "--list"]).stdout);
    assert!(attack.contains("identity_cost = 3,000  (cents;"), "{attack}");
}

/// A small town, so that the test is short.
const TOWN: [&str; 8] =
    ["--set", "town_shops=8", "--set", "town_customers=200", "--set", "warmup_days=5", "--set", "size=8"];

#[test]
fn attacks_are_told_under_both_versions() {
    let output = simulate(&[["attack"].as_slice(), &TOWN].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("Under bizpower-1 these pay: one-cent-orders"), "{said}");
    assert!(said.contains("Under bizpower-2 none of these pays."), "{said}");
    assert!(said.contains("no attack: the paper pays shops for holding"), "{said}");
    assert!(said.contains("stage launch: no network beyond the town, a deposit of 15,000 Bzky"), "{said}");
    assert!(said.contains("of 30 % of all shops a month, and of 70 % of those with fewer than"), "{said}");
}

#[test]
fn a_stage_has_its_deposit_and_where_nobody_is_audited_the_board_is_told() {
    let with = |extra: &[&str]| {
        let attack = ["attack", "--attack", "cash-self-dealing"];
        let output = simulate(&[attack.as_slice(), &TOWN, extra].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let said = with(&["--stage", "2"]);
    assert!(
        said.contains("stage 2: 450,000 shops and 2,000,000 customers a day in all, a deposit of 750 Bzky"),
        "{said}"
    );
    assert!(said.contains("Under bizpower-2 none of these pays."), "{said}");
    let said = with(&["--stage", "start"]);
    assert!(said.contains("no trade was seen yet, every clamp is 20.00"), "{said}");
    assert!(said.contains("Under bizpower-2 none of these pays."), "{said}");
    let unaudited = ["--set", "audited_percent_month=0", "--set", "audited_percent_month_small=0"];
    let said = with(&unaudited);
    assert!(said.contains("Under bizpower-2 these pay: cash-self-dealing"), "{said}");
    assert!(said.contains("cash-self-dealing pays now: the board must have shops audited"), "{said}");
    let said = with(&["--set", "audited_percent_month=5", "--set", "audited_percent_month_small=5"]);
    assert!(said.contains("must raise the deposit from 15,000"), "{said}");
    let refused = simulate(&["attack", "--stage", "4"]);
    assert!(text(&refused.stderr).contains("there is no stage `4`: say start, launch, 1, 2 or 3"));
}

#[test]
fn real_receipts_are_played_and_what_cannot_be_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let (receipts, shops) = (directory.path().join("receipts.csv"), directory.path().join("shops.csv"));
    let mut rows = String::from("receipt_id,store_id,household_id,at,amount_cents\n");
    for day in 1..=12 {
        for number in 0..40 {
            let (shop, household) = (number % 4 + 1, number * 7 % 25);
            rows += &format!("{day}-{number},{shop},{household},2026-01-{day:02}T10:00:00,{}\n", 500 + number * 10);
        }
        rows += &format!("{day}-free,1,3,2026-01-{day:02}T11:00:00,0\n");
    }
    std::fs::write(&receipts, rows).unwrap();
    std::fs::write(
        &shops,
        "store_id,area_m2,staff,rent_per_m2_month,wage_month\n1,50,2,2000,300000\n2,60,2,2000,300000\n3,90,4,2500,300000\n4,40,1,2000,300000\n",
    )
    .unwrap();
    let given = ["attack", "--receipts", receipts.to_str().unwrap(), "--shops", shops.to_str().unwrap()];
    let short = [given.as_slice(), &["--set", "warmup_days=4", "--set", "attack_days=8"]].concat();
    let output = simulate(&[short.as_slice(), &["--attack", "split-receipts", "--shop", "3"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    assert!(said.contains("12 receipts are left out"), "{said}");
    assert!(said.contains("4 shops, 25 customers, 480 sales in 12 days; attacked for 8 of them"), "{said}");

    let refused = simulate(&[short.as_slice(), &["--shop", "9"]].concat());
    assert!(text(&refused.stderr).contains("--shop 9: there is no such shop among the 4"));
    let refused = simulate(&given);
    assert!(text(&refused.stderr).contains("the receipts cover 12 days, but 44 are to be played"));
    let refused = simulate(&["attack", "--attack", "bribery"]);
    assert!(text(&refused.stderr).contains("no attack is named `bribery`; there are one-cent-orders"));
}

/// Real receipts of a chain of shops with two sales a shop and day, where they
/// are given: each buyer weighs much there, so it is the hardest town we have.
#[test]
fn on_real_receipts_no_attack_pays_on_the_first_day_at_launch_nor_at_any_stage() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let [receipts, shops] = ["receipts-2017h1.csv.gz", "shops.csv"].map(|name| data.join(name));
    if !receipts.exists() {
        eprintln!("left out: {} is not there", receipts.display());
        return;
    }
    for stage in ["start", "launch", "1", "2", "3"] {
        let given = ["attack", "--receipts", receipts.to_str().unwrap(), "--shops", shops.to_str().unwrap()];
        let output = simulate(&[given.as_slice(), &["--stage", stage]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let said = text(&output.stdout);
        assert!(said.contains("Under bizpower-2 none of these pays."), "stage {stage}: {said}");
    }
}
