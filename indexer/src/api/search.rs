//! `/v1/search`: shops and offers by text, trade and place.

use super::{
    extract::QueryParameters,
    merchants::status_name,
    page::{limit, page, Page},
    parameters::Written,
    problem::Problem,
    responses::Invalid,
    ApiState,
};
use crate::{
    model::{self, hex, HitKind, Rank, SearchFilter},
    search::query_terms,
};
use axum::{extract::State, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Most terms of one search: each is looked up once for every candidate.
const MAX_TERMS: usize = 16;

/// What is found.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Shops.
    Shop,
    /// What customers do for Time.
    Task,
    /// What Time buys.
    Privilege,
}

impl From<Kind> for HitKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Shop => HitKind::Shop,
            Kind::Task => HitKind::Task,
            Kind::Privilege => HitKind::Privilege,
        }
    }
}

impl From<HitKind> for Kind {
    fn from(kind: HitKind) -> Self {
        match kind {
            HitKind::Shop => Kind::Shop,
            HitKind::Task => Kind::Task,
            HitKind::Privilege => Kind::Privilege,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Words, in any language: an offer's text has all of them, a shop has such
    /// an offer. Chinese, Japanese and Korean are found within a sentence.
    #[param(example = "queue")]
    text: Option<String>,
    /// Only shops of this trade, and what they offer.
    trade: Option<u16>,
    /// Only shops of this region, and what they offer.
    region: Option<u16>,
    /// Only these; all if not given.
    #[param(inline)]
    kind: Option<Kind>,
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Rank>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A shop or an open offer that was found.
#[derive(Serialize, ToSchema)]
#[schema(as = Hit)]
pub(super) struct Item {
    kind: Kind,
    /// Number of the shop, task or privilege.
    id: u32,
    /// Its shop; 0 for Bizkey itself.
    merchant: u32,
    /// The shop's trade, here and below; null until one is attested.
    trade: Option<u16>,
    region: Option<u16>,
    /// `active` or `demoted`.
    status: &'static str,
    /// BizPower of the last epoch that is kept, scale 10^18; null before the first.
    score: Option<String>,
    /// Hash of an offer's text; null for a shop.
    conditions: Option<String>,
    /// The text; null if nobody gave it.
    text: Option<String>,
    /// Of a task, smallest unit of Time.
    reward: Option<String>,
    /// Of a privilege, smallest unit of Time.
    price: Option<String>,
}

fn item(hit: &model::Hit) -> Item {
    let Rank { merchant, kind, id, .. } = hit.rank;
    let time_of = |wanted: HitKind| hit.offer.as_ref().filter(|_| kind == wanted).map(|offer| offer.time.to_string());
    Item {
        kind: kind.into(),
        id,
        merchant,
        trade: hit.trade,
        region: hit.region,
        status: status_name(hit.status),
        score: hit.score.map(|score| score.to_string()),
        conditions: hit.offer.as_ref().map(|offer| hex(offer.conditions.as_ref())),
        text: hit.offer.as_ref().and_then(|offer| offer.text.clone()),
        reward: time_of(HitKind::Task),
        price: time_of(HitKind::Privilege),
    }
}

/// What is searched for; at least one of text, trade and region.
fn filter(parameters: &Parameters) -> Result<SearchFilter, Problem> {
    let Parameters { text, trade, region, kind, .. } = parameters;
    if text.is_none() && trade.is_none() && region.is_none() {
        return Err(Problem::invalid_parameter("name at least one of text, trade and region"));
    }
    let terms = text.as_deref().map(query_terms).unwrap_or_default();
    if text.is_some() && terms.is_empty() {
        return Err(Problem::invalid_parameter("text holds no word to search for"));
    }
    if terms.len() > MAX_TERMS {
        let detail = format!(
            "text holds {} terms, of which {MAX_TERMS} are searched for at most: name fewer words (two neighbouring \
             characters of Chinese, Japanese or Korean are a term)",
            terms.len()
        );
        return Err(Problem::invalid_parameter(detail));
    }
    Ok(SearchFilter { terms, trade: *trade, region: *region, kind: kind.map(HitKind::from) })
}

/// Shops and open offers by text, trade and place, the best first: shops in
/// good standing by their last kept score, then those that are demoted by
/// theirs, each followed by its tasks and its privileges. Who is restricted or
/// removed is not found. An offer is open while it is not closed or expired and
/// some of it is left. Of more than 10,000 shops, tasks or privileges that
/// match, so many are ranked: name more words, a trade or a region.
#[utoipa::path(
    get, path = "/v1/search", tag = "search", params(Parameters),
    responses((status = 200, description = "A page of what is found", body = Page<Item>), Invalid),
)]
pub(super) async fn search(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<Parameters>,
) -> Result<Json<Page<Item>>, Problem> {
    let limit = limit(parameters.limit)?;
    let filter = filter(&parameters)?;
    let after = parameters.after.as_ref().map(|after| &after.0);
    let rows = state.store.search(&filter, after, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |hit| hit.rank, item)))
}
