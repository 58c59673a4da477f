//! The foundation's board, and what vesting released.

use super::select::{position, Select};
use crate::{
    model::{page_size, Director, Position, Resolution, ResolutionState, VestingRelease, Vote},
    store::{
        codes::{code, LINES, RESOLUTION_STATES},
        sql::{fetch, fetch_one, values, Columns},
        Store,
    },
    Result,
};
use bizkey_primitives::{
    board::{DirectorId, ResolutionId},
    vesting::Line,
};

const RESOLUTIONS: &str = "SELECT resolution, director, motion, proposed_ms, block, state, since_block, executable_ms
                           FROM resolutions WHERE resolution";

/// The contract checks that a name is UTF-8.
fn name(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn director(row: &Columns) -> Result<Director> {
    Ok(Director {
        director: row.integer("director")?,
        account: row.account("account")?,
        name: name(row.blob("name")?),
        seated_block: row.integer("block")?,
        left_block: row.optional("left_block")?,
    })
}

fn resolution(row: &Columns) -> Result<Resolution> {
    Ok(Resolution {
        resolution: row.integer("resolution")?,
        proposer: row.integer("director")?,
        motion: row.scale("motion")?,
        proposed_ms: row.wide("proposed_ms")?,
        proposed_block: row.integer("block")?,
        state: row.choice("state", &RESOLUTION_STATES)?,
        since_block: row.integer("since_block")?,
        executable_ms: row.optional_wide("executable_ms")?,
    })
}

impl Store {
    /// A page of directors, in office or not any more, by number, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn directors_after(
        &self,
        in_office: Option<bool>,
        after: DirectorId,
        limit: u32,
    ) -> Result<Vec<Director>> {
        let sql = "SELECT director, name, block, account, left_block FROM directors WHERE director > $1";
        let (sql, values) = Select::new(sql, values![after]).null("left_block", in_office).page("director", limit);
        fetch(self.reader(), "reading directors", sql, values, director).await
    }

    /// Who chairs the board; `None` if nobody does.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn chair(&self) -> Result<Option<DirectorId>> {
        let sql = "SELECT director FROM chairs ORDER BY block DESC, event DESC LIMIT 1";
        let read = |row: &Columns| row.optional("director");
        Ok(fetch_one(self.reader(), "reading the chair", sql, values![], read).await?.flatten())
    }

    /// A page of resolutions, by number, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn resolutions_after(
        &self,
        state: Option<ResolutionState>,
        after: ResolutionId,
        limit: u32,
    ) -> Result<Vec<Resolution>> {
        let state = state.map(|state| code(&RESOLUTION_STATES, &state));
        let select = Select::new(format!("{RESOLUTIONS} > $1"), values![after]).equal("state", state);
        let (sql, values) = select.page("resolution", limit);
        fetch(self.reader(), "reading resolutions", sql, values, resolution).await
    }

    /// A resolution.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn resolution(&self, number: ResolutionId) -> Result<Option<Resolution>> {
        let sql = format!("{RESOLUTIONS} = $1");
        fetch_one(self.reader(), "reading a resolution", sql, values![number], resolution).await
    }

    /// A page of the votes on a resolution, by director, those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn votes_after(&self, resolution: ResolutionId, after: DirectorId, limit: u32) -> Result<Vec<Vote>> {
        let sql = "SELECT v.director, v.in_favour, v.block, v.event, d.name, d.left_block
                   FROM votes v LEFT JOIN directors d ON d.director = v.director
                   WHERE v.resolution = $1 AND v.director > $2 ORDER BY v.director LIMIT $3";
        fetch(self.reader(), "reading votes", sql, values![resolution, after, page_size(limit)], |row| {
            Ok(Vote {
                director: row.integer("director")?,
                name: row.optional_blob("name")?.map(name),
                in_favour: row.integer::<u8>("in_favour")? != 0,
                position: position(row)?,
                left_block: row.optional("left_block")?,
            })
        })
        .await
    }

    /// A page of what vesting released, of one line or all, in chain order,
    /// those after `after`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn vesting_releases_after(
        &self,
        line: Option<Line>,
        after: Position,
        limit: u32,
    ) -> Result<Vec<VestingRelease>> {
        let sql = "SELECT block, event, line, account, amount FROM vesting_releases
                   WHERE (block, event) > ($1, $2)";
        let line = line.map(|line| code(&LINES, &line));
        let select = Select::new(sql, values![after.block, after.event]).equal("line", line);
        let (sql, values) = select.page("block, event", limit);
        fetch(self.reader(), "reading releases", sql, values, |row| {
            Ok(VestingRelease {
                position: position(row)?,
                line: row.choice("line", &LINES)?,
                account: row.account("account")?,
                amount: row.amount("amount")?,
            })
        })
        .await
    }
}
