//! Shops and open offers by text, trade and place, ranked.
//!
//! What bounds the work: a search starts from an index, never from all rows.
//! With a text, from the texts that have its rarest term, of which each cost
//! some shop a transaction; without, from the shops of the region, or else of
//! the trade, by their last kept scores. Of what matches, at most
//! [`CANDIDATES`] of each kind are ranked, so that no search sorts more.

use super::{select::Select, texts::text};
use crate::{
    model::{page_size, Hit, HitKind, HitOffer, Rank, SearchFilter},
    store::{
        codes::{code, STATUSES},
        read::blocks::last_block,
        sql::{fetch, values, Columns, Value},
        Store,
    },
    Result,
};
use bizkey_primitives::{party::Status, Epoch, Side};

/// Most shops, tasks and privileges, each, that one search ranks: the shops
/// with the best last kept scores (of those found by words, the ones with the
/// lowest numbers), and the newest offers. The same ones for each page, so that
/// pages fit together.
const CANDIDATES: u32 = 2_000;
/// Most texts that one search looks offers up for, those with the lowest hashes:
/// a word that more of them have wants a second one beside it.
const TEXTS: u32 = 10_000;
/// Texts of a term that are counted to find the rarest.
const COUNTED: u32 = 1_000;

/// A query and its values.
struct Query {
    values: Vec<Value>,
}

impl Query {
    /// `$n` for a value.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Texts with all of these terms, the rarest first; at most [`TEXTS`].
    fn texts_with(&mut self, terms: &[&str]) -> String {
        let mut of_term = |term: &&str| self.bind(term.as_bytes());
        let mut terms = terms.iter().map(&mut of_term);
        let mut sql = format!("SELECT x.hash FROM text_terms x WHERE x.term = {}", terms.next().unwrap_or_default());
        for term in terms {
            sql.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM text_terms y WHERE y.term = {term} AND y.hash = x.hash)"
            ));
        }
        sql.push_str(&format!(" ORDER BY x.hash LIMIT {}", self.bind(TEXTS)));
        sql
    }

    /// The condition that a shop is of this trade and region now.
    fn is_of(&mut self, merchant: &str, filter: &SearchFilter) -> String {
        let mut sql = String::new();
        for (column, wanted) in [("region", filter.region), ("trade", filter.trade)] {
            if let Some(wanted) = wanted {
                sql.push_str(&format!(" AND {} = {}", present(column, merchant), self.bind(wanted)));
            }
        }
        sql
    }

    /// Shops of this trade and region: the best of the last kept epoch, and
    /// those that became so in an epoch after it.
    fn shops_of(&mut self, filter: &SearchFilter, kept: Option<Epoch>) -> String {
        let kept = self.bind(kept.map_or(-1, i64::from));
        let select = Select::new("", std::mem::take(&mut self.values));
        let wanted;
        (wanted, self.values) = select.equal("c.region", filter.region).equal("c.trade", filter.trade).parts();
        format!(
            "SELECT b.merchant FROM (SELECT c.merchant FROM ranked_shops c WHERE c.merchant > 0{wanted}
                                     ORDER BY c.score DESC, c.merchant LIMIT $3) b
             WHERE NOT EXISTS (SELECT 1 FROM businesses l
                               WHERE l.merchant = b.merchant AND l.from_epoch > {kept} AND l.from_epoch <= $1)
             UNION ALL
             SELECT b.merchant FROM (SELECT DISTINCT c.merchant FROM businesses c
                                     WHERE c.from_epoch > {kept} AND c.from_epoch <= $1{wanted}{is_of}
                                     ORDER BY c.merchant LIMIT $3) b",
            is_of = self.is_of("c.merchant", filter)
        )
    }

    /// What comes after a place in the order of ranks.
    fn after(&mut self, after: &Rank) -> String {
        let status = self.bind(status_code(if after.is_demoted { Status::Demoted } else { Status::Active }));
        let (score, merchant) = (self.bind(after.score), self.bind(after.merchant));
        let (kind, id) = (self.bind(code(&HitKind::ALL, &after.kind)), self.bind(after.id));
        format!(
            " AND (s.status > {status} OR (s.status = {status} AND (s.points < {score} OR (s.points = {score}
                   AND (h.merchant, h.kind, h.id) > ({merchant}, {kind}, {id})))))"
        )
    }
}

