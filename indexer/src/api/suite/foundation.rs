//! `/v1/resolutions`, `/v1/directors`, `/v1/vesting-releases`.

use super::motion::motion;
use crate::{
    api::{
        extract::{PathParameter, QueryParameters},
        page::{limit, page, Page},
        parameters::{position, Written},
        problem::Problem,
        responses::{Invalid, NotFound},
        ApiState,
    },
    model::{self, Position, ResolutionState, MAX_PAGE},
};
use axum::{extract::State, Json};
use bizkey_client::ss58;
use bizkey_primitives::vesting::Line;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How far a resolution has come.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum ResolutionStateName {
    /// More than half of the directors are not for it.
    Open,
    /// More than half were for it when the last vote was cast.
    Passed,
    /// More than half can no longer be for it.
    Failed,
    /// Carried out.
    Enacted,
    /// Taken back by a later one.
    Cancelled,
}

impl From<ResolutionStateName> for ResolutionState {
    fn from(name: ResolutionStateName) -> Self {
        match name {
            ResolutionStateName::Open => ResolutionState::Open,
            ResolutionStateName::Passed => ResolutionState::Passed,
            ResolutionStateName::Failed => ResolutionState::Failed,
            ResolutionStateName::Enacted => ResolutionState::Enacted,
            ResolutionStateName::Cancelled => ResolutionState::Cancelled,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct ResolutionParameters {
    /// Only those in this state.
    #[param(inline)]
    state: Option<ResolutionStateName>,
    /// The cursor `next` of the page before.
    after: Option<u32>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A resolution of the foundation's board.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Resolution {
    id: u32,
    /// The director who proposed it.
    proposer: u32,
    /// What kind of motion it is, such as `pay` or `upgrade`.
    kind: &'static str,
    /// Its figures: accounts in SS58, hashes and calls in hex, amounts as
    /// decimal strings in the smallest unit of Bzky.
    motion: serde_json::Value,
    /// Unix milliseconds.
    proposed_ms: String,
    block: u32,
    /// `open`, `passed`, `failed`, `enacted` or `cancelled`. An open or passed
    /// one whose time is over stays so: nothing on chain says that it lapsed.
    state: &'static str,
    /// The block in which it came so far.
    since_block: u32,
    /// From when on a passed one can be carried out, Unix milliseconds.
    executable_ms: Option<String>,
}

fn item(resolution: &model::Resolution) -> Resolution {
    let (kind, motion) = motion(&resolution.motion);
    Resolution {
        id: resolution.resolution,
        proposer: resolution.proposer,
        kind,
        motion,
        proposed_ms: resolution.proposed_ms.to_string(),
        block: resolution.proposed_block,
        state: resolution.state.name(),
        since_block: resolution.since_block,
        executable_ms: resolution.executable_ms.map(|ms| ms.to_string()),
    }
}

/// Resolutions, by number.
#[utoipa::path(
    get, path = "/v1/resolutions", tag = "foundation", params(ResolutionParameters),
    responses((status = 200, description = "A page of resolutions", body = Page<Resolution>), Invalid),
)]
pub(in crate::api) async fn resolutions(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<ResolutionParameters>,
) -> Result<Json<Page<Resolution>>, Problem> {
    let (limit, after) = (limit(parameters.limit)?, parameters.after.unwrap_or(0));
    let wanted = parameters.state.map(ResolutionState::from);
    let rows = state.store.resolutions_after(wanted, after, limit.saturating_add(1)).await?;
    Ok(Json(page(rows, limit, |row| row.resolution, item)))
}

/// A director's last vote.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Vote {
    director: u32,
    /// The director's name.
    name: Option<String>,
    in_favour: bool,
    block: u32,
    /// The block in which the director left; from then on its vote on a
    /// resolution that is not closed counts no more.
    left_block: Option<u32>,
}

/// A resolution with its votes.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct ResolutionWithVotes {
    resolution: Resolution,
    /// By director.
    votes: Vec<Vote>,
}

