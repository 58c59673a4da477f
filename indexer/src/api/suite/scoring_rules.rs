//! `/v1/algorithms`, `/v1/epochs/{epoch}/scoring-rules` and its lists: what the
//! board decided of how epochs are scored.

use crate::api::{
    extract::{PathParameter, QueryParameters},
    page::{limit, page, Page},
    parameters::{ByNumber, Written},
    problem::Problem,
    responses::Invalid,
    ApiState,
};
use axum::{extract::State, Json};
use serde::{Deserialize, Serialize};
use std::{fmt::Display, num::ParseIntError, str::FromStr};
use utoipa::{IntoParams, ToSchema};

/// A version of BizPower from an epoch on.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Algorithm {
    /// The first epoch that it scores.
    from_epoch: u32,
    /// The version that reports must carry.
    version: u16,
    /// The block of the board's decision.
    block: u32,
}

/// The algorithms by the first epoch that each scores, coming ones too. One
/// that was dropped before it began is left out. Version 1 scores the epochs
/// before the first of them.
#[utoipa::path(
    get, path = "/v1/algorithms", tag = "scores", params(ByNumber),
    responses((status = 200, description = "A page of algorithms", body = Page<Algorithm>), Invalid),
)]
pub(in crate::api) async fn algorithms(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<ByNumber>,
) -> Result<Json<Page<Algorithm>>, Problem> {
    let limit = limit(parameters.limit)?;
    let rows = state.store.algorithms_after(parameters.after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.from_epoch,
        |row| Algorithm { from_epoch: row.from_epoch, version: row.version, block: row.block },
    )))
}

/// What scores an epoch, beside its clamps and capital floors.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct ScoringRules {
    epoch: u32,
    /// The version that reports of it must carry.
    algorithm_version: u16,
    /// How much of a customer's cash and external payments counts under
    /// version 2, minor units an epoch; null if all of it does.
    cash_cap: Option<String>,
    /// The first epoch of this cap; null if there is none.
    cash_cap_from_epoch: Option<u32>,
}

/// What scores an epoch. Of one that has not begun, what is decided so far.
#[utoipa::path(
    get, path = "/v1/epochs/{epoch}/scoring-rules", tag = "scores",
    params(("epoch" = u32, Path, description = "Its number", example = 0)),
    responses((status = 200, description = "The rules in force", body = ScoringRules), Invalid),
)]
pub(in crate::api) async fn rules(
    State(state): State<ApiState>,
    PathParameter(epoch): PathParameter<u32>,
) -> Result<Json<ScoringRules>, Problem> {
    let algorithm_version = state.store.algorithm_at(epoch).await?;
    let cap = state.store.cash_cap_at(epoch).await?;
    Ok(Json(ScoringRules {
        epoch,
        algorithm_version,
        cash_cap: cap.map(|cap| cap.cap.to_string()),
        cash_cap_from_epoch: cap.map(|cap| cap.from_epoch),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct ClampParameters {
    /// The cursor `next` of the page before.
    after: Option<u16>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// Between what a customer's total at a shop in an epoch counts under version 2.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Clamp {
    /// The shop's trade.
    trade: u16,
    /// A smaller total counts as this, minor units.
    lo: String,
    /// A larger total counts as this, minor units.
    hi: String,
    /// The first epoch scored by it.
    from_epoch: u32,
}

/// The clamps in force in an epoch, by trade. What is sold in a trade without
/// one counts as it is.
#[utoipa::path(
    get, path = "/v1/epochs/{epoch}/clamps", tag = "scores",
    params(("epoch" = u32, Path, description = "Its number", example = 0), ClampParameters),
    responses((status = 200, description = "A page of clamps", body = Page<Clamp>), Invalid),
)]
pub(in crate::api) async fn clamps(
    State(state): State<ApiState>,
    PathParameter(epoch): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<ClampParameters>,
) -> Result<Json<Page<Clamp>>, Problem> {
    let limit = limit(parameters.limit)?;
    let rows = state.store.clamps_after(epoch, parameters.after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.trade,
        |row| Clamp {
            trade: row.trade,
            lo: row.clamp.lo.to_string(),
            hi: row.clamp.hi.to_string(),
            from_epoch: row.from_epoch,
        },
    )))
}

/// A trade in a region as a cursor, such as `3-12`.
pub(in crate::api) struct Place(u16, u16);

impl Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl FromStr for Place {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        // Without a dash, the region is empty and no number.
        let (trade, region) = text.split_once('-').unwrap_or((text, ""));
        Ok(Self(trade.parse()?, region.parse()?))
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct FloorParameters {
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Place>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// The least capital by which a shop is scored under version 2.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct CapitalFloor {
    /// The shop's trade.
    trade: u16,
    /// The shop's region.
    region: u16,
    /// Minor units a month.
    floor: String,
    /// The first epoch scored by it.
    from_epoch: u32,
}

/// The capital floors in force in an epoch, by trade and region.
#[utoipa::path(
    get, path = "/v1/epochs/{epoch}/capital-floors", tag = "scores",
    params(("epoch" = u32, Path, description = "Its number", example = 0), FloorParameters),
    responses((status = 200, description = "A page of capital floors", body = Page<CapitalFloor>), Invalid),
)]
pub(in crate::api) async fn capital_floors(
    State(state): State<ApiState>,
    PathParameter(epoch): PathParameter<u32>,
    QueryParameters(parameters): QueryParameters<FloorParameters>,
) -> Result<Json<Page<CapitalFloor>>, Problem> {
    let limit = limit(parameters.limit)?;
    let after = parameters.after.map(|Written(Place(trade, region))| (trade, region));
    let rows = state.store.capital_floors_after(epoch, after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| Place(row.trade, row.region),
        |row| CapitalFloor {
            trade: row.trade,
            region: row.region,
            floor: row.floor.to_string(),
            from_epoch: row.from_epoch,
        },
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        assert!(matches!(Place(3, 12).to_string().parse(), Ok(Place(3, 12))));
        for text in ["", "3", "3-", "-12", "65536-1", "1-2-3"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
