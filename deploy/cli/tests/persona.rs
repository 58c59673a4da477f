//! `bizkey persona` as somebody types it, on files.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

fn persona(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bizkey"));
    command.arg("persona").args(arguments).current_dir(folder).env_remove("BIZKEY_INDEX");
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const FILES: [&str; 4] = ["--receipts", "receipts.csv", "--shops", "shops.csv"];

/// Shop 7 sells honestly; shop 41 rings up a basket of customer 900 in three
/// receipts on each of eight days.
fn write(folder: &Path) {
    let shops = "store_id,area_m2,staff,rent_per_m2_month,wage_month\n7,10,1,100,1000\n41,10,1,100,1000\n";
    let mut receipts = "receipt_id,store_id,household_id,at,amount_cents\n".to_owned();
    for day in 1..=28 {
        writeln!(receipts, "a{day},7,{},2024-02-{day:02}T10:00:00,1500", 100 + day % 5).unwrap();
        if day <= 8 {
            for piece in 1..=3 {
                writeln!(receipts, "s{day}-{piece},41,900,2024-02-{day:02}T12:00:{piece}0,500").unwrap();
            }
        }
    }
    std::fs::write(folder.join("shops.csv"), shops).unwrap();
    std::fs::write(folder.join("receipts.csv"), receipts).unwrap();
}

#[test]
fn a_scan_of_files_tells_reasons_and_receipts_by_the_files_own_names() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let output = persona(folder.path(), &[&["scan-files", "--json", "out.json"], &FILES[..]].concat());
    let said = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(said.contains("52 receipts of 6 customers at 2 shops in epochs 0 to 27. Findings: 1."), "{said}");
    assert!(said.contains("splitting, score ") && said.contains("suspected: shop 41\n"), "{said}");
    assert!(said.contains("receipts: s1-1, s1-2, s1-3, s2-1, s2-2 and 19 more"), "{said}");
    assert!(said.contains("speaks from 5, since "), "{said}");

    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("out.json")).unwrap()).unwrap();
    let [finding] = &json.as_array().unwrap()[..] else { panic!("{json}") };
    assert_eq!((&finding["kind"], &finding["merchants"]), (&"splitting".into(), &serde_json::json!([41])));
    assert_eq!(finding["receipts"].as_array().unwrap().len(), 24);
    assert_eq!(finding["suspects"], serde_json::json!([{ "side": "merchant", "index": 41 }]));

    let strict = persona(folder.path(), &[&["scan-files", "--least-score", "1000"], &FILES[..]].concat());
    assert!(text(&strict.stdout).contains("Findings: 0."), "{}", text(&strict.stdout));
}

#[test]
fn owners_come_from_a_file_and_a_shop_has_one() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let run = |owners: &str| {
        std::fs::write(folder.path().join("owners.csv"), owners).unwrap();
        persona(folder.path(), &[&["scan-files", "--owners", "owners.csv"], &FILES[..]].concat())
    };
    let output = run("merchant,customer\n41,900\n41,900\n");
    assert!(output.status.success());
    assert!(text(&output.stdout).contains("The owner of shop 41 is customer 900"), "{}", text(&output.stdout));
    for wrong in ["merchant,customer\n41,900\n41,901\n", "merchant,customer\n41,x\n", "shop,owner\n41,900\n"] {
        let output = run(wrong);
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains("owners.csv, line"), "{}", text(&output.stderr));
    }
}

#[test]
fn an_evaluation_needs_two_months_and_is_the_same_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let short = persona(folder.path(), &[&["evaluate"], &FILES[..]].concat());
    assert!(!short.status.success());
    assert!(text(&short.stderr).contains("at least 60 are needed"), "{}", text(&short.stderr));

    let mut receipts = "receipt_id,store_id,household_id,at,amount_cents\n".to_owned();
    for number in 0..9_000u32 {
        let (month, day) = (1 + number % 3, 1 + number / 3 % 28);
        let (shop, household) = ([7, 41][number as usize % 2], number % 97 + 1);
        let (hour, minute) = (8 + number % 11, number % 59);
        let amount = 100 + number * 37 % 5_000;
        writeln!(receipts, "r{number},{shop},{household},2024-{month:02}-{day:02}T{hour:02}:{minute:02}:00,{amount}")
            .unwrap();
    }
    std::fs::write(folder.path().join("receipts.csv"), receipts).unwrap();
    let run = |seed: &str| {
        let arguments = ["evaluate", "--runs", "3", "--fraud-per-mille", "100", "--out", "table.csv", "--seed", seed];
        let output = persona(folder.path(), &[&arguments[..], &FILES[..]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        (text(&output.stdout), std::fs::read_to_string(folder.path().join("table.csv")).unwrap())
    };
    let (said, table) = run("1");
    for column in ["kind", "precision", "recall", "without fraud", "collusion", "self-dealing", "any"] {
        assert!(said.contains(column), "{column}: {said}");
    }
    assert_eq!(table.lines().count(), 8, "six kinds, all of them, and a header");
    assert_eq!(run("1"), (said.clone(), table.clone()));
    assert_ne!(run("2").1, table);
}

#[test]
fn who_asks_says_whom_about_whom_and_where_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let chain = ["--chain", "ws://127.0.0.1:1"];
    let provider = ["--anti-cheat", "one=http://127.0.0.1:1/"];
    for (arguments, missing) in [
        (vec!["ask", "--merchant", "1", "--record", "r"], "--anti-cheat"),
        (vec!["ask", "--record", "r", provider[0], provider[1]], "--merchant"),
        (vec!["ask", "--merchant", "1", provider[0], provider[1]], "--record"),
        (vec!["scan", provider[0], provider[1]], "--record"),
        (vec!["scan", "--lake", "there"], "--index"),
    ] {
        let output = persona(folder.path(), &[&arguments[..], &chain].concat());
        assert!(!output.status.success());
        assert!(text(&output.stderr).contains(missing), "{arguments:?}: {}", text(&output.stderr));
    }
    let output = persona(folder.path(), &["scan"]);
    assert!(text(&output.stderr).contains("--chain"), "{}", text(&output.stderr));
}
