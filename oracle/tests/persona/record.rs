//! What a record of verdicts must stand.

use bizkey_oracle::persona::provider::{Judgement, Record, RecordError, Service, Verdict};
use bizkey_primitives::Side;

fn verdict(provider: &str, question: u8, judgement: Judgement) -> Verdict {
    let raw = format!(r#"{{"verdict": "{}",  "score": 7, "reasons": ["a \"quoted\" line\n"]}}"#, judgement.name());
    Verdict {
        provider: provider.to_owned(),
        service: Service::Identity,
        side: Side::Customer,
        index: 3,
        epochs: (30, 59),
        asked_ms: 5,
        request_hash: [question; 32],
        raw,
        judgement,
        score: 7,
        reasons: vec!["a \"quoted\" line\n".to_owned()],
    }
}

#[test]
fn what_is_kept_is_found_after_a_restart_to_the_letter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("verdicts.jsonl");
    let kept = [
        verdict("one", 1, Judgement::Forged),
        verdict("one", 2, Judgement::Genuine),
        verdict("two", 1, Judgement::Suspicious),
    ];
    let mut record = Record::open(&path).unwrap();
    for verdict in &kept {
        assert_eq!(record.keep(verdict.clone()).unwrap(), *verdict);
    }
    // The first answer to a question stays.
    assert_eq!(record.keep(verdict("one", 1, Judgement::Genuine)).unwrap(), kept[0]);
    drop(record);
    let record = Record::open(&path).unwrap();
    for verdict in &kept {
        assert_eq!(record.find(&verdict.provider, verdict.request_hash), Some(verdict));
    }
    assert_eq!(record.find("two", [2; 32]), None);
    assert_eq!(record.verdicts().count(), 3);
}

#[test]
fn one_process_at_a_time_has_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("verdicts.jsonl");
    let first = Record::open(&path).unwrap();
    assert!(matches!(Record::open(&path), Err(RecordError::InUse(_))));
    drop(first);
    Record::open(&path).unwrap();
}

#[test]
fn a_line_that_was_cut_short_was_not_used_and_a_broken_one_stops_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("verdicts.jsonl");
    let mut record = Record::open(&path).unwrap();
    record.keep(verdict("one", 1, Judgement::Forged)).unwrap();
    record.keep(verdict("one", 2, Judgement::Forged)).unwrap();
    drop(record);
    let text = std::fs::read_to_string(&path).unwrap();
    let last = text.lines().last().unwrap().len();
    for cut in [1, 2, last / 2, last] {
        std::fs::write(&path, &text[..text.len() - cut]).unwrap();
        let mut record = Record::open(&path).unwrap();
        assert_eq!(record.verdicts().count(), 1, "{cut} bytes less");
        record.keep(verdict("one", 2, Judgement::Genuine)).unwrap();
        drop(record);
        assert_eq!(Record::open(&path).unwrap().verdicts().count(), 2, "{cut} bytes less");
    }
    for broken in
        ["nonsense".to_owned(), text.replacen("identity", "astrology", 1), text.replacen("forged", "guilty", 1)]
    {
        std::fs::write(&path, format!("{broken}\n")).unwrap();
        assert!(matches!(Record::open(&path), Err(RecordError::Unreadable { line: 1, .. })), "{broken}");
    }
}