/// A shop's trade or region in epoch `$1`.
fn present(column: &str, merchant: &str) -> String {
    format!(
        "(SELECT b.{column} FROM businesses b WHERE b.merchant = {merchant} AND b.from_epoch <= $1
          ORDER BY b.from_epoch DESC, b.block DESC, b.event DESC LIMIT 1)"
    )
}

/// Offers that can be taken at time `$2`. A pause of the contract, which moves
/// their end, is not among the rows: an offer that one prolonged is missed
/// from its first end on.
fn open(table: &str, number: &str, which: &str) -> String {
    // Found first, ordered then: else PostgreSQL may read all open offers from
    // the newest on and look each up among what was found.
    format!(
        "SELECT n.{number}, n.merchant FROM (
             WITH o AS MATERIALIZED (
                 SELECT o.{number}, o.merchant FROM found f JOIN {table} o ON {which}
                 WHERE o.closed_block IS NULL AND o.stock > 0 AND o.expires_ms > $2
             ) SELECT * FROM o
         ) n ORDER BY n.{number} DESC LIMIT $3"
    )
}

fn status_code(status: Status) -> u8 {
    code(&STATUSES, &status)
}

fn hit(row: &Columns) -> Result<Hit> {
    let (status, score) = (row.choice("status", &STATUSES)?, row.amount("points")?);
    let is_scored = row.optional::<Epoch>("scored_epoch")?.is_some();
    let time = row.optional_amount("time")?;
    let conditions = row.optional_hash("conditions")?;
    let text = row.optional_blob("text")?.map(text).transpose()?;
    Ok(Hit {
        rank: Rank {
            is_demoted: status != Status::Active,
            score,
            merchant: row.integer("merchant")?,
            kind: row.choice("kind", &HitKind::ALL)?,
            id: row.integer("id")?,
        },
        status,
        score: is_scored.then_some(score),
        trade: row.optional("trade")?,
        region: row.optional("region")?,
        offer: conditions.zip(time).map(|(conditions, time)| HitOffer { conditions, text, time }),
    })
}

