//! Grades of epochs that are over, kept.

use crate::{
    model::MerchantGrade,
    scores::Grade,
    store::{
        codes::{code, STATUSES},
        insert::Insert,
        read::grades::ShopScore,
        sql::{execute, values},
        Store,
    },
    Result,
};
use bizkey_primitives::Epoch;

const GRADES: Insert = Insert {
    table: "merchant_grades",
    columns: "merchant, epoch, ranks, earned, since_epoch, grade, status, score, trade, region",
    tail: "ON CONFLICT (merchant, epoch) DO NOTHING",
};

const REACHED: Insert = Insert {
    table: "grades_reached",
    columns: "merchant, grade, epoch",
    tail: "ON CONFLICT (merchant, grade) DO NOTHING",
};

/// A shop's grade that is to be kept.
#[derive(Clone, Debug)]
pub(crate) struct NewGrade {
    /// The grade.
    pub grade: MerchantGrade,
    /// What it follows from.
    pub scored: ShopScore,
    /// Whether it is shown with a higher grade than after the epoch before.
    pub rises: bool,
}

impl Store {
    /// Keeps the grades of some shops. Keeping them again changes nothing, so
    /// a process that was killed half-way begins the epoch again.
    pub(crate) async fn keep_grades(&self, grades: &[NewGrade]) -> Result<()> {
        let (mut rows, mut reached) = (Vec::new(), Vec::new());
        for NewGrade { grade: MerchantGrade { merchant, graded, shown, status }, scored, rises } in grades {
            let ranks: Vec<u8> = graded.ranks.iter().flat_map(|rank| rank.to_be_bytes()).collect();
            rows.extend(values![
                *merchant,
                graded.epoch,
                ranks,
                graded.earned.number(),
                graded.since,
                shown.number(),
                code(&STATUSES, status),
                scored.score,
                scored.trade,
                scored.region,
            ]);
            if *rises {
                // Who rises past a grade has reached it too. Everybody has the first.
                let passed = Grade::ALL.into_iter().filter(|grade| (Grade::Copper..=*shown).contains(grade));
                reached.extend(passed.flat_map(|grade| values![*merchant, grade.number(), graded.epoch]));
            }
        }
        let mut transaction = self.begin().await?;
        GRADES.run(&mut transaction, "keeping grades", rows).await?;
        REACHED.run(&mut transaction, "keeping grades that were reached", reached).await?;
        transaction.commit("committing grades").await
    }

    /// The grades of the epoch are kept whole; `shops` had a positive score.
    pub(crate) async fn keep_graded_epoch(&self, epoch: Epoch, shops: u64) -> Result<()> {
        let mut transaction = self.begin().await?;
        let sql = "INSERT INTO graded_epochs (epoch, shops) VALUES ($1, $2) ON CONFLICT (epoch) DO NOTHING";
        execute(&mut transaction, "storing that an epoch is graded", sql, values![epoch, shops]).await?;
        transaction.commit("committing that an epoch is graded").await
    }
}
