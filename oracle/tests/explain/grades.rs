//! The grade that `bizkey explain` prints is the index's rule on the same scores.

use super::{
    arithmetic::whole,
    explain, merchant, redo,
    town::{Town, CALENDAR},
};
use bizkey_client::ContractKind;
use bizkey_indexer::scores::{Distribution, Grade, Graded};
use bizkey_oracle::explain::GradeExplanation;
use bizkey_primitives::{
    events::{Event, StatusChanged},
    Hash, Side, Status,
};

/// A shop sells the same to each of its customers.
fn sell(town: &mut Town, epoch: u32, shop: u32, customers: u32) {
    let sales: Vec<(u32, u64)> = (1..=customers).map(|customer| (customer, 100)).collect();
    town.sales(epoch, shop, epoch.into(), &sales);
}

fn grade(town: &Town, epoch: u32, shop: u32) -> Option<GradeExplanation> {
    explain(town, epoch, merchant(shop)).unwrap().merchant.unwrap().grade
}

#[test]
fn every_grade_of_every_day_is_the_indexs() {
    let mut town = Town::new(4, 5);
    for epoch in 0..11 {
        for shop in (1..=4).filter(|shop| (epoch + shop) % 4 != 0) {
            sell(&mut town, epoch, shop, 1 + (epoch * 7 + shop * 3) % 5);
        }
        town.settle(epoch);
    }
    let mut rises = 0;
    for shop in 1..=4 {
        let mut graded: Option<Graded> = None;
        for epoch in 0..11 {
            let rows = &town.reports[epoch as usize].scores.merchants;
            if let Some(row) = rows.iter().find(|row| row.merchant == shop) {
                let rank = Distribution::of(rows.iter().map(|row| row.score)).rank(row.score);
                let after = Graded::after(graded.as_ref(), epoch, rank);
                rises += u32::from(graded.is_some_and(|before| before.earned < after.earned));
                graded = Some(after);
            }
            let (explanation, figures) = redo(&town, epoch, Side::Merchant, shop);
            let text = explanation.to_string();
            let explained = explanation.merchant.unwrap().grade;
            let Some(graded) = &graded else {
                assert_eq!(explained, None);
                continue;
            };
            let explained = explained.expect("a grade");
            let ranks: Vec<u16> = explained.ranks.iter().map(|line| line.rank).collect();
            assert_eq!((explained.epoch, &ranks, explained.standing), (graded.epoch, &graded.ranks, graded.standing()));
            assert_eq!((explained.earned.number, explained.since_epoch), (graded.earned.number(), graded.since));
            assert_eq!(explained.shown.as_ref(), Some(&explained.earned), "nobody is penalised");
            // A person gets the same: each rank from the shop's place, the middle of seven, the higher bound.
            assert_eq!(figures["standing"], whole(graded.standing()), "{text}");
            for line in &explained.ranks {
                assert_eq!(figures[&format!("rank of epoch {}", line.epoch)], whole(line.rank), "{text}");
            }
            let before = explained.before.as_ref().map_or(0, |before| before.number);
            let by_hand = before.max(explained.reached.number).min(explained.kept.number);
            assert_eq!(explained.earned.number, by_hand, "{text}");
            assert!(
                explained.reached.reached_at <= explained.standing && explained.kept.kept_down_to <= explained.standing
            );
        }
    }
    assert!(rises > 0, "nobody ever rose");
}

#[test]
fn a_grade_outlasts_days_without_trade_for_a_month_and_a_penalty_lowers_it() {
    let mut town = Town::new(2, 2);
    for epoch in 0..4 {
        sell(&mut town, epoch, 1, 2);
        if epoch == 0 {
            sell(&mut town, epoch, 2, 2);
        }
        town.settle(epoch);
    }
    let demoted = StatusChanged { side: Side::Merchant, index: 1, status: Status::Demoted, reason: Hash::default() };
    town.set(5, ContractKind::Registry, vec![Event::StatusChanged(demoted)]);
    let removed = StatusChanged { side: Side::Merchant, index: 2, status: Status::Removed, reason: Hash::default() };
    town.set(6, ContractKind::Registry, vec![Event::StatusChanged(removed)]);
    town.block(CALENDAR.start_ms(40), vec![]);

    let third = grade(&town, 3, 1).unwrap();
    // In the upper half of two, then alone in the middle: the fourth of 7,500 and three times 5,000.
    let ranks: Vec<(u64, u64, u64, u16)> =
        third.ranks.iter().map(|line| (line.below, line.equal, line.shops, line.rank)).collect();
    assert_eq!(ranks, [(1, 1, 2, 7_500), (0, 1, 1, 5_000), (0, 1, 1, 5_000), (0, 1, 1, 5_000)]);
    assert_eq!((third.standing, third.earned.number, third.since_epoch), (5_000, Grade::Bronze.number(), 3));
    assert_eq!((third.before.unwrap().name.as_str(), third.next.unwrap().reached_at), ("iron", 7_000));

    let quiet = grade(&town, 4, 1).unwrap();
    assert_eq!((quiet.epoch, quiet.shown.unwrap().name.as_str()), (3, "bronze"));
    let lowered = grade(&town, 5, 1).unwrap();
    assert_eq!((lowered.earned.name.as_str(), lowered.shown.unwrap().name.as_str()), ("bronze", "copper"));
    let text = explain(&town, 5, merchant(1)).unwrap().to_string();
    assert!(text.contains("shown: copper, one lower, as the shop is demoted"), "{text}");
    assert_eq!(grade(&town, 6, 2).unwrap().shown, None, "a removed shop");
    assert!(grade(&town, 32, 1).is_some());
    assert_eq!(grade(&town, 33, 1), None, "thirty epochs after its last trade");
    let text = explain(&town, 33, merchant(1)).unwrap().to_string();
    assert!(text.contains("none: the shop did not trade in the last 30 epochs"), "{text}");
}
