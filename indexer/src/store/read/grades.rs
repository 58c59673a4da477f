//! Kept grades.

use super::{
    runs::{listed, SHOPS_A_QUERY},
    select::Select,
};
use crate::{
    model::{page_size, GradeReached, MerchantGrade},
    scores::grade::{Grade, Graded, MEMORY, WINDOW},
    store::{
        codes::STATUSES,
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Error, Result,
};
use bizkey_primitives::{party::Status, Epoch, MerchantIndex};
use std::collections::BTreeMap;

const COLUMNS: &str = "merchant, epoch, ranks, earned, since_epoch, grade, status";
/// Scores that are read at a time to compare each with all.
const SCORES_A_QUERY: u32 = 8_192;

/// What of a shop's kept score its grade is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShopScore {
    /// The shop.
    pub merchant: MerchantIndex,
    /// BizPower, scale 10^18.
    pub score: u128,
    /// Its standing at the epoch's close.
    pub status: Status,
    /// Its trade in that epoch, if attested.
    pub trade: Option<u16>,
    /// Its region in that epoch, if attested.
    pub region: Option<u16>,
}

fn scored(row: &Columns) -> Result<ShopScore> {
    Ok(ShopScore {
        merchant: row.integer("merchant")?,
        score: row.amount("score")?,
        status: row.choice("status", &STATUSES)?,
        trade: row.optional("trade")?,
        region: row.optional("region")?,
    })
}

fn grade_of(row: &Columns, column: &'static str) -> Result<Grade> {
    let number: u8 = row.integer(column)?;
    Grade::try_from(number).map_err(|unknown| Error::Altered { column, value: unknown.0.to_string() })
}

fn ranks(row: &Columns) -> Result<Vec<u16>> {
    let bytes = row.blob("ranks")?;
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() || pairs.is_empty() || pairs.len() > WINDOW {
        return Err(Error::Altered { column: "ranks", value: crate::model::hex(bytes) });
    }
    Ok(pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
}

fn merchant_grade(row: &Columns) -> Result<MerchantGrade> {
    Ok(MerchantGrade {
        merchant: row.integer("merchant")?,
        graded: Graded {
            epoch: row.integer("epoch")?,
            ranks: ranks(row)?,
            earned: grade_of(row, "earned")?,
            since: row.integer("since_epoch")?,
        },
        shown: grade_of(row, "grade")?,
        status: row.choice("status", &STATUSES)?,
    })
}

impl Store {
    /// A page of a shop's grades by epoch, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn merchant_grades(
        &self,
        merchant: MerchantIndex,
        after: Option<Epoch>,
        limit: u32,
    ) -> Result<Vec<MerchantGrade>> {
        let sql =
            format!("SELECT {COLUMNS} FROM merchant_grades WHERE merchant = $1 AND epoch > $2 ORDER BY epoch LIMIT $3");
        let values = values![merchant, after.map_or(-1, i64::from), page_size(limit)];
        fetch(self.reader(), "reading a shop's grades", sql, values, merchant_grade).await
    }

    /// A shop's grade after the last kept epoch in which it traded, however
    /// long ago that was ([`Graded::is_over_in`]).
    ///
    /// # Errors
    /// Those of the database.
    pub async fn merchant_grade(&self, merchant: MerchantIndex) -> Result<Option<MerchantGrade>> {
        let sql = format!("SELECT {COLUMNS} FROM merchant_grades WHERE merchant = $1 ORDER BY epoch DESC LIMIT 1");
        fetch_one(self.reader(), "reading a shop's grade", sql, values![merchant], merchant_grade).await
    }

    /// A page of the grades that shops reached for the first time, by epoch,
    /// shop and grade, those after `after`; of all shops, or of one.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn grades_reached(
        &self,
        merchant: Option<MerchantIndex>,
        after: Option<GradeReached>,
        limit: u32,
    ) -> Result<Vec<GradeReached>> {
        let mut sql = "SELECT merchant, grade, epoch FROM grades_reached WHERE epoch >= 0".to_owned();
        let mut values = values![];
        if let Some(GradeReached { merchant, grade, epoch }) = after {
            sql.push_str(" AND (epoch, merchant, grade) > ($1, $2, $3)");
            values = values![epoch, merchant, grade.number()];
        }
        let (sql, values) = Select::new(sql, values).equal("merchant", merchant).page("epoch, merchant, grade", limit);
        fetch(self.reader(), "reading grades that were reached", sql, values, |row| {
            Ok(GradeReached {
                merchant: row.integer("merchant")?,
                grade: grade_of(row, "grade")?,
                epoch: row.integer("epoch")?,
            })
        })
        .await
    }

    /// The last epoch whose grades are kept; `None` before the first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn last_graded_epoch(&self) -> Result<Option<Epoch>> {
        let sql = "SELECT MAX(epoch) AS epoch FROM graded_epochs";
        let read = |row: &Columns| row.optional("epoch");
        Ok(fetch_one(self.reader(), "reading the last graded epoch", sql, values![], read).await?.flatten())
    }

    /// Every kept score of an epoch, in the order of shops.
    pub(crate) async fn scores_in(&self, epoch: Epoch) -> Result<Vec<u128>> {
        let (mut scores, mut after) = (Vec::new(), 0);
        loop {
            let page = self.scored_after(epoch, after, SCORES_A_QUERY).await?;
            let Some(last) = page.last() else { return Ok(scores) };
            after = last.merchant;
            scores.extend(page.iter().map(|shop| shop.score));
        }
    }

    /// Some shops with a kept score in an epoch, by index, those after
    /// `after`: as many as one query looks up.
    pub(crate) async fn scored_in(&self, epoch: Epoch, after: MerchantIndex) -> Result<Vec<ShopScore>> {
        self.scored_after(epoch, after, u32::try_from(SHOPS_A_QUERY).unwrap_or(u32::MAX)).await
    }

    async fn scored_after(&self, epoch: Epoch, after: MerchantIndex, limit: u32) -> Result<Vec<ShopScore>> {
        let sql = "SELECT merchant, score, status, trade, region FROM merchant_scores
                   WHERE epoch = $1 AND merchant > $2 ORDER BY merchant LIMIT $3";
        fetch(self.reader(), "reading an epoch's scores", sql, values![epoch, after, limit], scored).await
    }

    /// The last grade of each of these shops from before an epoch, as far as
    /// it still counts in it.
    pub(crate) async fn grades_before(
        &self,
        epoch: Epoch,
        merchants: &[MerchantIndex],
    ) -> Result<BTreeMap<MerchantIndex, MerchantGrade>> {
        let first = epoch.saturating_sub(MEMORY - 1);
        let mut values = values![first, epoch];
        let sql = format!(
            "SELECT {COLUMNS} FROM merchant_grades
             WHERE epoch >= $1 AND epoch < $2 AND merchant IN {} ORDER BY epoch",
            listed(merchants, &mut values)
        );
        let rows = fetch(self.reader(), "reading earlier grades", sql, values, merchant_grade).await?;
        // The last one of each shop stays.
        Ok(rows.into_iter().map(|row| (row.merchant, row)).collect())
    }
}