/// A resolution, and every vote on it by name.
#[utoipa::path(
    get, path = "/v1/resolutions/{resolution}", tag = "foundation",
    params(("resolution" = u32, Path, description = "Its number", example = 1)),
    responses((status = 200, description = "The resolution", body = ResolutionWithVotes), Invalid, NotFound),
)]
pub(in crate::api) async fn resolution(
    State(state): State<ApiState>,
    PathParameter(number): PathParameter<u32>,
) -> Result<Json<ResolutionWithVotes>, Problem> {
    let found = state.store.resolution(number).await?;
    let found = found.ok_or_else(|| Problem::not_found(format!("there is no resolution {number}")))?;
    // 32 directors at a time at most, so all votes are one page, unless a
    // board changed hundreds of times within a resolution's 14 days.
    let votes = state.store.votes_after(number, 0, MAX_PAGE).await?;
    let votes = votes.into_iter().map(|vote| Vote {
        director: vote.director,
        name: vote.name,
        in_favour: vote.in_favour,
        block: vote.position.block,
        left_block: vote.left_block,
    });
    Ok(Json(ResolutionWithVotes { resolution: item(&found), votes: votes.collect() }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct DirectorParameters {
    /// Only those in office, or only those that left.
    in_office: Option<bool>,
    /// The cursor `next` of the page before.
    after: Option<u32>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// A director of the foundation.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Director {
    id: u32,
    name: String,
    /// The account that acts from its seat, SS58.
    account: String,
    /// Whether it chairs the board.
    chair: bool,
    /// The block from which on it is a director.
    block: u32,
    /// The block in which it left; null in office.
    left_block: Option<u32>,
}

/// Directors, in office or not any more, by number.
#[utoipa::path(
    get, path = "/v1/directors", tag = "foundation", params(DirectorParameters),
    responses((status = 200, description = "A page of directors", body = Page<Director>), Invalid),
)]
pub(in crate::api) async fn directors(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<DirectorParameters>,
) -> Result<Json<Page<Director>>, Problem> {
    let (limit, after) = (limit(parameters.limit)?, parameters.after.unwrap_or(0));
    let chair = state.store.chair().await?;
    let rows = state.store.directors_after(parameters.in_office, after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.director,
        |row| Director {
            id: row.director,
            name: row.name.clone(),
            account: ss58(&row.account),
            chair: chair == Some(row.director),
            block: row.seated_block,
            left_block: row.left_block,
        },
    )))
}

/// A line of the table that vesting releases by.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum LineName {
    /// 20 %.
    EarlySupporters,
    /// 15 %.
    Team,
    /// 5 %.
    Partners,
    /// 30 %.
    Foundation,
}

impl From<LineName> for Line {
    fn from(name: LineName) -> Self {
        match name {
            LineName::EarlySupporters => Line::EarlySupporters,
            LineName::Team => Line::Team,
            LineName::Partners => Line::Partners,
            LineName::Foundation => Line::Foundation,
        }
    }
}

fn line_name(line: Line) -> &'static str {
    match line {
        Line::EarlySupporters => "early_supporters",
        Line::Team => "team",
        Line::Partners => "partners",
        Line::Foundation => "foundation",
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct ReleaseParameters {
    /// Only those of this line.
    #[param(inline)]
    line: Option<LineName>,
    /// The cursor `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<Written<Position>>,
    /// Items a page, 1 to 500; 100 if not given.
    #[param(example = 10)]
    limit: Option<u32>,
}

/// Bzky that vesting paid out.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct VestingRelease {
    /// `early_supporters`, `team`, `partners` or `foundation`.
    line: &'static str,
    /// SS58.
    account: String,
    /// Smallest unit of Bzky.
    amount: String,
    block: u32,
}

/// What vesting released, in chain order.
#[utoipa::path(
    get, path = "/v1/vesting-releases", tag = "foundation", params(ReleaseParameters),
    responses((status = 200, description = "A page of releases", body = Page<VestingRelease>), Invalid),
)]
pub(in crate::api) async fn vesting_releases(
    State(state): State<ApiState>,
    QueryParameters(parameters): QueryParameters<ReleaseParameters>,
) -> Result<Json<Page<VestingRelease>>, Problem> {
    let (limit, after) = (limit(parameters.limit)?, position(parameters.after.as_ref()));
    let line = parameters.line.map(Line::from);
    let rows = state.store.vesting_releases_after(line, after, limit.saturating_add(1)).await?;
    Ok(Json(page(
        rows,
        limit,
        |row| row.position,
        |row| VestingRelease {
            line: line_name(row.line),
            account: ss58(&row.account),
            amount: row.amount.to_string(),
            block: row.position.block,
        },
    )))
}
