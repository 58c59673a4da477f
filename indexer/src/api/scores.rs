//! BizPower: a shop's candles and scores by epoch, and the shops by rank.

use super::{
    extract::{PathParameter, QueryParameters},
    page::{limit, page, Page},
    parameters::{ByNumber, InEpoch, Written},
    problem::Problem,
    responses::{Invalid, NotFound, ScoresBehind},
    ApiState,
};
use crate::{
    model::{MerchantScore, RankingFilter},
    scores::{Candle, Grade, Interval},
};
use axum::{extract::State, Json};
use bizkey_primitives::{bizpower::Counts, MerchantIndex};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How long a candle is.
#[derive(Clone, Copy, Deserialize, ToSchema)]
pub(super) enum Length {
    /// A minute.
    #[serde(rename = "1m")]
    Minute,
    /// Five minutes.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// An hour.
    #[serde(rename = "1h")]
    Hour,
    /// A day of 24 hours.
    #[serde(rename = "1d")]
    Day,
}

impl From<Length> for Interval {
    fn from(length: Length) -> Self {
        match length {
            Length::Minute => Interval::Minute,
            Length::FiveMinutes => Interval::FiveMinutes,
            Length::Hour => Interval::Hour,
            Length::Day => Interval::Day,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CandleParameters {
    /// How long a candle is.
    #[param(inline, example = "1h")]
    interval: Length,
    /// The first candle is the one of this moment, Unix milliseconds; if not
    /// given, the last one of the page is that of the last stored block.
    from_ms: Option<u64>,
    /// The cursor `next` of the page before; it replaces `from_ms`.
    after: Option<u64>,
    /// Whether a bucket in which the score rests has a candle too; yes if not
    /// given.
    fill: Option<bool>,
    /// Candles a page, 1 to 500; 100 if not given.
    #[param(example = 24)]
    limit: Option<u32>,
}

/// What a shop's BizPower was in a bucket. Scores have the scale 10^18.
#[derive(Serialize, ToSchema)]
#[schema(as = Candle)]
pub(super) struct CandleItem {
    /// Start of the bucket, Unix milliseconds; buckets count from genesis.
    start_ms: String,
    /// At its start.
    open: String,
    /// The highest.
    high: String,
    /// The lowest.
    low: String,
    /// At its end, or now.
    close: String,
    /// The bucket is not over yet.
    live: bool,
}

/// A candle as it is shown, when the last stored block is stamped `now_ms`.
pub(super) fn candle(candle: &Candle, interval: Interval, now_ms: u64) -> CandleItem {
    CandleItem {
        start_ms: candle.start_ms.to_string(),
        open: candle.open.to_string(),
        high: candle.high.to_string(),
        low: candle.low.to_string(),
        close: candle.close.to_string(),
        live: candle.start_ms.saturating_add(interval.ms()) > now_ms,
    }
}

/// The candles of a shop's BizPower. An epoch's score counts its own receipts,
/// so it begins with zero and ends as the one that the epoch pays by.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/candles", tag = "scores",
    params(("id" = u32, Path, description = "Its number in the registry", example = 1), CandleParameters),
    responses(
        (status = 200, description = "A page of candles", body = Page<CandleItem>),
        Invalid, NotFound, ScoresBehind,
    ),
)]
pub(super) async fn candles(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<CandleParameters>,
) -> Result<Json<Page<CandleItem>>, Problem> {
    let limit = limit(parameters.limit)?;
    super::merchants::find(&state, id).await?;
    let interval = Interval::from(parameters.interval);
    let now = state.store.checkpoint().await?;
    let now_ms = now.map_or(0, |now| now.timestamp_ms);
    let span = interval.ms().saturating_mul(u64::from(limit.saturating_sub(1)));
    let from_ms = match (parameters.after, parameters.from_ms) {
        (Some(after), _) => after.saturating_add(interval.ms()),
        (None, Some(from_ms)) => from_ms,
        (None, None) => now_ms.saturating_sub(span),
    };
    let filled = parameters.fill.unwrap_or(true);
    let rows = state.store.candles(id, interval, from_ms, limit.saturating_add(1), filled).await?;
    let item = |row: &Candle| candle(row, interval, now_ms);
    Ok(Json(page(rows, limit, |candle| candle.start_ms, item)))
}

/// A shop's epoch in the numbers of its score (whitepaper 3.2).
#[derive(Serialize, ToSchema)]
pub(super) struct Score {
    epoch: u32,
    merchant: u32,
    /// BizPower, scale 10^18.
    score: String,
    /// The epoch is not over for good: this is the score as of now.
    live: bool,
    /// Under version 2 of the algorithm one order a customer with a ticket.
    in_store_orders: String,
    /// Minor units, here and below. Under version 2 the sum of what each
    /// customer's total counts.
    in_store_sales: String,
    outside_orders: String,
    outside_sales: String,
    /// Customers who bought in store and never here in an earlier epoch.
    first_buyers: String,
    /// Customers who bought in store and here in an earlier epoch.
    repeat_buyers: String,
    /// Customers who bought outside.
    outside_buyers: String,
    /// area · rent + staff · wage, a month; under version 2 at least the floor.
    capital: String,
    /// The shop's standing at the epoch's close.
    status: &'static str,
    trade: Option<u16>,
    region: Option<u16>,
}

fn score(row: &MerchantScore, live: bool) -> Score {
    let Counts { pl, pm, um, un, uo, uom, uon } = row.counts;
    Score {
        epoch: row.epoch,
        merchant: row.merchant,
        score: row.score.to_string(),
        live,
        in_store_orders: pl.to_string(),
        in_store_sales: pm.to_string(),
        outside_orders: uom.to_string(),
        outside_sales: uon.to_string(),
        first_buyers: um.to_string(),
        repeat_buyers: un.to_string(),
        outside_buyers: uo.to_string(),
        capital: row.capital.to_string(),
        status: super::merchants::status_name(row.status),
        trade: row.trade,
        region: row.region,
    }
}

/// A shop's BizPower by epoch, with what it is made of; the running epoch last.
/// Epochs without a valid receipt have none.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/scores", tag = "scores",
    params(("id" = u32, Path, description = "Its number in the registry", example = 1), ByNumber),
    responses(
        (status = 200, description = "A page of scores", body = Page<Score>),
        Invalid, NotFound, ScoresBehind,
    ),
)]
pub(super) async fn scores(
    State(state): State<ApiState>,
    PathParameter(id): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<ByNumber>,
) -> Result<Json<Page<Score>>, Problem> {
    let limit = limit(parameters.limit)?;
    super::merchants::find(&state, id).await?;
    let wanted = limit.saturating_add(1);
    let mut kept = state.store.merchant_scores(id, parameters.after, wanted).await?;
    let mut live = Vec::new();
    if kept.len() < wanted as usize {
        live = live_scores(&state, id).await?;
        // An epoch that was kept in between would be in neither.
        kept = state.store.merchant_scores(id, parameters.after, wanted).await?;
    }
    let last = kept.last().map(|row| row.epoch).or(parameters.after);
    live.retain(|row| last.is_none_or(|last| row.epoch > last));
    let rows: Vec<_> = kept.iter().map(|row| (row, false)).chain(live.iter().map(|row| (row, true))).collect();
    Ok(Json(page(rows, limit, |(row, _)| row.epoch, |(row, live)| score(row, *live))))
}