impl Store {
    /// A page of what is found, as of the last stored block, those after
    /// `after`: shops and their open offers. An offer has all terms in its
    /// text; a shop has an offer that has. Whoever is restricted or removed is
    /// not found; shops that are demoted come after all in good standing, then
    /// the higher last kept score comes first, then the lower number.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn search(&self, filter: &SearchFilter, after: Option<&Rank>, limit: u32) -> Result<Vec<Hit>> {
        let by_text = !filter.terms.is_empty();
        if !by_text && filter.trade.is_none() && filter.region.is_none() {
            return Ok(Vec::new());
        }
        let Some(last) = last_block(self.reader()).await? else { return Ok(Vec::new()) };
        let epoch = last.checkpoint.stamp.saturating_sub(1);
        let Some(terms) = self.rarest_first(filter).await? else { return Ok(Vec::new()) };
        let mut query = Query { values: values![epoch, last.checkpoint.timestamp_ms, CANDIDATES, page_size(limit)] };
        let (by, start, which) = if by_text {
            let which = format!("o.conditions = f.hash{}", query.is_of("o.merchant", filter));
            ("hash", query.texts_with(&terms), which)
        } else {
            ("merchant", query.shops_of(filter, self.last_scored_epoch().await?), "o.merchant = f.merchant".to_owned())
        };
        let of_kind = |kind: &HitKind| match kind {
            HitKind::Shop if by_text => {
                "SELECT DISTINCT 0 AS kind, o.merchant AS id, o.merchant AS merchant
                 FROM (SELECT merchant FROM open_tasks UNION ALL SELECT merchant FROM open_privileges) o
                 WHERE o.merchant > 0"
            }
            HitKind::Shop => "SELECT 0 AS kind, f.merchant AS id, f.merchant AS merchant FROM found f",
            HitKind::Task => "SELECT 1 AS kind, o.id AS id, o.merchant AS merchant FROM open_tasks o",
            HitKind::Privilege => "SELECT 2 AS kind, o.id AS id, o.merchant AS merchant FROM open_privileges o",
        };
        let wanted = HitKind::ALL.iter().filter(|kind| filter.kind.is_none_or(|wanted| wanted == **kind));
        let sql = format!(
            "WITH found ({by}) AS ({start}),
                 open_tasks (id, merchant) AS ({tasks}),
                 open_privileges (id, merchant) AS ({privileges}),
                 hits AS ({hits}),
                 standings AS MATERIALIZED (
                     SELECT c.merchant,
                         COALESCE((SELECT t.status FROM statuses t WHERE t.side = {side} AND t.party = c.merchant
                                   ORDER BY t.block DESC, t.event DESC LIMIT 1), {active}) AS status,
                         k.scored_epoch, COALESCE(k.score, {zero}) AS points
                     FROM (SELECT DISTINCT h.merchant FROM hits h) c
                     LEFT JOIN ranked_shops k ON k.merchant = c.merchant
                 ),
                 ranked AS (
                     SELECT h.kind, h.id, h.merchant, s.status, s.scored_epoch, s.points
                     FROM hits h JOIN standings s ON s.merchant = h.merchant
                     WHERE s.status <= {demoted}{after}
                     ORDER BY s.status, s.points DESC, h.merchant, h.kind, h.id LIMIT $4
                 )
             SELECT r.kind, r.id, r.merchant, r.status, r.scored_epoch, r.points, {trade} AS trade, {region} AS region,
                    COALESCE(t.reward, p.price) AS time, COALESCE(t.conditions, p.conditions) AS conditions, x.text
             FROM ranked r
             LEFT JOIN tasks t ON r.kind = 1 AND t.task = r.id
             LEFT JOIN privileges p ON r.kind = 2 AND p.privilege = r.id
             LEFT JOIN texts x ON x.hash = COALESCE(t.conditions, p.conditions)
             ORDER BY r.status, r.points DESC, r.merchant, r.kind, r.id",
            tasks = open("tasks", "task", &which),
            privileges = open("privileges", "privilege", &which),
            hits = wanted.map(of_kind).collect::<Vec<_>>().join(" UNION ALL "),
            side = query.bind(Side::Merchant),
            active = query.bind(status_code(Status::Active)),
            trade = present("trade", "r.merchant"),
            region = present("region", "r.merchant"),
            zero = query.bind(0u128),
            demoted = query.bind(status_code(Status::Demoted)),
            after = after.map(|after| query.after(after)).unwrap_or_default(),
        );
        fetch(self.reader(), "searching", sql, query.values, hit).await
    }

    /// The terms of a search, those with the fewest texts first; `None` if one
    /// of them is in no text at all.
    async fn rarest_first<'f>(&self, filter: &'f SearchFilter) -> Result<Option<Vec<&'f str>>> {
        if filter.terms.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let mut query = Query { values: values![COUNTED] };
        let counts: Vec<_> = filter
            .terms
            .iter()
            .zip(0u32..)
            .map(|(term, position)| {
                format!(
                    "SELECT {position} AS position,
                        (SELECT COUNT(*) FROM (SELECT 1 AS one FROM text_terms WHERE term = {} LIMIT $1) c) AS texts",
                    query.bind(term.as_bytes())
                )
            })
            .collect();
        let read = |row: &Columns| Ok((row.integer::<u32>("texts")?, row.integer::<usize>("position")?));
        let mut counts = fetch(self.reader(), "counting texts", counts.join(" UNION ALL "), query.values, read).await?;
        counts.sort_unstable();
        if counts.first().is_some_and(|(texts, _)| *texts == 0) {
            return Ok(None);
        }
        let terms: Vec<&str> = filter.terms.iter().map(String::as_str).collect();
        Ok(Some(counts.iter().filter_map(|(_, position)| terms.get(*position).copied()).collect()))
    }
}
