//! Texts of offers, which come from people and not from blocks.

use crate::{
    model::GivenText,
    search::text_terms,
    store::{
        insert::Insert,
        sql::{execute, values},
        Store,
    },
    Result,
};
use bizkey_primitives::{hash::blake2x256, Hash};

const TERMS: Insert = Insert { table: "text_terms", columns: "term, hash", tail: "" };

impl Store {
    /// Keeps a text under its hash, and by its terms, if a stored offer names
    /// the hash. Only that bounds what strangers can store here: every
    /// offer, and every change of one, cost its shop a transaction.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn keep_text(&self, text: &str) -> Result<GivenText> {
        let hash = Hash::from(blake2x256(text.as_bytes()));
        // The one writer is asked only for what there is to write. An offer
        // that goes back with its block in between leaves its text, which
        // nothing names then and nothing finds.
        if self.text(&hash).await?.is_some() {
            return Ok(GivenText::Known);
        }
        if !self.is_named(&hash).await? {
            return Ok(GivenText::NotNamed);
        }
        let mut transaction = self.begin().await?;
        // What people give cannot be read from the chain again.
        transaction.make_durable().await?;
        let sql = "INSERT INTO texts (hash, text) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
        let added = execute(&mut transaction, "keeping a text", sql, values![&hash, text.as_bytes()]).await?;
        if added == 0 {
            return Ok(GivenText::Known);
        }
        let rows = text_terms(text).into_iter().flat_map(|term| values![term.as_bytes(), &hash]).collect();
        TERMS.run(&mut transaction, "keeping a text's terms", rows).await?;
        transaction.commit("committing a text").await?;
        Ok(GivenText::Kept)
    }
}
