//! The rule of grades as properties, and beside a plain reading of it.

use super::*;
use proptest::prelude::*;

/// A shop's grades over the epochs, each with its rank if it traded.
fn play(history: &[Option<u16>]) -> Vec<Option<Graded>> {
    let mut last: Option<Graded> = None;
    (0..)
        .zip(history)
        .map(|(epoch, rank)| {
            let rank = (*rank)?;
            last = Some(Graded::after(last.as_ref(), epoch, rank));
            last.clone()
        })
        .collect()
}

fn grades(history: &[Option<u16>]) -> Vec<Grade> {
    play(history).into_iter().flatten().map(|graded| graded.earned).collect()
}

fn rank() -> impl Strategy<Value = u16> {
    // Near a bound more often than by chance.
    let bound = (1usize..7, -3i32..=3, any::<bool>()).prop_map(|(grade, shift, upper)| {
        let grade = Grade::ALL[grade];
        let bound = if upper { grade.reached_at() } else { grade.kept_down_to() };
        u16::try_from(i32::from(bound) + shift).unwrap()
    });
    prop_oneof![0..=WHOLE, bound]
}

fn history() -> impl Strategy<Value = Vec<Option<u16>>> {
    // Days without trade, but never a month of them.
    prop::collection::vec(prop::option::weighted(0.8, rank()), 0..25)
}

/// Ranks within the band of a grade: too low to rise to it, high enough to keep it.
fn wobble() -> impl Strategy<Value = (Grade, Vec<u16>)> {
    (1usize..7).prop_flat_map(|grade| {
        let grade = Grade::ALL[grade];
        let band = prop_oneof![
            grade.kept_down_to()..grade.reached_at(),
            Just(grade.reached_at() - 1),
            Just(grade.kept_down_to())
        ];
        (Just(grade), prop::collection::vec(band, 0..40))
    })
}

#[test]
fn the_intervals_follow_each_other_with_a_band_at_each_bound() {
    for pair in Grade::ALL.windows(2) {
        let [lower, upper] = pair else { panic!() };
        assert!(lower.reached_at() < upper.kept_down_to(), "{upper:?} would fall past {lower:?}");
        assert!(upper.kept_down_to() < upper.reached_at());
        assert_eq!((lower.next(), upper.lowered()), (Some(*upper), *lower));
    }
    assert_eq!((Grade::Diamond.next(), Grade::Iron.lowered()), (None, Grade::Iron));
    for (number, grade) in (1u8..).zip(Grade::ALL) {
        assert_eq!((grade.number(), Grade::try_from(number)), (number, Ok(grade)));
    }
    assert_eq!((Grade::try_from(0), Grade::try_from(8)), (Err(UnknownGrade(0)), Err(UnknownGrade(8))));
}

#[test]
fn who_is_penalised_is_shown_lower_and_who_is_removed_not_at_all() {
    for grade in Grade::ALL {
        assert_eq!(grade.under(Status::Active), Some(grade));
        for status in [Status::Demoted, Status::Restricted] {
            let shown = grade.under(status).unwrap();
            assert_eq!(u32::from(shown.number()), u32::from(grade.number()).max(2) - 1);
        }
        assert_eq!(grade.under(Status::Removed), None);
    }
}

#[test]
fn small_networks_have_no_best_hundredth() {
    assert_eq!(Distribution::of([]).rank(5), 0);
    assert_eq!(Distribution::of([0, 0]).rank(0), 0);
    assert_eq!(Distribution::of([9]).rank(9), WHOLE / 2, "nobody to compare with");
    let three = Distribution::of([30, 0, 10, 20]);
    assert_eq!((three.shops(), [0, 10, 20, 30].map(|score| three.rank(score))), (3, [0, 1_666, 5_000, 8_333]));
    let best = |shops: u128| Distribution::of(1..=shops).rank(shops);
    assert!(best(49) < Grade::Diamond.reached_at() && best(50) >= Grade::Diamond.reached_at());
    // As many as the paper's launch has, all with the same score.
    let same = Distribution::of(std::iter::repeat_n(7, 30_000));
    assert_eq!(same.rank(7), WHOLE / 2);
}

#[test]
fn a_new_shop_rises_on_its_fourth_day() {
    let top = Some(9_990);
    assert_eq!(grades(&[top; 5])[2..], [Grade::Iron, Grade::Diamond, Grade::Diamond]);
    // After a month without trade it begins anew, and after a day less it does not.
    let mut pause = vec![top; 5];
    pause.extend(vec![None; MEMORY as usize - 1]);
    pause.push(top);
    let last = |history: &[Option<u16>]| play(history).pop().unwrap().unwrap();
    assert_eq!((last(&pause).earned, last(&pause).ranks.len()), (Grade::Iron, 1));
    pause.remove(9);
    assert_eq!((last(&pause).earned, last(&pause).since), (Grade::Diamond, 3));
}