/// A shop's scores of the epochs that are not kept yet.
async fn live_scores(state: &ApiState, merchant: MerchantIndex) -> Result<Vec<MerchantScore>, Problem> {
    let Some(live) = state.store.live(merchant).await? else { return Ok(Vec::new()) };
    let mut scores = Vec::new();
    for run in live.runs.iter().filter(|run| run.has_leaf()) {
        let business = state.store.merchant(merchant, run.epoch).await?.and_then(|shop| shop.business);
        scores.push(MerchantScore {
            epoch: run.epoch,
            merchant,
            counts: run.counts(),
            capital: run.opening.capital,
            score: run.score(),
            status: run.status(),
            trade: business.map(|business| business.trade),
            region: business.map(|business| business.region),
        });
    }
    Ok(scores)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RankingParameters {
    /// Of which epoch; the last one whose scores are kept if not given.
    epoch: Option<u32>,
    /// Only shops of this trade.
    trade: Option<u16>,
    /// Only shops of this region.
    region: Option<u16>,
    /// Only shops that were shown with this grade at the epoch's close, 1 to 7.
    grade: Option<u8>,
    /// The cursor `next` of the page before; it is of that page's epoch.
    #[param(value_type = Option<String>)]
    after: Option<Written<InEpoch<u32>>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// The shops of an epoch by rank: those in good standing by their score, then
/// those that are demoted by theirs. Epochs are ranked once they are over.
#[utoipa::path(
    get, path = "/v1/rankings", tag = "scores", params(RankingParameters),
    responses((status = 200, description = "A page of shops, the best first", body = Page<Score>), Invalid),
)]
pub(super) async fn rankings(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<RankingParameters>,
) -> Result<Json<Page<Score>>, Problem> {
    let limit = limit(parameters.limit)?;
    let grade = parameters.grade.map(Grade::try_from).transpose();
    let grade = grade.map_err(|unknown| Problem::invalid_parameter(format!("grade: {unknown}")))?;
    let after = parameters.after.map(|Written(InEpoch(epoch, merchant))| (epoch, merchant));
    let epoch = match (parameters.epoch, after) {
        (Some(epoch), Some((of, _))) if of != epoch => {
            let detail = format!("after is of epoch {of}, not of epoch {epoch}: leave one of them out");
            return Err(Problem::invalid_parameter(detail));
        }
        // Other epochs may have been kept since the page before.
        (_, Some((epoch, _))) | (Some(epoch), None) => Some(epoch),
        (None, None) => state.store.last_scored_epoch().await?,
    };
    let Some(epoch) = epoch else { return Ok(Json(Page { items: Vec::new(), next: None })) };
    let filter = RankingFilter { trade: parameters.trade, region: parameters.region, grade };
    let after = after.map(|(_, merchant)| merchant);
    let rows = state.store.ranking(epoch, filter, after, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |row| InEpoch(row.epoch, row.merchant), |row| score(row, false))))
}
