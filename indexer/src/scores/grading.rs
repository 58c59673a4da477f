//! The grades of an epoch that is over into rows.

use super::grade::{Distribution, Grade, Graded};
use crate::{
    model::MerchantGrade,
    store::{read::grades::ShopScore, write::grades::NewGrade, Store},
    Result,
};
use bizkey_primitives::Epoch;

/// Keeps the grades of an epoch whose scores are all kept, and of which every
/// earlier epoch is graded. Grading it again changes nothing.
pub(super) async fn grade(store: &Store, epoch: Epoch) -> Result<()> {
    let distribution = Distribution::of(store.scores_in(epoch).await?);
    let mut after = 0;
    loop {
        let shops = store.scored_in(epoch, after).await?;
        let Some(last) = shops.last() else { break };
        after = last.merchant;
        let merchants: Vec<_> = shops.iter().map(|shop| shop.merchant).collect();
        let before = store.grades_before(epoch, &merchants).await?;
        let new = |scored: ShopScore| {
            let before = before.get(&scored.merchant);
            let rank = distribution.rank(scored.score);
            let graded = Graded::after(before.map(|before| &before.graded), epoch, rank);
            // A removed shop has no leaf, so no score that is kept.
            let shown = graded.earned.under(scored.status).unwrap_or(Grade::Iron);
            let rises = before.is_none_or(|before| before.shown < shown);
            let grade = MerchantGrade { merchant: scored.merchant, graded, shown, status: scored.status };
            NewGrade { grade, scored, rises }
        };
        let grades: Vec<NewGrade> = shops.into_iter().map(new).collect();
        store.keep_grades(&grades).await?;
        tracing::debug!(epoch, after, "keeping grades");
    }
    store.keep_graded_epoch(epoch, distribution.shops() as u64).await
}