proptest! {
    /// Ranks order as scores do, ties tie, and the ranks of all are about the
    /// middle on average.
    #[test]
    fn ranks_are_the_order_of_scores(scores in prop::collection::vec(0u128..30, 1..60)) {
        let distribution = Distribution::of(scores.iter().copied());
        for (a, b) in scores.iter().flat_map(|a| scores.iter().map(move |b| (*a, *b))) {
            prop_assert!(a > b || distribution.rank(a) <= distribution.rank(b));
        }
        let positive: Vec<u128> = scores.iter().copied().filter(|score| *score > 0).collect();
        let sum: u64 = positive.iter().map(|score| u64::from(distribution.rank(*score))).sum();
        let n = positive.len() as u64;
        prop_assert!(sum <= n * 5_000 && sum + n >= n * 5_000, "{} of {}", sum, n);
    }

    /// (a) Whatever was before, ranks that stay within the band of a grade
    /// make a shop cross its bound at most once; and once they fill the
    /// window, they change nothing at all.
    #[test]
    fn a_shop_that_wobbles_about_a_bound_does_not_flap(before in history(), (grade, ranks) in wobble()) {
        let mut all = before.clone();
        all.extend(ranks.iter().copied().map(Some));
        let all = grades(&all);
        let traded = before.iter().flatten().count();
        let since = &all[traded.saturating_sub(1)..];
        let crossings = since.windows(2).filter(|pair| (pair[0] < grade) != (pair[1] < grade)).count();
        prop_assert!(crossings <= 1, "{:?}", since);
        let filled = &all[(traded + WINDOW - 1).min(all.len())..];
        prop_assert!(filled.windows(2).all(|pair| pair[0] == pair[1]), "{:?}", filled);
    }

    /// (b) Four epochs of trade far above are enough to rise, and four far
    /// below to fall, whatever was before.
    #[test]
    fn a_shop_rises_and_falls_in_four_epochs(before in history(), grade in 0usize..7, above in 0u16..100, gaps in prop::collection::vec(0usize..5, 4)) {
        let grade = Grade::ALL[grade];
        let then = |rank: u16| {
            let mut history = before.clone();
            for gap in &gaps {
                history.extend(vec![None; *gap]);
                history.push(Some(rank));
            }
            *grades(&history).last().unwrap()
        };
        prop_assert!(then((grade.reached_at() + above).min(WHOLE)) >= grade);
        if let Some(below) = grade.kept_down_to().checked_sub(1 + above) {
            prop_assert!(then(below) < grade);
        }
    }

    /// A single day, however bad or good, moves the standing no further than
    /// to the rank next to it.
    #[test]
    fn one_day_moves_little(ranks in prop::collection::vec(rank(), WINDOW), day in 0..WINDOW, other in rank()) {
        let mut sorted = ranks.clone();
        sorted.sort_unstable();
        let mut changed = ranks.clone();
        changed[day] = other;
        let standing = standing(&changed);
        prop_assert!((sorted[WINDOW / 2 - 1]..=sorted[WINDOW / 2 + 1]).contains(&standing));
    }

    /// (c), (d) The grade is a function of the ranks: the plain reading, from
    /// the whole history each time, says the same.
    #[test]
    fn the_rule_is_what_its_text_says(history in prop::collection::vec(prop::option::weighted(0.3, rank()), 0..120)) {
        let played = play(&history);
        let mut grade: Option<Grade> = None;
        let mut traded: Vec<usize> = Vec::new();
        for (epoch, graded) in played.iter().enumerate() {
            let Some(graded) = graded else { continue };
            if traded.last().is_some_and(|last| epoch - last >= 30) {
                (grade, traded) = (None, Vec::new());
            }
            traded.push(epoch);
            let mut last: Vec<u16> = traded.iter().rev().take(7).map(|epoch| history[*epoch].unwrap()).collect();
            last.resize(7, 0);
            last.sort_unstable();
            let standing = last[3];
            let highest = |bound: fn(Grade) -> u16| *Grade::ALL.iter().rfind(|grade| bound(**grade) <= standing).unwrap();
            let (reached, kept) = (highest(Grade::reached_at), highest(Grade::kept_down_to));
            let now = match grade {
                None => reached,
                Some(before) if before < reached => reached,
                Some(before) if before > kept => kept,
                Some(before) => before,
            };
            prop_assert_eq!((graded.standing(), graded.earned, graded.epoch as usize), (standing, now, epoch));
            prop_assert_eq!(graded.since as usize == epoch, grade != Some(now));
            grade = Some(now);
        }
    }
}
